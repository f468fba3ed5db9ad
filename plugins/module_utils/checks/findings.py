# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one check finds on its way, and the verdict that comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .model import ERROR, SUCCESS, UNKNOWN, WARNING, Check

# A hostile zone can be wrong in thousands of places; nobody reads that many.
_LIMIT = 50


class Findings:
    """Sentences by their weight, in the order in which they were found; each is kept once."""

    def __init__(self) -> None:
        # Dictionaries for sets that keep their order.
        self._found: dict[str, dict[str, None]] = {ERROR: {}, UNKNOWN: {}, WARNING: {}}
        self._info: dict[str, None] = {}

    def error(self, text: str) -> None:
        """Note what is known to be wrong."""
        self.add(ERROR, text)

    def unknown(self, text: str) -> None:
        """Note what nobody could be asked."""
        self.add(UNKNOWN, text)

    def warning(self, text: str) -> None:
        """Note what ought to be changed."""
        self.add(WARNING, text)

    def info(self, text: str) -> None:
        """Note what is only worth knowing."""
        self._info[text] = None

    def add(self, status: str, text: str) -> None:
        """Note ``text``, which alone would make the check's status ``status``: error, unknown or warning."""
        self._found[status][text] = None

    def merge(self, others: Iterable[Findings]) -> None:
        """Note what ``others`` have noted, in their order."""
        for other in others:
            for status, texts in other._found.items():
                self._found[status] |= texts
            self._info |= other._info

    @property
    def status(self) -> str:
        """The worst of all that was found."""
        return next((status for status, texts in self._found.items() if texts), SUCCESS)

    @property
    def warnings(self) -> tuple[str, ...]:
        """All but the information, the worst first."""
        return _bounded([text for texts in self._found.values() for text in texts])

    @property
    def notes(self) -> tuple[str, ...]:
        """The information."""
        return _bounded(list(self._info))

    @property
    def worst(self) -> tuple[str, ...]:
        """Those of the status that follows; empty where nothing was found."""
        return _bounded(list(next((texts for texts in self._found.values() if texts), ())))

    def message(self, success: str) -> str:
        """Return the first of the worst; ``success`` where nothing was found."""
        return next(iter(self.worst), success)

    def check(self, success: str, record: str | None = None, **fields: Any) -> Check:
        """Return the verdict. ``success`` is its message where all is well."""
        return Check(self.status, self.message(success), record, self.warnings, self.notes, fields)


def _bounded(texts: list[str]) -> tuple[str, ...]:
    more = [f"and {len(texts) - _LIMIT} more of that kind"] if len(texts) > _LIMIT else []
    return (*texts[:_LIMIT], *more)
