# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misbehaviour on demand."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class Fault:
    """What happens to requests for an endpoint instead of their answer.

    ``how`` is ``status`` (with ``status`` and ``headers``, and ``body`` or our own), ``body`` (``body`` with 200),
    ``half`` (an answer that ends in its middle), ``drip`` (one that never ends), ``die`` (the connection is closed),
    ``wait`` (no answer for ``seconds``), or ``echo`` (the server shows the request's header in its error). ``times``:
    that often, 0 for always. ``done``: what was asked for is done nevertheless.
    """

    how: str
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 30
    times: int = 0
    done: bool = False


class Faults:
    """The faults by endpoint, ``""`` for all."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._lock = threading.Lock()
        # Set at the end, so that nobody waits any longer.
        self.over = threading.Event()

    def put(self, endpoint: str, fault: Fault) -> None:
        """Have ``endpoint`` misbehave."""
        with self._lock:
            self._faults[endpoint] = fault

    def clear(self) -> None:
        """Behave well again."""
        with self._lock:
            self._faults.clear()

    def take(self, endpoint: str) -> Fault | None:
        """Return what happens to this request."""
        with self._lock:
            for name in (endpoint, ""):
                fault = self._faults.get(name)
                if fault:
                    fault.times -= 1
                    if fault.times == 0:
                        del self._faults[name]
                    return fault
        return None
