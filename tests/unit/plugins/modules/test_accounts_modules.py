# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""accounts, domain, mailbox and alias: each state through check, run, check, run; bad input; what is shown."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import argon2
import lmdb
import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.accounts import run as run_file
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.document import encode

Result = dict[str, Any]
RunModule = Callable[..., Result]
Run = Callable[..., Result]
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
HOSTILE = 'O\'Brien "x" 100% $HOME {{ y }} back\\slash Zoë 名前'

BASE: dict[str, Any] = {
    "domains": [{"name": "example.com"}, {"name": "example.org"}],
    "mailboxes": [
        {"address": "alice@example.com", "password_hash": HASH},
        {"address": "bob@example.org", "password_hash": "*"},
    ],
    "aliases": [{"address": "info@example.com", "destinations": ["alice@example.com", "bob@example.org"]}],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "accounts.db"


@pytest.fixture
def published(path: Path) -> Path:
    root = path.parent / "published"
    (root / "postfix").mkdir(parents=True)
    (root / "dovecot").mkdir()
    return root


@pytest.fixture
def run(run_module: RunModule, path: Path) -> Run:
    """Run a module on the test's store."""
    return lambda name, /, **options: run_module(name, path=str(path), **{"lock_timeout": 1, **options})


@pytest.fixture
def base(run: Run, published: Path) -> Result:
    return run("accounts", **BASE)


def snapshot(directory: Path) -> dict[str, tuple[int, int, int, str]]:
    """Return mode, inode, size and content of all files, but for what SQLite's readers leave."""
    result = {}
    for file in sorted(directory.rglob("*")):
        if file.is_file() and not file.name.endswith(("-wal", "-shm")):
            status = file.stat()
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            result[str(file)] = (status.st_mode, status.st_ino, status.st_size, digest)
    return result


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def lookup(published: Path, table: str) -> dict[str, str]:
    with (
        lmdb.open(
            str(published / "postfix/current" / f"{table}.lmdb"), subdir=False, readonly=True, lock=False
        ) as environment,
        environment.begin() as transaction,
    ):
        return {bytes(key).decode(): bytes(value).decode() for key, value in transaction.cursor()}


STATES: list[tuple[str, dict[str, Any]]] = [
    ("domain", {"name": "New.Example", "description": HOSTILE, "max_quota": "5G", "imap_host": "imap.example.com"}),
    ("domain", {"name": "example.com", "active": False}),
    ("domain", {"name": "example.com", "state": "absent", "cascade": True}),
    ("mailbox", {"address": "Carol@example.com", "password": "secret", "display_name": HOSTILE, "protocols": ["imap"]}),
    ("mailbox", {"address": "carol@example.com", "password": "secret", "password_scheme": "BLF-CRYPT"}),
    ("mailbox", {"address": "carol@example.com", "password_hash": "*", "rate_limit": "5/1m"}),
    ("mailbox", {"address": "alice@example.com", "send_as": ["Sales@Example.com", "@elsewhere.example"]}),
    ("mailbox", {"address": "alice@example.com", "password": "new", "password_scheme": "SHA512-CRYPT", "quota": "5G"}),
    ("mailbox", {"address": "alice@example.com", "password": "new", "update_password": "on_create", "active": False}),
    ("mailbox", {"address": "alice@example.com", "state": "absent", "cascade": True}),
    (
        "alias",
        {"address": "sales@example.com", "destinations": ["alice@example.com", "x@example.net"], "list_members": True},
    ),
    ("alias", {"address": "@example.com", "destinations": ["alice@example.com"]}),
    ("alias", {"address": "info@example.com", "destinations": ["x@example.net"], "exclusive": False}),
    (
        "alias",
        {"address": "info@example.com", "destinations": ["bob@example.org"], "exclusive": False, "state": "absent"},
    ),
    ("alias", {"address": "info@example.com", "allow_from": ["@example.com"], "active": False}),
    ("alias", {"address": "info@example.com", "state": "absent"}),
    (
        "accounts",
        {"domains": [{"name": "new.example"}], "mailboxes": [{"address": "a@new.example", "password": "secret"}]},
    ),
    (
        "accounts",
        {
            "domains": [{"name": "example.org", "state": "absent", "cascade": True}],
            "aliases": [{"address": "alice2@example.com", "destinations": ["alice@example.com"]}],
        },
    ),
    ("accounts", {"mailboxes": [{"address": "alice@example.com", "state": "absent", "cascade": True}]}),
    (
        "accounts",
        {
            "domains": BASE["domains"],
            "mailboxes": BASE["mailboxes"],
            "required_aliases": True,
            "required_destination": "Bob@example.org",
        },
    ),
    ("accounts", {"domains": [{"name": "example.com"}], "mailboxes": [BASE["mailboxes"][0]], "purge": "domains"}),
    (
        "accounts",
        {
            "domains": [{"name": "example.com"}],
            "mailboxes": [{"address": "alice@example.com"}],
            "aliases": [{"address": "info@example.com"}],
            "required_aliases": True,
            "purge": "all",
        },
    ),
]


@pytest.mark.parametrize(("name", "options"), STATES)
def test_four_runs(run: Run, base: Result, path: Path, published: Path, name: str, options: dict[str, Any]) -> None:
    before = snapshot(path.parent)
    predicted = run(name, check=True, **options)
    assert snapshot(path.parent) == before
    done = run(name, **options)
    after = snapshot(path.parent)
    assert predicted["changed"] and done["changed"]
    for key in {*predicted, *done} - {"invocation"}:
        assert predicted[key] == done[key]
    again = run(name, check=True, **options)
    assert not again["changed"]
    assert again["diff"] == {"before": "", "after": ""}
    assert snapshot(path.parent) == after
    settled = run(name, **options)
    assert not settled["changed"]
    assert snapshot(path.parent) == after
    if name != "accounts":
        assert settled[name] == again[name] == done[name]


@pytest.mark.parametrize(
    ("name", "options"), [(name, options) for name, options in STATES if options.get("state") == "absent"]
)
def test_absent_where_nothing_is_makes_no_store(run: Run, path: Path, name: str, options: dict[str, Any]) -> None:
    for check in (True, False):
        result = run(name, check=check, **options)
        assert not result["changed"]
        assert result[name] is None
    assert not path.parent.exists()


def test_accounts_makes_the_store_even_for_empty_lists(run: Run, path: Path) -> None:
    assert run("accounts", check=True)["diff"] == {"before": "", "after": f"store {path}\n  schema: 2\n"}
    assert not path.parent.exists()
    made = run("accounts")
    assert made["changed"]
    assert made["total"] == {"domains": 0, "mailboxes": 0, "aliases": 0, "app_passwords": 0}
    assert not run("accounts", check=True)["changed"]
    assert not run("accounts")["changed"]


def test_counts_say_what_happened(run: Run, base: Result) -> None:
    none = {"add": 0, "change": 0, "remove": 0}
    assert base["counts"] == {
        "domain": {**none, "add": 2},
        "mailbox": {**none, "add": 2},
        "alias": {**none, "add": 1},
        "app_password": none,
    }
    assert base["total"] == {"domains": 2, "mailboxes": 2, "aliases": 1, "app_passwords": 0}
    assert run("accounts", **BASE)["counts"] == dict.fromkeys(("domain", "mailbox", "alias", "app_password"), none)


def test_a_purge_is_counted_and_shown(run: Run, base: Result) -> None:
    lists = {"domains": [{"name": "example.com"}], "mailboxes": [BASE["mailboxes"][0]]}
    purged = run("accounts", **lists, aliases=[{"address": "info@example.com"}], purge="all")
    assert {kind: numbers["remove"] for kind, numbers in purged["counts"].items()} == {
        "domain": 1,
        "mailbox": 1,
        "alias": 0,
        "app_password": 0,
    }
    assert purged["counts"]["alias"] == {"add": 0, "change": 1, "remove": 0}
    assert purged["diff"]["after"] == "alias info@example.com\n  destinations: alice@example.com\n"
    assert "mailbox bob@example.org\n" in purged["diff"]["before"]
    assert "domain example.org\n" in purged["diff"]["before"]


def test_a_purge_of_listed_domains_that_lists_none_is_told_of(run: Run, base: Result) -> None:
    result = run("accounts", mailboxes=[{"address": "alice@example.com"}], purge="domains")
    assert not result["changed"]
    assert "purge: domains removes what is not listed in the domains that are, and none is" in result["warnings"][0]


@pytest.mark.parametrize("module", ["accounts", "alias"])
def test_a_destination_that_is_nobodys_is_refused_where_that_is_asked_for(
    run: Run, base: Result, path: Path, module: str
) -> None:
    alias = {"address": "sales@example.com", "destinations": ["nobody@example.com"]}
    options = alias if module == "alias" else {"aliases": [alias]}
    before = path.read_bytes()
    refused = run(module, **options, check_destinations=True)
    assert "sales@example.com -> nobody@example.com" in refused["msg"]
    assert path.read_bytes() == before
    assert run(module, **options)["changed"]


def test_a_purge_over_its_limit_changes_nothing(run: Run, base: Result, path: Path, published: Path) -> None:
    before = snapshot(path.parent)
    for check in (True, False):
        refused = run("accounts", purge="all", check=check)
        assert refused["msg"].startswith("purge: 5 of 5 objects are not listed and would be removed (2 domains, 2 ")
        assert "domain example.com, domain example.org, mailbox alice@example.com" in refused["msg"]
    # The additions of the same task neither.
    new = {"domains": [{"name": "new.example"}], "purge": "all", "purge_limit": "4"}
    assert "purge_limit 4 allows 4" in run("accounts", **new)["msg"]
    assert snapshot(path.parent) == before


def test_required_aliases_are_told_apart(run: Run, base: Result) -> None:
    """What a site run adds is left to the single modules, and what they made is left to them by the site run."""
    run("alias", address="abuse@example.com", destinations=["bob@example.org"])
    lists = {
        "domains": BASE["domains"],
        "mailboxes": BASE["mailboxes"],
        "required_aliases": True,
        "required_destination": "",
    }
    assert run("accounts", **lists)["counts"]["alias"] == {"add": 3, "change": 0, "remove": 0}
    assert [alias["address"] for alias in run("alias_info")["aliases"] if alias["required"]] == [
        "abuse@example.org",
        "postmaster@example.com",
        "postmaster@example.org",
    ]
    run("alias", address="info@example.com", destinations=["alice@example.com"])
    refused = run("mailbox", address="bob@example.org", state="absent")["msg"]
    assert refused.startswith("bob@example.org is a destination of abuse@example.com;")
    run("alias", address="abuse@example.com", state="absent")
    assert run("mailbox", address="bob@example.org", state="absent")["changed"]
    assert run("domain", name="example.org", state="absent")["changed"]
    assert [alias["address"] for alias in run("alias_info")["aliases"]] == [
        "info@example.com",
        "postmaster@example.com",
    ]


def test_stored_and_served_exactly(run: Run, base: Result, path: Path, published: Path) -> None:
    run("domain", name="example.com", description=HOSTILE, display_name=HOSTILE)
    result = run(
        "mailbox",
        address="o'brien$y{{z}}@example.com",
        display_name=HOSTILE,
        quota="1G",
        document=encode({"password": HOSTILE}),
    )
    assert result["mailbox"] == {
        "address": "o'brien$y{{z}}@example.com",
        "unicode_address": "o'brien$y{{z}}@example.com",
        "password_scheme": "ARGON2ID",
        "quota": 1024**3,
        "display_name": HOSTILE,
        "active": True,
        "protocols": ["imap", "pop3", "smtp", "sieve"],
        "rate_limit": "unlimited",
        "send_as": [],
    }
    assert rows(path, "SELECT description, display_name FROM domains WHERE name = 'example.com'") == [
        (HOSTILE, HOSTILE)
    ]
    stored = rows(published / "dovecot/credentials.db", "SELECT password FROM users WHERE local_part LIKE 'o''brien%'")[
        0
    ][0]
    assert stored.startswith("{ARGON2ID}")
    assert argon2.PasswordHasher().verify(stored.removeprefix("{ARGON2ID}"), HOSTILE)
    assert rows(path, "SELECT display_name FROM mailboxes WHERE quota > 0") == [(HOSTILE,)]


def test_a_hash_that_holds_the_name_is_of_the_mailbox(run: Run, base: Result, path: Path) -> None:
    wanted = {"password": "secret", "password_scheme": "DIGEST-MD5", "allow_weak_scheme": True}
    mailboxes = [{"address": f"{name}@example.com", **wanted} for name in ("alice", "bob")]
    assert run("accounts", mailboxes=mailboxes)["changed"]
    # doveadm pw -s DIGEST-MD5 -u alice@example.com -p secret
    assert rows(path, "SELECT password_hash FROM mailboxes WHERE address = 'alice@example.com'") == [
        ("{DIGEST-MD5}b1726872c344b6dc8365b774f8fd6412",)
    ]
    assert not run("accounts", mailboxes=mailboxes)["changed"]


def test_no_result_shows_a_secret(run: Run, base: Result) -> None:
    results = [
        run("mailbox", address="alice@example.com", password="correct horse", check=True),
        run("mailbox", address="alice@example.com", password="correct horse"),
        run("mailbox", address="bob@example.org", password_hash=HASH),
        run("accounts", document=encode({"mailboxes": [{"address": "c@example.com", "password": "battery staple"}]})),
        run("mailbox_info"),
        run("mailbox", address="alice@example.com", password="wrong one", password_scheme="ROT13"),
    ]
    text = repr(results)
    assert not [
        secret
        for secret in ("correct horse", HASH, HASH[20:], "battery staple", "wrong one", "$argon2")
        if secret in text
    ]
    assert results[1]["diff"]["after"] == "mailbox alice@example.com\n  password: (changed)\n"


def test_a_password_in_the_document_blanks_nothing(run: Run, base: Result) -> None:
    result = run("mailbox", address="alice@example.com", document=encode({"password": "alice"}))
    assert result["mailbox"]["address"] == "alice@example.com"
    assert result["mailbox"]["password_scheme"] == "ARGON2ID"


def test_a_document_that_is_none_is_refused(run: Run) -> None:
    whole = encode({"domains": [{"name": "example.com"}]})
    for document in ("[]", "{}", whole[:-4], whole[4:], f"{whole}=", f"{whole}\n", encode([])):
        result = run("accounts", document=document)
        assert "document '(hidden)': is not what the collection makes" in result["msg"]


def test_internationalised_names_are_shown_as_people_write_them(run: Run, path: Path) -> None:
    assert run("domain", name="BÜCHER.example")["domain"]["unicode_name"] == "bücher.example"
    box = run("mailbox", address="alice@bücher.example", password_hash="*")["mailbox"]
    assert (box["address"], box["unicode_address"]) == ("alice@xn--bcher-kva.example", "alice@bücher.example")
    assert run("alias", address="@bücher.example", destinations=["alice@bücher.example"])["alias"] == {
        "address": "@xn--bcher-kva.example",
        "unicode_address": "@bücher.example",
        "destinations": ["alice@xn--bcher-kva.example"],
        "allow_from": [],
        "list_members": False,
        "active": True,
    }


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("mailbox", {"address": "alice", "password": "x"}, "'alice': has no @"),
    ("mailbox", {"address": "a@b@example.com"}, "'a@b@example.com': has 2 @"),
    ("mailbox", {"address": "@example.com"}, "has no local part"),
    ("mailbox", {"address": "a" * 65 + "@example.com"}, "has a local part of 65 characters"),
    ("mailbox", {"address": "a@" + "b." * 130 + "example"}, "is longer than 253 characters"),
    ("mailbox", {"address": "a/b@example.com"}, "has a / in its local part"),
    ("mailbox", {"address": "a+b@example.com"}, "has the recipient delimiter +"),
    ("mailbox", {"address": "a\n@example.com"}, r"'a\n@example.com'"),
    ("mailbox", {"address": "a@exa_mple.com"}, "has the label 'exa_mple'"),
    ("mailbox", {"address": "a@x\u2603.example"}, "does not convert to A-labels"),
    (
        "mailbox",
        {"address": "new@unknown.example", "password_hash": "*"},
        "the domain unknown.example is not in the store",
    ),
    ("mailbox", {"address": "info@example.com", "password_hash": "*"}, "an alias has this address"),
    ("mailbox", {"address": "new@example.com"}, "has neither password nor password_hash"),
    ("mailbox", {"address": "new@example.com", "password": "secret", "password_hash": "*"}, "are both given"),
    (
        "mailbox",
        {"address": "new@example.com", "document": encode({"password": "secret", "password_hash": "*"})},
        "are both given",
    ),
    ("mailbox", {"address": "alice@example.com", "quota": "-1"}, "'-1': is negative"),
    ("mailbox", {"address": "alice@example.com", "quota": "much"}, "'much': is not a size"),
    (
        "mailbox",
        {"address": "alice@example.com", "password": "x", "password_scheme": "ROT13"},
        "'ROT13': is no password scheme",
    ),
    ("mailbox", {"address": "alice@example.com", "display_name": "a\nb"}, r"'a\nb': has the character '\n'"),
    ("mailbox", {"address": "alice@example.com", "rate_limit": "fast"}, "'fast': is not a rate"),
    (
        "mailbox",
        {"address": "alice@example.com", "send_as": ["sales"]},
        "in send_as of mailbox alice@example.com 'sales'",
    ),
    ("mailbox", {"address": "alice@example.com", "send_as": [""]}, "'': has no @"),
    ("mailbox", {"address": "alice@example.com", "send_as": ["@"]}, "'@': has no domain"),
    ("mailbox", {"address": "alice@example.com", "send_as": ["a@example.com\nb@example.com"]}, "has 2 @"),
    (
        "mailbox",
        {"address": "alice@example.com", "state": "absent"},
        "alice@example.com is a destination of info@example.com",
    ),
    ("accounts", {"src": "people.csv"}, "src 'people.csv': was not read; call the module from a playbook"),
    ("accounts", {"purge": "all", "purge_limit": "a lot"}, "purge_limit 'a lot': is no limit; give a number of"),
    ("domain", {"name": "example.com", "lock_timeout": -1}, "lock_timeout -1: is negative"),
    ("domain", {"name": "exa mple.com"}, "has the label 'exa mple'"),
    ("domain", {"name": "example.com", "max_mailboxes": -1}, "-1: is negative"),
    ("domain", {"name": "example.com", "description": "a\x01b"}, "has the character"),
    (
        "domain",
        {"name": "example.com", "state": "absent"},
        "the mailboxes alice@example.com and the aliases info@example.com",
    ),
    ("alias", {"address": "alice@example.com", "destinations": ["x@example.net"]}, "a mailbox has this address"),
    ("alias", {"address": "new@example.com"}, "new@example.com is new and has no destinations"),
    ("alias", {"address": "info@example.com", "destinations": ["bob"]}, "'bob': has no @"),
    (
        "alias",
        {"address": "@unknown.example", "destinations": ["x@example.net"]},
        "unknown.example is not in the store",
    ),
    (
        "accounts",
        {
            "domains": [{"name": "example.com", "max_mailboxes": 1}],
            "mailboxes": [{"address": "second@example.com", "password_hash": "*"}],
        },
        "max_mailboxes is 1 and there would be 2",
    ),
    (
        "accounts",
        {
            "domains": [{"name": "example.com", "max_quota": "1G"}],
            "mailboxes": [{"address": "alice@example.com", "quota": "2G"}],
        },
        "quota 2G is over the domain's max_quota 1G",
    ),
    (
        "accounts",
        {
            "aliases": [
                {"address": "@example.com", "destinations": ["alice@example.com"]},
                {"address": "@Example.com", "destinations": ["bob@example.org"]},
            ]
        },
        "is a second catch-all of example.com",
    ),
    (
        "accounts",
        {
            "mailboxes": [
                {"address": "alice@example.com", "quota": "1G"},
                {"address": "Alice@example.com", "quota": "2G"},
            ]
        },
        "stands in the list before, with different values",
    ),
    (
        "accounts",
        {"document": encode({"domains": ["x"]}), "required_aliases": True},
        "domains[1] 'str': is no dictionary",
    ),
    (
        "accounts",
        {"document": encode({"domains": [{"name": None}]}), "required_aliases": True},
        "domains[1] has no name",
    ),
    (
        "accounts",
        {"document": encode({"mailboxes": [None]}), "required_aliases": True},
        "mailboxes[1] 'NoneType': is no",
    ),
    ("accounts", {"required_destination": "a@example.net"}, "required_aliases"),
    (
        "accounts",
        {
            "domains": [{"name": "good.example"}],
            "mailboxes": [{"address": "good@good.example", "password_hash": "*"}, {"address": "bad@@good.example"}],
        },
        "'bad@@good.example'",
    ),
]


