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
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ..core.files import sync_directory
from .model import PROTOCOLS, Accounts
from .publish import CREDENTIAL_COLUMNS, credential_rows

FILE = "credentials.db"
_MODE = 0o640
_TIMEOUT = 30.0
_COMPANIONS = ("-wal", "-shm")
# What a large change leaves of its log while Dovecot keeps the database open.
_LOG_LIMIT = 4 * 1024 * 1024
_SCHEMA = (
    f"""CREATE TABLE users (
        address TEXT PRIMARY KEY, local_part TEXT NOT NULL, domain TEXT NOT NULL, password TEXT NOT NULL,
        quota INTEGER NOT NULL, active INTEGER NOT NULL, {", ".join(f"{name} INTEGER NOT NULL" for name in PROTOCOLS)}
    ) WITHOUT ROWID""",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)


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
        except OSError:
            return "nothing is published"
        if status.st_mode & 0o777 != _MODE or status.st_gid != self._group():
            return "mode or group differ"
        try:
            published = self._generation()
        except (sqlite3.DatabaseError, ValueError):
            return "it is damaged"
        return "" if published == generation else f"generation {published} is published"

    def prepare(self) -> None:
        """Nothing beyond Python's own library is needed."""

    def publish(self, accounts: Accounts) -> None:
        for left in self._directory.glob(".building-*"):
            shutil.rmtree(left, ignore_errors=True)
        try:
            if self._path.exists():
                self._update(self._path, accounts)
                self._set_owner(self._path)
                return
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL):
                raise OSError(0, str(error), str(self._path)) from error
            self._remove()
        self._create(accounts)

    def _create(self, accounts: Accounts) -> None:
        """Build a new database beside and rename it: nobody ever opens one without its tables."""
        with tempfile.TemporaryDirectory(prefix=".building-", dir=self._directory) as building:
            path = Path(building) / FILE
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            self._set_owner(path)
            self._update(path, accounts)
            path.rename(self._path)
        sync_directory(self._directory)

    def _update(self, path: Path, accounts: Accounts) -> None:
        wanted = credential_rows(accounts)
        columns = ", ".join(CREDENTIAL_COLUMNS)
        marks = ", ".join("?" * len(CREDENTIAL_COLUMNS))
        with closing(sqlite3.connect(path, timeout=_TIMEOUT, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA journal_size_limit = {_LOG_LIMIT}")
            connection.execute("BEGIN IMMEDIATE")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'users'").fetchone():
                for statement in _SCHEMA:
                    connection.execute(statement)
            found = {row[0]: row for row in connection.execute(f"SELECT {columns} FROM users")}
            connection.executemany(
                "DELETE FROM users WHERE address = ?", ((address,) for address in found.keys() - wanted.keys())
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO users ({columns}) VALUES ({marks})",
                (row for address, row in wanted.items() if found.get(address) != row),
            )
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('generation', ?)", (str(accounts.generation),))
            connection.execute("COMMIT")

    def _generation(self) -> int:
        # With nothing in the log the file alone says it all, and read as immutable it leaves no -wal and -shm behind.
        log = Path(f"{self._path}-wal")
        quiet = not log.exists() or not log.stat().st_size
        uri = f"file:{quote(str(self._path.absolute()))}?{'immutable=1' if quiet else 'mode=ro'}"
        with closing(sqlite3.connect(uri, uri=True, timeout=_TIMEOUT)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
        return int(row[0]) if row else 0

    def _group(self) -> int:
        return self._directory.stat().st_gid

    def _set_owner(self, path: Path) -> None:
        # SQLite gives -wal and -shm the database's mode and group only when it makes them.
        for file in (path, *(Path(f"{path}{suffix}") for suffix in _COMPANIONS)):
            if file.exists():
                os.chown(file, -1, self._group())
                file.chmod(_MODE)

    def _remove(self) -> None:
        for suffix in ("", *_COMPANIONS):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
