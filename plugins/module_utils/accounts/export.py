# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole store in the form in which the module `accounts` takes it. Pure.

What comes out is all that the options can say, and nothing else: given to `accounts`, it changes nothing where it came
from and makes an equal store where there is none. Objects stand in the order of their names, so that two exports can be
compared as text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .model import Accounts, domain_of
from .passwords import is_weak
from .views import alias_value, app_password_value, domain_value, mailbox_value

Entry = dict[str, Any]
# What modules return besides, and no option takes.
_SHOWN_ONLY = ("unicode_name", "unicode_address", "password_scheme")


def export(accounts: Accounts, *, domains: Collection[str] | None = None, with_hashes: bool = False) -> Entry:
    """Return the lists of the module's options by their names.

    Required aliases are left out: they are made, where asked for, and belong to nobody (`required_entries`).

    Args:
        domains: only these and what is in them; ``None`` for all.
        with_hashes: with the hashes of passwords, without which mailboxes can be compared and changed, but not made.
    """
    aliases = {address: alias for address, alias in accounts.aliases.items() if not alias.required}
    return {
        "domains": [_options(domain_value(accounts.domains[name])) for name in _chosen(accounts.domains, domains)],
        "mailboxes": [
            {**_options(mailbox_value(one)), **(_hash(one.password_hash) if with_hashes else {})}
            for one in map(accounts.mailboxes.__getitem__, _chosen(accounts.mailboxes, domains))
        ],
        "aliases": [_options(alias_value(aliases[address])) for address in _chosen(aliases, domains)],
        "app_passwords": [
            {**_options(app_password_value(one)), **(_hash(one.password_hash) if with_hashes else {})}
            for dummy_key, one in sorted(accounts.app_passwords.items())
            if domains is None or domain_of(one.mailbox) in domains
        ],
    }


def required_entries(accounts: Accounts, domains: Collection[str] | None = None) -> list[Entry]:
    """Return the required aliases with what is stored of them."""
    aliases = {address: alias for address, alias in accounts.aliases.items() if alias.required}
    return [
        {"address": address, "destinations": list(aliases[address].destinations)}
        for address in _chosen(aliases, domains)
    ]


def _chosen(objects: Mapping[str, Any], domains: Collection[str] | None) -> list[str]:
    names = sorted(objects)
    return names if domains is None else [name for name in names if domain_of(name) in domains]


def _options(value: Entry) -> Entry:
    return {key: entry for key, entry in value.items() if key not in _SHOWN_ONLY}


def _hash(stored: str) -> Entry:
    # A weak one was taken on demand once, and is not taken back without.
    return {"password_hash": stored, **({"allow_weak_scheme": True} if is_weak(stored) else {})}
