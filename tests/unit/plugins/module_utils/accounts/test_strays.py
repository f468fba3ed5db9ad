# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loops, over-deep chains and strays: what a task is refused for, and what it is only warned of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, Alias
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.strays import MAX_CHAIN
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict

Planner = Callable[..., AccountsPlan]


def alias(address: str, *destinations: str, **options: Any) -> dict[str, Any]:
    return {"address": address, "destinations": list(destinations), **options}


def box(address: str, **options: Any) -> dict[str, Any]:
    return {"address": address, "password_hash": "*", **options}


def older(found: Accounts, *aliases: Alias) -> Accounts:
    """Return ``found`` with ``aliases``, as an earlier release took them."""
    return replace(found, aliases={**found.aliases, **{one.address: one for one in aliases}})


def refused(plan: Planner, found: Accounts, **lists: Any) -> str:
    with pytest.raises(Conflict) as caught:
        plan(found, **lists)
    return str(caught.value)


@pytest.mark.parametrize(
    ("aliases", "told"),
    [
        (
            [
                alias("a@example.com", "b@example.com"),
                alias("b@example.com", "c@example.com", "bob@example.com"),
                alias("c@example.com", "a@example.com"),
            ],
            "a@example.com -> b@example.com -> c@example.com -> a@example.com",
        ),
        (
            [alias("a@example.com", "b+tag@example.com"), alias("b@example.com", "a@example.com")],
            "a@example.com -> b+tag@example.com (b@example.com) -> a@example.com",
        ),
        ([alias("a@example.com", "a+tag@example.com")], "a@example.com -> a+tag@example.com (a@example.com)"),
        # The catch-all of example.org leads to bob@example.com.
        (
            [alias("@example.org", "a@example.com"), alias("a@example.com", "who@example.org")],
            "@example.org -> a@example.com -> who@example.org (@example.org)",
        ),
        ([alias("@example.com", "nobody@example.com")], "@example.com -> nobody@example.com (@example.com)"),
        (
            [alias("info@example.com", "a@example.com"), alias("a@example.com", "info@example.com")],
            "a@example.com -> info@example.com -> a@example.com",
        ),
    ],
)
def test_a_loop_is_refused_with_the_chain(plan: Planner, found: Accounts, aliases: list[Any], told: str) -> None:
    assert f"aliases lead back to themselves: {told}; mail to them" in refused(plan, found, aliases=aliases)


def test_several_loops_are_told_together(plan: Planner, found: Accounts) -> None:
    aliases = [
        one
        for number in range(5)
        for one in (
            alias(f"a{number}@example.com", f"b{number}@example.com"),
            alias(f"b{number}@example.com", f"a{number}@example.com"),
        )
    ]
    told = refused(plan, found, aliases=aliases)
    assert "a2@example.com -> b2@example.com -> a2@example.com and 2 more; mail" in told
    assert "a3@example.com" not in told


RING = (Alias("p@example.com", ("q@example.com",)), Alias("q@example.com", ("bob@example.com", "p@example.com")))
TOLD = "aliases in the store lead back to themselves: p@example.com -> q@example.com -> p@example.com; their mail goes"


@pytest.mark.parametrize(
    "lists",
    [
        {"mailboxes": [box("dave@example.com")]},
        {"aliases": [alias("new@example.com", "alice@example.com")]},
        # It leads into the loop and is none of it.
        {"aliases": [alias("new@example.com", "p@example.com")]},
        {"mailboxes": [{"address": "carol@example.org", "state": "absent", "cascade": True}]},
        {"domains": [{"name": "example.com"}], "required": True, "destination": "p@example.com"},
    ],
)
def test_a_loop_in_the_store_holds_up_nothing_else(plan: Planner, found: Accounts, lists: dict[str, Any]) -> None:
    (warning,) = plan(older(found, *RING), **lists).warnings
    assert warning.startswith(TOLD)


