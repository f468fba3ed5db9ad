# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aliases that lead to aliases, as Postfix follows them: which loop, and how deep and wide the others go. Pure.

Only aliases that are active, in an active domain, are followed: Postfix does not see the others. A step goes to the
alias that has the destination, to the one without its ``+tag``, or to the catch-all (`model.delivery_keys`).

Everything is linear in the number of destinations and free of recursion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from .model import Accounts, Alias, domain_of

# alias -> the aliases that it leads to, each with the destination as written there. Without aliases that lead to none.
Leads = Mapping[str, Mapping[str, str]]

# Shown of a chain: so many at its beginning, and as many at its end.
_SHOWN = 5


def find_leads(accounts: Accounts) -> Leads:
    """Return which aliases lead to which."""
    aliases, domains = accounts.aliases, accounts.domains
    # Nearly all destinations are mailboxes or elsewhere, and those are to cost next to nothing.
    known = accounts.mailboxes.keys()
    result: dict[str, dict[str, str]] = {}
    for alias in aliases.values():
        for destination in alias.destinations:
            if destination in known:
                continue
            name = destination
            if name not in aliases:
                if domain_of(name) not in domains:
                    continue
                name = accounts.receiver_of(name) or ""
            if name in aliases and _is_on(aliases[name], accounts) and _is_on(alias, accounts):
                result.setdefault(alias.address, {}).setdefault(name, destination)
    return result


def in_order(leads: Leads) -> list[str]:
    """Return the aliases of chains that end, each after all that it leads to."""
    left = {address: len(names) for address, names in leads.items()}
    sources = _turned(leads)
    result = [name for name in sources if name not in left]
    # The list grows while it is walked.
    for name in result:
        for source in sources.get(name, ()):
            left[source] -= 1
            if not left[source]:
                result.append(source)
    return result


def endless(leads: Leads) -> set[str]:
    """Return the aliases whose mail could come back to an alias that it has passed, be it a later one."""
    return set(leads).difference(in_order(leads))


def find_loops(leads: Leads) -> list[set[str]]:
    """Return the loops: sets of aliases of which each leads to all the others, and to itself, sorted by name.

    They are the strongly connected components of what never ends (Tarjan's algorithm).
    """
    rest = endless(leads)
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    result: list[set[str]] = []
    for root in sorted(rest):
        if root in numbers:
            continue
        work = [(root, iter(leads[root]))]
        while work:
            address, names = work[-1]
            if address not in numbers:
                numbers[address] = lowest[address] = len(numbers)
                path.append(address)
                on_path.add(address)
            for name in names:
                if name not in rest:
                    continue
                if name not in numbers:
                    work.append((name, iter(leads[name])))
                    break
                if name in on_path:
                    lowest[address] = min(lowest[address], numbers[name])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[address])
                if lowest[address] == numbers[address]:
                    group = _cut(path, address)
                    on_path -= group
                    if len(group) > 1 or address in leads[address]:
                        result.append(group)
    return sorted(result, key=min)


def _turned(leads: Leads) -> dict[str, list[str]]:
    """Return for each alias those that lead to it."""
    result: dict[str, list[str]] = {}
    for address, names in leads.items():
        for name in names:
            result.setdefault(name, []).append(address)
    return result


def _cut(path: list[str], address: str) -> set[str]:
    """Take ``address`` and all after it off the ``path``, and return them."""
    result = {path.pop()}
    while address not in result:
        result.add(path.pop())
    return result


def way_around(leads: Leads, loop: Collection[str], start: str) -> list[str]:
    """Return the shortest way from ``start`` through its ``loop`` back to it, with ``start`` at both ends."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        address = waiting.popleft()
        for name in leads[address]:
            if name == start:
                return [*_back(came_from, address, start), start]
            if name in loop and name not in came_from:
                came_from[name] = address
                waiting.append(name)
    raise ValueError(f"{start} is in no loop")


def _back(came_from: Mapping[str, str], address: str, start: str) -> list[str]:
    result = [address]
    while address != start:
        address = came_from[address]
        result.append(address)
    return result[::-1]


def depths(leads: Leads, order: Iterable[str]) -> dict[str, int]:
    """Return for each alias of ``order`` (`in_order`) how many aliases mail to it passes at most, itself among them."""
    result: dict[str, int] = {}
    for address in order:
        result[address] = 1 + max((result[name] for name in leads.get(address, ())), default=0)
    return result


def widths(leads: Leads, order: Iterable[str], aliases: Mapping[str, Alias]) -> dict[str, int]:
    """Return for each alias of ``order`` how many addresses Postfix expands it to, repetitions among them."""
    result: dict[str, int] = {}
    for address in order:
        further = sum(result[name] - 1 for name in leads.get(address, ()))
        result[address] = len(aliases[address].destinations) + further
    return result


def lengths(leads: Leads, order: Sequence[str]) -> dict[str, int]:
    """Return for each alias of ``order`` (`in_order`) how many aliases the longest chain through it has."""
    before, after = depths(_back_within(leads, order), order[::-1]), depths(leads, order)
    return {address: before[address] + after[address] - 1 for address in order}


def longest_through(leads: Leads, order: Sequence[str], address: str) -> list[str]:
    """Return the longest chain through ``address``, one of ``order``."""
    back = _back_within(leads, order)
    before = _down(back, depths(back, order[::-1]), address)
    return [*before[:0:-1], *_down(leads, depths(leads, order), address)]


def _back_within(leads: Leads, order: Sequence[str]) -> Leads:
    """Return the leads turned, within ``order``: what leads into a loop is left out."""
    result: dict[str, dict[str, str]] = {}
    for address in order:
        for name in leads.get(address, ()):
            result.setdefault(name, {})[address] = ""
    return result


def _down(steps: Leads, depth: Mapping[str, int], address: str) -> list[str]:
    result = [address]
    while nearer := [name for name in steps.get(address, ()) if depth[name] == depth[address] - 1]:
        address = min(nearer)
        result.append(address)
    return result


def show_chain(leads: Leads, names: Sequence[str]) -> str:
    """Return a chain for people: ``a@x -> b+tag@x (b@x) -> c@x``, its middle left out where it is long."""
    steps = [names[0]]
    for one, following in pairwise(names):
        written = leads[one][following]
        steps.append(written if written == following else f"{written} ({following})")
    if len(steps) > 2 * _SHOWN:
        steps[_SHOWN:-_SHOWN] = [f"({len(steps) - 2 * _SHOWN} more)"]
    return " -> ".join(steps)


def _is_on(alias: Alias, accounts: Accounts) -> bool:
    domain = accounts.domains.get(alias.domain)
    # In check mode the domain may be one that an earlier task would have added.
    return alias.active and (domain is None or domain.active)
