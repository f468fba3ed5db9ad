# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""domain_info, mailbox_info and alias_info."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
TIMES = {"created", "modified"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.db"


@pytest.fixture
def run(run_module: Run, path: Path) -> Run:
    return lambda name, /, **options: run_module(name, path=str(path), **options)


@pytest.fixture
def base(run: Run) -> None:
    run(
        "accounts",
        domains=[{"name": "bücher.example", "total_quota": "10G"}, {"name": "example.com"}],
        mailboxes=[
            {"address": "alice@bücher.example", "password_hash": HASH, "quota": "3G"},
            {"address": "bob@bücher.example", "password_hash": "*", "quota": "2G", "protocols": []},
            {"address": "carol@example.com", "password_hash": "*"},
        ],
        aliases=[
            {"address": "@bücher.example", "destinations": ["alice@bücher.example"]},
            {
                "address": "info@example.com",
                "destinations": [
                    "carol+tag@example.com",
                    "nobody@example.com",
                    "anything@bücher.example",
                    "x@example.net",
                ],
            },
        ],
        app_passwords=[
            {
                "mailbox": "alice@bücher.example",
                "name": "phone",
                "password_hash": HASH,
                "protocols": ["imap"],
                "expires": "2030-01-31",
                "active": False,
            },
            {"mailbox": "alice@bücher.example", "name": "Büro", "password_hash": HASH},
        ],
    )


@pytest.mark.parametrize("name", ["domain", "mailbox", "alias"])
def test_where_nothing_is_nothing_is_returned(run: Run, path: Path, name: str) -> None:
    for check in (True, False):
        result = run(f"{name}_info", check=check)
        assert not result["changed"]
        assert result["mailboxes" if name == "mailbox" else "aliases" if name == "alias" else "domains"] == []
    assert not path.exists()


def test_domains_come_with_what_they_hold(run: Run, base: None) -> None:
    result = run("domain_info")["domains"]
    told = [(one["unicode_name"], one["mailboxes"], one["aliases"], one["assigned_quota"]) for one in result]
    assert told == [("example.com", 1, 1, 0), ("bücher.example", 2, 1, 5 * 1024**3)]
    assert all(one["created"].endswith("Z") and one["modified"] == one["created"] for one in result)
    (only,) = run("domain_info", name="Bücher.Example")["domains"]
    assert (only["name"], only["total_quota"]) == ("xn--bcher-kva.example", 10 * 1024**3)
    assert run("domain_info", name="unknown.example")["domains"] == []


def test_mailboxes_come_without_their_hashes_unless_asked_for(run: Run, base: None) -> None:
    everybody = run("mailbox_info")
    assert [one["address"] for one in everybody["mailboxes"]] == [
        "alice@xn--bcher-kva.example",
        "bob@xn--bcher-kva.example",
        "carol@example.com",
    ]
    assert "$6$" not in str(everybody)
    (alice,) = run("mailbox_info", address="Alice@bücher.example", with_password_hash=True)["mailboxes"]
    assert {key: value for key, value in alice.items() if key not in {*TIMES, "app_passwords"}} == {
        "address": "alice@xn--bcher-kva.example",
        "unicode_address": "alice@bücher.example",
        "password_hash": HASH,
        "password_scheme": "SHA512-CRYPT",
        "quota": 3 * 1024**3,
        "display_name": "",
        "active": True,
        "protocols": ["imap", "pop3", "smtp", "sieve"],
        "rate_limit": "unlimited",
        "send_as": [],
    }
    assert [one["address"] for one in run("mailbox_info", domain="example.com")["mailboxes"]] == ["carol@example.com"]
    assert run("mailbox_info", domain="example.com", address="bob@bücher.example")["mailboxes"] == []


def test_app_passwords_come_with_their_mailboxes(run: Run, base: None) -> None:
    alice, bob, _carol = run("mailbox_info")["mailboxes"]
    assert bob["app_passwords"] == []
    assert [one["name"] for one in alice["app_passwords"]] == ["Büro", "phone"]
    (alice,) = run("mailbox_info", address="alice@bücher.example", with_password_hash=True)["mailboxes"]
    phone = alice["app_passwords"][1]
    assert phone["created"].endswith("Z") and phone["modified"] == phone["created"]
    assert {key: value for key, value in phone.items() if key not in TIMES} == {
        "mailbox": "alice@xn--bcher-kva.example",
        "name": "phone",
        "password_hash": HASH,
        "password_scheme": "SHA512-CRYPT",
        "protocols": ["imap"],
        "expires": "2030-01-31T23:59:59Z",
        "active": False,
    }


def test_what_the_passwords_ask_of_the_server(run: Run, path: Path) -> None:
    nothing = {"mailboxes": 0, "app_passwords": 0, "schemes": {}, "mechanisms": [], "argon2_memory": 0}
    result = run("password_info")
    assert {name: result[name] for name in nothing} == nothing
    assert not path.exists()
    box = {"address": "alice@example.com", "password": "secret", "password_scheme": "SCRAM-SHA-256"}
    run("accounts", domains=[{"name": "example.com"}], mailboxes=[box])
    result = run("password_info", check=True)
    assert not result["changed"]
    assert (result["mailboxes"], result["schemes"]) == (1, {"SCRAM-SHA-256": 1})
    assert result["mechanisms"] == ["SCRAM-SHA-256"]


def test_aliases_come_with_what_is_known_of_their_destinations(run: Run, base: None) -> None:
    (info,) = run("alias_info", domain="example.com")["aliases"]
    assert info["destination_details"] == [
        {"address": "anything@xn--bcher-kva.example", "external": False, "dangling": False},
        {"address": "carol+tag@example.com", "external": False, "dangling": False},
        {"address": "nobody@example.com", "external": False, "dangling": True},
        {"address": "x@example.net", "external": True, "dangling": False},
    ]
    assert info["destinations"] == [one["address"] for one in info["destination_details"]]
    assert [one["unicode_address"] for one in run("alias_info", address="@Bücher.example")["aliases"]] == [
        "@bücher.example"
    ]


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("domain_info", {"name": "exa mple"}, "has the label 'exa mple'"),
        ("mailbox_info", {"address": "alice"}, "'alice': has no @"),
        ("alias_info", {"domain": "-"}, "has the label '-'"),
    ],
)
def test_what_cannot_be_is_told(run: Run, name: str, options: dict[str, Any], told: str) -> None:
    assert told in run(name, **options)["msg"]


def test_what_is_returned_can_be_given_again(run: Run, base: None) -> None:
    """Field names are the options' names: what a module returns changes nothing when it is asked for."""
    extra = {
        "unicode_name",
        "unicode_address",
        "password_scheme",
        "destination_details",
        "required",
        "mailboxes",
        "aliases",
        "app_passwords",
        "assigned_quota",
    }

    def options(one: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in one.items() if key not in extra | TIMES}

    boxes = run("mailbox_info", with_password_hash=True)["mailboxes"]
    held = [options(one) for box in boxes for one in box["app_passwords"]]
    assert [one["name"] for one in held] == ["Büro", "phone"]
    result = run(
        "accounts",
        app_passwords=held,
        domains=[options(one) for one in run("domain_info")["domains"]],
        mailboxes=[options(one) for one in boxes],
        aliases=[options(one) for one in run("alias_info")["aliases"]],
    )
    assert not result["changed"]
