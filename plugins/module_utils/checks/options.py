# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user asks `dns_check` for: from module options to typed values, each checked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.addresses import parse_domain
from ..core.errors import InvalidValue
from ..dns.names import parse_name
from ..dns.values import parse_value

Key = tuple[str, str]

# RFC 6376, section 3.1: a selector may have several labels.
_SELECTOR = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*", re.ASCII)
_LONGEST_SELECTOR = 200
# Hosts that several domains share have these; all else belongs to the domain whose name it has.
_OF_HOSTS = ("A", "AAAA", "PTR", "TLSA")
_LONGEST_BUDGET = 3600


@dataclass(frozen=True)
class Request:
    """All that a call asks for. ``expected`` are values by name and type; ``timeout`` and ``budget`` are in seconds."""

    domains: tuple[str, ...]
    checks: tuple[str, ...]
    expected: Mapping[Key, tuple[str, ...]]
    selectors: tuple[str, ...]
    addresses: tuple[str, ...]
    blocklists: tuple[str, ...]
    resolvers: tuple[str, ...]
    port: int
    timeout: int
    budget: int
    fail_on: str
    ca_path: str | None
    _by_domain: dict[str, dict[Key, tuple[str, ...]]] = field(default_factory=dict, repr=False)
    _of_hosts: dict[Key, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def expected_of(self, domain: str) -> Mapping[Key, tuple[str, ...]]:
        """Return what is expected of ``domain`` and of all hosts; what other domains have would only be searched."""
        return {**self._of_hosts, **self._by_domain.get(domain, {})}


def parse_request(params: Mapping[str, Any]) -> Request:
    """Return what the options of `dns_check` ask for.

    Raises:
        InvalidValue: a value cannot be taken.
    """
    domains = _once(parse_domain(value, "domains") for value in params["domains"])
    if not domains:
        raise InvalidValue("domains", [], "is empty", "name at least one domain")
    checks = _once(params["checks"])
    if not checks:
        raise InvalidValue("checks", [], "is empty", "name at least one check, or leave it out for all but dnsbl")
    blocklists = _once(parse_domain(value, "dnsbl_zones") for value in params["dnsbl_zones"])
    if "dnsbl" in checks and not blocklists:
        raise InvalidValue(
            "dnsbl_zones", [], "is empty", "name the lists that the check dnsbl is to ask, such as zen.spamhaus.org"
        )
    expected = _expected(params["records"])
    by_domain: dict[str, dict[Key, tuple[str, ...]]] = {domain: {} for domain in domains}
    for key, values in expected.items():
        for domain in _above(key[0]):
            if domain in by_domain:
                by_domain[domain][key] = values
    return Request(
        domains,
        checks,
        expected,
        _once(_selector(value) for value in params["dkim_selectors"]),
        _once(_address(value) for value in params["addresses"]),
        blocklists,
        tuple(params["resolvers"]),
        _number("port", params["port"], 65535),
        _number("timeout", params["timeout"], _LONGEST_BUDGET),
        _number("budget", params["budget"], _LONGEST_BUDGET),
        params["fail_on"],
        params["ca_path"],
        by_domain,
        {key: values for key, values in expected.items() if key[1] in _OF_HOSTS},
    )


def _expected(records: Iterable[Mapping[str, Any]]) -> dict[Key, tuple[str, ...]]:
    found: dict[Key, dict[str, None]] = {}
    for record in records:
        name = parse_name(record["name"], "name in records")
        value = parse_value(record["type"], record["value"], f"{record['type']} {name} in records")
        found.setdefault((name, record["type"]), {})[value] = None
    return {key: tuple(values) for key, values in found.items()}


def _above(name: str) -> list[str]:
    """Return ``name`` and all names above it."""
    labels = name.split(".")
    return [".".join(labels[number:]) for number in range(len(labels))]


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _selector(value: str) -> str:
    selector = value.lower()
    if not _SELECTOR.fullmatch(selector) or len(selector) > _LONGEST_SELECTOR:
        raise InvalidValue("dkim_selectors", value, "is no selector", "give what stands before ._domainkey, as s2026a")
    return selector


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise InvalidValue("addresses", value, "is no IP address", "give one such as 192.0.2.1") from None


def _number(name: str, value: int, most: int) -> int:
    if not 1 <= value <= most:
        raise InvalidValue(name, value, "is out of range", f"give a number from 1 to {most}")
    return value
