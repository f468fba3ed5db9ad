# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an SMTP server relays for strangers, in the spellings in which servers have been talked into it.

Each is one transaction without a login, dropped after RCPT: no message is ever sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .connection import Broken
from .smtp import Smtp
from .steps import StepFailed

RECIPIENT = "probe@relay-check.invalid"


@dataclass(frozen=True)
class Spelling:
    """One attempt: its name, the envelope's sender and its recipient."""

    name: str
    sender: str
    recipient: str


@dataclass(frozen=True)
class Attempt:
    """How an attempt went: ``refused`` is whether it was for good, with 5xx; ``code`` is 0 where nothing was said."""

    spelling: Spelling
    refused: bool
    code: int
    message: str

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {
            "spelling": self.spelling.name,
            "sender": self.spelling.sender,
            "recipient": self.spelling.recipient,
            "refused": self.refused,
            "code": self.code,
            "message": self.message,
        }


def spellings(own_domain: str, recipient: str = RECIPIENT) -> tuple[Spelling, ...]:
    """Return the attempts to reach ``recipient``, who is somewhere else, through the host of ``own_domain``.

    Routes are those of RFC 5321, appendix C and section 4.1.1.3, and those that hosts of old understood. Most have no
    sender, so that none is refused for it.
    """
    user, _at, host = recipient.rpartition("@")
    return (
        Spelling("plain", f"postmaster@{own_domain}", recipient),
        Spelling("empty_sender", "", recipient),
        Spelling("percent", "", f"{user}%{host}@{own_domain}"),
        Spelling("source_route", "", f"@{own_domain}:{recipient}"),
        Spelling("quoted", "", f'"{recipient}"@{own_domain}'),
        Spelling("quoted_percent", "", f'"{user}%{host}"@{own_domain}'),
        Spelling("quoted_local", "", f'"{recipient}"'),
        Spelling("bang", "", f"{host}!{user}@{own_domain}"),
    )


def try_all(smtp: Smtp, wanted: Iterable[Spelling]) -> list[Attempt]:
    """Try each of ``wanted`` in the conversation ``smtp``, which is open and has no login, each in a step of its own.

    A step fails unless the server refused for good. Once the server hung up or stalled, all further ones fail.
    """
    return [_try(smtp, spelling) for spelling in wanted]


def _try(smtp: Smtp, spelling: Spelling) -> Attempt:
    refused, code = False, 0
    try:
        with smtp.session.step(spelling.name) as note:
            code, words = smtp.attempt(spelling.sender, spelling.recipient)
            told = f"<{spelling.recipient}> from <{spelling.sender}>: {code} {words}"
            if 200 <= code < 400:
                raise Broken(f"the server would relay to {told}")
            if code < 500:
                raise Broken(f"put off and not refused, so that whoever sends it tries again: {told}")
            refused, note.text = True, f"Refused {told}"
    except StepFailed as error:
        if not code:
            # What it says from now on would belong to this attempt.
            smtp.session.close()
        return Attempt(spelling, False, code, str(error))
    return Attempt(spelling, refused, code, smtp.session.steps.clean(note.text))
