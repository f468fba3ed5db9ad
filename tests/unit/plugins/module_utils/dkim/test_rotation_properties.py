# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotation in a world where clocks jump, runs are killed and skipped, and name servers lag, fail and come back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.core import clock
from ansible_collections.mailwright.mail.plugins.module_utils.core.clock import Moment
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation.machine import advance
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation.model import (
    RETIRING,
    REVOKED,
    SIGNING,
    VISIBLE,
    WAITING,
    Policy,
    Rotation,
    Selector,
    Sights,
)
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation.names import new_name
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen as words
from ansible_collections.mailwright.mail.plugins.module_utils.dns.seen import Answer, Seen

HOUR, DAY = 3600, 86400
OVERLAP, REVOKED_FOR, NEGATIVE_TTL = 7 * DAY, 5 * DAY, 2 * HOUR
POLICY = Policy({"rsa": 2048, "ed25519": None}, 30 * DAY, OVERLAP, REVOKED_FOR)
SERVERS = 2


@dataclass
class World:
    """The host's disk, what is asked to be published, and what each name server shows. ``time`` is the true one."""

    policy: Policy = POLICY
    time: int = 0
    clock_error: int = 0
    boots: int = 0
    booted: int = -1000
    rotation: Rotation = field(default_factory=Rotation)
    noted: Moment | None = None
    listed: frozenset[str] = frozenset()
    # The list as the signer has read it last.
    read: frozenset[str] = frozenset()
    keys: dict[str, tuple[str, int | None, str]] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict)
    primary: dict[str, str] = field(default_factory=dict)
    shown: list[dict[str, str]] = field(default_factory=lambda: [{} for _server in range(SERVERS)])
    fails: list[bool] = field(default_factory=lambda: [False] * SERVERS)
    # Every key that a name ever had, and when it signed last: true time and number of starts.
    history: dict[str, str] = field(default_factory=dict)
    last_signed: dict[str, tuple[int, int]] = field(default_factory=dict)
    disowned: set[str] = field(default_factory=set)
    made: int = 0

    @property
    def moment(self) -> Moment:
        wall = 1_800_000_000 + self.time + self.clock_error
        return Moment(wall, f"boot {self.boots}", self.time - self.booted)

    def sight(self, name: str, value: str) -> Seen:
        answers = []
        for number, zone in enumerate(self.shown):
            found = zone.get(name)
            verdict = words.RIGHT if found == value else words.NXDOMAIN if found is None else words.OTHER
            verdict = words.TIMEOUT if self.fails[number] else verdict
            ttl = HOUR if verdict == words.OTHER else 0
            answers.append(Answer(f"ns{number}", f"192.0.2.{number}", verdict, ttl))
        return Seen(tuple(answers), NEGATIVE_TTL)

    def run(self, killed_after: int = 9) -> None:
        """Run once, killed after so many of the steps: keys, state, list, removal, and the signer reads the list."""
        for name in self.read:
            self.last_signed[name] = (self.time, self.boots)
        before = self.listed
        adopt = tuple(
            Selector(name, algorithm, bits, value=value, spki_sha256=value, adopted=True)
            for name, (algorithm, bits, value) in self.keys.items()
            if name not in self.rotation.names
        )
        known = {
            one.name: one.value
            for one in (*self.rotation.selectors, *adopt)
            if one.value is not None and one.state != REVOKED
        }
        sights = Sights(
            {name: self.sight(name, value) for name, value in known.items()},
            self.listed | self.read,
            frozenset(self.keys),
        )
        course = advance(
            "example.com",
            self.rotation,
            self.policy,
            sights,
            elapsed=clock.elapsed(self.noted, self.moment),
            now=self.moment.shown,
            adopt=adopt,
            make_name=partial(new_name, "counter", "s", ""),
        )
        selectors = []
        for one in course.rotation.selectors:
            if one.value is None:
                self.made += 1
                one = replace(one, value=f"key {self.made}", spki_sha256=f"key {self.made}")
            selectors.append(one)
        # Two keys never have one name, whatever becomes of the run.
        if killed_after >= 1:
            for one in selectors:
                assert one.value is not None
                assert self.history.setdefault(one.name, one.value) == one.value, one
                if one.state not in (REVOKED,) and one.name not in known:
                    self.keys[one.name] = (one.algorithm, one.bits, one.value)
        if killed_after >= 2:
            self.rotation = replace(course.rotation, selectors=tuple(selectors))
            self.noted = self.moment
        if killed_after >= 3:
            self.listed = frozenset(one.name for one in selectors if one.state == SIGNING and one.name in self.keys)
            for name in self.listed - before:
                assert sights.everywhere(name), f"{name} begins to sign unseen"
            if before and self.policy.algorithms and not set(self.policy.revoke) & before:
                assert self.listed, "nothing signs any more"
        if killed_after >= 4:
            for name in self.rotation.used:
                self.keys.pop(name, None)
            self.wanted = {one.name: one.published or "" for one in selectors}
            self.check()
        if killed_after >= 5:
            self.read = self.listed
        for algorithm in ("rsa", "ed25519"):
            assert len([one for one in selectors if one.algorithm == algorithm and one.state == SIGNING]) <= 1
            waiting = [one for one in selectors if one.algorithm == algorithm and one.state in WAITING]
            # Spares and the next one, for each size there ever was.
            assert len(waiting) <= 8, waiting

    def check(self) -> None:
        """What mail on its way needs is asked for as it was."""
        for name, (when, boots) in self.last_signed.items():
            # Over a restart, the clock is believed for a day.
            unsure = (self.boots - boots) * clock.DOWN_LIMIT
            if name not in self.disowned and self.time - when < OVERLAP - unsure:
                assert self.wanted.get(name) == self.history[name], name

    def publish(self) -> None:
        self.primary = dict(self.wanted)

    def propagate(self, server: int) -> None:
        self.shown[server] = dict(self.primary)

    def policy_of(self, algorithms: list[str], bits: int, spares: int, interval: int) -> None:
        sizes = {name: bits if name == "rsa" else None for name in algorithms}
        self.policy = replace(self.policy, algorithms=sizes, spares=spares, interval=interval)

    def settle(self) -> None:
        """Let everything work for long enough."""
        self.fails = [False] * SERVERS
        self.policy = replace(self.policy, interval=0, rotate_now=False, switch_to=None, revoke=())
        for _round in range(40):
            self.run()
            self.publish()
            for server in range(SERVERS):
                self.propagate(server)
            self.time += DAY


