# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail that would go round or nowhere: what of it a task is refused for, and what it is only warned of.

A task is refused for what it names, for what it changes, and for what it makes come about. What was in the store before
and is none of its business, as an earlier release took it, is told in a warning, so that every other task still runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property

from ..core.errors import Conflict
from .chains import (
    Leads,
    find_leads,
    find_loops,
    in_order,
    lengths,
    longest_through,
    show_chain,
    way_around,
    widths,
)
from .model import Accounts, domain_of

# How many aliases mail to an address may pass. Postfix defers it after 1000 (virtual_alias_recursion_limit), which is
# no number that anybody could follow.
MAX_CHAIN = 100
# virtual_alias_expansion_limit, postconf(5).
MAX_EXPANSION = 1000
_LOOPS_SHOWN = 3
_STRAYS_SHOWN = 10


def is_dangling(address: str, accounts: Accounts) -> bool:
    """Whether mail to ``address`` is for one of our domains, and nobody there has it.

    What a backup MX does not know, the domain's main server may.
    """
    if address in accounts.mailboxes or address in accounts.aliases:
        return False
    domain = accounts.domains.get(domain_of(address))
    return domain is not None and not domain.backup_mx and accounts.receiver_of(address) is None


def check_chains(found: Accounts, after: Accounts, named: Collection[str]) -> list[str]:
    """Refuse loops and over-deep chains, and return warnings of those that are none of the task's business.

    Args:
        found, after: the accounts before and after.
        named: the aliases that the task asks for.

    Raises:
        Conflict: the message has the chains.
    """
    leads = find_leads(after)
    before = _Before(found, after, named)
    warnings = _check_loops(leads, before)
    order = in_order(leads)
    warnings += _check_lengths(leads, order, before)
    return warnings + _check_widths(leads, order, before)


def check_destinations(found: Accounts, after: Accounts, named: Collection[str], predict: bool) -> list[str]:
    """Refuse aliases with destinations that nobody has; those that are none of the task's business are a warning.

    Args:
        predict: in check mode, earlier tasks would have added mailboxes: nothing is refused.

    Raises:
        Conflict: the message has aliases and destinations.
    """
    before = _Before(found, after, named)
    ours: list[str] = []
    others: list[str] = []
    for alias in after.aliases.values():
        for destination in alias.destinations:
            if is_dangling(destination, after):
                stays = not before.concerns(alias.address) and is_dangling(destination, found)
                (others if stays else ours).append(f"{alias.address} -> {destination}")
    told = f"destinations in our own domains that nobody has: {_some(sorted(ours), _STRAYS_SHOWN)}"
    if ours and not predict:
        raise Conflict(f"{told}; add mailboxes or aliases for them, or take them out")
    warnings = [f"{told}; a run fails unless an earlier task adds them"] if ours else []
    if others:
        warnings.append(f"destinations in our own domains that nobody has: {_some(sorted(others), _STRAYS_SHOWN)}")
    return warnings


def check_receiver(address: str, after: Accounts, *, refuse: bool) -> list[str]:
    """Refuse or warn of a ``required_destination`` that nobody has.

    Raises:
        Conflict: nobody has it, and that is to be refused.
    """
    if not is_dangling(address, after):
        return []
    told = f"required_destination {address}: nobody in the domain has that address"
    if refuse:
        raise Conflict(f"{told}; add a mailbox or alias for it, or give another one")
    return [f"{told}, and mail to it is rejected"]


class _Before:
    """What a task found, as far as it tells what is its business."""

    def __init__(self, found: Accounts, after: Accounts, named: Collection[str]) -> None:
        self._found = found
        self._named = named
        self.aliases = after.aliases

    def concerns(self, address: str) -> bool:
        """Whether the task names the alias ``address`` or changes it."""
        return address in self._named or self._found.aliases.get(address) != self.aliases[address]

    @cached_property
    def leads(self) -> Leads:
        """The leads that were found."""
        return find_leads(self._found)

    @cached_property
    def looping(self) -> set[str]:
        """The aliases that were in a loop."""
        return set().union(*find_loops(self.leads))

    @cached_property
    def too_long(self) -> set[str]:
        """The aliases that were in a chain too long."""
        return {address for address, length in lengths(self.leads, in_order(self.leads)).items() if length > MAX_CHAIN}

    def blames(self, addresses: Iterable[str], known: Callable[[], Collection[str]]) -> str:
        """Return the first of ``addresses`` for which the task is refused, ``""`` where all stand as they were."""
        listed = sorted(addresses)
        for address in listed:
            if self.concerns(address):
                return address
        known_before = known()
        return next((address for address in listed if address not in known_before), "")


def _check_loops(leads: Leads, before: _Before) -> list[str]:
    loops = find_loops(leads)
    blamed: list[str] = []
    old: list[str] = []
    for loop in loops:
        start = before.blames(loop, lambda: before.looping)
        shown = len(blamed if start else old) < _LOOPS_SHOWN
        told = show_chain(leads, way_around(leads, loop, start or min(loop))) if shown else ""
        (blamed if start else old).append(told)
    if blamed:
        raise Conflict(
            f"aliases lead back to themselves: {_some(blamed, _LOOPS_SHOWN, '; ')}; mail to them would never arrive, "
            "so let one of them lead elsewhere"
        )
    if old:
        return [
            f"aliases in the store lead back to themselves: {_some(old, _LOOPS_SHOWN, '; ')}; their mail goes to the "
            "destinations outside of the loop, or is rejected where there are none"
        ]
    return []


def _check_lengths(leads: Leads, order: list[str], before: _Before) -> list[str]:
    length = lengths(leads, order)
    deep = [address for address in order if length[address] > MAX_CHAIN]
    if not deep:
        return []
    start = before.blames(deep, lambda: before.too_long)
    chain = longest_through(leads, order, start or max(deep, key=length.__getitem__))
    told = f"mail to {chain[0]} passes {len(chain)} aliases, and {MAX_CHAIN} is the limit: {show_chain(leads, chain)}"
    if start:
        raise Conflict(f"{told}; let one of them lead to the last destination at once")
    return [told]


def _check_widths(leads: Leads, order: list[str], before: _Before) -> list[str]:
    """Return a warning of aliases that concern the task and whose mail Postfix would not take."""
    aliases = before.aliases
    wide = {address for address, width in widths(leads, order, aliases).items() if width > MAX_EXPANSION}
    wide.update(alias.address for alias in aliases.values() if len(alias.destinations) > MAX_EXPANSION)
    wide = {address for address in wide if before.concerns(address)}
    if not wide:
        return []
    told = _some(sorted(wide), _STRAYS_SHOWN)
    return [
        f"{told}: more than {MAX_EXPANSION} destinations with those of the aliases among them, for which Postfix "
        "takes no mail unless its virtual_alias_expansion_limit is raised"
    ]


def _some(names: list[str], limit: int, between: str = ", ") -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"{between.join(names[:limit])}{more}"
