# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF as a receiver applies it: ``check_host()`` of RFC 7208, section 4."""

from __future__ import annotations

import ipaddress
from typing import Any

from ..core.addresses import parse_domain
from ..core.errors import InvalidValue
from ..dns.dnspython_lookup import DnspythonLookup
from ..dns.reply import Lookup
from ..dns.resolver import Resolver
from .spf_evaluate import Evaluation, Identity, IPAddress
from .spf_result import FAIL, NEUTRAL, NONE, PASS, PERMERROR, SOFTFAIL, TEMPERROR, SpfResult

__all__ = [
    "FAIL",
    "NEUTRAL",
    "NONE",
    "PASS",
    "PERMERROR",
    "SOFTFAIL",
    "TEMPERROR",
    "SpfResult",
    "check_host",
    "parse_ip",
]

# Section 4.6.4 wants at least so much, in seconds.
TIMEOUT = 20.0
# Longer than any part of a name or an address may be; macros take no more of what a stranger sends.
_PART_LIMIT = 255


def check_host(
    ip: str | IPAddress,
    domain: str,
    sender: str,
    helo: str = "",
    resolver: Lookup | Any = None,
    *,
    receiver: str = "unknown",
    timeout: float = TIMEOUT,
) -> SpfResult:
    """Return whether the client ``ip`` may send mail of ``domain``.

    ``sender`` is the address in MAIL FROM, or where that is empty the name in HELO; without a local part it is
    ``postmaster`` (section 4.3). ``helo`` is the name in HELO and ``receiver`` that of the host that judges; only
    macros ask for both. ``resolver`` is a `Lookup`, or a resolver of dnspython's, and without one the system's
    resolvers are asked. ``timeout`` is for the whole, in seconds; when it is over, the result is temperror.

    Raises:
        InvalidValue: ``ip`` is no IP address.
        Unavailable: dnspython is needed and not installed, or the system has no resolver.
    """
    local_part, _at, sender_domain = sender.rpartition("@")
    name = _a_labels(domain)
    identity = Identity(
        parse_ip(ip),
        local_part[-_PART_LIMIT:] or "postmaster",
        _a_labels(sender_domain)[-_PART_LIMIT:] or name,
        _a_labels(helo)[-_PART_LIMIT:],
        receiver,
    )
    lookup = Resolver() if resolver is None else DnspythonLookup(resolver)
    return Evaluation(identity, lookup, timeout).result(name)


def parse_ip(ip: str | IPAddress, subject: str = "ip") -> IPAddress:
    """Return the address ``ip`` as SPF takes it: an IPv4 address that is mapped into IPv6 is IPv4 (section 5).

    Raises:
        InvalidValue: it is none.
    """
    try:
        address = ipaddress.ip_address(str(ip).strip().partition("%")[0])
    except ValueError:
        raise InvalidValue(subject, str(ip), "is no IP address", "give one such as 192.0.2.1 or 2001:db8::1") from None
    return getattr(address, "ipv4_mapped", None) or address


def _a_labels(domain: str) -> str:
    """Return ``domain`` without its last dot and as A-labels (RFC 8616, section 4); as it is where it has none."""
    name = domain.removesuffix(".")
    if name.isascii():
        return name
    try:
        return parse_domain(name)
    except InvalidValue:
        return name
