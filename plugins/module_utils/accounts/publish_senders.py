# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may send as whom: the table that Postfix asks as ``smtpd_sender_login_maps`` (postconf(5)).

Postfix looks for the whole sender address, then for the address without its ``+tag``, then for ``@domain``, and the
first entry found decides. An entry therefore has everybody who may use the addresses that it decides for, also those
who may by a wider grant, and every mailbox and alias has an entry of its own wherever a wider one would be found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from .model import Accounts, domain_of, without_tag

Logins = Collection[str]


def sender_table(
    accounts: Accounts, live: Mapping[str, str], logins_of_alias: Callable[[str], Logins]
) -> dict[str, str]:
    """Return the logins that may send as each key, joined by commas.

    Args:
        live: the live mailboxes, each with itself as its value.
        logins_of_alias: the live mailboxes that an alias or catch-all leads to, none where it is off.
    """
    rights = _Rights(accounts, logins_of_alias)
    table = dict(live)
    table |= {address: _joined(logins) for address, logins in rights.of_aliases.items()}
    # Entries that a grant adds to, or makes.
    for key in rights.granted_keys():
        if logins := rights.logins(key):
            table[key] = _joined(logins)
    for address in (*accounts.mailboxes, *accounts.aliases):
        if address not in table and rights.is_shadowed(address, table):
            # Nobody may send as it, and nobody logs in as it: without an entry, a wider one would be found.
            table[address] = address
    return table


class _Rights:
    """The rules, one key at a time."""

    def __init__(self, accounts: Accounts, logins_of_alias: Callable[[str], Logins]) -> None:
        self._accounts = accounts
        self.of_aliases = {address: logins for address in accounts.aliases if (logins := logins_of_alias(address))}
        # Logins by the address or @domain that they were granted.
        self._granted: dict[str, list[str]] = {}
        for mailbox in accounts.mailboxes.values():
            if mailbox.send_as and accounts.mailbox_is_live(mailbox.address):
                for sender in mailbox.send_as:
                    if self._may_be_used(domain_of(sender)):
                        self._granted.setdefault(sender, []).append(mailbox.address)

    def granted_keys(self) -> set[str]:
        """Return all keys whose entry a grant has a part in."""
        if not self._granted:
            return set()
        keys = set(self._granted)
        domains = {key[1:] for key in keys if key.startswith("@")}
        for objects in (self._accounts.mailboxes, self._accounts.aliases):
            # A tagged alias has an entry of its own, which a grant of the untagged address does not change.
            keys.update(address for address in objects if domain_of(address) in domains)
        return keys

    def logins(self, key: str) -> set[str]:
        """Return who may send as ``key``, which is an address or stands for those of its domain without an entry."""
        domain = f"@{domain_of(key)}"
        result = set(self._granted.get(domain, ()))
        if key == domain:
            return result.union(self._own(domain))
        for address in dict.fromkeys((key, without_tag(key))):
            result.update(self._granted.get(address, ()))
            if self._accounts.has(address):
                # Whoever has the address keeps it from those behind the tagged one's short form and the catch-all.
                return result.union(self._own(address))
        return result.union(self._own(domain))

    def is_shadowed(self, address: str, table: Mapping[str, str]) -> bool:
        """Whether without an entry of its own, Postfix would find another one for the mailbox or alias."""
        return (without_tag(address) in table or f"@{domain_of(address)}" in table) and not address.startswith("@")

    def _own(self, address: str) -> Logins:
        """Return who may send as a mailbox, alias or catch-all without any grant."""
        if self._accounts.mailbox_is_live(address):
            return (address,)
        return self.of_aliases.get(address, ())

    def _may_be_used(self, domain: str) -> bool:
        """Whether anybody may send as addresses of ``domain``: not while it is ours and switched off."""
        return domain not in self._accounts.domains or self._accounts.domain_is_active(domain)


def _joined(logins: Logins) -> str:
    return ", ".join(sorted(logins))
