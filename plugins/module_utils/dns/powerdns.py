# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones in PowerDNS's authoritative server, by its HTTP API."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.errors import Conflict
from .names import closest
from .powerdns_api import PRIMARY_KINDS, SECONDARY_KINDS, PowerDnsApi, field, patch, read_rrsets
from .zone import Key, RRsetChange, Zone


@dataclass(frozen=True)
class _Handle:
    """The server's own name of a zone, and the contents in it that are switched off and answered to nobody."""

    id: str
    disabled: dict[Key, list[str]]
    primary: bool


class PowerDns:
    """The zones of one server. The list of zones is asked for once, each zone once, and written once."""

    def __init__(self, url: str, key: str, server_id: str = "localhost", timeout: float = 10) -> None:
        """Name the server; nothing is connected yet.

        Raises:
            InvalidValue: ``url`` is none.
        """
        self._api = PowerDnsApi(url, key, server_id, timeout)
        self._ids: dict[str, str] | None = None

    def find(self, names: set[str]) -> dict[str, str]:
        """Return the zone of each of ``names`` that the server has.

        Raises:
            MailwrightError: as `PowerDnsApi.ask`.
        """
        if self._ids is None:
            self._ids = self._api.zone_ids()
        found = {name: closest(name, self._ids) for name in names}
        return {name: zone for name, zone in found.items() if zone is not None}

    def read(self, zone: str) -> Zone:
        """Return the data of ``zone``.

        Raises:
            Conflict: the server is only a secondary of it.
            MailwrightError: as `PowerDnsApi.ask`.
        """
        ids = self._ids or {}
        document = self._api.ask_zone("GET", ids.get(zone, f"{zone}."), f"zone {zone}")
        kind = str(field(document, "kind"))
        if kind.lower() in SECONDARY_KINDS:
            raise Conflict(
                f"zone {zone}: this server is only a {kind} of it; run the module on the zone's primary server"
            )
        rrsets, disabled = read_rrsets(document)
        handle = _Handle(str(field(document, "id")), disabled, kind.lower() in PRIMARY_KINDS)
        return Zone(zone, bool(document.get("dnssec")), rrsets, handle)

    def write(self, zone: Zone, changes: list[RRsetChange]) -> None:
        """Make all ``changes``, in one request; the server takes all of them or none. Then secondaries are told.

        Raises:
            MailwrightError: as `PowerDnsApi.ask`.
        """
        handle: _Handle = zone.handle
        patches = [patch(change, handle.disabled.get((change.name, change.type), ())) for change in changes]
        self._api.ask_zone("PATCH", handle.id, f"zone {zone.name}", {"rrsets": patches})
        if handle.primary:
            self._api.notify(handle.id)
