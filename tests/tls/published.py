# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name servers that show TLSA records as a test has them, told of as the real ones are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen as words
from ansible_collections.mailwright.mail.plugins.module_utils.dns.seen import Answer, Seen


@dataclass
class Server:
    """One name server: the SPKI hashes it shows at each name, their TTL, and what it says if it fails."""

    keys: frozenset[str] = frozenset()
    ttl: int = 3600
    fault: str = ""

    def answer(self, number: int, value: str) -> Answer:
        """Return what is told of it where ``value`` is asked for."""
        name, address = f"ns{number}", f"192.0.2.{number}"
        if self.fault:
            return Answer(name, address, self.fault)
        if not self.keys:
            return Answer(name, address, words.NO_DATA)
        right = value.removeprefix("3 1 1 ") in self.keys
        return Answer(name, address, words.RIGHT if right else words.OTHER, self.ttl)


@dataclass
class Published:
    """All name servers of a zone; ``asked`` counts the calls."""

    servers: list[Server] = field(default_factory=lambda: [Server(), Server()])
    problem: str = ""
    asked: int = 0

    def show(self, *keys: str | None, ttl: int = 3600) -> None:
        """Publish these keys on all servers."""
        for server in self.servers:
            server.keys, server.ttl = frozenset(key for key in keys if key), ttl

    def ask(self, wanted: Mapping[str, str]) -> dict[str, Seen]:
        """Return what is seen of each record."""
        self.asked += 1
        if self.problem:
            return {name: Seen(problem=self.problem) for name in wanted}
        return {
            name: Seen(tuple(server.answer(number, value) for number, server in enumerate(self.servers, 1)))
            for name, value in wanted.items()
        }
