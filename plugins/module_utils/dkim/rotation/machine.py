# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From one run to the next: which key signs, which are made, retired, revoked and removed. Pure.

Two rules stand above all others. A key begins to sign only in a run that sees its record on every authoritative name
server. And the last key of a domain that signs goes on until another one can, unless it is revoked by order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...core.errors import Conflict
from .model import MADE, PUBLISHED, RETIRING, REVOKED, SIGNING, VISIBLE, WAITING, Policy, Rotation, Selector, Sights

# Plays call the module twice with the same options: the second call must not rotate again.
_JUST_SWITCHED = 3600
# Name servers that take longer than this to show a record are worth a word.
_PATIENCE = 86400


@dataclass
class Course:
    """One domain on its way through a run. ``removed`` are the selectors whose keys go into the archive."""

    domain: str
    policy: Policy
    sights: Sights
    now: str
    selectors: dict[str, Selector]
    used: tuple[str, ...]
    warnings: list[str] = field(default_factory=list)
    removed: list[Selector] = field(default_factory=list)

    @property
    def rotation(self) -> Rotation:
        """The domain's state after the run."""
        return Rotation(tuple(self.selectors.values()), self.used)

    def of(self, algorithm: str, *states: str) -> list[Selector]:
        """Return the selectors of an algorithm in one of ``states``, oldest first."""
        return [one for one in self.selectors.values() if one.algorithm == algorithm and one.state in states]

    def signing(self, algorithm: str) -> Selector | None:
        """Return the one that signs."""
        return next(iter(self.of(algorithm, SIGNING)), None)

    def enter(self, one: Selector, state: str) -> None:
        """Put a selector into another state."""
        self.selectors[one.name] = self.selectors[one.name].enter(state, self.now)

    def put(self, one: Selector) -> None:
        """Take a selector as it is given."""
        self.selectors[one.name] = one


def advance(
    domain: str,
    rotation: Rotation,
    policy: Policy,
    sights: Sights,
    *,
    elapsed: int,
    now: str,
    adopt: tuple[Selector, ...] = (),
    make_name: Callable[[set[str]], str],
) -> Course:
    """Return what becomes of a domain in this run.

    ``elapsed`` are the seconds since its state was noted, ``now`` is the time as people read it. ``adopt`` are keys
    that lie there and are not in ``rotation``. ``make_name`` returns a name that is not among those it is given.

    Raises:
        Conflict: ``switch_to`` or ``revoke`` name a selector that is none, or one that cannot sign any more.
    """
    selectors = {
        one.name: replace(one, age=one.age + elapsed, seen=None if one.seen is None else one.seen + elapsed)
        for one in rotation.selectors
    }
    course = Course(domain, policy, sights, now, selectors, rotation.used)
    _adopt(course, adopt)
    _check_orders(course)
    _note_signers(course)
    _drop_lost(course)
    _look(course)
    _undo_unfinished(course)
    for name in policy.revoke:
        if name in course.selectors:
            course.enter(course.selectors[name], REVOKED)
    for algorithm in policy.algorithms:
        _switch(course, algorithm)
        _top_up(course, algorithm, make_name)
        _shrink(course, algorithm)
    _leave_algorithms(course)
    _age(course)
    _warn(course)
    return course


def is_due(policy: Policy, one: Selector) -> bool:
    """Whether another key is to sign in place of ``one``, which signs."""
    if one.name == policy.switch_to:
        return False
    return one.leave or one.bits != policy.algorithms[one.algorithm] or 0 < policy.interval <= one.age


def _adopt(course: Course, adopt: tuple[Selector, ...]) -> None:
    """Take over keys that lie there: of a run that was killed, or made by `dkim_key`."""
    for one in adopt:
        # What signs already goes on, also where the state was lost; of two, the first.
        signs = one.name in course.sights.listed and course.signing(one.algorithm) is None
        course.put(replace(one, state=SIGNING if signs else MADE, since=course.now, signed=signs))