seconds = st.sampled_from([0, 60, HOUR, 3 * HOUR, DAY, 6 * DAY, 40 * DAY])
jumps = st.sampled_from([-4000 * DAY, -DAY, -HOUR, HOUR, DAY, 9 * DAY, 4000 * DAY])
servers = st.integers(0, SERVERS - 1)
events = st.one_of(
    st.tuples(st.just("run"), st.sampled_from([9, 9, 9, 0, 1, 2, 3, 4])),
    st.tuples(st.just("all is well"), st.sampled_from([HOUR, DAY])),
    st.tuples(st.just("time"), seconds),
    st.tuples(st.just("clock"), jumps),
    st.tuples(st.just("restart"), st.just(0)),
    st.tuples(st.just("publish"), st.just(0)),
    st.tuples(st.just("propagate"), servers),
    st.tuples(st.just("fail"), servers),
    st.tuples(st.just("work"), servers),
    st.tuples(st.just("forget"), servers),
    st.tuples(
        st.just("policy"),
        st.tuples(
            st.sampled_from([["rsa"], ["ed25519"], ["rsa", "ed25519"]]),
            st.sampled_from([2048, 3072]),
            st.integers(0, 2),
            st.sampled_from([0, 2 * DAY, 30 * DAY]),
        ),
    ),
    st.tuples(st.just("rotate"), st.sampled_from([9, 2, 3, 4])),
    st.tuples(st.just("switch"), st.integers(0, 5)),
    st.tuples(st.just("revoke"), st.integers(0, 5)),
)


