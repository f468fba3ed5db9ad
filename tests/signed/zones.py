# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones as PowerDNS's own program tells and changes them."""

from __future__ import annotations

from behaviour.bed import Host


def renew(server: Host, zone: str) -> None:
    """Have the name server show what its program has changed behind its back."""
    server.run(f"pdnsutil rectify-zone {zone} && pdns_control purge '{zone}$'")


def zone(server: Host, name: str) -> list[list[str]]:
    """Return the records of a zone: name, TTL, class, type and value."""
    lines = server.run(f"pdnsutil list-zone {name}").splitlines()
    return [line.split("\t") for line in lines if line.count("\t") == 4]