def _check_orders(course: Course) -> None:
    known = ", ".join(sorted(course.selectors)) or "none"
    for option, names in (("switch_to", (course.policy.switch_to,)), ("revoke", course.policy.revoke)):
        for name in names:
            if name is not None and name not in course.selectors and not (option == "revoke" and name in course.used):
                raise Conflict(
                    f"{option} {name!r}: domain {course.domain} has no such selector; it has {known}; "
                    "call the module without this option first to have one made"
                )
    target = course.selectors.get(course.policy.switch_to or "")
    if target is not None and (target.state == REVOKED or target.name in course.policy.revoke):
        raise Conflict(f"switch_to {target.name!r}: this selector of {course.domain} is revoked and cannot sign again")


def _note_signers(course: Course) -> None:
    for one in list(course.selectors.values()):
        if one.name in course.sights.listed:
            # A run that was killed may have left it signing after its time had begun to run.
            course.put(replace(one, signed=True, age=0 if one.state in (RETIRING, REVOKED) else one.age))


def _drop_lost(course: Course) -> None:
    """Without its key nothing can sign; the record stays as long as mail may be on its way."""
    for one in list(course.selectors.values()):
        if one.name not in course.sights.keys and one.state in (*WAITING, SIGNING):
            course.warnings.append(f"{course.domain}: the key of selector {one.name} is not there any more")
            course.enter(one, RETIRING if one.in_mail else REVOKED)


def _look(course: Course) -> None:
    """Note what is seen of the records of keys that are to sign some day."""
    for one in list(course.selectors.values()):
        if one.state not in WAITING:
            continue
        sight = course.sights.seen.get(one.name)
        if not course.sights.everywhere(one.name):
            wait = max(one.wait, 0 if sight is None else sight.wait)
            state = PUBLISHED if course.sights.anywhere(one.name) else MADE
            course.put(replace(one, seen=None, wait=wait).enter(state, course.now))
            continue
        negative_ttl = 0 if sight is None else sight.wait
        one = replace(one, seen=one.seen or 0, wait=max(one.wait, negative_ttl))
        course.put(one.enter(VISIBLE if (one.seen or 0) >= one.wait else PUBLISHED, course.now))


def _undo_unfinished(course: Course) -> None:
    """Take back a switch that was noted and never carried out, if its key cannot be seen any more."""
    for one in list(course.selectors.values()):
        if one.state != SIGNING or one.signed or course.sights.everywhere(one.name):
            continue
        course.put(replace(one.enter(PUBLISHED if course.sights.anywhere(one.name) else MADE, course.now), seen=None))
        for former in course.of(one.algorithm, RETIRING):
            if former.name in course.sights.listed and former.name in course.sights.keys:
                course.enter(former, SIGNING)
                break


def _switch(course: Course, algorithm: str) -> None:
    policy, sights = course.policy, course.sights
    signing = course.signing(algorithm)
    if signing is not None and policy.rotate_now and signing.age >= _JUST_SWITCHED:
        signing = replace(signing, leave=True)
        course.put(signing)
    target = _target(course, algorithm, signing)
    if target is None:
        return
    if signing is not None:
        if sights.seen.get(signing.name) is not None and not sights.anywhere(signing.name):
            course.warnings.append(
                f"{course.domain}: the record of selector {signing.name}, which signs, is not seen any more "
                f"({sights.seen[signing.name].failing()}); {target.name} signs from now on"
            )
        course.enter(signing, RETIRING)
    course.enter(target, SIGNING)
    if target.state == RETIRING and target.name != policy.switch_to:
        # Its time was over already; it helps out until there is another one.
        course.put(replace(course.selectors[target.name], leave=True))


