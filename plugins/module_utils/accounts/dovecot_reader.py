# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dovecot's credentials: ``credentials.db``, SQLite with a write-ahead log, so that no login waits for a writer.

A reader of such a database takes part in its locking: the directory is ``root:GROUP 2770`` and the files are 0640
with that group, which SQLite gives to ``-wal`` and ``-shm`` as well (https://sqlite.org/wal.html). Renaming a new
file over the database would leave Dovecot's open connections on the old one, so rows that differ are changed in
place, in one transaction.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..core.errors import Unavailable
from ..core.files import sync_directory
from .model import PROTOCOLS, Accounts
from .publish import APP_CREDENTIAL_COLUMNS, CREDENTIAL_COLUMNS, app_password_rows, credential_rows

FILE = "credentials.db"
_MODE = 0o640
_TIMEOUT = 30.0
_COMPANIONS = ("-wal", "-shm")
# What a large change leaves of its log while Dovecot keeps the database open.
_LOG_LIMIT = 4 * 1024 * 1024
_FLAGS = ", ".join(f"{name} INTEGER NOT NULL" for name in PROTOCOLS)
_SCHEMA = {
    "users": f"""CREATE TABLE users (
        address TEXT PRIMARY KEY, local_part TEXT NOT NULL, domain TEXT NOT NULL, password TEXT NOT NULL,
        quota INTEGER NOT NULL, active INTEGER NOT NULL, {_FLAGS}
    ) WITHOUT ROWID""",
    "app_passwords": f"""CREATE TABLE app_passwords (
        address TEXT NOT NULL, name TEXT NOT NULL, password TEXT NOT NULL, expires INTEGER NOT NULL, {_FLAGS},
        PRIMARY KEY (address, name)
    ) WITHOUT ROWID""",
    "meta": "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
}
# All that says that the file's content is lost. A full disk, a lock or missing rights say nothing about it.
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class DovecotReader:
    """The database in ``directory``."""

    name = "dovecot"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / FILE

    def wanted(self) -> bool:
        return self._directory.is_dir()

    def stale(self, generation: int) -> str:
        try:
            status = self._path.stat()
            if status.st_mode & 0o777 != _MODE or status.st_gid != self._group():
                return "mode or group differ"
            return self._outdated(generation)
        except FileNotFoundError:
            return "nothing is published"
        except (OSError, sqlite3.Error) as error:
            return "it is damaged" if _is_damaged(error) else f"it cannot be read ({error})"

    def prepare(self) -> None:
        """Nothing beyond Python's own library is needed."""

    def publish(self, accounts: Accounts) -> None:
        for left in self._directory.glob(".building-*"):
            shutil.rmtree(left, ignore_errors=True)
        try:
            if not self._update(accounts):
                self._replace(accounts)
        except sqlite3.Error as error:
            raise Unavailable(f"{_explained(error)} ({self._path})") from error

    def _update(self, accounts: Accounts) -> bool:
        """Whether there was a database that could take the rows; one that is damaged is left as it is."""
        if not self._path.exists():
            return False
        try:
            with _writing(self._path) as connection:
                _write(connection, accounts)
        except sqlite3.DatabaseError as error:
            if _is_damaged(error):
                return False
            raise
        self._set_owner(self._path)
        return True

    def _replace(self, accounts: Accounts) -> None:
        """Build a new database beside and rename it: nobody ever opens one without its tables.

        What was there before is touched only when the new one is complete.
        """
        with tempfile.TemporaryDirectory(prefix=".building-", dir=self._directory) as building:
            path = Path(building) / FILE
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            self._set_owner(path)
            with _writing(path) as connection:
                _write(connection, accounts)
                # Closing moves the rows from the log into the file, too, but says nothing when it fails.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # The log of the database that was there would be taken for the new one's.
            for suffix in _COMPANIONS:
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            path.rename(self._path)
        sync_directory(self._directory)

    def _outdated(self, generation: int) -> str:
        """Return how the database differs from what is published as ``generation``, ``""`` where it does not."""
        # With nothing in the log the file alone says it all, and read as immutable it leaves no -wal and -shm behind.
        mode = "mode=ro" if _size(Path(f"{self._path}-wal")) else "immutable=1"
        uri = f"file:{quote(str(self._path.absolute()))}?{mode}"
        with closing(sqlite3.connect(uri, uri=True, timeout=_TIMEOUT)) as connection:
            if _tables(connection) != _SCHEMA:
                return "its tables are none of this release's"
            row = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
        published = row[0] if row else "0"
        return "" if published == str(generation) else f"generation {published} is published"

    def _group(self) -> int:
        return self._directory.stat().st_gid

    def _set_owner(self, path: Path) -> None:
        # SQLite gives -wal and -shm the database's mode and group only when it makes them.
        for file in (path, *(Path(f"{path}{suffix}") for suffix in _COMPANIONS)):
            # Whoever closes the database last takes -wal and -shm away.
            with suppress(FileNotFoundError):
                os.chown(file, -1, self._group())
                file.chmod(_MODE)


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database ``path``; what is not committed when the block ends is given up."""
    with closing(sqlite3.connect(path, timeout=_TIMEOUT, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_LIMIT}")
        yield connection


def _write(connection: sqlite3.Connection, accounts: Accounts) -> None:
    """Bring tables and rows to those of ``accounts`` in one transaction."""
    users = {(address,): row for address, row in credential_rows(accounts).items()}
    app_passwords = app_password_rows(accounts)
    connection.execute("BEGIN IMMEDIATE")
    _make_tables(connection)
    _write_rows(connection, "users", CREDENTIAL_COLUMNS, 1, users)
    _write_rows(connection, "app_passwords", APP_CREDENTIAL_COLUMNS, 2, app_passwords)
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('generation', ?)", (str(accounts.generation),))
    connection.execute("COMMIT")


def _write_rows(
    connection: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    keys: int,
    wanted: Mapping[Any, tuple[Any, ...]],
) -> None:
    """Change the rows that differ; the first ``keys`` columns are the key of a row."""
    names = ", ".join(columns)
    found = {row[:keys]: row for row in connection.execute(f"SELECT {names} FROM {table}")}
    where = " AND ".join(f"{column} = ?" for column in columns[:keys])
    connection.executemany(f"DELETE FROM {table} WHERE {where}", found.keys() - wanted.keys())
    connection.executemany(
        f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})",
        (row for key, row in wanted.items() if found.get(key) != row),
    )


def _make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables, in place of those of another release: Dovecot goes on with the same file."""
    found = _tables(connection)
    if found != _SCHEMA:
        for name in found:
            connection.execute(f"DROP TABLE {name}")
        for statement in _SCHEMA.values():
            connection.execute(statement)


def _tables(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the statements that made those of our tables that are there, by name."""
    names = ", ".join(f"'{name}'" for name in _SCHEMA)
    return dict(connection.execute(f"SELECT name, sql FROM sqlite_master WHERE name IN ({names})"))


def _size(path: Path) -> int:
    """Return the size of a file that may go at any moment, 0 where it is not there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _is_damaged(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _explained(error: sqlite3.Error) -> str:
    """Return SQLite's words; of a full disk, it often says no more than that it is one."""
    is_vague = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR
    return f"{error}, as on a full disk" if is_vague else str(error)
