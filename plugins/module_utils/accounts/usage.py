# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host knows of mailboxes in use: what doveadm says of their quotas, and when they were last logged in to.

Dovecot's plugin last_login, as the role dovecot sets it up, writes Unix seconds into a file for each protocol in the
mailbox's home. Pure; `host_usage` asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .model import PROTOCOLS

LAST_LOGIN = ".last-login"
# The others never open a mailbox (SMTP), or not on both of Dovecot's releases (ManageSieve).
RECORDED = ("imap", "pop3")
_KIBIBYTE = 1024
_SECONDS = re.compile(rb"[0-9]{1,11}\n?")


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes, with a ``limit`` of 0 for none, and Unix seconds by protocol. ``None`` is what nobody could tell."""

    used: int | None = None
    limit: int | None = None
    messages: int | None = None
    last_login: Mapping[str, int] = field(default_factory=dict)

    @property
    def value(self) -> dict[str, Any]:
        """The usage as modules return it."""
        percent = self.used * 100 // self.limit if self.used is not None and self.limit else None
        return {
            "quota_used": self.used,
            "quota_limit": self.limit,
            "quota_percent": percent,
            "messages": self.messages,
            "last_login": {name: shown_time(self.last_login.get(name)) for name in PROTOCOLS},
        }


def parse_quotas(table: str) -> dict[str, Usage]:
    """Return the usage by address of what ``doveadm -f tab quota get`` says, in kibibytes (``-`` for no limit).

    Lines that have another form are left out.
    """
    header, *lines = table.splitlines() or [""]
    names = header.split("\t")
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for line in lines:
        row = dict(zip(names, line.split("\t"), strict=False))
        value, limit = row.get("Value", ""), row.get("Limit", "")
        if value.isdigit() and (limit == "-" or limit.isdigit()):
            numbers = int(value), 0 if limit == "-" else int(limit)
            found.setdefault(row.get("Username", ""), {}).setdefault(row.get("Type", ""), numbers)
    return {
        address: Usage(kinds["STORAGE"][0] * _KIBIBYTE, kinds["STORAGE"][1] * _KIBIBYTE, kinds["MESSAGE"][0])
        for address, kinds in found.items()
        if "STORAGE" in kinds and "MESSAGE" in kinds
    }


def parse_login(content: bytes) -> int | None:
    """Return the Unix seconds in a file of the plugin's; ``None`` for one that a crash has left empty, or worse."""
    return int(content) if _SECONDS.fullmatch(content) else None


def shown_time(seconds: int | None) -> str | None:
    """Return Unix seconds in the form of the store's times."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
