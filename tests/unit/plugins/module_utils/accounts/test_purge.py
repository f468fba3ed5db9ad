# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Purge: what goes, what becomes of aliases that led there, and when it is too much."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, without_tag
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan, make_plan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import (
    WantedPurge,
    parse_wanted,
    parse_wanted_purge,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue

Planner = Callable[..., AccountsPlan]

COM, ORG = {"name": "example.com"}, {"name": "example.org"}
ALICE, BOB = {"address": "alice@example.com"}, {"address": "bob@example.com"}
CAROL = {"address": "carol@example.org"}
INFO, CATCH_ALL = {"address": "info@example.com"}, {"address": "@example.org"}


def gone(plan: AccountsPlan) -> list[str]:
    return [change.name for change in plan.changes if change.action == "remove"]


@pytest.fixture
def many(plan: Planner) -> Accounts:
    """A domain with 199 mailboxes: 200 objects."""
    boxes = [{"address": f"u{number}@example.com", "password_hash": "*"} for number in range(199)]
    return plan(domains=[COM], mailboxes=boxes).after


def kept(accounts: Accounts, less: int) -> dict[str, Any]:
    """Return lists that leave ``less`` mailboxes out."""
    return {"domains": [COM], "mailboxes": [{"address": name} for name in list(accounts.mailboxes)[less:]]}


def test_nothing_goes_without_purge(plan: Planner, found: Accounts) -> None:
    assert not plan(found, domains=[COM], version=0).changed


def test_domains_reaches_into_listed_domains_only(plan: Planner, found: Accounts) -> None:
    result = plan(found, domains=[COM], mailboxes=[ALICE, BOB], purge="domains", version=0)
    assert gone(result) == ["info@example.com"]
    assert not plan(found, mailboxes=[ALICE], aliases=[CATCH_ALL], purge="domains", version=0).changed


def test_all_reaches_everything(plan: Planner, found: Accounts) -> None:
    result = plan(found, domains=[COM], mailboxes=[ALICE], aliases=[INFO], purge="all", version=0)
    assert gone(result) == ["@example.org", "carol@example.org", "bob@example.com", "example.org"]
    assert result.after.aliases["info@example.com"].destinations == ("alice@example.com",)


def test_everything_listed_leaves_nothing_to_purge(plan: Planner, found: Accounts) -> None:
    lists = {"domains": [COM, ORG], "mailboxes": [ALICE, BOB, CAROL], "aliases": [INFO, CATCH_ALL]}
    assert not plan(found, **lists, purge="all", purge_limit="0", version=0).changed


def test_what_is_listed_absent_is_no_matter_of_the_limit(plan: Planner, found: Accounts) -> None:
    absent = {"state": "absent", "cascade": True}
    result = plan(
        found,
        domains=[COM, {**ORG, **absent}],
        mailboxes=[ALICE, {**BOB, **absent}],
        aliases=[INFO],
        purge="all",
        purge_limit="0",
        version=0,
    )
    assert gone(result) == ["@example.org", "carol@example.org", "bob@example.com", "example.org"]


def test_an_alias_becomes_a_mailbox_and_the_other_way(plan: Planner, found: Accounts) -> None:
    """Being listed as the one does not keep the other."""
    result = plan(
        found,
        domains=[COM, ORG],
        mailboxes=[ALICE, CAROL, {**INFO, "password_hash": "*"}],
        aliases=[{**BOB, "destinations": ["alice@example.com"]}, CATCH_ALL],
        purge="all",
    )
    assert set(result.after.mailboxes) == {"alice@example.com", "carol@example.org", "info@example.com"}
    assert set(result.after.aliases) == {"bob@example.com", "@example.org"}
    assert result.after.aliases["@example.org"].destinations == ("bob@example.com",)


def test_required_aliases_are_neither_unlisted_nor_counted(plan: Planner, found: Accounts) -> None:
    lists: dict[str, Any] = {"domains": [COM, ORG], "mailboxes": [ALICE, BOB, CAROL], "aliases": [INFO, CATCH_ALL]}
    before = plan(found, **lists, required=True).after
    assert len(before.aliases) == 6
    # Also where the task says nothing of them.
    assert not plan(before, **lists, purge="all", purge_limit="0", version=0).changed
    assert not plan(before, **lists, required=True, purge="all", purge_limit="0", version=0).changed
    less = plan(
        before, domains=[COM], mailboxes=[ALICE, BOB], aliases=[INFO], required=True, purge="all", purge_limit="3"
    )
    assert set(less.after.aliases) == {"info@example.com", "abuse@example.com", "postmaster@example.com"}


def test_a_required_alias_follows_when_its_receiver_is_purged(plan: Planner, found: Accounts) -> None:
    before = plan(found, domains=[COM], mailboxes=[BOB, ALICE], required=True).after
    lists: dict[str, Any] = {"domains": [COM, ORG], "mailboxes": [ALICE, CAROL], "aliases": [INFO]}
    after = plan(before, **lists, required=True, purge="all").after
    assert after.aliases["abuse@example.com"].destinations == ("alice@example.com",)
    assert "abuse@example.com" not in plan(before, **lists, purge="all").after.aliases


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        (
            {"domains": [COM], "mailboxes": [ALICE], "purge": "domains"},
            "bob@example.com cannot be removed by purge: the alias @example.org has no other destination",
        ),
        (
            {"domains": [COM, ORG], "mailboxes": [ALICE], "aliases": [CATCH_ALL], "purge": "all"},
            "bob@example.com cannot be removed by purge: the alias @example.org has no other destination",
        ),
        (
            {
                "domains": [COM],
                "mailboxes": [ALICE],
                "aliases": [{**INFO, "destinations": ["alice@example.com", "bob+x@example.com"]}],
                "purge": "all",
            },
            "alias info@example.com is wanted with the destination bob+x@example.com, which is not listed and would be "
            "purged; list it too",
        ),
        (
            {"domains": [COM], "mailboxes": [ALICE, CAROL], "purge": "all"},
            "mailbox carol@example.org is listed and its domain example.org is not, so that purge: all would remove it",
        ),
    ],
)
def test_what_would_break_is_refused_by_name(plan: Planner, found: Accounts, lists: dict[str, Any], told: str) -> None:
    with pytest.raises(Conflict, match=re.escape(told)):
        plan(found, **lists)


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [("10%", 20), ("11 %", 22), ("1%", 10), ("0%", 0), ("0", 0), ("3", 3), ("100%", 199)],
)
def test_the_limit(plan: Planner, many: Accounts, limit: str, allowed: int) -> None:
    at_limit = plan(many, **kept(many, allowed), purge="domains", purge_limit=limit)
    assert len(gone(at_limit)) == allowed
    if allowed < len(many.mailboxes):
        with pytest.raises(Conflict, match=f"purge_limit .* allows {allowed}\\."):
            plan(many, **kept(many, allowed + 1), purge="domains", purge_limit=limit)


