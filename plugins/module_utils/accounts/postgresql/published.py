# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the services read in the database itself: a schema for each, written in the store's own transaction. Pure.

Postfix and Dovecot have a role each that may read its schema and nothing else. `publisher` writes what is computed
here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model import PROTOCOLS, Accounts
from ..publish import (
    APP_CREDENTIAL_COLUMNS,
    CREDENTIAL_COLUMNS,
    TABLES,
    app_password_rows,
    credential_rows,
    postfix_tables,
)
from .dialect import SCHEMA

# Raise it when other rows come of the same accounts: an unchanged run then writes those that differ.
FORMAT = 1

_TEXT = 'text COLLATE "C"'
_TYPES = {"quota": "bigint", "expires": "bigint", "active": "integer", **dict.fromkeys(PROTOCOLS, "integer")}
_PAIR = ("key", "value")

# primary key (a tuple) -> row
Rows = Mapping[Any, tuple[Any, ...]]
# (schema, table or "" for the schema itself, grantee, right)
Grant = tuple[str, str, str, str]


@dataclass(frozen=True)
class Table:
    """A table that a service reads; its first ``keys`` columns are its primary key."""

    service: str
    name: str
    columns: tuple[str, ...]
    keys: int = 1

    @property
    def schema(self) -> str:
        """The schema of its service, which is named as the role that reads it."""
        return schema_of(self.service)

    @property
    def types(self) -> tuple[tuple[str, str], ...]:
        """The columns with their types, as the catalogue shows them."""
        return tuple((name, _TYPES.get(name, "text")) for name in self.columns)

    def create(self, name: str) -> str:
        """Return the statement that makes it under the (qualified) ``name``."""
        columns = ", ".join(f"{column} {_TYPES.get(column, _TEXT)} NOT NULL" for column in self.columns)
        return f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({', '.join(self.columns[: self.keys])}))"


def schema_of(service: str) -> str:
    """Return the schema that ``service`` reads; its role has the same name."""
    return f"{SCHEMA}_{service}"


SERVICES = ("postfix", "dovecot")
SCHEMAS = tuple(schema_of(service) for service in SERVICES)
PUBLISHED = (
    *(Table("postfix", name, _PAIR) for name in TABLES),
    Table("postfix", "meta", _PAIR),
    Table("dovecot", "users", CREDENTIAL_COLUMNS),
    Table("dovecot", "app_passwords", APP_CREDENTIAL_COLUMNS, keys=2),
    Table("dovecot", "meta", _PAIR),
)


def contents(accounts: Accounts) -> Iterator[tuple[Table, Rows]]:
    """Return all tables with the rows that they are to have, keyed by primary key; one table at a time is made."""
    lookups = postfix_tables(accounts)
    meta = {"format": str(FORMAT), "generation": str(accounts.generation)}
    for table in PUBLISHED:
        if table.name == "meta":
            yield table, _pairs(meta)
        elif table.service == "postfix":
            yield table, _pairs(lookups.pop(table.name))
        elif table.name == "users":
            yield table, {(address,): row for address, row in credential_rows(accounts).items()}
        else:
            yield table, app_password_rows(accounts)


def wanted_grants(roles: Collection[str]) -> set[Grant]:
    """Return what is to be granted to ``roles``, those of `SCHEMAS` that there are; to nobody else anything is."""
    schemas = {(schema, "", schema, "USAGE") for schema in SCHEMAS if schema in roles}
    return schemas | {
        (table.schema, table.name, table.schema, "SELECT") for table in PUBLISHED if table.schema in roles
    }


def grant_statements(found: Collection[Grant], wanted: Collection[Grant]) -> list[str]:
    """Return what makes ``wanted`` of the grants ``found``."""
    gone = [_grant("REVOKE", "FROM", one) for one in sorted(set(found) - set(wanted))]
    return gone + [_grant("GRANT", "TO", one) for one in sorted(set(wanted) - set(found))]


def outdated(
    generation: int,
    metas: Mapping[str, Mapping[str, str]],
    tables: Mapping[tuple[str, str], tuple[tuple[str, str], ...]],
    grants: Collection[Grant],
    roles: Collection[str],
) -> dict[str, str]:
    """Return why what is published is not that of ``generation``, by service; nothing for one that is as it should be.

    Args:
        metas: each service's table ``meta``.
        tables: columns with their types by schema and table.
        grants, roles: as in `wanted_grants`.
    """
    differing = set(grants) ^ wanted_grants(roles)
    result = {}
    for service in SERVICES:
        schema = schema_of(service)
        ours = [table for table in PUBLISHED if table.service == service]
        meta = metas.get(service, {})
        if not any((schema, table.name) in tables for table in ours):
            result[service] = "nothing is published"
        elif any(tables.get((schema, table.name)) != table.types for table in ours):
            result[service] = "its tables are none of this release's"
        elif meta.get("format") != str(FORMAT):
            result[service] = f"format {meta.get('format', 'none')} is published"
        elif meta.get("generation") != str(generation):
            result[service] = f"generation {meta.get('generation', 'none')} is published"
        elif any(one[0] in (schema, SCHEMA) for one in differing):
            result[service] = "the rights to read differ"
    return result


def _pairs(entries: Mapping[str, str]) -> Rows:
    return {(key,): (key, value) for key, value in entries.items()}


def _grant(verb: str, preposition: str, grant: Grant) -> str:
    schema, table, grantee, right = grant
    target = f"TABLE {schema}.{table}" if table else f"SCHEMA {schema}"
    return f"{verb} {right} ON {target} {preposition} {grantee}"
