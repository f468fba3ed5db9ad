# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which alias leads to which, and which lead back, against what following every single way finds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.chains import (
    Leads,
    depths,
    endless,
    find_leads,
    find_loops,
    in_order,
    lengths,
    longest_through,
    show_chain,
    way_around,
    widths,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, Alias, Domain, Mailbox

X, Y = "x.example", "y.example"


def store(*aliases: Alias, boxes: tuple[str, ...] = (), off: tuple[str, ...] = ()) -> Accounts:
    return Accounts(
        domains={name: Domain(name, active=name not in off) for name in (X, Y)},
        mailboxes={address: Mailbox(address) for address in boxes},
        aliases={alias.address: alias for alias in aliases},
    )


def test_a_step_is_by_name_by_tag_or_by_the_catch_all() -> None:
    accounts = store(
        Alias("a@x.example", ("b@x.example", "box+tag@x.example", "box@x.example", "else@z.example")),
        Alias("b@x.example", ("a+tag@x.example",)),
        Alias("c+tag@x.example", ("c@x.example", "c+tag+tag@x.example", "nobody@x.example")),
        Alias("d@x.example", ("anybody@y.example", "c+tag@x.example")),
        Alias("@y.example", ("nobody@y.example",)),
        boxes=("box@x.example",),
    )
    assert find_leads(accounts) == {
        "a@x.example": {"b@x.example": "b@x.example"},
        "b@x.example": {"a@x.example": "a+tag@x.example"},
        "d@x.example": {"@y.example": "anybody@y.example", "c+tag@x.example": "c+tag@x.example"},
        "@y.example": {"@y.example": "nobody@y.example"},
    }


def test_what_is_off_leads_nowhere() -> None:
    ring = [Alias("a@x.example", ("b@y.example",)), Alias("b@y.example", ("a@x.example",))]
    assert find_loops(find_leads(store(*ring))) == [{"a@x.example", "b@y.example"}]
    assert find_leads(store(*ring, off=(Y,))) == {}
    assert find_leads(store(ring[0], Alias("b@y.example", ("a@x.example",), active=False))) == {}


def test_a_mailbox_ends_a_chain_also_when_it_is_off() -> None:
    accounts = store(Alias("@x.example", ("box@x.example", "box+tag@x.example")), boxes=("box@x.example",))
    assert find_leads(accounts) == {}


GRAPHS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20)


def graph(edges: list[tuple[int, int]]) -> Leads:
    result: dict[str, dict[str, str]] = {}
    for source, target in edges:
        result.setdefault(str(source), {})[str(target)] = str(target)
    return result


def reached(leads: Leads, start: str) -> set[str]:
    """Return all that can be reached in one step or more."""
    found: set[str] = set()
    waiting = list(leads.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += leads.get(name, ())
    return found


@given(GRAPHS)
@settings(deadline=None)
def test_loops_are_what_comes_back(edges: list[tuple[int, int]]) -> None:
    leads = graph(edges)
    looping = {name for name in leads if name in reached(leads, name)}
    loops = find_loops(leads)
    event(f"{len(loops)} loops")
    assert sorted(name for loop in loops for name in loop) == sorted(looping)
    for loop in loops:
        for name in loop:
            assert loop == {
                other for other in looping if other in reached(leads, name) and name in reached(leads, other)
            }
            way = way_around(leads, loop, name)
            assert way[0] == way[-1] == name
            assert len(set(way)) == len(way) - 1
            assert set(way) <= loop
            assert all(following in leads[one] for one, following in pairwise(way))
    assert endless(leads) == {name for name in leads if looping & ({name} | reached(leads, name))}


def chains(leads: Leads, start: str) -> list[list[str]]:
    """Return every way from ``start`` to an end."""
    names = leads.get(start, ())
    return [[start, *rest] for name in names for rest in chains(leads, name)] or [[start]]


@given(GRAPHS)
@settings(deadline=None)
def test_lengths_and_widths_are_those_of_all_ways(edges: list[tuple[int, int]]) -> None:
    leads = graph([(source, target) for source, target in edges if source < target])
    order = in_order(leads)
    names = {*leads, *(name for names in leads.values() for name in names)}
    assert set(order) == names
    every = [way for name in names for way in chains(leads, name)]
    assert depths(leads, order) == {name: max(len(way) for way in every if way[0] == name) for name in names}
    length = lengths(leads, order)
    assert length == {name: max(len(way) for way in every if name in way) for name in names}
    for name in names:
        longest = longest_through(leads, order, name)
        assert longest in every
        assert name in longest
        assert len(longest) == length[name]
    aliases = {name: Alias(name, tuple(leads.get(name, {"end": ""}))) for name in names}
    assert widths(leads, order, aliases) == {name: len(chains(leads, name)) for name in names}


@pytest.mark.parametrize("ring", [True, False])
def test_ten_thousand_in_a_chain(ring: bool) -> None:
    count = 10_000
    names = [f"a{number}@x.example" for number in range(count)]
    following = [*names[1:], names[0] if ring else "end@x.example"]
    leads = find_leads(store(*(Alias(name, (to,)) for name, to in zip(names, following, strict=True))))
    if ring:
        (loop,) = find_loops(leads)
        assert loop == set(names)
        shown = show_chain(leads, way_around(leads, loop, names[0]))
        assert shown.startswith(
            "a0@x.example -> a1@x.example -> a2@x.example -> a3@x.example -> a4@x.example -> (9991 more)"
        )
        assert shown.endswith("-> a9999@x.example -> a0@x.example")
    else:
        assert find_loops(leads) == []
        assert longest_through(leads, in_order(leads), names[5000]) == names


def test_a_chain_shows_how_it_was_written() -> None:
    leads = {"a@x": {"b@x": "b+t@x"}, "b@x": {"@y": "who@y"}, "@y": {"a@x": "a@x"}}
    assert show_chain(leads, ["a@x", "b@x", "@y", "a@x"]) == "a@x -> b+t@x (b@x) -> who@y (@y) -> a@x"
