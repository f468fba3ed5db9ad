# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lookup that asks no more than it may, whatever strangers' records lead to."""

from __future__ import annotations

import time

from ..dns import seen
from ..dns.reply import Lookup, Reply

# The outcome of a question too many.
TOO_MANY = "not asked, there were too many questions"


class BoundedLookup:
    """A `reply.Lookup` for one check: so many questions and so much time. What was asked already costs nothing."""

    def __init__(self, lookup: Lookup, limit: int, timeout: float) -> None:
        """Take how many different questions may be asked, and within how many seconds."""
        self._lookup, self._limit = lookup, limit
        self._until = time.monotonic() + timeout
        self._known: dict[tuple[str, str], Reply] = {}

    def resolve(self, name: str, type_: str) -> Reply:
        """Return what there is of ``type_`` at ``name``."""
        key = (name.lower().removesuffix("."), type_)
        if key not in self._known:
            if time.monotonic() > self._until:
                return Reply(seen.TIMEOUT)
            if len(self._known) >= self._limit:
                return Reply(TOO_MANY)
            self._known[key] = self._lookup.resolve(name, type_)
        return self._known[key]