def test_a_purge_over_its_limit_says_what_it_would_remove(plan: Planner, many: Accounts) -> None:
    with pytest.raises(Conflict) as caught:
        plan(many, **kept(many, 21), purge="all")
    assert str(caught.value) == (
        "purge: 21 of 200 objects are not listed and would be removed (0 domains, 21 mailboxes, 0 aliases): mailbox "
        "u0@example.com, mailbox u10@example.com, mailbox u11@example.com, mailbox u12@example.com, mailbox "
        "u13@example.com, mailbox u14@example.com, mailbox u15@example.com, mailbox u16@example.com, mailbox "
        "u17@example.com, mailbox u18@example.com and 11 more; purge_limit 10% allows 20. Nothing was changed; list "
        "what is to stay, or raise purge_limit"
    )


def test_empty_lists_empty_no_store_however_small(plan: Planner, found: Accounts) -> None:
    with pytest.raises(Conflict, match=r"7 of 7 objects .* purge_limit 10% allows 0\."):
        plan(found, purge="all")
    assert not plan(found, purge="domains", version=0).changed
    assert not plan(purge="all", version=0).changed
    assert plan(found, purge="all", purge_limit="100%").after == Accounts()
    assert plan(found, purge="all", purge_limit="7").after == Accounts()


def test_limits_are_a_number_or_a_share() -> None:
    assert parse_wanted_purge("all", " 20 % ") == WantedPurge("all", 20, is_share=True)
    assert parse_wanted_purge("none", "250") == WantedPurge("none", 250, is_share=False)
    for wrong in ("", "%", "101%", "-1", "1.5", "ten", "٣"):
        with pytest.raises(InvalidValue, match=f"purge_limit '{re.escape(wrong)}': is no limit; give a number"):
            parse_wanted_purge("all", wrong)


