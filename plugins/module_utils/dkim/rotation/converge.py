# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of `dkim_rotation`: read, ask, judge, plan; ``apply`` writes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ...core import clock
from ...core.errors import Conflict, Unavailable
from ...core.files import locked
from ...core.ledger import edit
from ...core.owners import Accounts
from ...core.plan import Change, Plan
from ...dns.seen import Asker, Seen
from ...dns.visibility import NameServers
from .. import place
from ..converge import LEDGER_KIND
from ..owner import Owner, find_owner
from ..plan import record_document
from ..selectors import record_name
from . import disk, signing, storage
from .found import DomainFound, has_library, make_keys, name_maker, read_domain, wrong_owner
from .machine import Course, advance
from .model import REVOKED, Rotation, Selector, Sights
from .names import new_name
from .options import Wanted, WantedRotation, wanted_rotation
from .signers import SignersPlan, plan_signers
from .steps import Step, steps
from .views import domain_value

KIND = "DKIM selector"
_SETTER = "dkim_rotation"
# Time that passed is noted no more often, so that a second run right after the first leaves every file as it is.
_NOTE_SECONDS = 3600


@dataclass
class DomainRun:
    """One domain in this run: what was found, what becomes of it, and the new keys."""

    wanted: WantedRotation
    found: DomainFound
    course: Course
    rotation: Rotation
    steps: dict[str, Step]
    seen: Mapping[str, Seen]
    new: dict[str, bytes] = field(default_factory=dict, repr=False)
    gives: list[str] = field(default_factory=list)

    @property
    def domain(self) -> str:
        """The domain's name."""
        return self.wanted.domain

    def changes(self) -> list[tuple[str, str | None, str | None]]:
        """Return what changes: selector, state before and state after."""
        before = {one.name: one.state for one in self.found.noted.rotation.selectors}
        after = {one.name: one.state for one in self.rotation.selectors}
        gone = [name for name in self.found.left_behind() if name not in before]
        return [
            *((name, state, after.get(name)) for name, state in before.items() if state != after.get(name)),
            *((name, None, state) for name, state in after.items() if name not in before),
            *((name, REVOKED, None) for name in gone),
        ]

    def needs_note(self, moment: clock.Moment) -> bool:
        """Whether the state is to be written: something is otherwise, or time that has passed is to be kept."""
        noted = self.found.noted
        if noted.moment is None or _kept(noted.rotation) != _kept(self.rotation):
            return True
        since = clock.elapsed(noted.moment, moment)
        return noted.moment.boot != moment.boot or since >= _NOTE_SECONDS or self._begins_anew(since)

    def _begins_anew(self, since: int) -> bool:
        """Whether less time counts for a selector than has passed ``since`` the note: it was found still signing."""
        ages = {(one.name, one.state): one.age for one in self.found.noted.rotation.selectors}
        return any(one.age < ages.get((one.name, one.state), -since) + since for one in self.rotation.selectors)


