# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts while a plan is being made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from .model import Accounts, Alias, Domain, Mailbox
from .schemes.known import Recipe

_Object = TypeVar("_Object", Domain, Mailbox, Alias)


class Draft:
    """The accounts in the making."""

    def __init__(self, found: Accounts, now: str) -> None:
        self.found = found
        self.now = now
        self.domains = dict(found.domains)
        self.mailboxes = dict(found.mailboxes)
        self.aliases = dict(found.aliases)
        self.app_passwords = dict(found.app_passwords)
        self.passwords: dict[str, tuple[Recipe, str, str]] = {}
        # Addresses that were there and are taken out, with the leave to take them out of aliases too.
        self.removed: dict[str, bool] = {}
        # Domains likewise.
        self.removed_domains: dict[str, bool] = {}
        # Those of the addresses that went only because they are not listed.
        self.purged: set[str] = set()

    def has(self, address: str) -> bool:
        return address in self.mailboxes or address in self.aliases

    def accounts(self) -> Accounts:
        return replace(
            self.found,
            domains=self.domains,
            mailboxes=self.mailboxes,
            aliases=self.aliases,
            app_passwords=self.app_passwords,
        )

    def set(self, into: dict[str, _Object], new: type[_Object], name: str, values: Mapping[str, Any]) -> None:
        """Give the object ``name`` these ``values``, or make it with them; the object stays the same if it has them."""
        known = into.get(name)
        if known is None:
            into[name] = new(name, **values, created=self.now, modified=self.now)
            return
        changed = {key: value for key, value in values.items() if getattr(known, key) != value}
        if changed:
            into[name] = replace(known, **changed, modified=self.now)
