# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the services read, on disk: judged by lmdb and SQLite connections of the tests' own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import lmdb
import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts import dovecot_reader, postfix_reader
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.dovecot_reader import DovecotReader
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postfix_reader import PostfixReader, write_table
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publish import (
    POLICY_TABLE,
    TABLES,
    credential_rows,
    postfix_tables,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publishing import publish, readers
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable

Planner = Callable[..., AccountsPlan]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "published"
    (path / "postfix").mkdir(parents=True)
    (path / "dovecot").mkdir()
    return path


@pytest.fixture
def one(found: Accounts) -> Accounts:
    return replace(found, generation=1)


@pytest.fixture
def two(plan: Planner, found: Accounts) -> Accounts:
    changed = plan(
        found,
        mailboxes=[
            {"address": "alice@example.com", "quota": "6G"},
            {"address": "new@example.com", "password_hash": "*"},
        ],
        aliases=[{"address": "@example.org", "state": "absent"}],
        version=0,
    )
    return replace(changed.after, generation=2)


def table(root: Path, name: str) -> dict[str, str]:
    path = root / "postfix" / "current" / f"{name}.lmdb"
    with (
        lmdb.open(str(path), subdir=False, readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        return {bytes(key).decode(): bytes(value).decode() for key, value in transaction.cursor()}


def names(directory: Path) -> list[str]:
    """Return what is in a directory, but for what SQLite's readers leave there."""
    return sorted(entry.name for entry in directory.iterdir() if not entry.name.endswith(("-wal", "-shm")))


def users(root: Path) -> dict[str, tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{root}/dovecot/credentials.db?mode=ro", uri=True)) as connection:
        return {row[0]: row for row in connection.execute("SELECT * FROM users")}


def test_a_reader_without_a_directory_is_not_served(tmp_path: Path, root: Path) -> None:
    assert [reader.name for reader in readers(root)] == ["postfix", "dovecot"]
    (root / "dovecot").rmdir()
    assert [reader.name for reader in readers(root)] == ["postfix"]
    assert readers(tmp_path / "nothing") == []
    assert readers(None) == []


def test_all_tables_are_there_and_say_what_is_computed(root: Path, one: Accounts) -> None:
    publish(readers(root), one)
    for name, entries in postfix_tables(one).items():
        assert table(root, name) == entries
    assert users(root) == credential_rows(one)
    assert {reader.name: reader.stale(1) for reader in readers(root)} == {"postfix": "", "dovecot": ""}


def test_only_what_differs_is_written(root: Path, one: Accounts, two: Accounts) -> None:
    publish(readers(root), one)
    database = root / "dovecot" / "credentials.db"
    inode = database.stat().st_ino
    with closing(sqlite3.connect(database)) as watcher:
        assert len(watcher.execute("SELECT * FROM users").fetchall()) == 3
        publish(readers(root), two)
        # The connection that Dovecot keeps open sees the new rows: the file was not replaced.
        assert watcher.execute("SELECT quota FROM users WHERE address = 'alice@example.com'").fetchone() == (
            6 * 1024**3,
        )
    assert database.stat().st_ino == inode
    assert users(root) == credential_rows(two)
    for name, entries in postfix_tables(two).items():
        assert table(root, name) == entries
    assert names(root / "postfix") == ["current", "generation-2"]
    assert names(root / "dovecot") == ["credentials.db"]


def test_modes_are_right_whatever_the_umask(root: Path, one: Accounts) -> None:
    group = 65534 if os.geteuid() == 0 else os.getegid()
    os.chown(root / "dovecot", -1, group)
    (root / "dovecot").chmod(0o2770)
    before = os.umask(0o077)
    try:
        publish(readers(root), one)
    finally:
        os.umask(before)
    directory = (root / "postfix" / "current").resolve()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o755
    modes = {name: stat.S_IMODE((directory / f"{name}.lmdb").stat().st_mode) for name in TABLES}
    assert modes == {**dict.fromkeys(TABLES, 0o600), POLICY_TABLE: 0o640}
    with closing(sqlite3.connect(root / "dovecot" / "credentials.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM users")
        for name in ("credentials.db", "credentials.db-wal", "credentials.db-shm"):
            status = (root / "dovecot" / name).stat()
            assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o640, group)
        connection.execute("ROLLBACK")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files another group")
def test_a_group_that_changed_is_given_to_all_files(root: Path, one: Accounts) -> None:
    publish(readers(root), one)
    with closing(sqlite3.connect(root / "dovecot" / "credentials.db")) as kept:
        kept.execute("SELECT * FROM users").fetchall()
        os.chown(root / "dovecot", -1, 65534)
        publish(readers(root), one)
        for name in ("credentials.db", "credentials.db-wal", "credentials.db-shm"):
            assert (root / "dovecot" / name).stat().st_gid == 65534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files another group")
def test_the_policy_service_of_postfix_reads_its_own_table_alone(root: Path, one: Accounts) -> None:
    """It runs with the group of Postfix's directory, and does so again after that has changed."""
    publish(readers(root), one)
    os.chown(root / "postfix", -1, 65534)
    assert {reader.name: bool(reader.stale(1)) for reader in readers(root)} == {"postfix": True, "dovecot": False}
    publish(readers(root), one)
    files = (root / "postfix" / "current").resolve().iterdir()
    assert {file.stem for file in files if file.stat().st_gid == 65534} == {POLICY_TABLE}
    (root / "postfix" / "current" / f"{POLICY_TABLE}.lmdb").chmod(0o644)
    assert readers(root)[0].stale(1)


def test_postfix_is_told_of_domains_that_come_and_go(
    root: Path, one: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(postfix_reader, "reload_postfix", lambda: told.append(len(told)))
    publish(readers(root), one)
    assert len(told) == 1
    fewer = replace(one, mailboxes={}, aliases={}, generation=one.generation + 1)
    publish(readers(root), fewer)
    assert len(told) == 1, "the domains are the same"
    publish(readers(root), replace(fewer, domains={}, generation=one.generation + 2))
    assert len(told) == 2


def test_what_is_current_is_not_written_again(root: Path, one: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(readers(root), one)

    def never(_accounts: Accounts) -> None:
        raise AssertionError("published again")

    monkeypatch.setattr(postfix_reader, "postfix_tables", never)
    monkeypatch.setattr(dovecot_reader, "credential_rows", never)
    publish(readers(root), one)


def test_asking_leaves_no_trace(root: Path, one: Accounts) -> None:
    publish(readers(root), one)
    before = sorted(str(path) for path in root.rglob("*"))
    times = (root / "dovecot").stat().st_mtime_ns
    assert not any(reader.stale(1) for reader in readers(root))
    assert all(reader.stale(2) for reader in readers(root))
    assert sorted(str(path) for path in root.rglob("*")) == before
    assert (root / "dovecot").stat().st_mtime_ns == times


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda root: (root / "postfix/current").unlink(), "nothing is published"),
        (lambda root: (root / "postfix/current/aliases.lmdb").unlink(), "aliases.lmdb is missing"),
        (lambda root: (root / "postfix/current/senders.lmdb").write_bytes(b""), "senders.lmdb is missing"),
        (lambda root: shutil.rmtree(root / "postfix/generation-1"), "domains.lmdb is missing"),
        (lambda root: (root / "postfix/generation-0").mkdir(), "generation-0 remains"),
        (lambda root: (root / "dovecot/credentials.db").unlink(), "nothing is published"),
        (lambda root: (root / "dovecot/credentials.db").chmod(0o600), "mode or group differ"),
        (lambda root: (root / "dovecot/credentials.db").write_bytes(b""), "its tables are none of this release's"),
        (lambda root: (root / "dovecot/credentials.db").write_bytes(b"x" * 8192), "it is damaged"),
    ],
)
def test_what_was_tampered_with_is_seen_and_mended(
    root: Path, one: Accounts, damage: Callable[[Path], None], told: str
) -> None:
    publish(readers(root), one)
    damage(root)
    assert told in [reader.stale(1) for reader in readers(root)]
    publish(readers(root), one)
    assert not any(reader.stale(1) for reader in readers(root))
    assert table(root, "aliases") == postfix_tables(one)["aliases"]
    assert users(root) == credential_rows(one)
    assert len(names(root / "postfix")) == 2
    assert names(root / "dovecot") == ["credentials.db"]


def test_what_killed_runs_left_is_cleared_away(root: Path, one: Accounts) -> None:
    (root / "postfix" / ".building-abc").mkdir()
    (root / "postfix" / ".building-abc" / "domains.lmdb").touch()
    (root / "postfix" / ".current").symlink_to("generation-0")
    (root / "postfix" / "generation-0").mkdir()
    (root / "dovecot" / ".building-abc").mkdir()
    publish(readers(root), one)
    assert names(root / "postfix") == ["current", "generation-1"]
    assert names(root / "dovecot") == ["credentials.db"]


def test_a_publication_that_fails_leaves_the_old_tables(
    root: Path, one: Accounts, two: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(readers(root), one)

    def full(_path: Path, _entries: object) -> None:
        raise OSError(28, "No space left on device", "aliases.lmdb")

    monkeypatch.setattr(postfix_reader, "write_table", full)
    with pytest.raises(Unavailable, match=r"are stored, but could not be published to postfix: No space .* run again"):
        publish(readers(root), two)
    monkeypatch.undo()
    assert table(root, "aliases") == postfix_tables(one)["aliases"]
    assert names(root / "postfix") == ["current", "generation-1"]
    publish(readers(root), two)
    assert table(root, "aliases") == postfix_tables(two)["aliases"]


def refuse_to_write(monkeypatch: pytest.MonkeyPatch, code: int, statement: str) -> None:
    """Let every SQLite connection fail with ``code`` at the first ``statement``."""

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
            if sql.startswith(statement):
                error = sqlite3.OperationalError("told by SQLite")
                error.sqlite_errorcode = code
                raise error
            return super().execute(sql, *parameters)  # type: ignore[arg-type]  # passed on as they came

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, **named, factory=Failing))


@pytest.mark.parametrize("statement", ["PRAGMA journal_mode", "BEGIN", "INSERT", "COMMIT"])
@pytest.mark.parametrize(
    ("code", "told"),
    [
        # What creating -shm on a full tmpfs gives.
        (sqlite3.SQLITE_IOERR_SHMSIZE, "told by SQLite, as on a full disk"),
        (sqlite3.SQLITE_FULL, "told by SQLite"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "told by SQLite"),
        (sqlite3.SQLITE_CANTOPEN, "told by SQLite"),
        (sqlite3.SQLITE_PERM, "told by SQLite"),
        (sqlite3.SQLITE_ERROR, "told by SQLite"),
    ],
)
def test_credentials_that_cannot_be_written_are_kept(
    root: Path, one: Accounts, two: Accounts, monkeypatch: pytest.MonkeyPatch, code: int, told: str, statement: str
) -> None:
    publish(readers(root), one)
    inode = (root / "dovecot/credentials.db").stat().st_ino
    refuse_to_write(monkeypatch, code, statement)
    with pytest.raises(
        Unavailable,
        match=rf"stored, but could not be published to dovecot: {told} \(.*credentials\.db\); mend that and run",
    ):
        publish(readers(root), two)
    monkeypatch.undo()
    assert users(root) == credential_rows(one)
    assert (root / "dovecot/credentials.db").stat().st_ino == inode
    publish(readers(root), two)
    assert users(root) == credential_rows(two)


@pytest.mark.parametrize("statement", ["PRAGMA journal_mode", "COMMIT", "PRAGMA wal_checkpoint"])
def test_damaged_credentials_go_only_when_the_new_ones_are_complete(
    root: Path, one: Accounts, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    publish(readers(root), one)
    database = root / "dovecot/credentials.db"
    database.write_bytes(b"x" * 8192)
    refuse_to_write(monkeypatch, sqlite3.SQLITE_FULL, statement)
    with pytest.raises(Unavailable, match="could not be published to dovecot: told by SQLite"):
        publish(readers(root), one)
    monkeypatch.undo()
    assert database.read_bytes() == b"x" * 8192
    assert names(root / "dovecot") == ["credentials.db"]


def test_the_log_of_lost_credentials_does_not_get_into_the_new_ones(root: Path, one: Accounts, two: Accounts) -> None:
    database = root / "dovecot/credentials.db"
    publish(readers(root), one)
    with closing(sqlite3.connect(database)) as kept:
        kept.execute("SELECT * FROM users").fetchall()
        publish(readers(root), two)
        log = (root / "dovecot/credentials.db-wal").read_bytes()
    assert log
    database.unlink()
    (root / "dovecot/credentials.db-wal").write_bytes(log)
    publish(readers(root), one)
    assert users(root) == credential_rows(one)


def test_tables_of_another_release_are_made_anew_in_the_same_file(root: Path, one: Accounts) -> None:
    publish(readers(root), one)
    database = root / "dovecot/credentials.db"
    inode = database.stat().st_ino
    with closing(sqlite3.connect(database)) as kept:
        kept.execute("ALTER TABLE users ADD COLUMN theirs")
        assert [reader.stale(1) for reader in readers(root)] == ["", "its tables are none of this release's"]
        publish(readers(root), one)
        assert len(kept.execute("SELECT * FROM users").fetchall()) == 3
    assert users(root) == credential_rows(one)
    assert database.stat().st_ino == inode


def test_what_vanishes_while_it_is_looked_at_is_no_fault(
    root: Path, one: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run publishes at the same moment: every file is there until it is looked at."""
    publish(readers(root), one)
    existing = {*root.rglob("*"), root / "dovecot/credentials.db-wal"}
    monkeypatch.setattr(Path, "exists", lambda path: path in existing)
    monkeypatch.setattr(Path, "is_file", lambda path: True)
    assert not any(reader.stale(1) for reader in readers(root))
    (root / "postfix/current/senders.lmdb").unlink()
    assert [reader.stale(1) for reader in readers(root)] == ["senders.lmdb is missing", ""]
    served = readers(root)
    shutil.rmtree(root)
    assert [reader.stale(1) for reader in served] == ["nothing is published", "nothing is published"]


def test_tables_that_lmdb_cannot_write_are_told(
    root: Path, one: Accounts, two: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(readers(root), one)

    def full(*_given: object, **_named: object) -> None:
        raise lmdb.DiskError("mdb_txn_commit: No space left on device")

    monkeypatch.setattr(lmdb, "open", full)
    with pytest.raises(
        Unavailable, match=r"could not be published to postfix: .*: No space left on device \(domains\.lmdb\); mend"
    ):
        publish(readers(root), two)
    monkeypatch.undo()
    assert table(root, "aliases") == postfix_tables(one)["aliases"]
    assert names(root / "postfix") == ["current", "generation-1"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with hardly any room."""
    if os.geteuid():
        pytest.skip("only root mounts file systems")
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "mailwright-test", str(path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    yield path
    subprocess.run(["umount", str(path)], check=True)


@contextmanager
def filled(disk: Path, pages: int) -> Iterator[None]:
    """Leave ``pages`` pages of 4 KiB on the disk until the block ends."""
    with (disk / "fill").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, file.tell() - 4096 * pages))
    yield
    (disk / "fill").unlink()


@pytest.mark.parametrize("pages", [0, 1, 2, 3, 5, 8, 9, 12, 20, 30])
@pytest.mark.parametrize("name", ["postfix", "dovecot"])
def test_a_full_disk_costs_nothing_that_was_published(
    small_disk: Path, one: Accounts, two: Accounts, pages: int, name: str
) -> None:
    root = small_disk / "published"
    (root / name).mkdir(parents=True)
    publish(readers(root), one)
    with filled(small_disk, pages):
        try:
            publish(readers(root), two)
            expected = two
        except Unavailable as error:
            expected = one
            assert "are stored, but could not be published" in str(error)
    if name == "dovecot":
        assert users(root) == credential_rows(expected)
    else:
        assert table(root, "aliases") == postfix_tables(expected)["aliases"]
    publish(readers(root), two)
    assert not any(reader.stale(2) for reader in readers(root))


def test_a_writer_that_holds_the_credentials_is_waited_for_and_told(
    root: Path, one: Accounts, two: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(readers(root), one)
    monkeypatch.setattr(dovecot_reader, "_TIMEOUT", 0.1)
    with closing(sqlite3.connect(root / "dovecot" / "credentials.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match=r"could not be published to dovecot: .*locked"):
            publish(readers(root), two)
        other.execute("ROLLBACK")
    assert users(root) == credential_rows(one)


def test_readers_go_on_while_a_writer_works(root: Path, plan: Planner) -> None:
    """Every read answers at once, and with either the old quota everywhere or the new one."""

    def accounts(quota: str, generation: int) -> Accounts:
        boxes = [
            {"address": f"user{number}@example.com", "password_hash": "*", "quota": quota} for number in range(2000)
        ]
        return replace(plan(domains=[{"name": "example.com"}], mailboxes=boxes).after, generation=generation)

    states = [accounts("1G", 1), accounts("2G", 2)]
    publish(readers(root), states[0])
    seen: set[tuple[int, int]] = set()
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            with closing(
                sqlite3.connect(f"file:{root}/dovecot/credentials.db?mode=ro", uri=True, timeout=0)
            ) as connection:
                while not done.is_set():
                    seen.add(connection.execute("SELECT count(*), count(DISTINCT quota) FROM users").fetchone())
        except sqlite3.Error as error:
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for generation in range(2, 12):
        publish(readers(root), replace(states[generation % 2], generation=generation))
    done.set()
    reader.join()
    assert failures == []
    assert seen == {(2000, 1)}


@pytest.mark.parametrize("after", range(8))
def test_a_run_killed_while_publishing_leaves_the_old_or_the_new(
    root: Path, one: Accounts, two: Accounts, after: int
) -> None:
    publish(readers(root), one)
    child = os.fork()
    if not child:
        # Dies at the n-th system call that makes something visible or durable.
        left = after

        def dying(function: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **named: object) -> object:
                nonlocal left
                if not left:
                    os.kill(os.getpid(), 9)
                left -= 1
                return function(*arguments, **named)

            return call

        for name in ("rename", "replace", "symlink", "chmod", "fsync", "rmdir"):
            setattr(os, name, dying(getattr(os, name)))
        sys.setswitchinterval(1)
        try:
            publish(readers(root), two)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert table(root, "aliases") in (postfix_tables(one)["aliases"], postfix_tables(two)["aliases"])
    assert users(root) in (credential_rows(one), credential_rows(two))
    publish(readers(root), two)
    for name, entries in postfix_tables(two).items():
        assert table(root, name) == entries
    assert users(root) == credential_rows(two)
    current = (root / "postfix" / "current").readlink().name
    assert names(root / "postfix") == ["current", current]
    assert names(root / "dovecot") == ["credentials.db"]


def test_a_missing_library_is_told_before_anything_is_written(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lmdb", None)
    with pytest.raises(Unavailable, match="install python3-lmdb"):
        PostfixReader(root / "postfix").prepare()
    DovecotReader(root / "dovecot").prepare()


@pytest.mark.parametrize("count", [0, 1, 50_000])
def test_tables_of_any_size_are_written(tmp_path: Path, count: int) -> None:
    entries = {f"user{number}@example.com": "x" * (number % 300) for number in range(count)}
    path = tmp_path / "x.lmdb"
    write_table(path, entries)
    with (
        lmdb.open(str(path), subdir=False, readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        assert {bytes(key).decode(): bytes(value).decode() for key, value in transaction.cursor()} == entries
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.lmdb"]


def test_very_long_values_are_written(tmp_path: Path) -> None:
    entries = {"list@example.com": ", ".join(f"user{number}@example.com" for number in range(20_000))}
    write_table(tmp_path / "x.lmdb", entries)
    with (
        lmdb.open(str(tmp_path / "x.lmdb"), subdir=False, readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        assert bytes(transaction.get(b"list@example.com")).decode() == entries["list@example.com"]
