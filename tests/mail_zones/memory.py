# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones in memory, behind the same interface as a real server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.dns.names import closest
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zone import Content, Key, RRset, RRsetChange, Zone

Line = tuple[str, str, int, str]


class MemoryProvider:
    """Serves ``zones``: for each its lines ``(name, type, ttl, content)``. Counts what it is asked."""

    def __init__(self, zones: dict[str, Iterable[Line]], signed: bool | None = True) -> None:
        self.zones: dict[str, dict[Key, RRset]] = {name: _rrsets(lines) for name, lines in zones.items()}
        self.signed = signed
        self.reads: list[str] = []
        self.writes: list[str] = []

    def find(self, names: set[str]) -> dict[str, str]:
        found = {name: closest(name, self.zones) for name in names}
        return {name: zone for name, zone in found.items() if zone}

    def read(self, zone: str) -> Zone:
        self.reads.append(zone)
        return Zone(zone, self.signed, dict(self.zones[zone]))

    def write(self, zone: Zone, changes: list[RRsetChange]) -> None:
        self.writes.append(zone.name)
        for change in changes:
            assert self.zones[zone.name].get((change.name, change.type)) == change.before
            self.zones[zone.name].pop((change.name, change.type), None)
            if change.after:
                self.zones[zone.name][change.name, change.type] = change.after

    def lines(self) -> set[Line]:
        """Return all data of all zones."""
        return set(self._lines())

    def _lines(self) -> Iterator[Line]:
        for rrsets in self.zones.values():
            for (name, type_), rrset in rrsets.items():
                for content in rrset.contents:
                    yield name, type_, rrset.ttl, content.raw


def _rrsets(lines: Iterable[Line]) -> dict[Key, RRset]:
    result: dict[Key, RRset] = {}
    for name, type_, ttl, content in lines:
        held: Any = result.get((name, type_), RRset(ttl, ()))
        result[name, type_] = RRset(held.ttl, (*held.contents, Content.found(type_, content)))
    return result
