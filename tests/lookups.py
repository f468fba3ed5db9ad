# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table that answers DNS questions as a resolver would: aliases are followed, NXDOMAIN and no data told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import FOUND, Reply

# Values; or an outcome such as ``TIMEOUT``; or the whole reply.
Entry = Sequence[str] | str | Reply
# In the place of a type, it stands for every type that a name does not have.
ANY = "*"
_ALIAS_LIMIT = 8


def flat(zone: Mapping[str, Mapping[str, Entry]]) -> dict[str, Entry]:
    """Return ``{"example.com": {"MX": [...]}}`` in the form that `Table` takes."""
    return {f"{name} {type_}": entry for name, types in zone.items() for type_, entry in types.items()}


class Table:
    """The records of a small world by name and type, as ``{"example.com MX": ["10 mx.example.com."]}``.

    ``asked`` are the questions that came, in their order. ``secure``: the resolver validates, and all zones are signed.
    """

    def __init__(self, records: Mapping[str, Entry], *, secure: bool = False) -> None:
        self._entries = {
            (name.lower().removesuffix("."), type_): value
            for (name, type_), value in ((key.rsplit(" ", 1), value) for key, value in records.items())
        }
        self._secure = secure
        self.asked: list[str] = []

    def resolve(self, name: str, type_: str) -> Reply:
        """Return what the table has."""
        name = name.lower().removesuffix(".")
        self.asked.append(f"{name} {type_}")
        for _step in range(_ALIAS_LIMIT):
            entry = self._entries.get((name, type_), self._entries.get((name, ANY)))
            if isinstance(entry, Reply):
                return entry
            if isinstance(entry, str):
                return Reply(entry)
            if entry:
                return Reply(FOUND, tuple(entry), self._secure, name, 300)
            alias = self._entries.get((name, "CNAME"))
            if not isinstance(alias, (list, tuple)):
                break
            name = str(alias[0]).lower().removesuffix(".")
        else:
            return Reply(seen.SERVFAIL)
        exists = any(owner == name or owner.endswith(f".{name}") for owner, _type in self._entries)
        return Reply(seen.NO_DATA if exists else seen.NXDOMAIN, (), self._secure, name)
