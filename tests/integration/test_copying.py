# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving between backends and back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from integration.running import run
from stores.backends import Backend, PostgresqlBackend, SqliteBackend
from stores.planning import HOSTILE

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, AppPassword
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan

HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86


@pytest.fixture
def file(tmp_path: Path) -> SqliteBackend:
    """A store in a file, with something of everything."""
    backend = SqliteBackend(tmp_path / "lib" / "accounts.db")
    run(
        backend,
        "accounts",
        domains=[{"name": "example.com", "description": HOSTILE}, {"name": "other.example", "active": False}],
        mailboxes=[
            {"address": "alice@example.com", "password_hash": HASH, "display_name": HOSTILE, "quota": "5G"},
            {"address": "bob@example.com", "password_hash": "*", "protocols": ["imap"]},
        ],
        aliases=[{"address": "@example.com", "destinations": ["bob@example.com", "x@example.net"]}],
        required_aliases=True,
    )
    with closing(backend.store()) as store:
        found = store.read()
        phone = AppPassword(
            "alice@example.com", "phone", HASH, ("imap",), "2031-01-31T23:59:59Z", True, "2026-01-01", "2026-01-02"
        )
        box = replace(found.mailboxes["alice@example.com"], send_as=("@example.net",), created="2020-01-01T00:00:00Z")
        after = replace(found, mailboxes={**found.mailboxes, box.address: box}, app_passwords={phone.key: phone})
        store.apply(
            AccountsPlan(found=found, after=after, touched={"mailbox": [box.address], "app_password": [phone.key]})
        )
    return backend


def everything(backend: Backend) -> dict[str, Any]:
    """Return all objects with all their fields."""
    with closing(backend.store()) as store:
        found: Accounts = store.read()
    kinds = {
        "domains": found.domains, "mailboxes": found.mailboxes, "aliases": found.aliases, "apps": found.app_passwords
    }  # fmt: skip
    return {kind: {name: asdict(one) for name, one in objects.items()} for kind, objects in kinds.items()}


def copy(source: Backend, target: Backend, check: bool = False, **options: Any) -> dict[str, Any]:
    return run(target, "accounts_copy", check, source=source.options, **options)


def test_there_and_back_loses_nothing(file: SqliteBackend, database: PostgresqlBackend, tmp_path: Path) -> None:
    wanted = everything(file)
    back = SqliteBackend(tmp_path / "back" / "accounts.db")
    for source, target in ((file, database), (database, back)):
        kept, before = source.dump(), target.dump()
        foretold = copy(source, target, check=True)
        assert target.dump() == before
        done = copy(source, target)
        assert done == foretold
        assert done["counts"]["mailbox"] == {"add": 2, "change": 0, "remove": 0}
        assert done["total"] == {"domains": 2, "mailboxes": 2, "aliases": 3, "app_passwords": 1}
        assert HASH not in str(done)
        assert everything(target) == wanted
        assert source.dump() == kept
        again = copy(source, target)
        assert (again["changed"], again["diff"]) == (False, {"before": "", "after": ""})
    assert database.query("SELECT address, name FROM mailwright_dovecot.app_passwords") == ["alice@example.com|phone"]


def test_a_target_with_other_objects_is_kept_unless_replaced(file: SqliteBackend, database: PostgresqlBackend) -> None:
    copy(file, database)
    run(database, "mailbox", address="alice@example.com", quota="7G")
    run(database, "domain", name="new.example")
    before = database.dump()
    told = copy(file, database)["msg"]
    assert "1 domains that are not in the source (new.example), 1 mailboxes that differ (alice@example.com)" in told
    assert "replace: true" in told
    assert database.dump() == before
    done = copy(file, database, replace=True)
    assert done["counts"]["domain"] == {"add": 0, "change": 0, "remove": 1}
    assert everything(database) == everything(file)


def test_what_the_source_got_since_comes_along(file: SqliteBackend, database: PostgresqlBackend) -> None:
    copy(file, database)
    run(file, "mailbox", address="new@example.com", password_hash="*")
    assert copy(file, database)["counts"]["mailbox"] == {"add": 1, "change": 0, "remove": 0}
    assert everything(database) == everything(file)


def test_without_a_source_nothing_is_copied(database: PostgresqlBackend, tmp_path: Path) -> None:
    run(database, "accounts", domains=[{"name": "example.com"}])
    missing = SqliteBackend(tmp_path / "missing" / "accounts.db")
    told = copy(missing, database, replace=True)
    assert "there is no account store" in told["msg"]
    foretold = copy(missing, database, check=True, replace=True)
    assert not foretold["changed"]
    assert "there is no account store" in str(foretold["warnings"])
