# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider of check mode on a bare host."""

from __future__ import annotations

from .names import closest
from .zone import NotReached, RRsetChange, Zone


class Nothing:
    """What check mode sees where the name server is still to be set up: every mail domain is a zone, and empty."""

    def __init__(self, domains: set[str]) -> None:
        """Take the names of the mail domains for those of zones."""
        self._domains = domains

    def find(self, names: set[str]) -> dict[str, str]:
        """Return the domain that holds each of ``names``."""
        found = {name: closest(name, self._domains) for name in names}
        return {name: zone for name, zone in found.items() if zone is not None}

    def read(self, zone: str) -> Zone:
        """Return an empty zone."""
        return Zone(zone)

    def write(self, zone: Zone, changes: list[RRsetChange]) -> None:
        """Refuse: this is for check mode only."""
        raise NotReached(f"zone {zone.name} cannot be written: there is no server")
