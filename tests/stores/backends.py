# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Account stores under test, one class a backend, judged by the backend's own programs."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path
from typing import Any

from stores.databases import DatabaseServer

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql.dialect import SCHEMA, translated
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql.store import PostgresqlStore
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schema import MIGRATIONS, Migrations
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.sqlite import SqliteStore
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.store import Store


class Backend(ABC):
    """The place of one store."""

    @abstractmethod
    def store(self, timeout: float = 0.2, migrations: Migrations = MIGRATIONS) -> Store:
        """Return the store; the caller closes it."""

    @property
    @abstractmethod
    def options(self) -> dict[str, Any]:
        """What a module is called with."""

    @abstractmethod
    def query(self, statement: str) -> list[str]:
        """Return the rows of a query over the store's tables, columns separated by ``|``."""

    @abstractmethod
    def install(self, migrations: Migrations, *statements: str) -> None:
        """Make a store of an older version, without our code, and run further statements."""

    @abstractmethod
    def dump(self) -> str:
        """Return all of the store."""


class SqliteBackend(Backend):
    """A file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def store(self, timeout: float = 0.2, migrations: Migrations = MIGRATIONS) -> Store:
        return SqliteStore(self.path, timeout, migrations)

    @property
    def options(self) -> dict[str, Any]:
        return {"backend": "sqlite", "path": str(self.path)}

    def query(self, statement: str) -> list[str]:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            return ["|".join(str(value) for value in row) for row in connection.execute(statement)]

    def install(self, migrations: Migrations, *statements: str) -> None:
        self.path.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(self.path)) as connection:
            for statement in [*(one for migration in migrations for one in migration), *statements]:
                connection.execute(statement)
            connection.commit()

    def dump(self) -> str:
        if not self.path.exists():
            return ""
        if shutil.which("sqlite3"):
            return subprocess.run(["sqlite3", self.path, ".dump"], capture_output=True, text=True, check=True).stdout
        with closing(sqlite3.connect(self.path)) as connection:
            return "\n".join(connection.iterdump())


class PostgresqlBackend(Backend):
    """A database of its own on a real server."""

    def __init__(self, server: DatabaseServer, database: str) -> None:
        self.server = server
        self.database = database

    def store(self, timeout: float = 0.2, migrations: Migrations = MIGRATIONS) -> Store:
        return PostgresqlStore(self.server.address(self.database), timeout, migrations)

    @property
    def options(self) -> dict[str, Any]:
        return {"backend": "postgresql", "login_db": self.database, **self.server.options}

    def query(self, statement: str) -> list[str]:
        return self.server.psql(f"SET search_path = {SCHEMA}, public;\n{statement}", self.database).splitlines()

    def install(self, migrations: Migrations, *statements: str) -> None:
        made = [translated(one) for migration in migrations for one in migration]
        start = ["SET ROLE mailwright", *([f"CREATE SCHEMA {SCHEMA}"] if made else [])]
        self.query(";\n".join([*start, *made, *statements]))

    def dump(self) -> str:
        return self.server.dump(self.database)
