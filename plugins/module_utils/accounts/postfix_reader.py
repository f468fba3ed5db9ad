# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix's lookup tables: LMDB files (lmdb_table(5)) in ``generation-N``, which the symlink ``current`` names.

A generation is built beside the others and becomes visible by one rename. Keys and values have no trailing NUL, as
postmap(1) writes them. The files are root's alone: Postfix opens its tables before it drops privileges. One is read by
a policy service too, which runs with the directory's group.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..core.deps import need
from ..core.errors import Unavailable
from ..core.files import sync_directory
from .model import Accounts
from .publish import POLICY_TABLE, TABLES, domain_tables, postfix_tables

_PAGE = 4096
_SMALLEST_MAP = 1024 * 1024
_POLICY_MODE = 0o640
# Where Debian's Postfix has it (queue_directory, and master(8)).
_PID_FILE = Path("/var/spool/postfix/pid/master.pid")


class PostfixReader:
    """The tables under ``directory``."""

    name = "postfix"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._current = directory / "current"

    def wanted(self) -> bool:
        return self._directory.is_dir()

    def stale(self, generation: int) -> str:
        try:
            published = os.readlink(self._current)
        except OSError:
            return "nothing is published"
        if published.partition(".")[0] != f"generation-{generation}":
            return f"{published} is published"
        for table in TABLES:
            file = self._current / f"{table}.lmdb"
            if not _is_written(file):
                return f"{file.name} is missing"
        if not self._policy_may_read(self._current):
            return f"mode or group of {POLICY_TABLE}.lmdb differ"
        # Postfix's processes go on with an older table for as long as its file has a name.
        older = [entry.name for entry in self._directory.iterdir() if _is_generation(entry.name, published)]
        return f"{min(older)} remains" if older else ""

    def prepare(self) -> None:
        need("lmdb")

    def publish(self, accounts: Accounts) -> None:
        tables = postfix_tables(accounts)
        domains = domain_tables(accounts)
        before = self._published(domains)
        building = Path(tempfile.mkdtemp(prefix=".building-", dir=self._directory))
        try:
            for table, entries in tables.items():
                write_table(building / f"{table}.lmdb", entries)
            self._let_policy_read(building)
            building.chmod(0o755)
            sync_directory(building)
            published = self._put_in_place(building, f"generation-{accounts.generation}")
        finally:
            shutil.rmtree(building, ignore_errors=True)
        for entry in self._directory.iterdir():
            if entry.name.startswith(".building-") or _is_generation(entry.name, published):
                shutil.rmtree(entry, ignore_errors=True)
        if before != domains:
            reload_postfix()

    def _published(self, names: Iterable[str]) -> dict[str, dict[str, str]] | None:
        """Return what is published, by table; ``None`` where that cannot be read, or nothing is."""
        lmdb = need("lmdb")
        try:
            return {name: read_table(self._current / f"{name}.lmdb") for name in names}
        except (OSError, lmdb.Error):
            return None

    def _let_policy_read(self, tables: Path) -> None:
        file = tables / f"{POLICY_TABLE}.lmdb"
        os.chown(file, -1, self._directory.stat().st_gid)
        file.chmod(_POLICY_MODE)

    def _policy_may_read(self, tables: Path) -> bool:
        status = (tables / f"{POLICY_TABLE}.lmdb").stat()
        return status.st_mode & 0o777 == _POLICY_MODE and status.st_gid == self._directory.stat().st_gid

    def _put_in_place(self, building: Path, name: str) -> str:
        """Return the name under which the tables are published now."""
        number = 0
        target = self._directory / name
        while target.exists():
            # The same generation, damaged: it stays until current names the new one and never leads nowhere.
            number += 1
            target = self._directory / f"{name}.{number}"
        building.rename(target)
        link = self._directory / ".current"
        link.unlink(missing_ok=True)
        link.symlink_to(target.name)
        link.replace(self._current)
        sync_directory(self._directory)
        return target.name


def reload_postfix() -> None:
    """Let a Postfix that runs on this host read its tables anew.

    For the others it looks itself, before each session. Which domains are its own, trivial-rewrite(8) looks up every
    ten seconds, and smtpd(8) remembers of the addresses it has been asked for: it would go on refusing a new domain's.
    A Postfix that does not reload says so in its log, and gets there by itself.
    """
    try:
        pid = int(_PID_FILE.read_text())
        if Path(f"/proc/{pid}/comm").read_text().strip() == "master":
            subprocess.run(["postfix", "reload"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except (OSError, ValueError):
        # It does not run.
        return


def read_table(path: Path) -> dict[str, str]:
    """Return the entries of an LMDB file."""
    opened = need("lmdb").open(str(path), subdir=False, readonly=True, lock=False)
    with opened as environment, environment.begin() as transaction:
        return {key.decode(): value.decode() for key, value in transaction.cursor()}


def write_table(path: Path, entries: Mapping[str, str]) -> None:
    """Write an LMDB file, mode 0600, that is on the disk when this returns.

    Raises:
        Unavailable: LMDB cannot write it, for example because the disk is full.
    """
    lmdb = need("lmdb")
    try:
        _write_table(lmdb, path, entries)
    except lmdb.Error as error:
        raise Unavailable(f"{error} ({path.name})") from error


def _write_table(lmdb: Any, path: Path, entries: Mapping[str, str]) -> None:
    items = sorted((key.encode(), value.encode()) for key, value in entries.items())
    size = sum(len(key) + len(value) + 64 for key, value in items)
    # Pages are half empty at worst, and the file grows only as far as it is used.
    map_size = max(_SMALLEST_MAP, (3 * size // _PAGE + 64) * _PAGE)
    environment = lmdb.open(str(path), subdir=False, lock=False, map_size=map_size, mode=0o600, sync=False, max_dbs=0)
    try:
        with environment.begin(write=True) as transaction:
            transaction.cursor().putmulti(items, append=True)
        environment.sync(True)
    finally:
        environment.close()


def _is_written(file: Path) -> bool:
    """Whether ``file`` is there and not empty; another run may take it away at any moment."""
    try:
        return file.is_file() and file.stat().st_size > 0
    except FileNotFoundError:
        return False


def _is_generation(name: str, published: str) -> bool:
    """Whether ``name`` is a generation other than the ``published`` one."""
    return name.startswith("generation-") and name != published
