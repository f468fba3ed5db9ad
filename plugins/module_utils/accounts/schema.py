# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of the account store, one migration per version, and the rows of its tables, for every backend.

A migration is never changed once it is released; the next version is another entry in `MIGRATIONS`. The statements are
SQLite's; `postgresql.dialect` makes PostgreSQL's of them, so a table looks the same in both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from .model import PROTOCOLS, Accounts, Alias, AppPassword, Domain, Mailbox
from .plan import AccountsPlan

Migrations = Sequence[Sequence[str]]
# A statement that selects -> its rows.
Select = Callable[[str], Iterable[tuple[Any, ...]]]

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE domains (
            name TEXT PRIMARY KEY, description TEXT NOT NULL, active INTEGER NOT NULL,
            max_mailboxes INTEGER NOT NULL, max_aliases INTEGER NOT NULL,
            default_quota INTEGER NOT NULL, max_quota INTEGER NOT NULL, total_quota INTEGER NOT NULL,
            backup_mx INTEGER NOT NULL, display_name TEXT NOT NULL, short_display_name TEXT NOT NULL,
            imap_host TEXT NOT NULL, pop3_host TEXT NOT NULL, smtp_host TEXT NOT NULL,
            created TEXT NOT NULL, modified TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE mailboxes (
            address TEXT PRIMARY KEY, password_hash TEXT NOT NULL, quota INTEGER NOT NULL,
            display_name TEXT NOT NULL, active INTEGER NOT NULL,
            imap INTEGER NOT NULL, pop3 INTEGER NOT NULL, smtp INTEGER NOT NULL, sieve INTEGER NOT NULL,
            rate_limit TEXT NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE aliases (
            address TEXT PRIMARY KEY, list_members INTEGER NOT NULL, active INTEGER NOT NULL,
            required INTEGER NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE destinations (
            alias TEXT NOT NULL, destination TEXT NOT NULL, PRIMARY KEY (alias, destination)
        ) WITHOUT ROWID""",
        """CREATE TABLE allowed_senders (
            alias TEXT NOT NULL, sender TEXT NOT NULL, PRIMARY KEY (alias, sender)
        ) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE app_passwords (
            mailbox TEXT NOT NULL, name TEXT NOT NULL, password_hash TEXT NOT NULL,
            imap INTEGER NOT NULL, pop3 INTEGER NOT NULL, smtp INTEGER NOT NULL, sieve INTEGER NOT NULL,
            expires TEXT NOT NULL, active INTEGER NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,
            PRIMARY KEY (mailbox, name)
        ) WITHOUT ROWID""",
        """CREATE TABLE send_as (
            mailbox TEXT NOT NULL, sender TEXT NOT NULL, PRIMARY KEY (mailbox, sender)
        ) WITHOUT ROWID""",
    ),
)

DOMAIN_COLUMNS = tuple(field.name for field in fields(Domain))
MAILBOX_COLUMNS = (
    "address",
    "password_hash",
    "quota",
    "display_name",
    "active",
    *PROTOCOLS,
    "rate_limit",
    "created",
    "modified",
)
ALIAS_COLUMNS = ("address", "list_members", "active", "required", "created", "modified")
APP_PASSWORD_COLUMNS = (
    "mailbox",
    "name",
    "password_hash",
    *PROTOCOLS,
    "expires",
    "active",
    "created",
    "modified",
)


def domain_row(domain: Domain) -> tuple[Any, ...]:
    """Return the values of `DOMAIN_COLUMNS`."""
    return tuple(getattr(domain, column) for column in DOMAIN_COLUMNS)


def domain_from_row(row: tuple[Any, ...]) -> Domain:
    """Return the domain of a row with `DOMAIN_COLUMNS`."""
    values = dict(zip(DOMAIN_COLUMNS, row, strict=True))
    return Domain(**{**values, "active": bool(values["active"]), "backup_mx": bool(values["backup_mx"])})


def mailbox_row(mailbox: Mailbox) -> tuple[Any, ...]:
    """Return the values of `MAILBOX_COLUMNS`; what it may send as has a table of its own."""
    return (
        mailbox.address,
        mailbox.password_hash,
        mailbox.quota,
        mailbox.display_name,
        mailbox.active,
        *(protocol in mailbox.protocols for protocol in PROTOCOLS),
        mailbox.rate_limit,
        mailbox.created,
        mailbox.modified,
    )


def mailbox_from_row(row: tuple[Any, ...], send_as: tuple[str, ...] = ()) -> Mailbox:
    """Return the mailbox of a row with `MAILBOX_COLUMNS`."""
    address, password_hash, quota, display_name, active = row[:5]
    rate_limit = row[-3]
    # A bulk of mailboxes has the same few times.
    created, modified = map(sys.intern, row[-2:])
    protocols = _protocols(row[5:-3])
    return Mailbox(
        address, password_hash, quota, display_name, bool(active), protocols, rate_limit, send_as, created, modified
    )


def app_password_row(app_password: AppPassword) -> tuple[Any, ...]:
    """Return the values of `APP_PASSWORD_COLUMNS`."""
    return (
        app_password.mailbox,
        app_password.name,
        app_password.password_hash,
        *(protocol in app_password.protocols for protocol in PROTOCOLS),
        app_password.expires,
        app_password.active,
        app_password.created,
        app_password.modified,
    )


def app_password_from_row(row: tuple[Any, ...]) -> AppPassword:
    """Return the app password of a row with `APP_PASSWORD_COLUMNS`."""
    mailbox, name, password_hash = row[:3]
    expires, active, created, modified = row[-4:]
    return AppPassword(mailbox, name, password_hash, _protocols(row[3:-4]), expires, bool(active), created, modified)


def alias_row(alias: Alias) -> tuple[Any, ...]:
    """Return the values of `ALIAS_COLUMNS`; destinations and allowed senders have tables of their own."""
    return tuple(getattr(alias, column) for column in ALIAS_COLUMNS)


def _protocols(flags: tuple[Any, ...]) -> tuple[str, ...]:
    # Nearly every mailbox has all protocols: one shared tuple for them.
    return PROTOCOLS if all(flags) else tuple(name for name, on in zip(PROTOCOLS, flags, strict=True) if on)


@dataclass(frozen=True)
class TableChange:
    """What a plan changes in one table: the rows whose ``key`` columns have the values ``gone`` go, then ``rows`` come.

    ``rows`` can be read once.
    """

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    gone: Sequence[tuple[str, ...]]
    rows: Iterable[tuple[Any, ...]]


def table_changes(plan: AccountsPlan) -> Iterator[TableChange]:
    """Return what ``plan`` changes, table by table; those without any change are left out."""
    after = plan.after
    objects: list[tuple[str, str, tuple[str, ...], Callable[[Any], tuple[Any, ...]], Mapping[str, Any]]] = [
        ("domain", "domains", DOMAIN_COLUMNS, domain_row, after.domains),
        ("mailbox", "mailboxes", MAILBOX_COLUMNS, mailbox_row, after.mailboxes),
        ("alias", "aliases", ALIAS_COLUMNS, alias_row, after.aliases),
    ]
    for kind, table, columns, row, known in objects:
        if touched := plan.touched.get(kind, []):
            present = [name for name in touched if name in known]
            yield TableChange(
                table, columns, columns[:1], [(name,) for name in touched], _object_rows(present, known, row)
            )
    lists: list[tuple[str, str, tuple[str, str], str, Mapping[str, Any]]] = [
        ("mailbox", "send_as", ("mailbox", "sender"), "send_as", after.mailboxes),
        ("alias", "destinations", ("alias", "destination"), "destinations", after.aliases),
        ("alias", "allowed_senders", ("alias", "sender"), "allow_from", after.aliases),
    ]
    for kind, table, pair, attribute, known in lists:
        if touched := plan.touched.get(kind, []):
            present = [name for name in touched if name in known]
            yield TableChange(
                table, pair, pair[:1], [(name,) for name in touched], _list_rows(present, known, attribute)
            )
    if touched := plan.touched.get("app_password", []):
        present = [key for key in touched if key in after.app_passwords]
        # A mailbox's address has no slash, so the first one ends it.
        gone = [(mailbox, name) for mailbox, dummy, name in (key.partition("/") for key in touched)]
        rows = _object_rows(present, after.app_passwords, app_password_row)
        yield TableChange("app_passwords", APP_PASSWORD_COLUMNS, ("mailbox", "name"), gone, rows)


def _object_rows(
    names: Iterable[str], known: Mapping[str, Any], row: Callable[[Any], tuple[Any, ...]]
) -> Iterator[tuple[Any, ...]]:
    return (row(known[name]) for name in names)


def _list_rows(names: Iterable[str], known: Mapping[str, Any], attribute: str) -> Iterator[tuple[str, str]]:
    return ((name, entry) for name in names for entry in getattr(known[name], attribute))


def read_accounts(select: Select, generation: int, version: int) -> Accounts:
    """Return what the tables of the newest schema hold, read by ``select``."""
    domains = {row[0]: domain_from_row(row) for row in select(_all(DOMAIN_COLUMNS, "domains"))}
    send_as = _grouped(select("SELECT mailbox, sender FROM send_as ORDER BY mailbox, sender"))
    mailboxes = {
        row[0]: mailbox_from_row(row, tuple(send_as.get(row[0], ())))
        for row in select(_all(MAILBOX_COLUMNS, "mailboxes"))
    }
    app_passwords = [app_password_from_row(row) for row in select(_all(APP_PASSWORD_COLUMNS, "app_passwords"))]
    destinations = _grouped(select("SELECT alias, destination FROM destinations ORDER BY alias, destination"))
    senders = _grouped(select("SELECT alias, sender FROM allowed_senders ORDER BY alias, sender"))
    aliases = {
        address: Alias(
            address,
            tuple(destinations.get(address, ())),
            tuple(senders.get(address, ())),
            bool(list_members),
            bool(active),
            bool(required),
            created,
            modified,
        )
        for address, list_members, active, required, created, modified in select(_all(ALIAS_COLUMNS, "aliases"))
    }
    return Accounts(domains, mailboxes, aliases, {one.key: one for one in app_passwords}, generation, version)


def _all(columns: Iterable[str], table: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {table}"


def _grouped(rows: Iterable[tuple[str, ...]]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for key, value in rows:
        result.setdefault(key, []).append(value)
    return result
