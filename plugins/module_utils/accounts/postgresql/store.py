# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account store in a PostgreSQL database: one transaction an apply, one writer at a time.

Writers exclude each other by an advisory lock of the database, readers see the state before or after a transaction and
never wait. https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model import Accounts
from ..plan import AccountsPlan
from ..schema import MIGRATIONS, Migrations, read_accounts, table_changes
from ..store import Stale, Store, StoreError, check_version, next_generation
from . import errors, publisher, rights
from .connection import Server, connect, driver
from .dialect import SCHEMA, CopyStream, copy_rows, delete_rows, translated
from .published import SCHEMAS
from .publisher import BATCH

if TYPE_CHECKING:
    import psycopg2.extensions as pg

# "mailwright" of the store's database; any number does that nobody else takes.
LOCK = 0x6D61696C77726974
_HOLDERS = """
    SELECT a.pid, coalesce(nullif(application_name, ''), 'a session of ' || usename), host(client_addr)
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE locktype = 'advisory' AND granted AND l.database = (SELECT oid FROM pg_database WHERE datname =
        current_database()) AND (classid::bigint << 32) + objid::bigint = %s AND a.pid <> pg_backend_pid()
"""


class PostgresqlStore(Store):
    """The store in the database of ``server``. ``timeout`` is how many seconds it waits for another writer."""

    def __init__(self, server: Server, timeout: float = 30, migrations: Migrations = MIGRATIONS) -> None:
        self.location = server.location
        self.version = len(migrations)
        self._server = server
        self._migrations = migrations
        self._timeout = timeout
        self._writer: pg.connection | None = None
        # Whether the writer is in a transaction and has the lock.
        self._held = False
        self._committing = self._committed = False
        self._outdated: Mapping[str, str] = {}

    def read(self) -> Accounts:
        if self._held:
            with self._told(self._locked()):
                return self._read(self._locked())
        connection = connect(self._server)
        try:
            with self._told(connection, writing=False):
                connection.set_session(isolation_level="REPEATABLE READ")
                _begin(connection)
                return self._read(connection)
        finally:
            # What was not committed is given up: nothing was written.
            connection.close()

    def outdated(self) -> Mapping[str, str]:
        return self._outdated

    def generation(self) -> int:
        with self._told(self._locked()):
            return self._state(self._locked())[1]

    def exposure(self) -> str:
        return ""

    @contextmanager
    def lock(self) -> Iterator[None]:
        if self._held:
            yield
            return
        if self._writer is None or self._writer.closed:
            self._writer = connect(self._server)
        try:
            with self._told(self._writer):
                self._writer.set_session(isolation_level="READ COMMITTED", readonly=False)
                self._acquire(self._writer)
            self._held = True
            yield
        finally:
            self._held = False
            # A connection that is gone has given up everything.
            with suppress(driver().Error):
                self._writer.rollback()

    def apply(self, plan: AccountsPlan) -> Accounts:
        with self.lock(), self._told(self._locked()):
            writer = self._locked()
            after = self._write(writer, plan)
            publisher.write(writer, after)
            self._commit(writer)
        return after

    def publish(self, accounts: Accounts) -> None:
        with self.lock(), self._told(self._locked()):
            publisher.write(self._locked(), accounts)
            self._commit(self._locked())

    def readers(self) -> Path | None:
        return None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _locked(self) -> pg.connection:
        """Return the connection that holds the lock; asking for it outside `lock` is a fault of the caller."""
        if self._writer is None or not self._held:
            raise RuntimeError("the store is asked outside lock()")
        return self._writer

    def _acquire(self, writer: pg.connection) -> None:
        # The snapshots of READ COMMITTED are taken statement by statement: after the lock, all others' work is seen.
        with writer.cursor() as cursor:
            _begin(writer)
            # For locks on tables, too. PostgreSQL's 0 is no limit.
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", (f"{max(1, round(self._timeout * 1000))}ms",))
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))

    def _commit(self, writer: pg.connection) -> None:
        self._committing = True
        writer.commit()
        self._committing = False
        self._committed = True
        # The lock went with the transaction; whoever is within lock() still may ask for it again.
        self._held = False
        self._outdated = {}

    def _state(self, connection: pg.connection) -> tuple[int, int]:
        """Return schema version and generation, both 0 where there is no store yet."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = %s", (SCHEMA,))
            tables = {row[0] for row in cursor.fetchall()}
            if not tables:
                return 0, 0
            if "meta" not in tables:
                raise StoreError(
                    f"the schema {SCHEMA} of {self.location} has tables, but is no account store; give another database"
                )
            cursor.execute(f"SELECT key, value FROM {SCHEMA}.meta WHERE key IN ('schema_version', 'generation')")
            return check_version(self.location, dict(cursor.fetchall()), self.version)

    def _read(self, connection: pg.connection) -> Accounts:
        version, generation = self._state(connection)
        if not version:
            return Accounts()
        self._outdated = publisher.read_outdated(connection, generation)
        if version < self.version:
            return replace(self._read_migrated(connection, generation, version), schema_version=version)
        return self._read_newest(connection, generation)

    def _read_newest(self, connection: pg.connection, generation: int) -> Accounts:
        return read_accounts(lambda query: _stream(connection, query), generation, self.version)

    def _read_migrated(self, connection: pg.connection, generation: int, version: int) -> Accounts:
        """Read an older schema through temporary, migrated copies of its tables: reading never writes."""
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT copies")
            cursor.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = %s", (SCHEMA,))
            for (table,) in cursor.fetchall():
                cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE {SCHEMA}.{table} INCLUDING ALL)")
                cursor.execute(f"INSERT INTO pg_temp.{table} TABLE {SCHEMA}.{table}")
            cursor.execute("SET LOCAL search_path = pg_temp")
            self._migrate(cursor, version)
            found = self._read_newest(connection, generation)
            cursor.execute("ROLLBACK TO SAVEPOINT copies")
        return found

    def _migrate(self, cursor: Any, version: int) -> None:
        for statements in self._migrations[version:]:
            for statement in statements:
                cursor.execute(translated(statement))

    def _write(self, writer: pg.connection, plan: AccountsPlan) -> Accounts:
        """Write schema, objects and meta within the transaction and return what then is there."""
        version, generation = self._state(writer)
        if generation != plan.found.generation:
            raise Stale
        generation = next_generation(generation)
        with writer.cursor() as cursor:
            if not version:
                cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (SCHEMA,))
                if not cursor.fetchall():
                    cursor.execute(f"CREATE SCHEMA {SCHEMA}")
            self._migrate(cursor, version)
            for change in table_changes(plan):
                arrays = [list(column) for column in zip(*change.gone, strict=True)]
                cursor.execute(delete_rows(change.table, change.key), arrays)
                cursor.copy_expert(copy_rows(change.table, change.columns), CopyStream(change.rows))
            meta = [("schema_version", str(self.version)), ("generation", str(generation))]
            cursor.execute("DELETE FROM meta WHERE key = ANY(%s)", ([key for key, dummy in meta],))
            cursor.executemany("INSERT INTO meta (key, value) VALUES (%s, %s)", meta)
        return replace(plan.after, generation=generation, schema_version=self.version)

    @contextmanager
    def _told(self, connection: pg.connection, *, writing: bool = True) -> Iterator[None]:
        """Turn the server's errors into what a user can act on."""
        error_type = driver().Error
        try:
            yield
        except error_type as error:
            raise StoreError(self._explained(connection, error, writing)) from error

    def _explained(self, connection: pg.connection, error: Any, writing: bool) -> str:
        code = error.pgcode or ""
        told = error.diag.message_primary or "; ".join(str(error).strip().splitlines()) or type(error).__name__
        if errors.is_gone(code, bool(connection.closed)):
            return errors.gone(self.location, told, committing=self._committing, committed=self._committed)
        if code == errors.LOCK_NOT_AVAILABLE:
            return errors.locked(self.location, _ask(connection, _HOLDERS, (LOCK,)), self._timeout)
        if code == errors.INSUFFICIENT_PRIVILEGE:
            lacking = self._missing(connection, writing)
            told = lacking or f"{told} (role {self._server.user}); grant that right"
        return errors.refused(self.location, code, told)

    def _missing(self, connection: pg.connection, writing: bool) -> str:
        return rights.missing(
            self._server.user, _ask(connection, rights.ASK, {"schemas": [SCHEMA, *SCHEMAS]}), writing=writing
        )


def _begin(connection: pg.connection) -> None:
    """Start a transaction in which our tables need no schema."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL search_path = {SCHEMA}, pg_temp")


def _ask(connection: pg.connection, query: str, parameters: Any) -> list[Any]:
    """Return rows that an error's message needs; none where the server does not answer any more."""
    with suppress(driver().Error), connection.cursor() as cursor:
        connection.rollback()
        cursor.execute(query, parameters)
        return cursor.fetchall()
    return []


def _stream(connection: pg.connection, query: str) -> Iterable[tuple[Any, ...]]:
    """Return the rows of a query, fetched as they are asked for: the driver would keep them all otherwise."""
    with connection.cursor(name="store") as cursor:
        cursor.itersize = BATCH
        cursor.execute(query)
        yield from cursor
