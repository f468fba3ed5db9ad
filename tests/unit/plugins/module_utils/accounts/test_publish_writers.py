# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may write to an alias, as Postfix's tables say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publish import postfix_tables
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publish_writers import ASK

Planner = Callable[..., AccountsPlan]
Make = Callable[..., tuple[dict[str, str], dict[str, str]]]


def box(address: str, **options: Any) -> dict[str, Any]:
    return {"address": address, "password_hash": "*", **options}


def alias(address: str, *destinations: str, allow_from: tuple[str, ...] = (), **options: Any) -> dict[str, Any]:
    return {"address": address, "destinations": list(destinations), "allow_from": list(allow_from), **options}


@pytest.fixture
def make(plan: Planner) -> Make:
    """The tables ``restricted`` and ``allowed`` of what a user lists."""

    def tables(*aliases: dict[str, Any], **lists: Any) -> tuple[dict[str, str], dict[str, str]]:
        lists.setdefault("domains", [{"name": "example.com"}, {"name": "example.org"}])
        lists.setdefault("mailboxes", [box("alice@example.com"), box("carol@example.org")])
        made = postfix_tables(plan(aliases=aliases, **lists).after)
        return made["restricted"], made["allowed"]

    return tables


def test_aliases_without_a_list_cost_nothing(make: Make) -> None:
    assert make(alias("a@example.com", "alice@example.com"), alias("@example.org", "alice@example.com")) == ({}, {})


def test_an_alias_and_who_may_write_to_it(make: Make) -> None:
    restricted, allowed = make(
        alias("Board@Example.com", "alice@example.com", allow_from=("Bob@EXAMPLE.net", "@bücher.example")),
        alias("other@example.com", "alice@example.com"),
    )
    assert restricted == {"board@example.com": ASK}
    assert allowed == {"board@example.com": "@xn--bcher-kva.example, bob@example.net"}


def test_a_tagged_alias_of_its_own_is_not_taken_for_the_other(make: Make) -> None:
    restricted, allowed = make(
        alias("board@example.com", "alice@example.com", allow_from=("bob@example.net",)),
        alias("board+open@example.com", "alice@example.com"),
        alias("board+close@example.com", "alice@example.com", allow_from=("eve@example.net",)),
    )
    assert restricted == {"board@example.com": ASK, "board+open@example.com": "DUNNO", "board+close@example.com": ASK}
    assert allowed == {
        "board@example.com": "bob@example.net",
        "board+open@example.com": "*",
        "board+close@example.com": "eve@example.net",
    }


def test_a_catch_all_covers_only_what_it_catches(make: Make) -> None:
    """Its key is the domain (access(5)); the mailboxes and aliases of the domain, and of no other, are taken out."""
    restricted, allowed = make(
        alias("@example.org", "alice@example.com", allow_from=("bob@example.net",)),
        alias("info@example.org", "alice@example.com"),
        alias("team@example.org", "alice@example.com", allow_from=("@example.org",)),
    )
    assert restricted == {
        "example.org": ASK, "carol@example.org": "DUNNO", "info@example.org": "DUNNO", "team@example.org": ASK,
    }  # fmt: skip
    assert allowed == {
        "@example.org": "bob@example.net", "carol@example.org": "*", "info@example.org": "*",
        "team@example.org": "@example.org",
    }  # fmt: skip


def test_what_gets_no_mail_is_not_asked_about(make: Make) -> None:
    """It is in ``rejected``, or unknown."""
    nobody = ("bob@example.net",)
    assert make(
        alias("off@example.com", "alice@example.com", allow_from=nobody, active=False),
        alias("dead@example.com", "nobody@example.com", allow_from=nobody),
        alias("x@off.example", "alice@example.com", allow_from=nobody),
        domains=[{"name": "example.com"}, {"name": "example.org"}, {"name": "off.example", "active": False}],
    ) == ({}, {})