def _target(course: Course, algorithm: str, signing: Selector | None) -> Selector | None:
    """Return the selector that is to sign from now on, ``None`` where nothing changes."""
    policy, sights = course.policy, course.sights

    def can_sign(one: Selector) -> bool:
        return one.name in sights.keys and sights.everywhere(one.name)

    ready = [one for one in course.of(algorithm, VISIBLE) if can_sign(one)]
    # A key of the wanted size before one of another, and then the oldest.
    ready.sort(key=lambda one: one.bits != policy.algorithms[algorithm])
    asked = course.selectors.get(policy.switch_to or "")
    if asked is not None and asked.algorithm == algorithm and asked.state != SIGNING:
        if asked in ready or (asked.state == RETIRING and can_sign(asked)):
            return asked
        told = sights.seen[asked.name].failing() if asked.name in sights.seen else "nobody was asked"
        why = f"not every name server shows it ({told})"
        if sights.everywhere(asked.name):
            why = "resolvers may still remember what was there before"
        course.warnings.append(f"{course.domain}: selector {asked.name} cannot sign yet: {why}")
    if signing is not None and sights.anywhere(signing.name):
        fitting = [one for one in ready if one.bits == policy.algorithms[algorithm]]
        return fitting[0] if fitting and is_due(policy, signing) else None
    # Nothing signs, or with a record that nobody can get: what resolvers may remember is no reason to wait then.
    last = [one for one in (*course.of(algorithm, RETIRING), *course.of(algorithm, PUBLISHED)) if can_sign(one)]
    return next(iter([*ready, *last]), None)


def _needed(course: Course, algorithm: str) -> int:
    signing = course.signing(algorithm)
    return course.policy.spares + (1 if signing is None or is_due(course.policy, signing) else 0)


def _fitting(course: Course, algorithm: str) -> list[Selector]:
    bits = course.policy.algorithms[algorithm]
    return [one for one in course.of(algorithm, *WAITING) if one.bits == bits]


def _top_up(course: Course, algorithm: str, make_name: Callable[[set[str]], str]) -> None:
    for _missing in range(_needed(course, algorithm) - len(_fitting(course, algorithm))):
        name = make_name(course.rotation.names)
        course.put(Selector(name, algorithm, course.policy.algorithms[algorithm], since=course.now))


def _shrink(course: Course, algorithm: str) -> None:
    """Let go of keys beyond those that are needed, the least visible and youngest first, while another one signs."""
    if course.signing(algorithm) is None:
        return
    fitting = _fitting(course, algorithm)
    fitting.sort(key=lambda one: WAITING.index(one.state), reverse=True)
    surplus = fitting[_needed(course, algorithm) :]
    for one in [*surplus, *(other for other in course.of(algorithm, *WAITING) if other not in fitting)]:
        if one.name != course.policy.switch_to:
            course.enter(one, RETIRING if one.in_mail else REVOKED)


def _leave_algorithms(course: Course) -> None:
    """Let go of the algorithms that are not wanted, once one that is wanted signs, or none is."""
    wanted = course.policy.algorithms
    if wanted and not any(course.signing(algorithm) for algorithm in wanted):
        return
    for one in list(course.selectors.values()):
        if one.algorithm not in wanted and one.state in (*WAITING, SIGNING):
            course.enter(one, RETIRING if one.in_mail else REVOKED)


def _age(course: Course) -> None:
    for one in list(course.selectors.values()):
        if one.state == RETIRING and one.age >= course.policy.overlap:
            course.enter(one, REVOKED)
        elif one.state == REVOKED and one.age >= course.policy.revoked and one.name not in course.sights.listed:
            del course.selectors[one.name]
            course.used = (*course.used, one.name)
            course.removed.append(one)


def _warn(course: Course) -> None:
    sights = course.sights
    for one in course.selectors.values():
        sight = sights.seen.get(one.name)
        if one.state == SIGNING and sight is not None and sight.problem:
            course.warnings.append(
                f"{course.domain}: the record of selector {one.name} was not looked for: {sight.problem}"
            )
        elif one.state == SIGNING and sight is not None and not sight.everywhere:
            where = "by some name servers" if sight.anywhere else "by any name server"
            course.warnings.append(
                f"{course.domain}: selector {one.name} signs, and its record is not shown {where} ({sight.failing()}); "
                "mail may fail DKIM until it is published again"
            )
        if one.state in (MADE, PUBLISHED) and one.seen is None and one.age > _PATIENCE and sight is not None:
            course.warnings.append(
                f"{course.domain}: the record of selector {one.name} has been asked for since {one.since} and is not "
                f"seen on every name server ({sight.failing()}); publish it, and see that all of them follow"
            )
    states = {one.state for one in course.selectors.values()}
    if course.policy.algorithms and SIGNING not in states and states & {RETIRING, REVOKED}:
        course.warnings.append(f"{course.domain}: no key signs now; publish the records and run again")
