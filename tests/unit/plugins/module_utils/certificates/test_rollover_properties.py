# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollovers in a world of caches: whatever a resolver may still have holds the key that is served."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from tls.published import Published, Server

from ansible_collections.mailwright.mail.plugins.module_utils.certificates.rollover import Noted, judge, records
from ansible_collections.mailwright.mail.plugins.module_utils.core.clock import Moment
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen as words

TTLS = (60, 3600, 86400)


@dataclass
class World:
    """A mail host that runs now and then, name servers that follow their primary later, and everybody's caches."""

    time: int = 0
    served: int = 0
    noted: Noted = field(default_factory=lambda: Noted("1"))
    dns: Published = field(default_factory=lambda: Published([Server(), Server(), Server()]))
    primary: Server = field(default_factory=Server)
    cached: list[tuple[int, frozenset[str]]] = field(default_factory=list)

    @property
    def moment(self) -> Moment:
        return Moment(self.time, "boot", self.time)

    def run(self, due: bool) -> None:
        """Look, and put the next key in use if it is due and may be; then publish what is and what comes."""
        sights = self.dns.ask(records("mx1.example.net", [25], self.noted.spki_sha256))
        self.noted, blocked = judge(self.noted, sights, self.moment)
        if due and not blocked:
            self.served += 1
            self.noted = Noted(str(self.served + 1), self.noted.wait)

    def publish(self, ttl: int) -> None:
        # As in a play: the run that knows the keys comes right before.
        self.run(due=False)
        self.primary = Server(frozenset({str(self.served), self.noted.spki_sha256}), ttl)

    def follow(self, number: int) -> None:
        self._show(self.dns.servers[number], self.primary.keys, self.primary.ttl)

    def lapse(self, number: int) -> None:
        """Let a server show what it showed before there was a next key, as one that was restored from a backup."""
        self._show(self.dns.servers[number], frozenset({str(self.served)}), self.primary.ttl)

    def _show(self, server: Server, keys: frozenset[str], ttl: int) -> None:
        if server.keys:
            self.cached.append((self.time + server.ttl, server.keys))
        server.keys, server.ttl = keys, ttl

    def known(self) -> list[frozenset[str]]:
        """Return all that anybody may have now: what is shown, and what caches keep."""
        shown = [server.keys for server in self.dns.servers if server.keys]
        return [*shown, *(keys for until, keys in self.cached if until > self.time)]


SERVERS = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("run"), st.booleans()),
    st.tuples(st.just("publish"), st.sampled_from(TTLS)),
    st.tuples(st.just("all follow"), st.just(0)),
    st.tuples(st.sampled_from(("follow", "fail", "lapse")), SERVERS),
    st.tuples(st.just("time"), st.sampled_from((30, 60, 3599, 3600, 86400))),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(STEPS, min_size=8, max_size=30))
def test_what_is_served_is_in_every_cache(story: list[tuple[str, int]]) -> None:
    world = World()
    # Records of the key in use alone, as they were before there was a next key.
    world.primary = Server(frozenset({"0"}), 3600)
    for number in range(3):
        world.follow(number)
    world.run(due=False)
    for what, how in story:
        if what == "run":
            world.run(bool(how))
        elif what == "publish":
            world.publish(how)
        elif what == "follow":
            world.follow(how)
        elif what == "all follow":
            for number in range(3):
                world.follow(number)
        elif what == "lapse":
            world.lapse(how)
        elif what == "fail":
            server = world.dns.servers[how]
            server.fault = "" if server.fault else words.TIMEOUT
        else:
            world.time += how
        assert all(str(world.served) in keys for keys in world.known()), (what, how, world)


def test_rollovers_come_about() -> None:
    world = World()
    for number in range(1, 4):
        world.publish(3600)
        for server in range(3):
            world.follow(server)
        world.run(due=True)
        world.time += 3600
        world.run(due=True)
        assert world.served == number
