# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends what Dovecot still does for mailboxes that are gone: a session keeps its mailbox open and would go on in it.

At best: a Dovecot that is not there or does not answer has no sessions, and a session that stays gets errors.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from .dovecot_programs import answer_of
from .model import domain_of

_PATIENCE_SECONDS = 3.0
_POLL_SECONDS = 0.1


def end_sessions(owners: Collection[str]) -> None:
    """Disconnect whoever is logged in to one of the addresses, or to any of the domains, and wait until they are."""
    if not owners:
        return
    deadline = time.monotonic() + _PATIENCE_SECONDS
    found = logged_in(answer_of("doveadm", "-f", "tab", "who", "-1"), owners)
    for user in sorted(found):
        # To doveadm this is a mask: "*" and "?" in an address also match other users, whose programs just reconnect.
        answer_of("doveadm", "kick", user)
    while found and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        found = logged_in(answer_of("doveadm", "-f", "tab", "who", "-1"), owners)


def logged_in(table: str, owners: Collection[str]) -> set[str]:
    """Return the users of ``doveadm who`` that are, or are in, one of the ``owners``."""
    header, *lines = table.splitlines() or [""]
    if "username" not in (names := header.split("\t")):
        return set()
    column = names.index("username")
    wanted = set(owners)
    users = {line.split("\t")[column].lower() for line in lines if line.count("\t") >= column}
    return {user for user in users if user in wanted or domain_of(user) in wanted}
