# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account store in one SQLite file that only root reads and writes.

Rollback journal, because reading (check mode, the info modules) then leaves no files behind and nobody else reads it:
the services have tables of their own (`publishing`). https://sqlite.org/lockingv3.html
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from ..core.files import make_directories
from .locks import holder
from .model import Accounts
from .plan import AccountsPlan
from .schema import MIGRATIONS, Migrations, read_accounts, table_changes
from .store import MODE, Stale, Store, StoreError, check_version, next_generation

# What the system says to others than root, and on a file system that is mounted read-only.
_NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)


class SqliteStore(Store):
    """The store at ``path``. ``timeout`` is how many seconds it waits for another writer."""

    def __init__(self, path: str | Path, timeout: float = 30, migrations: Migrations = MIGRATIONS) -> None:
        self.path = Path(path)
        self.location = str(path)
        self.version = len(migrations)
        self._migrations = migrations
        self._timeout = timeout
        self._writer: sqlite3.Connection | None = None

    def read(self) -> Accounts:
        with self._told():
            if self._writer is not None:
                return self._read(self._writer)
            if not self._exists():
                return Accounts()
            connection = self._open("ro")
            try:
                connection.execute("BEGIN")
                return self._read(connection)
            except sqlite3.OperationalError as error:
                # A killed writer's journal: only a connection that may write can roll it back.
                if error.sqlite_errorcode not in (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY):
                    raise
            finally:
                connection.close()
            connection = self._open("rw")
            try:
                connection.execute("BEGIN")
                return self._read(connection)
            finally:
                connection.close()

    def generation(self) -> int:
        with self._told():
            return self._state(self._locked())[1]

    def exposure(self) -> str:
        with self._told():
            try:
                mode = self.path.stat().st_mode & 0o777
            except (FileNotFoundError, NotADirectoryError):
                return ""
        return f"{mode:04o}" if mode & 0o077 else ""

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._told():
            writer = self._begin()
        try:
            yield
        finally:
            if writer is not None and writer.in_transaction:
                writer.execute("ROLLBACK")

    def apply(self, plan: AccountsPlan) -> Accounts:
        with self.lock(), self._told():
            writer = self._locked()
            generation = self._write(writer, plan)
            writer.execute("COMMIT")
        return replace(plan.after, generation=generation, schema_version=self.version)

    def readers(self) -> Path | None:
        return self.path.parent / "published"

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _exists(self) -> bool:
        # An empty file is what a run leaves that was killed between making the file and its first commit.
        try:
            return self.path.stat().st_size > 0
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _begin(self) -> sqlite3.Connection | None:
        """Start the writing transaction; ``None`` where an outer `lock` has started it and will end it."""
        if self._writer is None:
            make_directories(self.path.parent)
            # Before SQLite opens the file: closing it later would drop this process's locks (fcntl(2)).
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE))
            if self.exposure():
                # As a copy from a backup is that was made without care; SQLite gives the journal the same mode.
                self.path.chmod(MODE)
            self._writer = self._open("rw")
        if self._writer.in_transaction:
            return None
        self._writer.execute("BEGIN IMMEDIATE")
        return self._writer

    def _locked(self) -> sqlite3.Connection:
        """Return the connection that holds the lock; asking for it outside `lock` is a fault of the caller."""
        if self._writer is None:
            raise RuntimeError("the store is asked outside lock()")
        return self._writer

    def _open(self, mode: str) -> sqlite3.Connection:
        uri = f"file:{quote(str(self.path.absolute()))}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, timeout=self._timeout, isolation_level=None)
        # Durable before the services are told: a published mailbox never vanishes with the power.
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _state(self, connection: sqlite3.Connection) -> tuple[int, int]:
        """Return schema version and generation, both 0 for an empty file."""
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not names:
            return 0, 0
        if "meta" not in names:
            raise StoreError(f"{self.path} is an SQLite database, but no account store; give another path")
        meta = dict(connection.execute("SELECT key, value FROM meta WHERE key IN ('schema_version', 'generation')"))
        return check_version(self.location, meta, self.version)

    def _read(self, connection: sqlite3.Connection) -> Accounts:
        version, generation = self._state(connection)
        if not version:
            return Accounts()
        if version < self.version:
            return self._read_migrated(connection)
        return read_accounts(connection.execute, generation, version)

    def _read_migrated(self, connection: sqlite3.Connection) -> Accounts:
        """Read an older schema through a migrated copy in memory: reading never writes."""
        version = self._state(connection)[0]
        copy = sqlite3.connect(":memory:", isolation_level=None)
        try:
            self._copy(connection, copy)
            for statements in self._migrations[version:]:
                for statement in statements:
                    copy.execute(statement)
            copy.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(self.version),))
            found = self._read(copy)
        finally:
            copy.close()
        return replace(found, schema_version=version)

    def _copy(self, connection: sqlite3.Connection, copy: sqlite3.Connection) -> None:
        if not connection.in_transaction or connection is not self._writer:
            connection.backup(copy)
            return
        # SQLite copies nothing from within a writing transaction, and Python would wait for its end for ever. Nobody
        # else can write meanwhile, so another connection sees the same.
        with closing(self._open("ro")) as reader:
            reader.backup(copy)

    def _write(self, writer: sqlite3.Connection, plan: AccountsPlan) -> int:
        """Write schema, objects and meta within the transaction and return the new generation."""
        version, generation = self._state(writer)
        if generation != plan.found.generation:
            raise Stale
        for statements in self._migrations[version:]:
            for statement in statements:
                writer.execute(statement)
        for change in table_changes(plan):
            key = " AND ".join(f"{column} = ?" for column in change.key)
            writer.executemany(f"DELETE FROM {change.table} WHERE {key}", change.gone)
            columns, marks = ", ".join(change.columns), ", ".join("?" * len(change.columns))
            writer.executemany(f"INSERT INTO {change.table} ({columns}) VALUES ({marks})", change.rows)
        generation = next_generation(generation)
        meta = [("schema_version", str(self.version)), ("generation", str(generation))]
        writer.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", meta)
        return generation

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn SQLite's and the system's errors into what a user can act on."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise StoreError(self._explained(error)) from error
        except OSError as error:
            remedy = "; run as root, on a file system that is writable" if error.errno in _NO_RIGHT else ""
            raise StoreError(
                f"the account store {self.path} cannot be used: {error.strerror} ({error.filename}){remedy}"
            ) from error

    def _explained(self, error: sqlite3.DatabaseError) -> str:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return (
                f"the account store {self.path} is locked by {holder(self.path)}, still after {self._timeout:g} s; "
                "wait until that has finished, or raise lock_timeout"
            )
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return f"the account store {self.path} is damaged or no account store ({error}); restore it from a backup"
        if code == sqlite3.SQLITE_READONLY:
            return (
                f"the account store {self.path} is read-only ({error}); run as root, on a file system that is writable"
            )
        if code == sqlite3.SQLITE_FULL:
            return f"the account store {self.path} cannot grow ({error}); make room on its disk"
        return f"the account store {self.path} cannot be used: {error}; look at the file and its directory"