@dataclass
class Call:
    """What a call found and wants."""

    wanted: Wanted
    owner: Owner
    moment: clock.Moment
    runs: list[DomainRun] = field(default_factory=list)
    plan: Plan = field(default_factory=Plan)
    signers: SignersPlan = field(default_factory=SignersPlan)
    unchecked: list[str] = field(default_factory=list)
    base: Any = None

    @property
    def warnings(self) -> list[str]:
        """What people should know."""
        return [warning for run in self.runs for warning in run.course.warnings]

    @property
    def returns(self) -> dict[str, Any]:
        """What the module returns."""
        domains = [
            domain_value(
                self.wanted.key_dir, run.domain, run.wanted.ttl, run.rotation, run.steps, run.seen, run.changes()
            )
            for run in self.runs
        ]
        return {
            "domains": domains,
            "dns_domains": [{"name": one["name"], "dkim": one["records"]} for one in domains],
            "signing_file": self.wanted.signing_file,
            "signing_changed": self.signers.write is not None,
            "unchecked": self.unchecked,
        }

    def apply(self) -> None:
        """Write what the plan says.

        New keys come first and keys that go come last, and the list of keys that sign comes after the state that says
        why: a state whose list was never written is known by that at the next run, whatever its date.

        Raises:
            Conflict: another run wrote something since the plan was made; nothing was changed.
            Unavailable: a file cannot be written. Running again completes it.
        """
        with locked(Path(self.wanted.key_dir, place.LOCK)):
            if _base(self.wanted) != self.base:
                raise Conflict(f"DKIM keys in {self.wanted.key_dir} were changed during this run; run again")
            self._make()
            for write in self.signers.copies:
                write.apply()
            self._note()
            if self.signers.write is not None:
                self.signers.write.apply()
            self._remove()
            disk.remove_files(self.signers.stale)

    def note(self) -> None:
        """Note the time that has passed, where nothing else is to be done.

        Raises:
            Unavailable: it cannot be written.
        """
        if any(run.needs_note(self.moment) for run in self.runs):
            with locked(Path(self.wanted.key_dir, place.LOCK)):
                # Else another run has noted more than this one knows.
                if _base(self.wanted) == self.base:
                    self._note()

    def _make(self) -> None:
        directory = self.wanted.key_dir
        with edit(self.wanted.ledger) as book:
            for run in self.runs:
                known = {one.name for one in run.found.noted.rotation.selectors}
                for one in run.rotation.selectors:
                    if one.name not in known:
                        book.take(LEDGER_KIND, directory, record_name(run.domain, one.name), None, _SETTER)
        uid, gid = self.owner.uid, self.owner.gid
        for run in self.runs:
            for one in run.rotation.selectors:
                leftovers = place.read_found(directory, run.domain, one.name).leftovers
                place.remove(directory, run.domain, one.name, leftovers, key=False)
                path = place.key_path(directory, run.domain, one.name)
                if one.name in run.new and uid is not None and gid is not None:
                    place.put_key(path, run.new[one.name], uid, gid)
                elif one.name in run.gives and uid is not None and gid is not None:
                    place.set_owner(path, uid, gid)
                record = place.record_path(directory, run.domain, one.name)
                if one.value is not None and (one.name in run.new or (path.exists() and not record.exists())):
                    place.put_record(record, record_document(record_name(run.domain, one.name), one.value))

    def _note(self) -> None:
        for run in self.runs:
            if run.needs_note(self.moment):
                content = storage.dump(run.rotation, self.moment, run.steps)
                path = storage.path_of(self.wanted.key_dir, run.domain)
                disk.Write(path, content, place.OPEN_MODE, os.geteuid(), os.getegid()).apply()

    def _remove(self) -> None:
        directory = self.wanted.key_dir
        released = []
        for run in self.runs:
            for name in (*(one.name for one in run.course.removed), *run.found.left_behind()):
                found = run.found.files.get(name)
                if found is not None and found.key is not None:
                    public = run.found.publics[name]
                    path, there = place.archive_place(
                        directory, run.domain, name, public.spki_sha256, found.key.content
                    )
                    if not there:
                        place.put_archive(directory, path, found.key.content)
                leftovers = place.read_found(directory, run.domain, name).leftovers
                place.remove(directory, run.domain, name, leftovers, key=True)
                released.append(record_name(run.domain, name))
        if released:
            with edit(self.wanted.ledger) as book:
                for name in released:
                    book.release(LEDGER_KIND, directory, name)


def prepare(params: Mapping[str, Any], *, check_mode: bool, asker: Asker | None = None) -> Call:
    """Return the plan for ``params`` with all that it needs; in a run, with the new keys.

    Raises:
        InvalidValue, Conflict, Unavailable: with a message for the user; nothing was changed.
    """
    wanted = wanted_rotation(params)
    accounts = Accounts(check_mode)
    call = Call(wanted, find_owner(params, accounts), clock.present(), unchecked=accounts.missing)
    library = has_library(check_mode, call.unchecked)
    call.base = _base(wanted)
    names = disk.keys_by_domain(wanted.key_dir)
    listed = _listed(wanted)
    found = [
        read_domain(wanted.key_dir, one.domain, names.get(one.domain, ()), library=library) for one in wanted.domains
    ]
    adopted = [one.adopt(wanted.tags) for one in found]
    if asker is None:
        asker = NameServers(wanted.resolvers, wanted.servers, wanted.port, wanted.timeout)
    seen = _ask(asker, found, adopted, check_mode, call.unchecked)
    courses = [
        _advance(call, one, what, new, sights, listed.get(one.domain, frozenset()))
        for one, what, new, sights in zip(wanted.domains, found, adopted, seen, strict=True)
    ]
    rotations = [course.rotation for course in courses]
    keys: dict[tuple[int, str], bytes] = {}
    if not check_mode:
        rotations, keys = make_keys(rotations, wanted.tags)
    for index, (one, what, course, rotation) in enumerate(zip(wanted.domains, found, courses, rotations, strict=True)):
        run = DomainRun(one, what, course, rotation, steps(rotation, one.policy, call.moment), seen[index])
        run.new = {name: pem for (place_, name), pem in keys.items() if place_ == index}
        call.runs.append(run)
        _plan_domain(call, run)
    states = {run.domain: run.rotation for run in call.runs}
    for domain in names:
        if domain not in states:
            states[domain] = storage.read(wanted.key_dir, domain).rotation
    call.signers = plan_signers(wanted, call.owner, states, names, library=library)
    call.plan.changes.extend(call.signers.changes)
    return call


