# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of `dkim_rotation` ask for; nothing is read but the host's own name."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.addresses import parse_domain
from ...core.durations import parse_duration
from ...core.errors import Conflict, InvalidValue
from ..record import Tags, parse_notes
from ..selectors import parse_selector, record_name
from ..wanted import check_bits, check_path
from .model import Policy
from .names import host_prefix, parse_prefix
from .signing import check_text

_SPARES_LIMIT = 10
_MODE = re.compile(r"0?[0-7]{3}", re.ASCII)


@dataclass(frozen=True)
class WantedRotation:
    """One domain: what its selectors are to aim at, and the TTL to publish its records with (``None``: the zone's)."""

    domain: str
    policy: Policy
    ttl: int | None


@dataclass(frozen=True)
class Wanted:
    """All that is asked for."""

    key_dir: str
    ledger: str
    signing_file: str
    signing_file_mode: int
    signing_read: str | None
    prefix: str
    scheme: str
    tags: Tags
    domains: tuple[WantedRotation, ...]
    resolvers: tuple[str, ...]
    servers: tuple[str, ...]
    port: int
    timeout: int


def wanted_rotation(params: Mapping[str, Any]) -> Wanted:
    """Return what ``params`` ask for.

    Raises:
        InvalidValue, Conflict: an option is wrong; the message names it.
    """
    prefix, read = params["selector_prefix"], params["signing_read"]
    domains: dict[str, WantedRotation] = {}
    for entry in params["domains"]:
        one = _domain({**params, **{name: value for name, value in entry.items() if value is not None}})
        if one.domain in domains:
            raise InvalidValue("domains", one.domain, "is named twice", "name each domain once")
        domains[one.domain] = one
    return Wanted(
        key_dir=check_text("key_dir", check_path("key_dir", params["key_dir"])),
        ledger=check_path("ledger", params["ledger"]),
        signing_file=check_text("signing_file", check_path("signing_file", params["signing_file"])),
        signing_file_mode=_mode(params["signing_file_mode"]),
        signing_read=None if read is None else check_path("signing_read", read),
        prefix=host_prefix(socket.gethostname()) if prefix is None else parse_prefix(prefix),
        scheme=params["selector_scheme"],
        tags=Tags(
            tuple(sorted(set(params["flags"]), reverse=True)),
            tuple(sorted(set(params["hash_algorithms"]))),
            tuple(sorted(set(params["service_types"]))),
            parse_notes(params["notes"]),
        ),
        domains=tuple(domains.values()),
        resolvers=tuple(_address("resolvers", value) for value in params["resolvers"]),
        servers=tuple(dict.fromkeys(_address("servers", value) for value in params["servers"])),
        port=_within("port", params["port"], 1, 65535),
        timeout=_within("timeout", params["timeout"], 1, 60),
    )


def _domain(given: Mapping[str, Any]) -> WantedRotation:
    domain = parse_domain(given["name"])
    # No name that is given later may be too long for it.
    record_name(domain, "x" * 20)
    present = given["state"] == "present"
    if present and not given["algorithms"]:
        raise InvalidValue("algorithms", "", "is empty", "name one, or take the domain away with state: absent")
    bits = check_bits(given["bits"], allow_weak=False)
    policy = Policy(
        algorithms={name: bits if name == "rsa" else None for name in given["algorithms"]} if present else {},
        interval=parse_duration(given["interval"], "interval"),
        overlap=parse_duration(given["overlap"], "overlap"),
        revoked=parse_duration(given["revoked"], "revoked"),
        spares=_within("spares", given["spares"], 0, _SPARES_LIMIT),
        rotate_now=given["rotate_now"],
        switch_to=None if given.get("switch_to") is None else parse_selector(given["switch_to"]),
        revoke=tuple(parse_selector(value) for value in given.get("revoke") or ()),
    )
    if policy.switch_to is not None and policy.rotate_now:
        raise Conflict(f"{domain}: rotate_now takes the next key and switch_to a certain one; give only one of them")
    ttl = given["ttl"]
    return WantedRotation(domain, policy, None if ttl is None else _within("ttl", ttl, 1, 2**31 - 1))


def _within(option: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise InvalidValue(option, value, "is out of range", f"give {low} to {high}")
    return value


def _address(option: str, value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError as error:
        raise InvalidValue(option, value, "is no IP address", "give addresses such as 192.0.2.53") from error


def _mode(value: str) -> int:
    if not _MODE.fullmatch(value):
        raise InvalidValue("signing_file_mode", value, "is no mode", 'give octal digits in quotes, such as "0644"')
    return int(value, 8)