@pytest.mark.parametrize(
    "lists",
    [
        {"aliases": [alias("p@example.com", "q@example.com")]},
        {"aliases": [{"address": "q@example.com", "list_members": True}]},
        {"aliases": [alias("q@example.com", "alice@example.com", exclusive=False)]},
        # Bob is taken out of q.
        {"mailboxes": [{"address": "bob@example.com", "state": "absent", "cascade": True}]}
        | {"aliases": [{"address": "@example.org", "state": "absent"}]},
    ],
)
def test_whoever_touches_a_loop_has_to_mend_it(plan: Planner, found: Accounts, lists: dict[str, Any]) -> None:
    assert refused(plan, older(found, *RING), **lists).startswith("aliases lead back to themselves: ")


@pytest.mark.parametrize(
    "lists",
    [
        {"aliases": [alias("p@example.com", "alice@example.com")]},
        {"aliases": [{"address": "p@example.com", "active": False}]},
        {"aliases": [alias("q@example.com", "p@example.com", exclusive=False, state="absent")]},
        {"aliases": [{"address": "p@example.com", "state": "absent", "cascade": True}]},
        {"domains": [{"name": "example.com", "active": False}]},
    ],
)
def test_a_loop_in_the_store_can_be_mended(plan: Planner, found: Accounts, lists: dict[str, Any]) -> None:
    assert plan(older(found, *RING), **lists).warnings == []


def test_a_loop_that_comes_about_otherwise_is_refused(plan: Planner, found: Accounts) -> None:
    off = plan(
        found,
        aliases=[alias("a@example.com", "b@example.com"), alias("b@example.com", "a@example.com", active=False)],
    ).after
    assert "a@example.com" in refused(plan, off, aliases=[{"address": "b@example.com", "active": True}])
    across = plan(
        found,
        domains=[{"name": "off.example", "active": False}],
        aliases=[alias("a@off.example", "b@off.example"), alias("b@off.example", "a@off.example")],
    ).after
    told = refused(plan, across, domains=[{"name": "off.example", "active": True}])
    assert "a@off.example -> b@off.example -> a@off.example" in told
    # Without a@ its mail is the catch-all's, which leads to it.
    caught = plan(
        found,
        aliases=[
            alias("@example.com", "a+x@example.com"),
            alias("a@example.com", "bob@example.com"),
            alias("a+x@example.com", "bob@example.com"),
        ],
    ).after
    gone = [{"address": name, "state": "absent"} for name in ("a@example.com", "a+x@example.com")]
    assert "is a destination of @example.com" in refused(plan, caught, aliases=gone)


def test_loops_are_seen_in_a_domain_that_is_still_to_be_added(plan: Planner, found: Accounts) -> None:
    aliases = [alias("a@new.example", "b@new.example"), alias("b@new.example", "a@new.example")]
    with pytest.raises(Conflict, match=r"a@new\.example -> b@new\.example"):
        plan(found, aliases=aliases, predict=True)


def chain(count: int) -> list[dict[str, Any]]:
    names = [f"a{number}@example.com" for number in range(count)]
    return [alias(name, to) for name, to in zip(names, [*names[1:], "bob@example.com"], strict=True)]


def test_a_chain_has_its_limit(plan: Planner, found: Accounts) -> None:
    longest = plan(found, aliases=chain(MAX_CHAIN))
    assert longest.warnings == []
    told = refused(plan, longest.after, aliases=[alias("one@example.com", "a0@example.com")])
    assert told.startswith(
        "mail to one@example.com passes 101 aliases, and 100 is the limit: one@example.com -> a0@example.com -> "
    )
    assert told.endswith("-> a99@example.com; let one of them lead to the last destination at once")
    assert "passes 10000 aliases" in refused(plan, found, aliases=chain(10_000))


def test_a_chain_too_long_that_is_in_the_store_holds_up_nothing_else(plan: Planner, found: Accounts) -> None:
    stored = older(found, *(Alias(one["address"], tuple(one["destinations"])) for one in chain(150)))
    (warning,) = plan(stored, mailboxes=[box("dave@example.com")]).warnings
    assert warning.startswith("mail to a0@example.com passes 150 aliases, and 100 is the limit: a0@example.com -> ")
    assert "150" in refused(plan, stored, aliases=[{"address": "a149@example.com", "list_members": True}])
    assert plan(stored, aliases=[alias("a75@example.com", "bob@example.com")]).warnings == []


