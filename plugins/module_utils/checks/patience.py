# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Not waiting for a domain's name servers over and over: a check may ask a dozen questions, one after the other."""

from __future__ import annotations

import threading

from ..dns import seen
from ..dns.names import is_within
from ..dns.reply import Lookup, Reply

# So many questions have to time out, and none to be answered, before no more are asked.
_LIMIT = 3


class Patience:
    """A `Lookup` that takes the servers of ``domain`` for silent once nothing but time-outs came of them."""

    def __init__(self, lookup: Lookup, domain: str) -> None:
        self._lookup, self._domain = lookup, domain
        self._lock = threading.Lock()
        self._silent, self._answered = 0, False

    def resolve(self, name: str, type_: str) -> Reply:
        """Return what the lookup says, or for a name of a silent domain at once that time is over."""
        if not is_within(name.lower().removesuffix("."), self._domain):
            return self._lookup.resolve(name, type_)
        with self._lock:
            if self._silent >= _LIMIT and not self._answered:
                return Reply(seen.TIMEOUT)
        reply = self._lookup.resolve(name, type_)
        with self._lock:
            if reply.outcome == seen.TIMEOUT:
                self._silent += 1
            else:
                self._answered = True
        return reply