DOMAINS = ["a.example", "b.example"]
ADDRESSES = [f"{name}@{domain}" for domain in DOMAINS for name in ("x", "y", "z")]
DESTINATIONS = [*ADDRESSES, "x+tag@a.example", "elsewhere@example.net"]


@st.composite
def lists(draw: st.DrawFn) -> dict[str, Any]:
    """Return lists that agree with themselves: each address is one thing, in a domain that is listed."""
    domains = draw(st.sets(st.sampled_from(DOMAINS)))
    kinds = draw(st.fixed_dictionaries({}, optional={name: st.booleans() for name in ADDRESSES}))
    known = {name: is_box for name, is_box in kinds.items() if name.partition("@")[2] in domains}
    return {
        "domains": [{"name": name} for name in sorted(domains)],
        "mailboxes": [{"address": name, "password_hash": "*"} for name, is_box in known.items() if is_box],
        "aliases": [
            {
                "address": name,
                "destinations": draw(
                    st.lists(st.sampled_from([one for one in DESTINATIONS if one != name]), min_size=1, max_size=3)
                ),
            }
            for name, is_box in known.items()
            if not is_box
        ],
        "required": draw(st.sampled_from([None, True])),
    }


def planned(found: Accounts, lists: dict[str, Any], **options: Any) -> AccountsPlan:
    return make_plan(found, parse_wanted(**lists, **options), now="2026-01-01T00:00:00Z", version=0)


@given(before=lists(), after=lists(), scope=st.sampled_from(["domains", "all"]))
def test_any_purge_leaves_what_is_listed_and_settles(before: dict[str, Any], after: dict[str, Any], scope: str) -> None:
    try:
        found = planned(Accounts(), before).after
    except Conflict as error:
        # Aliases that lead back to themselves; there are few enough.
        assume("lead back" not in str(error))
        raise
    options = {"purge": scope, "purge_limit": "100%"}
    try:
        result = planned(found, after, **options).after
    except Conflict as error:
        event("refused")
        assert re.search("by purge|would be purged|lead back", str(error))
        return
    event("purged")
    assert not planned(result, after, **{**options, "purge_limit": "0"}).changed
    reach = DOMAINS if scope == "all" else [domain["name"] for domain in after["domains"]]
    here = {
        *(name for name in result.mailboxes if name.partition("@")[2] in reach),
        *(alias.address for alias in result.aliases.values() if not alias.required and alias.domain in reach),
    }
    assert here == {entry["address"] for kind in ("mailboxes", "aliases") for entry in after[kind]}
    assert set(result.domains) >= {domain["name"] for domain in after["domains"]}
    assert {name.partition("@")[2] for name in (*result.mailboxes, *result.aliases)} <= set(result.domains)
    gone = {name for name in (*found.mailboxes, *found.aliases) if not result.has(name)}
    for alias in result.aliases.values():
        assert alias.destinations
        for name in alias.destinations:
            assert result.has(name) or without_tag(name) not in gone
