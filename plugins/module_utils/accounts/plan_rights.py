# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the plan that lets nobody keep a right to an address that went: its next owner's mail is not theirs.

Rights are ``send_as`` of mailboxes and ``allow_from`` of aliases; both also name addresses that are nobody's here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..core.errors import Conflict
from .draft import Draft
from .model import Alias, Mailbox, domain_of, without_tag
from .views import listed
from .wanted import Wanted, WantedAlias, WantedMailbox

_NAMED = 5


def take_out_of_rights(draft: Draft, wanted: Wanted, gone: Mapping[str, bool]) -> None:
    """Take out of all rights what went: the addresses ``gone``, each with the leave to, and the removed domains.

    Rights that the task itself asks for stay: it knows whose the address will be.

    Raises:
        Conflict: there is no leave to, or an alias would be open to all.
    """
    referring: dict[str, list[str]] = {}
    for box in list(draft.mailboxes.values()):
        if lost := _lost(box.send_as, wanted.mailboxes.get(box.address), draft, gone):
            _note(referring, f"send_as of {box.address}", lost)
            left = tuple(name for name in box.send_as if name not in lost)
            draft.set(draft.mailboxes, Mailbox, box.address, {"send_as": left})
    for alias in list(draft.aliases.values()):
        if lost := _lost(alias.allow_from, wanted.aliases.get(alias.address), draft, gone):
            _note(referring, f"allow_from of {alias.address}", lost)
            left = tuple(name for name in alias.allow_from if name not in lost)
            if not left and all(lost.values()):
                raise Conflict(
                    f"{listed(list(lost))} cannot be removed with cascade: nobody else is in allow_from of the alias "
                    f"{alias.address}, which would be open to all; give it another one, or remove it too"
                )
            draft.set(draft.aliases, Alias, alias.address, {"allow_from": left})
    if referring:
        told = "; ".join(f"{name} is in {listed(owners)}" for name, owners in sorted(referring.items())[:_NAMED])
        raise Conflict(f"{told}; take it out of there first, or give cascade: true")


def _lost(
    names: Iterable[str], asked: WantedMailbox | WantedAlias | None, draft: Draft, gone: Mapping[str, bool]
) -> dict[str, bool]:
    """Return those of ``names`` that went, each with the leave to take it out; none that the task itself asks for."""
    result: dict[str, bool] = {}
    if asked is not None and {"send_as", "allow_from"} & asked.fields.keys():
        return result
    for name in names:
        # As in destinations, a tagged address goes with the one that it is delivered to.
        address = name if name in gone or draft.has(name) else without_tag(name)
        if domain_of(name) in draft.removed_domains:
            result[name] = draft.removed_domains[domain_of(name)]
        elif address in gone and not name.startswith("@"):
            result[name] = gone[address]
    return result


def _note(referring: dict[str, list[str]], owner: str, lost: Mapping[str, bool]) -> None:
    for name, leave in lost.items():
        if not leave:
            referring.setdefault(name, []).append(owner)
