# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the services read, computed from the accounts. Pure; `publishing` writes it.

Postfix's tables are looked up as virtual(5), access(5) and postconf(5) (smtpd_sender_login_maps) say: the whole
address, then the address without its ``+tag``, then ``@domain``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from .chains import Leads, endless, find_leads
from .model import NO_LOGIN, PROTOCOLS, Accounts, Alias, Domain, Mailbox, domain_of
from .publish_senders import sender_table
from .publish_writers import writer_tables

Tables = dict[str, dict[str, str]]

# The tables' names: files of that name with .lmdb.
TABLES = ("domains", "backup_domains", "mailboxes", "aliases", "rejected", "senders", "restricted", "allowed")
# The table that Postfix's policy service reads, which is a user of its own; the others are Postfix's alone.
POLICY_TABLE = "allowed"
_REJECTION = "550 5.2.1 This address does not receive mail"

CREDENTIAL_COLUMNS = ("address", "local_part", "domain", "password", "quota", "active", *PROTOCOLS)
APP_CREDENTIAL_COLUMNS = ("address", "name", "password", "expires", *PROTOCOLS)


def domain_tables(accounts: Accounts) -> Tables:
    """Return those of Postfix's lookup tables that say which domains are served."""
    active = [domain for domain in accounts.domains.values() if domain.active]
    return {
        "domains": {domain.name: domain.name for domain in active if not domain.backup_mx},
        "backup_domains": {domain.name: "reject_unverified_recipient" for domain in active if domain.backup_mx},
    }


def postfix_tables(accounts: Accounts) -> Tables:
    """Return Postfix's lookup tables by name, each key to value."""
    live = _LiveAliases(accounts)
    active = [domain for domain in accounts.domains.values() if domain.active]
    tables: Tables = {**{name: {} for name in TABLES}, **domain_tables(accounts)}
    tables["mailboxes"] = {address: address for address in accounts.mailboxes if accounts.mailbox_is_live(address)}
    tables["aliases"] = {
        address: ", ".join(names) for address in accounts.aliases if (names := live.destinations(address))
    }
    tables["restricted"], tables["allowed"] = writer_tables(accounts, [*tables["mailboxes"], *tables["aliases"]])
    tables["senders"] = sender_table(accounts, tables["mailboxes"], live.logins)
    for address in _addresses(accounts, active):
        served = address in tables["mailboxes"] or address in tables["aliases"]
        if not served and not address.startswith("@"):
            # Disabled or leading nowhere; named here so that a catch-all does not get its mail.
            tables["rejected"][address] = _REJECTION
        if f"@{domain_of(address)}" in tables["aliases"] and not address.startswith("@"):
            # Postfix asks for @domain whenever the address itself is not found: these entries keep a catch-all
            # from stealing anybody's mail. What is in ``rejected`` needs them too: only smtpd asks there, and not
            # for a Sieve redirect or sendmail(1), whose mail Dovecot then refuses.
            tables["aliases"].setdefault(address, address)
    return tables


def credential_rows(accounts: Accounts) -> dict[str, tuple[Any, ...]]:
    """Return Dovecot's rows by address, with the values of `CREDENTIAL_COLUMNS`."""
    rows: dict[str, tuple[Any, ...]] = {}
    for address, mailbox in accounts.mailboxes.items():
        local_part, domain = address.rpartition("@")[::2]
        active = accounts.mailbox_is_live(address)
        flags = _flags(_open_protocols(mailbox) if active else ())
        rows[address] = (address, local_part, domain, mailbox.password_hash, mailbox.quota, int(active), *flags)
    return rows


