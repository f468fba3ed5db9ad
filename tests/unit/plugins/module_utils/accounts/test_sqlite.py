# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store in a file, judged by the sqlite3 program and by connections of the tests' own."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import PROTOCOLS, Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schema import MIGRATIONS
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.sqlite import SqliteStore
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.store import StoreError

Planner = Callable[..., AccountsPlan]
HOSTILE = "O'Brien \"x\" 100% $HOME {{ y }} back\\slash `id` Zoë 名前 🐈 '; DROP TABLE mailboxes; --"
VERSION = len(MIGRATIONS)
MIGRATED = (*MIGRATIONS, ("ALTER TABLE domains ADD COLUMN extra TEXT NOT NULL DEFAULT 'new'",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "accounts.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path, timeout=0.2)) as one:
        yield one


@pytest.fixture
def filled(store: SqliteStore, plan: Planner) -> Accounts:
    return store.apply(
        plan(
            store.read(),
            domains=[{"name": "example.com", "description": HOSTILE, "backup_mx": True, "max_mailboxes": 7}],
            mailboxes=[
                {
                    "address": "o'brien$y{{z}}@example.com",
                    "password_hash": "*",
                    "display_name": HOSTILE,
                    "quota": "5G",
                },
                {"address": "b@example.com", "password_hash": "*", "protocols": ["pop3", "imap"], "rate_limit": "5/1m"},
            ],
            aliases=[
                {
                    "address": "@example.com",
                    "destinations": ["b@example.com", "x@example.net"],
                    "allow_from": ["@example.net"],
                    "list_members": True,
                    "active": False,
                }
            ],
        )
    )


def dump(path: Path) -> str:
    if shutil.which("sqlite3"):
        return subprocess.run(["sqlite3", path, ".dump"], capture_output=True, text=True, check=True).stdout
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump())


def test_where_nothing_is_nothing_is_found_and_nothing_made(store: SqliteStore, path: Path) -> None:
    assert store.read() == Accounts()
    assert not path.parent.exists()


def test_what_is_written_is_read_exactly(store: SqliteStore, filled: Accounts, path: Path) -> None:
    again = store.read()
    assert again == filled
    assert again.domains["example.com"].description == HOSTILE
    assert again.mailboxes["o'brien$y{{z}}@example.com"].display_name == HOSTILE
    assert again.mailboxes["b@example.com"].protocols == ("imap", "pop3")
    assert again.mailboxes["o'brien$y{{z}}@example.com"].protocols is PROTOCOLS
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT display_name FROM mailboxes ORDER BY address").fetchall()
        assert rows == [("",), (HOSTILE,)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_file_is_roots_alone_whatever_the_umask(store: SqliteStore, path: Path, plan: Planner) -> None:
    before = os.umask(0)
    try:
        store.apply(plan(create=True))
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)
    assert path.parent.stat().st_mode & 0o777 == 0o755
    assert [entry.name for entry in path.parent.iterdir()] == ["accounts.db"]


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o711])
def test_a_store_that_others_may_use_is_seen_and_closed(
    store: SqliteStore, filled: Accounts, path: Path, mode: int
) -> None:
    assert store.exposure() == ""
    store.close()
    path.chmod(mode)
    store.read()
    assert store.exposure() == f"0{mode:o}"
    assert path.stat().st_mode & 0o777 == mode
    with store.lock():
        assert path.stat().st_mode & 0o777 == 0o600
    assert store.exposure() == ""


def test_a_store_that_is_not_there_is_open_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert SqliteStore(tmp_path / "accounts.db").exposure() == ""
    assert SqliteStore(tmp_path / "file" / "accounts.db").exposure() == ""


def test_every_commit_raises_the_generation_beyond_all_earlier_stores(path: Path, plan: Planner) -> None:
    seen = []
    for _round in range(3):
        with closing(SqliteStore(path)) as store:
            seen.append(store.apply(plan(store.read(), create=True, version=0)).generation)
            seen.append(store.apply(plan(store.read(), domains=[{"name": "example.com"}])).generation)
        path.unlink()
    assert seen == sorted(set(seen))


def test_a_locked_store_says_by_whom(store: SqliteStore, filled: Accounts, path: Path, plan: Planner) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import sqlite3; c = sqlite3.connect({str(path)!r}, isolation_level=None); c.execute('BEGIN IMMEDIATE');"
            "print('locked', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(StoreError, match=rf"is locked by process {holder.pid} \(python.*, still after 0\.2 s"):
            store.apply(plan(filled, domains=[{"name": "other.example"}]))
        assert store.read() == filled
        holder.communicate("\n")
    store.apply(plan(filled, domains=[{"name": "other.example"}]))


def test_a_killed_writer_leaves_the_old_state(store: SqliteStore, filled: Accounts, path: Path) -> None:
    """Killed while its pages are in the file and its journal is hot; even a reader cleans up behind it."""
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import sqlite3, os, signal; c = sqlite3.connect({str(path)!r}, isolation_level=None)\n"
            "c.execute('PRAGMA cache_size = 1'); c.execute('PRAGMA cache_spill = 1'); c.execute('BEGIN IMMEDIATE')\n"
            'c.executemany("INSERT INTO meta VALUES (?, hex(randomblob(1000)))", [(str(n),) for n in range(1000)])\n'
            "os.kill(os.getpid(), signal.SIGKILL)",
        ],
    )
    assert writer.wait() == -signal.SIGKILL
    assert Path(f"{path}-journal").stat().st_size > 0
    assert store.read() == filled
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM meta").fetchone() == (2,)


