# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes in the database what `published` computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..model import Accounts
from . import published
from .dialect import SCHEMA, CopyStream, copy_rows, delete_rows
from .published import PUBLISHED, SCHEMAS, SERVICES, Grant, Rows, Table, schema_of

if TYPE_CHECKING:
    import psycopg2.extensions as pg

# Rows that a cursor fetches at once.
BATCH = 10_000
_COLUMNS = """
    SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(%s) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
# What PUBLIC (0) and the services' roles may do in our schemas and with their tables.
_GRANTS = """
    SELECT schema, name, coalesce(rolname, 'public')::text, privilege_type FROM (
        SELECT nspname::text AS schema, '' AS name, granted.grantee, granted.privilege_type
        FROM pg_namespace, aclexplode(nspacl) AS granted WHERE nspname = ANY(%(schemas)s)
        UNION ALL
        SELECT nspname::text, relname::text, granted.grantee, granted.privilege_type
        FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace, aclexplode(relacl) AS granted
        WHERE nspname = ANY(%(schemas)s) AND relkind IN ('r', 'p', 'v')
    ) AS grants LEFT JOIN pg_roles ON pg_roles.oid = grantee
    WHERE grantee = 0 OR rolname = ANY(%(roles)s)
"""


def read_outdated(connection: pg.connection, generation: int) -> dict[str, str]:
    """Return what `published.outdated` says of the database."""
    tables = _tables(connection)
    metas = {}
    for service in SERVICES:
        meta = next(table for table in PUBLISHED if (table.service, table.name) == (service, "meta"))
        if tables.get((meta.schema, "meta")) == meta.types:
            metas[service] = _meta(connection, meta.schema)
    return published.outdated(generation, metas, tables, _grants(connection), _roles(connection))


def write(connection: pg.connection, accounts: Accounts) -> None:
    """Bring tables, rows and rights to those of ``accounts``, within the transaction; only rows that differ change."""
    schemas = _schemas(connection)
    tables = _tables(connection)
    renamed: list[Table] = []
    with connection.cursor() as cursor:
        for schema in SCHEMAS:
            if schema not in schemas:
                cursor.execute(f"CREATE SCHEMA {schema}")
        for table, rows in published.contents(accounts):
            name = f"{table.schema}.{table.name}"
            if tables.get((table.schema, table.name)) != table.types:
                # Beside one of another release, which services read until the very end.
                name += "_new"
                cursor.execute(f"DROP TABLE IF EXISTS {name}")
                cursor.execute(table.create(name))
                renamed.append(table)
                cursor.copy_expert(copy_rows(name, table.columns), CopyStream(rows.values()))
            else:
                _write_rows(connection, table, name, rows)
        for table in renamed:
            cursor.execute(f"DROP TABLE IF EXISTS {table.schema}.{table.name}")
            cursor.execute(f"ALTER TABLE {table.schema}.{table.name}_new RENAME TO {table.name}")
        wanted = published.wanted_grants(_roles(connection))
        for statement in published.grant_statements(_grants(connection), wanted):
            cursor.execute(statement)


def _write_rows(connection: pg.connection, table: Table, name: str, rows: Rows) -> None:
    gone: list[tuple[str, ...]] = []
    fresh = dict(rows)
    with connection.cursor(name="published") as found:
        found.itersize = BATCH
        found.execute(f"SELECT {', '.join(table.columns)} FROM {name}")
        for row in found:
            key = row[: table.keys]
            if fresh.get(key) == row:
                del fresh[key]
            else:
                gone.append(key)
    with connection.cursor() as cursor:
        if gone:
            arrays = [list(column) for column in zip(*gone, strict=True)]
            cursor.execute(delete_rows(name, table.columns[: table.keys]), arrays)
        if fresh:
            cursor.copy_expert(copy_rows(name, table.columns), CopyStream(fresh.values()))


def _tables(connection: pg.connection) -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
    result: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for schema, table, column, kind in _rows(connection, _COLUMNS, (list(SCHEMAS),)):
        result[schema, table] = (*result.get((schema, table), ()), (column, kind))
    return result


def _meta(connection: pg.connection, schema: str) -> dict[str, str]:
    rows = _rows(
        connection,
        "SELECT has_schema_privilege(%s, 'USAGE') AND has_table_privilege(%s, 'SELECT')",
        (schema, f"{schema}.meta"),
    )
    return dict(_rows(connection, f"SELECT key, value FROM {schema}.meta")) if rows[0][0] else {}


def _schemas(connection: pg.connection) -> set[str]:
    rows = _rows(connection, "SELECT nspname::text FROM pg_namespace WHERE nspname = ANY(%s)", (list(SCHEMAS),))
    return {row[0] for row in rows}


def _roles(connection: pg.connection) -> set[str]:
    names = [schema_of(service) for service in SERVICES]
    return {row[0] for row in _rows(connection, "SELECT rolname::text FROM pg_roles WHERE rolname = ANY(%s)", (names,))}


def _grants(connection: pg.connection) -> set[Grant]:
    return set(_rows(connection, _GRANTS, {"schemas": [SCHEMA, *SCHEMAS], "roles": list(SCHEMAS)}))


def _rows(connection: pg.connection, query: str, parameters: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
