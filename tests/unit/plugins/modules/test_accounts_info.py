# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""accounts_info: out of one store, into another, and back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.document import encode

Run = Callable[..., dict[str, Any]]
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
WEAK = "{PLAIN}pass word"
EMPTY: dict[str, list[Any]] = {"domains": [], "mailboxes": [], "aliases": [], "app_passwords": []}
TIMES = ("created", "modified")


@pytest.fixture
def stores(tmp_path: Path) -> tuple[str, str]:
    return str(tmp_path / "one" / "accounts.db"), str(tmp_path / "two" / "accounts.db")


@pytest.fixture
def base(run_module: Run, stores: tuple[str, str]) -> str:
    """The path of a store with something of everything."""
    result = run_module(
        "accounts",
        path=stores[0],
        domains=[
            {
                "name": "bücher.example",
                "description": 'O\'Brien "x" {{ y }}',
                "max_quota": "10G",
                "imap_host": "i.example.net",
            },
            {"name": "example.com"},
        ],
        mailboxes=[
            {"address": "alice@bücher.example", "password_hash": HASH, "quota": "3G", "send_as": ["@example.net"]},
            {"address": "bob@example.com", "password_hash": WEAK, "allow_weak_scheme": True, "protocols": []},
            {"address": "carol@example.com", "password_hash": "*", "active": False, "rate_limit": "5/1m"},
        ],
        aliases=[
            {"address": "@bücher.example", "destinations": ["alice@bücher.example"], "allow_from": ["@example.com"]},
            {"address": "info@example.com", "destinations": ["carol@example.com", "x@example.net"]},
        ],
        app_passwords=[
            {"mailbox": "alice@bücher.example", "name": "Zoë's phone", "password_hash": HASH, "expires": "2099-12-31"},
        ],
        required_aliases=True,
    )
    assert result["changed"]
    return stores[0]


def rows(path: str) -> dict[str, list[Any]]:
    """Return all rows of a store but for its times and its generation."""
    result: dict[str, list[Any]] = {}
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table != "meta":
                found = connection.execute(f"SELECT * FROM {table}").fetchall()
                result[table] = sorted(
                    str({key: value for key, value in dict(row).items() if key not in TIMES}) for row in found
                )
    return result


def test_where_nothing_is_nothing_is_exported(run_module: Run, stores: tuple[str, str]) -> None:
    result = run_module("accounts_info", path=stores[0])
    assert (result["accounts"], result["required_aliases"], result["changed"]) == (EMPTY, [], False)
    assert not Path(stores[0]).parent.exists()


def test_an_export_makes_the_same_store_elsewhere(run_module: Run, base: str, stores: tuple[str, str]) -> None:
    exported = run_module("accounts_info", path=base, with_password_hash=True)["accounts"]
    made = run_module("accounts", path=stores[1], **exported, required_aliases=True)
    assert made["changed"]
    assert rows(stores[1]) == rows(base)
    assert rows(base)["app_passwords"]
    for path in stores:
        for options in (exported, {"document": encode(exported)}):
            again = run_module("accounts", path=path, **options, purge="all", purge_limit="0")
            assert not again["changed"]
        assert run_module("accounts_info", path=path, with_password_hash=True)["accounts"] == exported


def test_without_hashes_only_what_is_there_takes_it(run_module: Run, base: str, stores: tuple[str, str]) -> None:
    result = run_module("accounts_info", path=base)
    assert "password_hash" not in str(result["accounts"])
    assert "$6$" not in str(result)
    assert not run_module("accounts", path=base, **result["accounts"])["changed"]
    refused = run_module("accounts", path=stores[1], **result["accounts"])
    assert "is new and has neither password nor password_hash" in refused["msg"]


def test_required_aliases_stand_apart(run_module: Run, base: str) -> None:
    result = run_module("accounts_info", path=base, domains=["Example.com"])
    assert [one["address"] for one in result["required_aliases"]] == ["abuse@example.com", "postmaster@example.com"]
    assert [one["address"] for one in result["accounts"]["aliases"]] == ["info@example.com"]


def test_some_domains_alone(run_module: Run, base: str) -> None:
    part = run_module("accounts_info", path=base, domains=["BÜCHER.example", "unknown.example"])["accounts"]
    assert [len(part[kind]) for kind in EMPTY] == [1, 1, 1, 1]
    assert part["mailboxes"][0]["address"] == "alice@xn--bcher-kva.example"
    assert run_module("accounts_info", path=base, domains=[])["accounts"] == EMPTY
    assert "has the label 'exa mple'" in run_module("accounts_info", path=base, domains=["exa mple"])["msg"]
