# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stored passwords ask of the server: the mechanisms that all of them allow, and memory. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .model import NO_LOGIN, Accounts
from .passwords import argon2_memory, scheme_of

_READABLE = frozenset({"PLAIN", "CLEAR", "CLEARTEXT"})
# Mechanisms by which the server asks for a proof of the password, with the schemes from whose hashes it can check one.
# The others send the password itself, which any hash can be compared with. Strongest first.
CHALLENGES: Mapping[str, frozenset[str]] = {
    "SCRAM-SHA-256": _READABLE | {"SCRAM-SHA-256"},
    "SCRAM-SHA-1": _READABLE | {"SCRAM-SHA-1"},
    "CRAM-MD5": _READABLE | {"CRAM-MD5", "HMAC-MD5"},
}
# Those that are worth offering: a CRAM-MD5 hash is as good as the password.
_GOOD = ("SCRAM-SHA-256", "SCRAM-SHA-1")


@dataclass(frozen=True, slots=True)
class Summary:
    """The passwords of a store.

    ``mailboxes`` and ``app_passwords`` are numbers of those that have a hash, active or not. ``schemes`` counts the
    mailboxes by scheme, without its encoding. ``mechanisms`` are SCRAM's that every mailbox can use; none where there
    is no mailbox or any app password, because a client that is offered SCRAM takes it, and an app password is only
    compared with what PLAIN and LOGIN send. ``argon2_memory`` is that of the most expensive hash, in KiB, 0 for none.
    """

    mailboxes: int
    app_passwords: int
    schemes: Mapping[str, int]
    mechanisms: tuple[str, ...]
    argon2_memory: int


def summarise(accounts: Accounts) -> Summary:
    """Return what the passwords of ``accounts`` ask for."""
    hashes = [one.password_hash for one in accounts.mailboxes.values() if one.password_hash != NO_LOGIN]
    apps = [one.password_hash for one in accounts.app_passwords.values() if one.password_hash != NO_LOGIN]
    schemes = Counter(base_scheme(stored) for stored in hashes)
    usable = [name for name in _GOOD if schemes.keys() <= CHALLENGES[name]] if schemes and not apps else []
    return Summary(
        mailboxes=len(hashes),
        app_passwords=len(apps),
        schemes=dict(sorted(schemes.items())),
        mechanisms=tuple(usable),
        argon2_memory=max(map(argon2_memory, (*hashes, *apps)), default=0),
    )


def base_scheme(stored: str) -> str:
    """Return the scheme of a stored hash without its encoding; "" for ``*``."""
    return (scheme_of(stored) or "").partition(".")[0]
