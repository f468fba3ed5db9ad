# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode takes for zones that are still to be made."""

from __future__ import annotations

from .names import closest
from .zone import NotReached, Provider, RRsetChange, Zone


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


class WithNewZones:
    """What check mode sees where a server has not all mail domains: those that it has not are zones, and empty.

    ``new`` has their names, once they were looked for.
    """

    def __init__(self, provider: Provider, domains: set[str]) -> None:
        """Take those of ``domains`` that ``provider`` does not have for new zones."""
        self._provider = provider
        self._nothing = Nothing(domains)
        self.new: set[str] = set()

    def find(self, names: set[str]) -> dict[str, str]:
        """Return the zone that holds each of ``names``."""
        found = self._provider.find(names)
        made = self._nothing.find(names - found.keys())
        self.new |= {*made.values()}
        return {**made, **found}

    def read(self, zone: str) -> Zone:
        """Return the zone, an empty one where it is still to be made."""
        return self._nothing.read(zone) if zone in self.new else self._provider.read(zone)

    def write(self, zone: Zone, changes: list[RRsetChange]) -> None:
        """Refuse: this is for check mode only."""
        self._nothing.write(zone, changes)