def happen(world: World, what: str, how: Any) -> None:
    if what == "run":
        world.run(how)
    elif what == "all is well":
        world.run()
        world.publish()
        for server in range(SERVERS):
            world.propagate(server)
        world.run()
        world.time += how
        world.run()
    elif what == "time":
        world.time += how
    elif what == "clock":
        world.clock_error += how
    elif what == "restart":
        world.boots += 1
        world.time += 60
        world.booted = world.time
    elif what == "publish":
        world.publish()
    elif what == "propagate":
        world.propagate(how)
    elif what in ("fail", "work"):
        world.fails[how] = what == "fail"
    elif what == "forget":
        world.shown[how] = {}
    elif what == "policy":
        world.policy_of(*how)
    elif what == "rotate":
        world.policy = replace(world.policy, rotate_now=True)
        world.run(how)
        if how == 9:
            world.run()
        world.policy = replace(world.policy, rotate_now=False)
    else:
        order(world, what, how)


def order(world: World, what: str, number: int) -> None:
    """Switch to, or revoke, one of the selectors that there are."""
    there = [one for one in world.rotation.selectors if what == "revoke" or one.state != REVOKED]
    if not there:
        return
    chosen = there[number % len(there)]
    if what == "switch":
        # It may be given up for mail's sake in the very run that is to switch to it.
        if chosen.state in (*WAITING, SIGNING):
            world.policy = replace(world.policy, switch_to=chosen.name)
            world.run()
            world.policy = replace(world.policy, switch_to=None)
        return
    world.disowned.add(chosen.name)
    world.policy = replace(world.policy, revoke=(chosen.name,))
    world.run()
    world.policy = replace(world.policy, revoke=())


SIGNS: list[tuple[str, Any]] = [("policy", (["rsa"], 2048, 1, 0)), ("all is well", DAY), ("all is well", DAY)]


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=40))
# Killed between the state and the list, and then nobody shows the new key any more.
@example([*SIGNS, ("rotate", 2), ("forget", 0), ("forget", 1), ("run", 9)])
# The same, and nobody runs it for longer than the overlap, while the former key goes on.
@example([*SIGNS, ("rotate", 2), ("time", 40 * DAY), ("run", 9)])
# Killed before the signer has read the list, and it goes on with the former key.
@example([*SIGNS, ("rotate", 4), ("time", 40 * DAY), ("run", 9)])
def test_whatever_happens_mail_stays_signed_and_verifiable(story: list[tuple[str, Any]]) -> None:
    world = World()
    for what, how in story:
        happen(world, what, how)
    world.settle()
    selectors = world.rotation.selectors
    assert not [one for one in selectors if one.state in (RETIRING, REVOKED)]
    for algorithm, bits in world.policy.algorithms.items():
        mine = [one for one in selectors if one.algorithm == algorithm]
        assert [one.bits for one in mine if one.state == SIGNING] == [bits]
        assert [one.bits for one in mine if one.state == VISIBLE] == [bits] * world.policy.spares
    assert world.listed == {one.name for one in selectors if one.state == SIGNING}
    assert set(world.keys) == {one.name for one in selectors}
    # And then it is at rest.
    before = [(one.name, one.state) for one in selectors]
    world.run()
    assert [(one.name, one.state) for one in world.rotation.selectors] == before


@given(st.lists(st.tuples(st.sampled_from(["time", "clock", "restart"]), st.integers(0, 90 * DAY)), max_size=12))
def test_no_jump_of_the_clock_makes_time_pass(story: list[tuple[str, int]]) -> None:
    world = World()
    start = world.moment
    for what, how in story:
        happen(world, what, how - 45 * DAY if what == "clock" else how)
    passed = clock.elapsed(start, world.moment)
    assert 0 <= passed <= world.time + (clock.DOWN_LIMIT if world.boots else 0)
    if not world.boots:
        assert passed == world.time


def test_a_host_without_an_id_of_its_start_goes_by_the_date() -> None:
    assert clock.elapsed(Moment(1000, "", 5), Moment(1600, "", 605)) == 600
    assert clock.elapsed(Moment(1000, "", 5), Moment(10**9, "", 605)) == clock.DOWN_LIMIT
    assert clock.elapsed(Moment(1000, "", 5), Moment(10, "", 605)) == 0
    assert clock.elapsed(None, clock.present()) == 0
