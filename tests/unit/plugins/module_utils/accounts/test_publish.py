# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the services read, from accounts alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, Alias
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publish import (
    TABLES,
    credential_rows,
    postfix_tables,
)

Planner = Callable[..., AccountsPlan]
REJECTED = "550 5.2.1 This address does not receive mail"
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86


def box(address: str, **options: Any) -> dict[str, Any]:
    return {"address": address, "password_hash": HASH, **options}


def alias(address: str, *destinations: str, **options: Any) -> dict[str, Any]:
    return {"address": address, "destinations": list(destinations), **options}


@pytest.fixture
def tables(plan: Planner) -> Callable[..., dict[str, dict[str, str]]]:
    """Postfix's tables of what a user lists."""

    def make(**lists: Any) -> dict[str, dict[str, str]]:
        lists.setdefault("domains", [{"name": "example.com"}])
        return postfix_tables(plan(**lists).after)

    return make


@pytest.fixture
def older(plan: Planner) -> Callable[..., dict[str, dict[str, str]]]:
    """Postfix's tables of ``aliases`` as an earlier release took them, also where they lead back to themselves."""

    def make(mailboxes: list[dict[str, Any]], aliases: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
        stored = {one["address"]: Alias(one["address"], tuple(sorted(one["destinations"]))) for one in aliases}
        accounts = plan(domains=[{"name": "example.com"}], mailboxes=mailboxes).after
        return postfix_tables(replace(accounts, aliases=stored))

    return make


Tables = Callable[..., dict[str, dict[str, str]]]


def test_nothing_gives_empty_tables() -> None:
    assert postfix_tables(Accounts()) == {name: {} for name in TABLES}


def test_domains_are_ours_backed_up_or_off(tables: Tables) -> None:
    made = tables(
        domains=[
            {"name": "on.example"},
            {"name": "off.example", "active": False},
            {"name": "backup.example", "backup_mx": True},
        ]
    )
    assert made["domains"] == {"on.example": "on.example"}
    assert made["backup_domains"] == {"backup.example": "reject_unverified_recipient"}


def test_live_mailboxes_receive_and_send_as_themselves(tables: Tables) -> None:
    made = tables(
        domains=[{"name": "example.com"}, {"name": "off.example", "active": False}],
        mailboxes=[box("a@example.com"), box("b@example.com", active=False), box("c@off.example")],
    )
    assert made["mailboxes"] == {"a@example.com": "a@example.com"}
    assert made["senders"] == {"a@example.com": "a@example.com"}
    assert made["rejected"] == {"b@example.com": REJECTED}
    assert made["aliases"] == {}


def test_an_alias_delivers_to_all_that_receive(tables: Tables) -> None:
    made = tables(
        domains=[
            {"name": "example.com"},
            {"name": "off.example", "active": False},
            {"name": "backup.example", "backup_mx": True},
        ],
        mailboxes=[box("a@example.com"), box("off@example.com", active=False), box("c@off.example")],
        aliases=[
            alias(
                "all@example.com",
                "a@example.com",
                "a+tag@example.com",
                "off@example.com",
                "c@off.example",
                "nobody@example.com",
                "x@example.net",
                "z@backup.example",
            ),
            alias("dead@example.com", "off@example.com", "nobody@example.com"),
            alias("off2@example.com", "a@example.com", active=False),
        ],
    )
    assert made["aliases"] == {
        "all@example.com": "a+tag@example.com, a@example.com, x@example.net, z@backup.example",
    }
    assert made["rejected"] == dict.fromkeys(("off@example.com", "dead@example.com", "off2@example.com"), REJECTED)
    assert made["senders"] == {"a@example.com": "a@example.com", "all@example.com": "a@example.com"}


def test_an_alias_of_aliases_lives_as_long_as_one_of_them_does(tables: Tables) -> None:
    made = tables(
        mailboxes=[box("a@example.com"), box("off@example.com", active=False)],
        aliases=[
            alias("one@example.com", "two@example.com"),
            alias("two@example.com", "three@example.com", "dead@example.com"),
            alias("three@example.com", "a@example.com"),
            alias("dead@example.com", "off@example.com"),
            alias("deader@example.com", "dead@example.com"),
        ],
    )
    assert made["aliases"] == {
        "one@example.com": "two@example.com",
        "two@example.com": "three@example.com",
        "three@example.com": "a@example.com",
    }
    assert made["senders"]["one@example.com"] == "a@example.com"
    assert set(made["rejected"]) == {"off@example.com", "dead@example.com", "deader@example.com"}


def test_loops_lead_nowhere_but_by_their_way_out(older: Tables) -> None:
    made = older(
        mailboxes=[box("a@example.com")],
        aliases=[
            alias("x@example.com", "y@example.com"),
            alias("y@example.com", "x@example.com"),
            alias("p@example.com", "q@example.com"),
            alias("q@example.com", "p@example.com", "a@example.com"),
        ],
    )
    assert made["aliases"] == {"p@example.com": "a@example.com", "q@example.com": "a@example.com"}
    assert made["senders"]["p@example.com"] == "a@example.com"
    assert set(made["rejected"]) == {"x@example.com", "y@example.com"}


def test_a_loop_takes_no_way_out_from_anybody(older: Tables) -> None:
    made = older(
        mailboxes=[box("a@example.com"), box("b@example.com")],
        aliases=[
            alias("into@example.com", "p@example.com", "into2@example.com"),
            alias("into2@example.com", "b+tag@example.com"),
            alias("p@example.com", "q@example.com", "a@example.com"),
            alias("q@example.com", "r@example.com", "x@example.net"),
            alias("r@example.com", "p@example.com", "into2@example.com"),
        ],
    )
    everybody = "a@example.com, b+tag@example.com, x@example.net"
    assert made["aliases"] == {
        **dict.fromkeys(("p@example.com", "q@example.com", "r@example.com"), everybody),
        "into@example.com": everybody,
        "into2@example.com": "b+tag@example.com",
    }


def test_a_catch_all_does_not_catch_its_own_mail(older: Tables) -> None:
    made = older(
        mailboxes=[box("a@example.com")], aliases=[alias("@example.com", "a@example.com", "nobody@example.com")]
    )
    assert made["aliases"] == {"@example.com": "a@example.com", "a@example.com": "a@example.com"}


def test_long_chains_are_followed(older: Tables) -> None:
    chain = [alias(f"a{number}@example.com", f"a{number + 1}@example.com") for number in range(800)]
    made = older(mailboxes=[box("end@example.com")], aliases=[*chain, alias("a800@example.com", "end@example.com")])
    assert len(made["aliases"]) == 801
    assert made["senders"]["a0@example.com"] == "end@example.com"


def test_a_catch_all_steals_nothing(tables: Tables) -> None:
    made = tables(
        mailboxes=[box("a@example.com"), box("off@example.com", active=False), box("catcher@example.com")],
        aliases=[
            alias("@example.com", "catcher@example.com"),
            alias("info@example.com", "a@example.com"),
            alias("dead@example.com", "off@example.com"),
        ],
    )
    assert made["aliases"] == {
        "@example.com": "catcher@example.com",
        "info@example.com": "a@example.com",
        "a@example.com": "a@example.com",
        "catcher@example.com": "catcher@example.com",
        # What no smtpd has seen (a Sieve redirect, sendmail) is not looked up in rejected: Dovecot refuses it.
        "off@example.com": "off@example.com",
        "dead@example.com": "dead@example.com",
    }
    assert set(made["rejected"]) == {"off@example.com", "dead@example.com"}
    # Every address is named, so that the catch-all's members cannot send as it; nobody logs in as off@ or dead@.
    assert made["senders"] == {
        "@example.com": "catcher@example.com",
        "info@example.com": "a@example.com",
        "a@example.com": "a@example.com",
        "catcher@example.com": "catcher@example.com",
        "off@example.com": "off@example.com",
        "dead@example.com": "dead@example.com",
    }


def test_a_destination_may_be_caught(tables: Tables) -> None:
    made = tables(
        mailboxes=[box("a@example.com")],
        aliases=[alias("@example.com", "a@example.com"), alias("info@example.com", "anything@example.com")],
    )
    assert made["aliases"]["info@example.com"] == "anything@example.com"
    assert made["senders"]["info@example.com"] == "a@example.com"


def test_credentials_have_one_row_a_mailbox(plan: Planner) -> None:
    rows = credential_rows(
        plan(
            domains=[{"name": "example.com"}, {"name": "off.example", "active": False}],
            mailboxes=[
                box("a@example.com", quota="1K"),
                box("b@example.com", protocols=["imap", "sieve"]),
                box("off@example.com", active=False),
                box("c@off.example"),
                box("star@example.com", password_hash="*"),
            ],
        ).after
    )
    assert rows == {
        "a@example.com": ("a@example.com", "a", "example.com", HASH, 1024, 1, 1, 1, 1, 1),
        "b@example.com": ("b@example.com", "b", "example.com", HASH, 0, 1, 1, 0, 0, 1),
        "off@example.com": ("off@example.com", "off", "example.com", HASH, 0, 0, 0, 0, 0, 0),
        "c@off.example": ("c@off.example", "c", "off.example", HASH, 0, 0, 0, 0, 0, 0),
        "star@example.com": ("star@example.com", "star", "example.com", "*", 0, 1, 0, 0, 0, 0),
    }
