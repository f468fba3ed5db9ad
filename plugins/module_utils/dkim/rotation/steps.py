# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes next for each selector, and when, as far as dates decide it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.clock import Moment
from .machine import is_due
from .model import MADE, PUBLISHED, RETIRING, REVOKED, SIGNING, VISIBLE, Policy, Rotation, Selector

REMOVED = "removed"
# A spare that signs when another one leaves.
READY = "ready"


@dataclass(frozen=True)
class Step:
    """The state that comes next and its date in UTC.

    ``date`` is ``None`` where name servers or people decide when it comes. It is the earliest one: it comes with the
    first run after it.
    """

    what: str
    date: str | None


def steps(rotation: Rotation, policy: Policy, now: Moment) -> dict[str, Step]:
    """Return each selector's next step."""
    return {one.name: _step(one, rotation, policy, now) for one in rotation.selectors}


def earliest(found: dict[str, Step]) -> tuple[str, Step] | None:
    """Return the selector and the step that comes first, those that wait for name servers before all; or nothing."""
    waiting = [(name, step) for name, step in found.items() if step.date is None and step.what != READY]
    dated = sorted(
        ((name, step) for name, step in found.items() if step.date is not None), key=lambda one: str(one[1].date)
    )
    return next(iter([*waiting, *dated]), None)


def _step(one: Selector, rotation: Rotation, policy: Policy, now: Moment) -> Step:
    if one.state == MADE:
        return Step(PUBLISHED, None)
    if one.state == PUBLISHED:
        return Step(VISIBLE, None if one.seen is None else now.after(max(0, one.wait - one.seen)))
    if one.state == RETIRING:
        return Step(REVOKED, now.after(max(0, policy.overlap - one.age)))
    if one.state == REVOKED:
        return Step(REMOVED, now.after(max(0, policy.revoked - one.age)))
    if one.state == SIGNING:
        return Step(RETIRING, _end(one, policy, now))
    signer = next((x for x in rotation.selectors if x.algorithm == one.algorithm and x.state == SIGNING), None)
    first = next(x for x in rotation.selectors if x.algorithm == one.algorithm and x.state == VISIBLE)
    if signer is None or first.name != one.name:
        return Step(READY, None)
    end = _end(signer, policy, now)
    return Step(READY, None) if end is None else Step(SIGNING, end)


def _end(signer: Selector, policy: Policy, now: Moment) -> str | None:
    """Return when a key that signs is to leave, ``None`` where no date says so."""
    if signer.algorithm not in policy.algorithms or signer.name == policy.switch_to:
        return None
    if is_due(policy, signer):
        return now.shown
    return now.after(policy.interval - signer.age) if policy.interval else None