def test_an_empty_file_counts_as_none(store: SqliteStore, path: Path, plan: Planner) -> None:
    path.parent.mkdir()
    path.touch()
    assert store.read() == Accounts()
    store.apply(plan(create=True))
    assert store.read().schema_version == VERSION


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_what_is_no_database_is_told_and_kept(store: SqliteStore, path: Path, content: bytes, plan: Planner) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    for use in (store.read, lambda: store.apply(plan(create=True))):
        with pytest.raises(
            StoreError, match=r"accounts\.db is damaged or no account store .*; restore it from a backup"
        ):
            use()
    assert path.read_bytes() == content


def test_a_damaged_store_is_told_and_kept(store: SqliteStore, plan: Planner, path: Path) -> None:
    many = [{"address": f"user{number}@example.com", "password_hash": "*"} for number in range(500)]
    store.apply(plan(domains=[{"name": "example.com"}], mailboxes=many))
    store.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xaa" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged .*; restore it from a backup"):
        store.read()
    assert path.read_bytes() == content


def test_somebody_elses_database_is_no_store(store: SqliteStore, path: Path, plan: Planner) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    for use in (store.read, lambda: store.apply(plan(create=True))):
        with pytest.raises(StoreError, match="is an SQLite database, but no account store"):
            use()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE meta (key, value)")
    with pytest.raises(StoreError, match="its table meta lacks 'schema_version'"):
        store.read()
    assert before != path.read_bytes()


def test_an_older_store_is_read_as_it_stands_and_migrated_by_a_write(
    filled: Accounts, store: SqliteStore, path: Path, plan: Planner
) -> None:
    store.close()
    before = path.read_bytes()
    with closing(SqliteStore(path, migrations=MIGRATED)) as newer:
        found = newer.read()
        assert (found.domains, found.mailboxes, found.aliases) == (filled.domains, filled.mailboxes, filled.aliases)
        assert (found.schema_version, newer.version) == (VERSION, VERSION + 1)
        assert path.read_bytes() == before
        newer.apply(plan(found, create=True, version=VERSION + 1))
        assert newer.read().schema_version == VERSION + 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT extra FROM domains").fetchall() == [("new",)]


@pytest.fixture
def as_nobody() -> Iterator[Callable[[], None]]:
    """Call it to go on without root's rights; without any to drop, nothing has to be done."""
    was = os.geteuid()
    yield lambda: os.seteuid(65534) if was == 0 else None
    os.seteuid(was)


def test_a_read_only_store_is_told(
    filled: Accounts, store: SqliteStore, path: Path, plan: Planner, as_nobody: Callable[[], None]
) -> None:
    store.close()
    for directory in [*path.parents][:4]:
        if directory.owner() != "root" or directory.stat().st_mode & 0o055 != 0o055:
            directory.chmod(0o755)
    path.chmod(0o444)
    before = path.read_bytes()
    as_nobody()
    assert store.read() == filled
    with pytest.raises(StoreError, match=r"accounts\.db (is read-only|cannot be used: Permission denied)"):
        store.apply(plan(filled, domains=[{"name": "other.example"}]))
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_is_told(tmp_path: Path, plan: Planner) -> None:
    (tmp_path / "file").touch()
    with closing(SqliteStore(tmp_path / "file" / "accounts.db")) as store:
        assert store.read() == Accounts()
        with pytest.raises(StoreError, match=r"cannot be used: (Not a directory|File exists)"):
            store.apply(plan(create=True))


def test_a_full_disk_is_told_and_changes_nothing(
    filled: Accounts, store: SqliteStore, path: Path, plan: Planner
) -> None:
    before = dump(path)
    original = store._open

    def limited(mode: str) -> sqlite3.Connection:
        connection = original(mode)
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    store.close()
    store._open = limited  # type: ignore[method-assign]  # the smallest disk there is
    wide = [{"name": f"domain{number}.example", "description": "x" * 1000} for number in range(20)]
    with pytest.raises(StoreError, match=r"cannot grow .*; make room on its disk"):
        store.apply(plan(filled, domains=wide))
    store.close()
    assert dump(path) == before


def test_a_path_with_special_characters_is_one_path(tmp_path: Path, plan: Planner) -> None:
    path = tmp_path / "a b?mode=memory#%41" / "accounts.db"
    with closing(SqliteStore(path)) as store:
        store.apply(plan(create=True))
        assert store.read().schema_version == VERSION
    assert path.is_file()


def test_what_services_read_lies_beside_it(store: SqliteStore, path: Path) -> None:
    assert store.readers() == path.parent / "published"