def _ask(
    asker: Asker,
    found: list[DomainFound],
    adopted: list[tuple[Selector, ...]],
    check_mode: bool,
    unchecked: list[str],
) -> list[dict[str, Seen]]:
    """Return what is seen of each domain's records, by selector."""
    asked: list[dict[str, str]] = []
    for what, new in zip(found, adopted, strict=True):
        known = [*what.noted.rotation.selectors, *new]
        asked.append({one.name: one.value for one in known if one.value is not None and one.state != REVOKED})
    try:
        told = asker.ask(
            {
                record_name(what.domain, selector): value
                for what, values in zip(found, asked, strict=True)
                for selector, value in values.items()
            }
        )
    except Unavailable as error:
        # The role installs the library just before; in check mode it may not be there yet.
        if not check_mode:
            raise
        unchecked.append(f"the name servers: {error}")
        told = {}
    return [
        {
            selector: told[record_name(what.domain, selector)]
            for selector in values
            if record_name(what.domain, selector) in told
        }
        for what, values in zip(found, asked, strict=True)
    ]


def _advance(
    call: Call,
    one: WantedRotation,
    what: DomainFound,
    adopted: tuple[Selector, ...],
    seen: dict[str, Seen],
    listed: frozenset[str],
) -> Course:
    wanted = call.wanted
    taken = {*disk.archived_names(wanted.key_dir, one.domain), *what.files, *listed}
    return advance(
        one.domain,
        what.noted.rotation,
        one.policy,
        Sights(seen, listed, frozenset(what.files)),
        elapsed=clock.elapsed(what.noted.moment, call.moment),
        now=call.moment.shown,
        adopt=adopted,
        make_name=name_maker(partial(new_name, wanted.scheme, wanted.prefix, call.moment.shown), taken),
    )


def _plan_domain(call: Call, run: DomainRun) -> None:
    changes = {name: (before, after) for name, before, after in run.changes()}
    kinds = {one.name: one for one in (*run.found.noted.rotation.selectors, *run.rotation.selectors)}
    for name, found in run.found.files.items():
        path = place.key_path(call.wanted.key_dir, run.domain, name)
        if name in {one.name for one in run.rotation.selectors} and wrong_owner(path, found, call.owner):
            run.gives.append(name)
            changes.setdefault(name, (kinds[name].state, kinds[name].state))
    for name, (before, after) in changes.items():
        old: dict[str, Any] = {"state": before}
        new: dict[str, Any] = {"state": after}
        if name in run.gives and (key := run.found.files[name].key) is not None:
            old.update(key.shown())
            new.update(call.owner.shown())
        if before is None and (one := kinds.get(name)) is not None:
            new["algorithm"] = one.algorithm if one.bits is None else f"{one.algorithm} {one.bits}"
        shown = record_name(run.domain, name)
        call.plan.changes.append(Change(KIND, shown, None if before is None else old, None if after is None else new))


def _listed(wanted: Wanted) -> dict[str, frozenset[str]]:
    """Return the selectors that sign by domain: those of the list, and those of the list that the signer has read."""
    listed = signing.listed(disk.content(Path(wanted.signing_file)))
    if wanted.signing_read is not None:
        for domain, names in signing.listed(disk.content(Path(wanted.signing_read))).items():
            listed[domain] = listed.get(domain, frozenset()) | names
    return listed


def _base(wanted: Wanted) -> Any:
    """Return what a plan goes out from, to see whether somebody has changed it meanwhile."""
    return (
        disk.keys_by_domain(wanted.key_dir),
        {one.domain: disk.content(storage.path_of(wanted.key_dir, one.domain)) for one in wanted.domains},
        disk.content(Path(wanted.signing_file)),
    )


def _kept(rotation: Rotation) -> tuple[Any, ...]:
    """Return what of a state is written at once when it changed: ages can wait, and the list tells what signed."""
    return rotation.used, tuple(
        (replace(one, age=0, seen=None, since="", signed=False), one.seen is None) for one in rotation.selectors
    )
