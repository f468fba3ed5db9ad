# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mailbox made full."""

from __future__ import annotations

from dataclasses import dataclass

from behaviour.bed import MailHost
from behaviour.client import Client, encode
from behaviour.messages import compose, new_token

_SENDER = "stranger@external.example"
_LINES = 15000
_ATTEMPTS = 10


@dataclass(frozen=True)
class Filled:
    """How many messages with ``token`` were taken, and the reply (code, text) to the recipient that ended it."""

    token: str
    accepted: int
    refusal: tuple[int, str]


def fill(mx: MailHost, client: Client, address: str) -> Filled:
    """Send messages of 30 KB until one is refused; it must be, and there must be something in the mailbox then."""
    token, accepted = new_token(), 0
    message = compose(token, _SENDER, address, "x\n" * _LINES)
    for _attempt in range(_ATTEMPTS):
        steps = [f"MAIL FROM:<{_SENDER}> SIZE={len(message)}", f"RCPT TO:<{address}>", encode(message)]
        replies = client.smtp(mx, steps)["replies"]
        if replies[1][0] != 250:
            assert accepted or _stored(mx, address), "refused while it was empty"
            return Filled(token, accepted, replies[1])
        assert replies[2][0] == 250, replies
        accepted += 1
        mx.wait_for_empty_queue()
    raise AssertionError(f"{address} took {accepted} messages and is not full")


def _stored(mx: MailHost, address: str) -> int:
    """Return what doveadm says lies in the mailbox, in units of 1024 bytes."""
    return int(mx.run(f"doveadm -f flow quota get -u {address} | sed -n 's/.*type=STORAGE value=\\([0-9]*\\).*/\\1/p'"))
