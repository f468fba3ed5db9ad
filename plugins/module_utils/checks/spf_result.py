# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an evaluation of SPF ends in (RFC 7208, section 2.6); plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NONE = "none"
NEUTRAL = "neutral"
PASS = "pass"
FAIL = "fail"
SOFTFAIL = "softfail"
TEMPERROR = "temperror"
PERMERROR = "permerror"
# What a qualifier makes of a match (section 4.6.2).
QUALIFIED = {"+": PASS, "-": FAIL, "~": SOFTFAIL, "?": NEUTRAL}
# Of a longer term only the beginning is told.
_TERM_SHOWN = 120


@dataclass(frozen=True)
class SpfResult:
    """The result of `spf.check_host`.

    ``result`` is one of the RFC's names above. ``explanation`` is the domain's own text for a ``fail``, made by
    strangers, and empty where it has none. ``lookups`` counts the terms that asked the DNS, those of includes too,
    ``void_lookups`` the questions to which there was nothing. ``path`` are the terms that led to the result, from the
    domain's own record to the mechanism that matched, and empty where none did. ``problem`` says why there is an error
    or no result.
    """

    result: str
    explanation: str = ""
    lookups: int = 0
    void_lookups: int = 0
    path: tuple[str, ...] = ()
    problem: str = ""

    @property
    def matched(self) -> str:
        """The path for a person: ``include:_spf.example.com (ip4:192.0.2.1)``."""
        return told_path(self.path)


def told_path(path: Sequence[str]) -> str:
    """Return terms that led to one another as a text."""
    cut = [term if len(term) <= _TERM_SHOWN else f"{term[:_TERM_SHOWN]}..." for term in path]
    return " (".join(cut) + ")" * (len(cut) - 1)