@pytest.mark.parametrize(("name", "options", "told"), REFUSED)
def test_bad_input_is_refused_by_name_and_changes_nothing(
    run: Run, base: Result, path: Path, name: str, options: dict[str, Any], told: str
) -> None:
    before = snapshot(path.parent)
    result = run(name, **options)
    assert result["failed"]
    assert told in result["msg"]
    assert snapshot(path.parent) == before


def test_check_mode_expects_earlier_tasks(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: warnings.append(text))
    assert run("mailbox", address="a@example.com", password="secret", check=True)["changed"]
    assert run("alias", address="b@example.com", destinations=["a@example.com"], check=True)["changed"]
    told = "the domain example.com is not in the store; a run fails unless an earlier task adds it"
    assert warnings == [f"mailbox a@example.com: {told}", f"alias b@example.com: {told}"]
    assert not path.parent.exists()


def test_prediction_needs_no_library_that_is_installed_later(
    run: Run, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("argon2", "argon2.low_level", "lmdb", "idna"):
        monkeypatch.setitem(sys.modules, name, None)
    lists = {
        "domains": [{"name": "bücher.example"}],
        "mailboxes": [{"address": "a@bücher.example", "password": "secret"}],
    }
    predicted = run("accounts", check=True, **lists)
    assert predicted["counts"]["mailbox"]["add"] == 1
    missing = run("accounts", **lists)
    assert "install python3-lmdb" in missing["msg"]
    monkeypatch.delitem(sys.modules, "lmdb")
    missing = run("accounts", **lists)
    assert "install python3-argon2" in missing["msg"]


@pytest.fixture
def locking(base: Result, path: Path, tmp_path: Path) -> Iterator[int]:
    """Another program holds the store locked; this is its pid."""
    script = tmp_path / "backup.py"
    script.write_text(
        "import sqlite3, sys\n"
        "sqlite3.connect(sys.argv[1], isolation_level=None).execute('BEGIN IMMEDIATE')\n"
        "print('locked', flush=True)\n"
        "input()\n",
        encoding="utf-8",
    )
    with subprocess.Popen(
        [sys.executable, str(script), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "locked\n"
        yield other.pid
        other.communicate("\n")


def test_a_locked_store_says_by_whom_and_can_still_be_read(run: Run, path: Path, locking: int) -> None:
    told = rf"the account store {path} is locked by process {locking} \(python\S* backup\.py\), still after 1 s; wait"
    assert re.match(told, run("domain", name="example.net")["msg"])
    assert run("domain", name="example.net", check=True)["changed"]
    assert len(run("domain_info")["domains"]) == 2


@pytest.fixture
def read_only(base: Result, path: Path) -> Iterator[None]:
    """The store can be read and not written, as far as root's rights let that be: others than root run the module."""
    was = os.geteuid()
    path.chmod(0o444)
    if not was:
        for directory in [*path.parents][:4]:
            directory.chmod(0o755)
        os.seteuid(65534)
    yield
    os.seteuid(was)


def test_a_read_only_store_is_told_and_can_still_be_read(run: Run, path: Path, read_only: None) -> None:
    before = path.read_bytes()
    assert run("domain", name="example.net")["msg"] == (
        f"the account store {path} cannot be used: Permission denied ({path}); "
        "run as root, on a file system that is writable"
    )
    assert path.read_bytes() == before
    assert run("domain", name="example.net", check=True)["changed"]
    assert len(run("domain_info")["domains"]) == 2


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("accounts", {}),
        ("domain", {"name": "example.net"}),
        ("domain_info", {}),
        ("mailbox_info", {}),
        ("alias_info", {}),
    ],
)
def test_a_damaged_store_is_told(run: Run, base: Result, path: Path, name: str, options: dict[str, Any]) -> None:
    path.write_bytes(b"damaged" * 1000)
    assert run(name, **options)["msg"] == (
        f"the account store {path} is damaged or no account store (file is not a database); restore it from a backup"
    )
    assert path.read_bytes() == b"damaged" * 1000


def test_a_store_that_is_damaged_inside_is_told(run: Run, base: Result, path: Path) -> None:
    """Its header is whole, and the pages behind it are not."""
    path.write_bytes(path.read_bytes()[:4096] + b"damaged " * (path.stat().st_size // 8))
    assert run("domain", name="example.net")["msg"] == (
        f"the account store {path} is damaged or no account store (database disk image is malformed); "
        "restore it from a backup"
    )


def test_a_newer_store_is_told(run: Run, base: Result, path: Path) -> None:
    connection = sqlite3.connect(path)
    with closing(connection), connection:
        connection.execute("UPDATE meta SET value = '9' WHERE key = 'schema_version'")
    for check in (True, False):
        assert "has schema version 9" in run("accounts", check=check)["msg"]


def test_somebody_else_writes_in_between(run: Run, base: Result, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is made again, on what then is there, and nothing of either is lost."""
    original = run_file._Session._plan
    calls = []

    def plan(self: Any, found: Any) -> Any:
        made = original(self, found)
        if not calls:
            calls.append(1)
            connection = sqlite3.connect(path)
            with closing(connection), connection:
                connection.execute("UPDATE domains SET description = 'theirs'")
                connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
        return made

    monkeypatch.setattr(run_file._Session, "_plan", plan)
    assert run("domain", name="example.com", max_mailboxes=5)["domain"]["description"] == "theirs"
    assert rows(path, "SELECT description, max_mailboxes FROM domains WHERE name = 'example.com'") == [("theirs", 5)]


def test_twenty_writers_lose_nothing(run: Run, base: Result, path: Path, published: Path) -> None:
    children = []
    for number in range(20):
        child = os.fork()
        if not child:
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                run("mailbox", address=f"user{number}@example.com", password_hash="*", lock_timeout=60)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert rows(path, "SELECT count(*) FROM mailboxes") == [(22,)]
    assert len(lookup(published, "mailboxes")) == 22
    assert rows(published / "dovecot/credentials.db", "SELECT count(*) FROM users") == [(22,)]
    assert not run("accounts")["changed"]


def test_readers_are_published_to_and_mended(run: Run, base: Result, published: Path) -> None:
    assert lookup(published, "aliases") == {"info@example.com": "alice@example.com, bob@example.org"}
    (published / "postfix/current/aliases.lmdb").unlink()
    for name, options in (("accounts", {}), ("domain", {"name": "example.com"})):
        mended = run(name, check=True, **options)
        assert mended["changed"]
        assert mended["diff"] == {
            "before": "published postfix\n  state: aliases.lmdb is missing\n",
            "after": "published postfix\n  state: current\n",
        }
    assert not (published / "postfix/current/aliases.lmdb").exists()
    assert run("domain", name="example.com")["changed"]
    assert not run("domain", name="example.com")["changed"]
    assert lookup(published, "aliases") == {"info@example.com": "alice@example.com, bob@example.org"}


@pytest.mark.parametrize("name", ["accounts", "domain"])
@pytest.mark.parametrize("serving", [True, False])
def test_a_store_restored_for_all_to_read_is_closed_again(
    run: Run, base: Result, path: Path, published: Path, name: str, serving: bool
) -> None:
    options = {"name": "example.com"} if name == "domain" else {}
    if not serving:
        shutil.rmtree(published)
    path.chmod(0o644)
    run("domain_info")
    predicted = run(name, check=True, **options)
    assert path.stat().st_mode & 0o777 == 0o644
    done = run(name, **options)
    assert path.stat().st_mode & 0o777 == 0o600
    for result in (predicted, done):
        assert result["changed"]
        assert result["diff"] == {"before": f"store {path}\n  mode: 0644\n", "after": f"store {path}\n  mode: 0600\n"}
    assert not run(name, check=True, **options)["changed"]
    assert not run(name, **options)["changed"]


def test_a_reader_that_comes_later_is_served(run: Run, path: Path) -> None:
    run("accounts", **BASE)
    (path.parent / "published/dovecot").mkdir(parents=True)
    assert run("accounts", check=True)["changed"]
    assert run("accounts")["changed"]
    assert not run("accounts")["changed"]
    assert rows(path.parent / "published/dovecot/credentials.db", "SELECT count(*) FROM users") == [(2,)]
    assert sorted(entry.name for entry in (path.parent / "published").iterdir()) == ["dovecot"]


def test_a_run_killed_before_it_published_is_completed_by_the_next(
    run: Run, base: Result, path: Path, published: Path
) -> None:
    child = os.fork()
    if not child:
        run_file.publish = lambda _readers, _accounts: os.kill(os.getpid(), 9)  # type: ignore[assignment]  # the worst moment
        run("alias", address="sales@example.com", destinations=["alice@example.com"])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
    assert rows(path, "SELECT count(*) FROM aliases") == [(2,)]
    assert "sales@example.com" not in lookup(published, "aliases")
    assert run("alias", address="sales@example.com", check=True)["changed"]
    assert run("alias", address="sales@example.com")["changed"]
    assert lookup(published, "aliases")["sales@example.com"] == "alice@example.com"
    assert not run("accounts")["changed"]


def test_a_store_made_anew_is_published_again(run: Run, base: Result, path: Path, published: Path) -> None:
    path.unlink()
    run("accounts", domains=[{"name": "other.example"}])
    assert lookup(published, "domains") == {"other.example": "other.example"}
    assert rows(published / "dovecot/credentials.db", "SELECT * FROM users") == []
