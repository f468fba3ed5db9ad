# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much time has passed since a run, whatever somebody did to the host's clock meanwhile.

Ages count what has passed, and never the difference of two dates. While the host stays up, a clock that nobody can set
tells it (CLOCK_BOOTTIME of clock_gettime(2), which goes on during suspend). Over a restart it is the date, within
bounds: at least the time since the restart, and at most a day more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# What a host may have been down for at most, as far as a date is believed.
DOWN_LIMIT = 86400


@dataclass(frozen=True)
class Moment:
    """A point in time: seconds since 1970 by the clock, the system's start by its id, and seconds since then."""

    wall: int
    boot: str
    uptime: int

    @property
    def shown(self) -> str:
        """The clock's time as people read it, in UTC."""
        return self.after(0)

    def after(self, seconds: int) -> str:
        """Return the time in so many seconds as people read it, in UTC."""
        try:
            return (datetime.fromtimestamp(self.wall, UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (OverflowError, ValueError, OSError):
            # A clock that is thousands of years off.
            return "unknown"


def present() -> Moment:
    """Return now."""
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        boot = ""
    return Moment(int(time.time()), boot, int(time.clock_gettime(time.CLOCK_BOOTTIME)))


def elapsed(before: Moment | None, now: Moment) -> int:
    """Return how many seconds have passed from ``before`` to ``now``, rather too few than too many."""
    if before is None:
        return 0
    if before.boot and before.boot == now.boot:
        return max(0, now.uptime - before.uptime)
    # A system whose start has no id may be the same as before, and its uptime may lie before ``before``.
    at_least = now.uptime if before.boot and now.boot else 0
    return at_least + min(max(0, now.wall - before.wall - at_least), DOWN_LIMIT)
