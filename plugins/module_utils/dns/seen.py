# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What name servers said about a record that ought to be there; plain data, made by `visibility`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

RIGHT = "right"
OTHER = "other value"
NXDOMAIN = "no such name"
NO_DATA = "no such record"
SERVFAIL = "SERVFAIL"
NOT_AUTHORITATIVE = "not authoritative"
TIMEOUT = "time-out"
UNREACHABLE = "no answer"
MALFORMED = "malformed answer"
# The machine that asks has no way to the address at all, as one without IPv6. That says nothing of the server.
NO_ROUTE = "no route"


@dataclass(frozen=True)
class Answer:
    """What one address of one name server said: one of the words above, or an RCODE such as ``REFUSED``.

    ``server`` is its name, or its address where it has no known name. ``ttl`` is that of another value, or of the
    records that the right one stands among, in seconds.
    """

    server: str
    address: str
    verdict: str
    ttl: int = 0

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {"server": self.server, "address": self.address, "verdict": self.verdict}


@dataclass(frozen=True)
class Seen:
    """All answers for one record.

    ``negative_ttl`` is how long resolvers may remember that there is no such record (RFC 2308, section 5), in seconds.
    ``problem`` says why nobody could be asked.
    """

    answers: tuple[Answer, ...] = ()
    negative_ttl: int = 0
    problem: str = ""

    @property
    def everywhere(self) -> bool:
        """Whether every authoritative server shows the record, at each address that can be reached from here."""
        right = {answer.server for answer in self.answers if answer.verdict == RIGHT}
        return bool(self.answers) and all(
            answer.verdict == RIGHT or (answer.verdict == NO_ROUTE and answer.server in right)
            for answer in self.answers
        )

    @property
    def anywhere(self) -> bool:
        """Whether any server shows the record."""
        return any(answer.verdict == RIGHT for answer in self.answers)

    @property
    def nowhere(self) -> bool:
        """Whether no server has a record of this name and type, at each address that can be reached from here."""
        without = {answer.server for answer in self.answers if answer.verdict in (NXDOMAIN, NO_DATA)}
        return bool(self.answers) and all(
            answer.verdict in (NXDOMAIN, NO_DATA) or (answer.verdict == NO_ROUTE and answer.server in without)
            for answer in self.answers
        )

    @property
    def ttl(self) -> int:
        """The longest TTL of any record that was seen, in seconds."""
        return max((0, *(answer.ttl for answer in self.answers)))

    @property
    def wait(self) -> int:
        """How long after now resolvers may still give what was there before, in seconds."""
        return max((self.negative_ttl, *(answer.ttl for answer in self.answers if answer.verdict != RIGHT)))

    def failing(self) -> str:
        """Return which servers do not show the record, and why, for a message."""
        if self.problem:
            return self.problem
        told = dict.fromkeys(
            f"{answer.server}: {answer.verdict}"
            if answer.server == answer.address
            else f"{answer.server} ({answer.address}): {answer.verdict}"
            for answer in self.answers
            if answer.verdict != RIGHT
        )
        return ", ".join(told) or "nobody was asked"


class Asker(Protocol):
    """Whoever can tell what the name servers show."""

    def ask(self, wanted: Mapping[str, str]) -> dict[str, Seen]:
        """Return what is seen of each record of ``wanted`` (name: value)."""
