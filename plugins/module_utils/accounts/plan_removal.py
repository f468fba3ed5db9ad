# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the plan that takes objects out: what is wanted absent, and what a purge does not find listed.

Whatever goes is taken out of what refers to it where the task gives leave to (``cascade``), and else it is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..core.errors import Conflict
from .draft import Draft
from .model import Alias, domain_of, without_tag
from .plan_rights import take_out_of_rights
from .purge import check_purge_limit, find_unlisted
from .views import listed
from .wanted import Wanted


def remove(draft: Draft, wanted: Wanted) -> None:
    """Take out what is wanted absent.

    Raises:
        Conflict: a domain still has objects and no leave to remove them, or some of them are wanted.
    """
    for box in wanted.mailboxes.values():
        if not box.present and box.address in draft.mailboxes:
            del draft.mailboxes[box.address]
            draft.removed[box.address] = box.cascade
    for alias in wanted.aliases.values():
        if not alias.present and alias.exclusive and alias.address in draft.aliases:
            del draft.aliases[alias.address]
            draft.removed[alias.address] = alias.cascade
    for domain in wanted.domains.values():
        if not domain.present and domain.name in draft.domains:
            _remove_domain(draft, wanted, domain.name, domain.cascade)


def purge(draft: Draft, wanted: Wanted) -> None:
    """Take out what the purge does not find listed.

    Raises:
        Conflict: that is more than its limit, or contradicts what is listed.
    """
    unlisted = find_unlisted(draft.accounts(), wanted)
    check_purge_limit(unlisted, draft.found, wanted)
    for name in unlisted.domains:
        del draft.domains[name]
    for address in unlisted.mailboxes:
        del draft.mailboxes[address]
    for address in (*unlisted.aliases, *unlisted.required):
        del draft.aliases[address]
    for key in unlisted.app_passwords:
        del draft.app_passwords[key]
    draft.purged.update(unlisted.mailboxes, unlisted.aliases, unlisted.required)
    draft.removed.update(dict.fromkeys(draft.purged, True))
    draft.removed_domains.update(dict.fromkeys(unlisted.domains, True))


def mend_references(draft: Draft, wanted: Wanted) -> None:
    """Let no alias deliver to an address that went, and nobody keep a right to it.

    Raises:
        Conflict: something refers to it and there is no leave to change that, or the task asks for it.
    """
    gone = {address: cascade for address, cascade in draft.removed.items() if not draft.has(address)}
    if gone:
        _drop_required(draft, gone)
        _remove_from_aliases(draft, wanted, gone)
    if gone or draft.removed_domains:
        take_out_of_rights(draft, wanted, gone)


def _drop_required(draft: Draft, gone: dict[str, bool]) -> None:
    """Let required aliases go with the address that they deliver to, and add them to what is ``gone``."""
    lost = [
        (alias.address, last)
        for alias in draft.aliases.values()
        if alias.required and (last := _gone_from(alias, draft, gone)) and len(last) == len(alias.destinations)
    ]
    for address, last in lost:
        del draft.aliases[address]
        gone[address] = all(gone[name] for name in last.values())
    if lost:
        # One may have led to another.
        _drop_required(draft, gone)


def _gone_from(alias: Alias, draft: Draft, gone: Collection[str]) -> dict[str, str]:
    """Return the destinations of ``alias`` that are gone, and the address by which each went.

    A tagged address goes with the one that it is delivered to, unless an alias has the tagged one itself.
    """
    went_by = {name: name if name in gone or draft.has(name) else without_tag(name) for name in alias.destinations}
    return {name: address for name, address in went_by.items() if address in gone}


def _remove_domain(draft: Draft, wanted: Wanted, name: str, cascade: bool) -> None:
    mailboxes = sorted(address for address in draft.mailboxes if domain_of(address) == name)
    aliases = sorted(address for address in draft.aliases if domain_of(address) == name)
    for address in (*mailboxes, *aliases):
        if wanted.wants(address):
            raise Conflict(f"{address} is wanted in the domain {name}, which is to be absent; leave one of the two out")
    # Required aliases are nobody's: they go along.
    owned = [address for address in aliases if not draft.aliases[address].required]
    if (mailboxes or owned) and not cascade:
        remaining = [
            f"the {kind} {listed(names)}" for kind, names in (("mailboxes", mailboxes), ("aliases", owned)) if names
        ]
        raise Conflict(
            f"domain {name}: {' and '.join(remaining)} would remain; remove them first, or give cascade: true"
        )
    del draft.domains[name]
    draft.removed_domains[name] = cascade
    for address in mailboxes:
        del draft.mailboxes[address]
        draft.removed[address] = cascade
    for address in aliases:
        del draft.aliases[address]
        draft.removed[address] = cascade


def _remove_from_aliases(draft: Draft, wanted: Wanted, gone: Mapping[str, bool]) -> None:
    """Take addresses that go out of the aliases that deliver to them, or refuse with the aliases' names."""
    referring: dict[str, list[str]] = {}
    absent = "is to be absent; leave one of the two out"
    for alias in list(draft.aliases.values()):
        lost = _gone_from(alias, draft, gone)
        if not lost:
            continue
        asked = wanted.aliases.get(alias.address)
        if asked is not None and asked.present and (again := [name for name in lost if name in asked.destinations]):
            raise Conflict(
                f"alias {alias.address} is wanted with the destination {again[0]}, which "
                + ("is not listed and would be purged; list it too" if lost[again[0]] in draft.purged else absent)
            )
        for address in set(lost.values()):
            if not gone[address]:
                referring.setdefault(address, []).append(alias.address)
        left = tuple(name for name in alias.destinations if name not in lost)
        if not left and all(gone[address] for address in lost.values()):
            how = "by purge" if draft.purged.intersection(lost.values()) else "with cascade"
            raise Conflict(
                f"{listed(lost)} cannot be removed {how}: the alias {alias.address} has no other destination; "
                "remove that alias too, or give it another one"
            )
        draft.set(draft.aliases, Alias, alias.address, {"destinations": left})
    if referring:
        told = "; ".join(
            f"{address} is a destination of {listed(sorted(names))}" for address, names in sorted(referring.items())[:5]
        )
        raise Conflict(f"{told}; take it out of there first, or give cascade: true")
