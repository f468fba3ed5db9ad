# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQLite schema of the account store, one migration per version, and the rows of its tables.

A migration is never changed once it is released; the next version is another entry in `MIGRATIONS`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from .model import PROTOCOLS, Alias, AppPassword, Domain, Mailbox

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
    rate_limit, created, modified = row[-3:]
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