def test_more_members_than_postfix_takes_are_warned_of(plan: Planner, found: Accounts) -> None:
    members = [alias(f"m{number}@example.com", *(f"u{n}@example.net" for n in range(40))) for number in range(30)]
    everybody = alias("all@example.com", *(one["address"] for one in members))
    (warning,) = plan(found, aliases=[*members, everybody]).warnings
    assert warning.startswith("all@example.com: more than 1000 destinations")
    large = alias("large@example.com", *(f"u{number}@example.net" for number in range(1001)))
    made = plan(found, aliases=[large])
    assert made.warnings[0].startswith("large@example.com: more than 1000 destinations")
    assert plan(made.after, mailboxes=[box("dave@example.com")]).warnings == []


def test_destinations_that_nobody_has_are_taken_unless_they_are_checked(plan: Planner, found: Accounts) -> None:
    aliases = [alias("a@example.com", "nobody@example.com", "noone+tag@example.com", "bob+tag@example.com")]
    aliases.append(alias("b@example.com", "who@example.org", "x@example.net", "a@example.com"))
    assert plan(found, aliases=aliases).warnings == []
    assert refused(plan, found, aliases=aliases, check_destinations=True) == (
        "destinations in our own domains that nobody has: a@example.com -> nobody@example.com, "
        "a@example.com -> noone+tag@example.com; add mailboxes or aliases for them, or take them out"
    )
    (warning,) = plan(found, aliases=aliases, check_destinations=True, predict=True).warnings
    assert warning.endswith("; a run fails unless an earlier task adds them")
    many = [alias("a@example.com", *(f"n{number}@example.com" for number in range(15)))]
    assert refused(plan, found, aliases=many, check_destinations=True).count(" -> ") == 10


def test_what_a_backup_mx_does_not_know_is_elsewhere(plan: Planner, found: Accounts) -> None:
    lists = {
        "domains": [{"name": "backup.example", "backup_mx": True}],
        "aliases": [alias("a@example.com", "x@backup.example")],
    }
    assert plan(found, **lists, check_destinations=True).warnings == []


def test_others_are_judged_by_what_they_lose(plan: Planner, found: Accounts) -> None:
    stored = plan(found, aliases=[alias("old@example.com", "nobody@example.com")]).after
    (warning,) = plan(stored, mailboxes=[box("dave@example.com")], check_destinations=True).warnings
    assert warning == "destinations in our own domains that nobody has: old@example.com -> nobody@example.com"
    refusal = refused(plan, stored, aliases=[{"address": "old@example.com", "active": False}], check_destinations=True)
    assert "old@example.com -> nobody@example.com" in refusal
    caught = plan(stored, aliases=[alias("via@example.com", "who@example.org")]).after
    gone = [{"address": "@example.org", "state": "absent"}]
    assert "via@example.com -> who@example.org;" in refused(plan, caught, aliases=gone, check_destinations=True)
    # The domain is ours only now.
    ours = {"domains": [{"name": "example.net"}], "check_destinations": True}
    abroad = plan(found, aliases=[alias("out@example.com", "x@example.net")]).after
    assert "out@example.com -> x@example.net" in refused(plan, abroad, **ours)


def test_a_required_destination_that_nobody_has_is_told(plan: Planner, found: Accounts) -> None:
    lists = {"domains": [{"name": "example.com"}], "required": True, "destination": "nobody@example.com"}
    told = "required_destination nobody@example.com: nobody in the domain has that address"
    assert plan(found, **lists).warnings == [f"{told}, and mail to it is rejected"]
    assert "postmaster@example.com -> nobody@example.com" in refused(plan, found, **lists, check_destinations=True)
    assert told in " ".join(plan(found, **lists, check_destinations=True, predict=True).warnings)
    stored = plan(found, **lists).after
    assert refused(plan, stored, **lists, check_destinations=True).startswith(told)
    for receiver in ("bob@example.com", "who@example.org", "x@example.net"):
        assert plan(found, **{**lists, "destination": receiver}, check_destinations=True).warnings == []
