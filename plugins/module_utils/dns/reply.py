# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a resolver said to one question; plain data, made by `resolver` or by a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from . import seen

FOUND = "found"


@dataclass(frozen=True)
class Reply:
    """The answer to one question.

    ``outcome`` is `FOUND`, one of the words of `seen` (``NXDOMAIN``: no such name; ``NO_DATA``: no such record;
    ``SERVFAIL``, ``TIMEOUT``, ``UNREACHABLE``, ``MALFORMED``, ``NO_ROUTE``), or another RCODE such as ``REFUSED``.
    ``values`` are the records' values in the form that `values.parse_value` gives, in the resolver's order: ``10 mx1.
    example.net.``, TXT as its plain text with bytes that are no UTF-8 as surrogates. ``secure``: the resolver has
    validated the answer, be it that there is nothing (AD, RFC 4035, section 3.2.3). ``owner`` is the name that has the
    records, behind aliases, without the last dot. ``ttl`` in seconds. ``bogus``: there is no answer because it did not
    validate.
    """

    outcome: str
    values: tuple[str, ...] = ()
    secure: bool = False
    owner: str = ""
    ttl: int = 0
    bogus: bool = False

    @property
    def found(self) -> bool:
        """Whether there are records."""
        return self.outcome == FOUND

    @property
    def absent(self) -> bool:
        """Whether it is known that there are none."""
        return self.outcome in (seen.NXDOMAIN, seen.NO_DATA)

    @property
    def failed(self) -> bool:
        """Whether it is not known what there is."""
        return not self.found and not self.absent


class Lookup(Protocol):
    """Whoever answers questions: a `resolver.Resolver`, or a test's table. It may be asked from several threads."""

    def resolve(self, name: str, type_: str) -> Reply:
        """Return what there is of ``type_`` at ``name`` (A-labels, with or without the last dot). It never raises."""