def app_password_rows(accounts: Accounts) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return Dovecot's rows of the app passwords that open anything, with the values of `APP_CREDENTIAL_COLUMNS`.

    They are keyed by address and name. ``expires`` is in Unix seconds, 0 for never; who reads the rows compares it,
    because nothing is published when a time comes. No app password opens more than its mailbox's own protocols.
    """
    rows: dict[tuple[str, str], tuple[Any, ...]] = {}
    for one in accounts.app_passwords.values():
        if not one.active or one.password_hash == NO_LOGIN or not accounts.mailbox_is_live(one.mailbox):
            continue
        allowed = _open_protocols(accounts.mailboxes[one.mailbox])
        if protocols := [name for name in one.protocols if name in allowed]:
            expires = int(datetime.fromisoformat(one.expires).timestamp()) if one.expires else 0
            rows[one.mailbox, one.name] = (one.mailbox, one.name, one.password_hash, expires, *_flags(protocols))
    return rows


def _open_protocols(mailbox: Mailbox) -> tuple[str, ...]:
    """Return the protocols that may be logged in to: none where there is no password, not by an app password either."""
    return () if mailbox.password_hash == NO_LOGIN else mailbox.protocols


def _flags(protocols: Collection[str]) -> tuple[int, ...]:
    return tuple(int(name in protocols) for name in PROTOCOLS)


def _addresses(accounts: Accounts, active: list[Domain]) -> Iterator[str]:
    domains = {domain.name for domain in active}
    for addresses in (accounts.mailboxes, accounts.aliases):
        yield from (address for address in addresses if domain_of(address) in domains)


class _LiveAliases:
    """Which aliases lead anywhere, and to whom. A loop alone leads nowhere."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        leads = find_leads(accounts)
        self._alive = self._find_alive(leads)
        self._leads = {
            address: {name: written for name, written in names.items() if name in self._alive}
            for address, names in leads.items()
            if address in self._alive
        }
        # Postfix would expand these up to its limits and then defer their mail, way out or not (cleanup(8),
        # virtual_alias_recursion_limit). No task makes such aliases, but older releases did.
        self._looping = endless(self._leads)

    def destinations(self, address: str) -> list[str]:
        """Return the destinations of an alias that can receive; none for an inactive alias or domain."""
        if address not in self._alive:
            return []
        if address in self._looping:
            return sorted(self._ends(address))
        return [name for name in self._accounts.aliases[address].destinations if self._receives(name)]

    def logins(self, address: str) -> frozenset[str]:
        """Return the active mailboxes that an active alias leads to, through other aliases too."""
        if address not in self._alive:
            return frozenset()
        names = (self._accounts.receiver_of(destination) for destination in self._ends(address))
        return frozenset(name for name in names if name is not None and self._accounts.mailbox_is_live(name))

    def _ends(self, address: str) -> set[str]:
        """Return the destinations at which mail to an alias that is alive ends, through other aliases too."""
        ends: set[str] = set()
        seen = {address}
        waiting = [address]
        while waiting:
            address = waiting.pop()
            destinations = self._accounts.aliases[address].destinations
            ends.update(name for name in destinations if self._receives_itself(name))
            nearer = self._leads.get(address, {}).keys() - seen
            seen |= nearer
            waiting += nearer
        return ends

    def _find_alive(self, leads: Leads) -> set[str]:
        """Start with the aliases that reach a mailbox or another server directly, and go backwards from them."""
        referring: dict[str, list[str]] = {}
        for address, names in leads.items():
            for name in names:
                referring.setdefault(name, []).append(address)
        waiting = [
            address
            for address, alias in self._accounts.aliases.items()
            if self._is_on(alias) and any(self._receives_itself(destination) for destination in alias.destinations)
        ]
        alive: set[str] = set()
        while waiting:
            address = waiting.pop()
            if address not in alive:
                alive.add(address)
                waiting += referring.get(address, ())
        return alive

    def _is_on(self, alias: Alias) -> bool:
        return alias.active and self._accounts.domain_is_active(alias.domain)

    def _receives_itself(self, destination: str) -> bool:
        """Whether mail to ``destination`` ends here, or at another server."""
        domain = self._accounts.domains.get(domain_of(destination))
        if domain is None:
            return True
        name = self._accounts.receiver_of(destination)
        if name is None:
            return domain.backup_mx and domain.active
        return self._accounts.mailbox_is_live(name)

    def _receives(self, destination: str) -> bool:
        return self._receives_itself(destination) or self._accounts.receiver_of(destination) in self._alive
