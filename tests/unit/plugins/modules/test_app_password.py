# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""app_password, and app_passwords of accounts: each state through check, run, check, run; what is handed over."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.document import encode
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import verify
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.sqlite import SqliteStore

Result = dict[str, Any]
RunModule = Callable[..., Result]
Run = Callable[..., Result]
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
OTHER = "{SHA512-CRYPT}$6$abcdefgh$" + "b" * 86
HOSTILE = 'it\'s "my" {{ phone }} 100% $HOME back\\slash a/b Zoë'
ALICE = {"mailbox": "alice@example.com"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "accounts.db"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "phone.txt"


@pytest.fixture
def dovecot(path: Path) -> Path:
    directory = path.parent / "published" / "dovecot"
    directory.mkdir(parents=True)
    return directory / "credentials.db"


@pytest.fixture
def run(run_module: RunModule, path: Path) -> Run:
    """Run a module on the test's store; ``app`` is the name of an app password."""

    def call(module: str, /, **options: Any) -> Result:
        if "app" in options:
            options["name"] = options.pop("app")
        return run_module(module, path=str(path), **{"lock_timeout": 1, **options})

    return call


@pytest.fixture
def base(run: Run, dovecot: Path) -> None:
    made = run(
        "accounts",
        domains=[{"name": "example.com"}],
        mailboxes=[
            {"address": "alice@example.com", "password_hash": HASH},
            {"address": "bob@example.com", "password_hash": HASH, "protocols": ["imap"]},
        ],
        app_passwords=[{**ALICE, "name": "phone", "password_hash": HASH, "protocols": ["imap"]}],
    )
    assert made["counts"]["app_password"]["add"] == 1


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def served(dovecot: Path) -> list[str]:
    return [f"{address}/{name}" for address, name in rows(dovecot, "SELECT address, name FROM app_passwords")]


STATES: list[tuple[str, dict[str, Any]]] = [
    ("app_password", {**ALICE, "app": HOSTILE, "password_hash": HASH, "protocols": ["smtp"], "expires": "2030-01-31"}),
    ("app_password", {**ALICE, "app": "laptop", "document": encode({"password": "secret"})}),
    (
        "app_password",
        {**ALICE, "app": "phone", "document": encode({"password": "secret"}), "password_scheme": "SHA512-CRYPT"},
    ),
    ("app_password", {**ALICE, "app": "phone", "protocols": ["imap", "smtp"]}),
    ("app_password", {**ALICE, "app": "phone", "expires": "2030-01-31T12:00:00+01:00", "active": False}),
    ("app_password", {**ALICE, "app": "phone", "expires": "2020-01-31"}),
    ("app_password", {**ALICE, "app": "phone", "state": "absent"}),
    ("app_password", {**ALICE, "app": "gone", "state": "absent", "password_file": "FILE", "content": "left behind\n"}),
    ("app_password", {**ALICE, "app": "new", "password_file": "FILE"}),
    ("app_password", {**ALICE, "app": "new", "password_file": "FILE", "content": "my own words\n"}),
    ("accounts", {"app_passwords": [{**ALICE, "name": "phone", "state": "absent"}]}),
    (
        "accounts",
        {"app_passwords": [{**ALICE, "name": "a", "password_hash": HASH}, {**ALICE, "name": "b", "password": "x"}]},
    ),
    (
        "accounts",
        {
            "domains": [{"name": "example.com"}],
            "mailboxes": [{"address": "alice@example.com"}],
            "app_passwords": [],
            "purge": "domains",
        },
    ),
    ("mailbox", {"address": "alice@example.com", "state": "absent"}),
    ("domain", {"app": "example.com", "state": "absent", "cascade": True}),
]


@pytest.mark.parametrize(("name", "options"), STATES)
def test_four_runs(
    run: Run, base: None, path: Path, dovecot: Path, file: Path, name: str, options: dict[str, Any]
) -> None:
    options = {**options}
    if content := options.pop("content", None):
        file.write_text(content)
        file.chmod(0o600)
    if "password_file" in options:
        options["password_file"] = str(file)

    def state() -> Any:
        tables = [rows(path, f"SELECT * FROM {table}") for table in ("meta", "mailboxes", "app_passwords")]
        return tables, file.exists() and file.read_text()

    before = state()
    predicted = run(name, check=True, **options)
    assert state() == before
    done = run(name, **options)
    after = state()
    assert predicted["changed"] and done["changed"], (predicted, done)
    for key in {*predicted, *done} - {"invocation"}:
        assert predicted[key] == done[key]
    for check in (True, False):
        again = run(name, check=check, **options)
        assert not again["changed"]
        assert again["diff"] == {"before": "", "after": ""}
        assert state() == after
        assert again.get("app_password") == done.get("app_password")
    shown = repr((predicted, done))
    assert not [secret for secret in ("secret", "my own words", "$6$", "$argon2") if secret in shown]
    assert not file.exists() or stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_is_left_behind(run: Run, base: None, path: Path, dovecot: Path) -> None:
    assert served(dovecot) == ["alice@example.com/phone"]
    run("mailbox", address="alice@example.com", state="absent")
    assert served(dovecot) == []
    assert rows(path, "SELECT * FROM app_passwords") == []
    run("mailbox", address="alice@example.com", password_hash=HASH)
    assert served(dovecot) == []


def test_a_generated_one_opens_what_it_says(run: Run, base: None, dovecot: Path, file: Path) -> None:
    result = run("app_password", **ALICE, app="tablet", protocols=["imap", "smtp"], password_file=str(file))
    password = file.read_text().strip()
    assert result["app_password"] == {
        "mailbox": "alice@example.com",
        "name": "tablet",
        "password_scheme": "SHA512-CRYPT",
        "protocols": ["imap", "smtp"],
        "expires": "never",
        "active": True,
    }
    assert result["diff"]["after"] == (
        "app_password alice@example.com/tablet\n  active: yes\n  expires: never\n  password: (set)\n"
        f"  protocols: imap, smtp\npassword_file {file}\n  state: written\n"
    )
    assert password not in repr(result)
    (row,) = rows(dovecot, "SELECT password, expires, imap, pop3, smtp, sieve FROM app_passwords WHERE name = 'tablet'")
    assert row[1:] == (0, 1, 0, 1, 0)
    assert verify(row[0], password, ALICE["mailbox"])
    # Changed by itself, it keeps its password.
    run("app_password", **ALICE, app="tablet", expires="2030-01-31")
    assert rows(dovecot, "SELECT password, expires FROM app_passwords WHERE name = 'tablet'") == [(row[0], 1896134399)]


def test_a_generated_one_can_be_returned_once(run: Run, base: None, dovecot: Path) -> None:
    options = {**ALICE, "app": "tablet", "return_password": True}
    assert "password" not in run("app_password", check=True, **options)
    password = run("app_password", **options)["password"]
    ((stored,),) = rows(dovecot, "SELECT password FROM app_passwords WHERE name = 'tablet'")
    assert verify(stored, password, ALICE["mailbox"])
    again = run("app_password", **options)
    assert not again["changed"] and "password" not in again
    # Revoked, it comes back with another one.
    run("app_password", **ALICE, app="tablet", state="absent")
    assert run("app_password", **options)["password"] != password


def test_a_revoked_password_does_not_come_back(run: Run, base: None, file: Path) -> None:
    options = {**ALICE, "app": "tablet", "password_file": str(file)}
    run("app_password", **options)
    first = file.read_text()
    assert run("app_password", **options, state="absent")["changed"]
    assert not file.exists()
    run("app_password", **options)
    assert file.read_text() != first


def test_a_run_killed_before_it_stored_is_completed(
    run: Run, base: None, path: Path, dovecot: Path, file: Path
) -> None:
    """The password is in the file first: the next run takes it from there."""
    options = {"mailbox": "alice@example.com", "name": "tablet", "password_file": str(file), "path": str(path)}
    script = (
        "import os, json\n"
        "from ansible_collections.mailwright.mail.plugins.module_utils.accounts import sqlite\n"
        "sqlite.SqliteStore.apply = lambda *_: os.kill(os.getpid(), 9)\n"
        "from ansible.module_utils import basic\n"
        f"basic._ANSIBLE_ARGS = json.dumps({{'ANSIBLE_MODULE_ARGS': {options!r}}}).encode()\n"
        "basic._ANSIBLE_PROFILE = 'legacy'\n"
        "from ansible_collections.mailwright.mail.plugins.modules.app_password import main\n"
        "main()\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in sys.path if place)}
    killed = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    password = file.read_text()
    assert served(dovecot) == ["alice@example.com/phone"]
    assert run("app_password", **ALICE, app="tablet", password_file=str(file))["changed"]
    assert file.read_text() == password
    ((stored,),) = rows(dovecot, "SELECT password FROM app_passwords WHERE name = 'tablet'")
    assert verify(stored, password.strip(), ALICE["mailbox"])


def test_another_writer_in_between_gets_no_second_password(
    run: Run, base: None, dovecot: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is written for a store that has changed: the app password may be there by now."""
    real = SqliteStore.generation
    asked: list[bool] = []

    def changed_at_first(store: SqliteStore) -> int:
        asked.append(file.exists())
        return real(store) + (len(asked) == 1)

    monkeypatch.setattr(SqliteStore, "generation", changed_at_first)
    assert run("app_password", **ALICE, app="tablet", password_file=str(file))["changed"]
    # Refused before there was a file, then again, and then to publish.
    assert asked == [False, False, True]
    ((stored,),) = rows(dovecot, "SELECT password FROM app_passwords WHERE name = 'tablet'")
    assert verify(stored, file.read_text().strip(), ALICE["mailbox"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({**ALICE, "app": "new"}, "nobody would get to know the password generated for it; give password_file or"),
        ({**ALICE, "app": ""}, "app_passwords[1] name '': is empty"),
        ({**ALICE, "app": "a\nb", "password_hash": HASH}, "has a character that is not printable"),
        ({"mailbox": "info", "app": "x"}, "app_passwords[1] mailbox 'info': has no @"),
        ({**ALICE, "app": "x", "password_hash": "*"}, "opens nothing; give active: false"),
        ({**ALICE, "app": "x", "password_hash": HASH, "protocols": []}, "is empty; give at least one"),
        ({**ALICE, "app": "x", "password_hash": HASH, "expires": "1798761599"}, "'1798761599': is no date"),
        ({**ALICE, "app": "x", "password_hash": HASH, "return_password": True}, "hand over a generated password"),
        (
            {**ALICE, "app": "x", "return_password": True, "password_scheme": "DES-CRYPT", "allow_weak_scheme": True},
            "has 29 bytes, and DES-CRYPT reads only 8; choose another scheme",
        ),
        ({**ALICE, "app": "x", "password_file": "phone.txt"}, "'phone.txt': is no full path"),
        ({**ALICE, "app": "x", "password_file": "/nowhere/at/all"}, "/nowhere/at/all cannot be written: No such file"),
        (
            {"mailbox": "nobody@example.com", "app": "x", "return_password": True},
            "app password nobody@example.com/x: the mailbox nobody@example.com is not in the store; add the mailbox",
        ),
    ],
)
def test_bad_input_changes_nothing(run: Run, base: None, path: Path, options: dict[str, Any], told: str) -> None:
    before = path.read_bytes()
    result = run("app_password", **options)
    assert told in result["msg"]
    assert HASH not in result["msg"]
    assert path.read_bytes() == before


def test_in_check_mode_an_earlier_task_may_make_the_mailbox(run: Run, path: Path, file: Path) -> None:
    """On a bare host, too."""
    result = run("app_password", check=True, **ALICE, app="phone", password_file=str(file))
    assert result["changed"]
    assert "the mailbox alice@example.com is not in the store; a run fails unless" in json.dumps(result["warnings"])
    assert not path.parent.exists() and not file.exists()


def test_what_the_mailbox_may_not_use_is_told(run: Run, base: None, dovecot: Path) -> None:
    options = {"mailbox": "bob@example.com", "app": "x", "password_hash": OTHER, "protocols": ["imap", "smtp"]}
    told = "app password bob@example.com/x: does not open smtp, which the mailbox may not use"
    for check in (True, False, True):
        assert told in json.dumps(run("app_password", check=check, **options)["warnings"])
    assert rows(dovecot, "SELECT imap, smtp FROM app_passwords WHERE name = 'x'") == [(1, 0)]


def test_a_purge_over_its_limit_takes_none(run: Run, base: None, dovecot: Path) -> None:
    held = [{**ALICE, "name": f"n{number}", "password_hash": HASH} for number in range(20)]
    run("accounts", app_passwords=held)
    lists = {
        "domains": [{"name": "example.com"}],
        "mailboxes": [{"address": "alice@example.com"}, {"address": "bob@example.com"}],
        "app_passwords": [],
        "purge": "all",
    }
    assert "21 app passwords" in run("accounts", **lists)["msg"]
    assert len(served(dovecot)) == 21
    assert run("accounts", **lists, purge_limit="100%")["counts"]["app_password"]["remove"] == 21
    assert served(dovecot) == []
