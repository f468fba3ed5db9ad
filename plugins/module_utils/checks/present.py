# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mail servers present after STARTTLS, with what the checks want to know of it."""

from __future__ import annotations

import hashlib
import time

from ..dns.reply import Lookup
from ..probe.certificate import read_certificate
from ..probe.presented import Chain, NoTls, NotReached, starttls_chain
from .tlsa import spki
from .where import where
from .world import Presented


class Presenter:
    """Asks mail servers at the addresses that ``lookup`` knows."""

    def __init__(self, lookup: Lookup, timeout: float, until: float) -> None:
        """``timeout``, in seconds, is for one server in all, and ``until`` (of time.monotonic) for all of them."""
        self._lookup, self._timeout, self._until = lookup, timeout, until

    def present(self, host: str, port: int) -> Presented:
        """Return what ``host`` presents at the first of its addresses that can be reached, or why nothing."""
        found = where(self._lookup, host)
        if found.problem:
            return Presented(problem=found.problem, reached=found.known)
        until = min(self._until, time.monotonic() + self._timeout)
        problem = f"there was no time left to ask {host}"
        for number, address in enumerate(found.addresses):
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                return _described(starttls_chain(address, port, host, left / (len(found.addresses) - number)))
            except NotReached as error:
                problem = str(error)
            except NoTls as error:
                return Presented(problem=str(error))
        return Presented(problem=problem, reached=False)


def _described(chain: Chain) -> Presented:
    own = chain.certificates[0]
    try:
        key = hashlib.sha256(spki(own)).hexdigest()
    except ValueError:
        key = ""
    return Presented(
        chain.certificates,
        read_certificate(own, "", trusted=True, name_matches=True, problem="").names,
        key,
        hashlib.sha256(own).hexdigest(),
        whole=chain.whole,
    )
