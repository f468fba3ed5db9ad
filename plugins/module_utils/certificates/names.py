# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names a certificate is for: host names, wildcards and IP addresses (subjectAltName, RFC 5280, section 4.2.1.6).

Names are written as openssl shows them: ``DNS:mx1.example.net``, ``DNS:*.example.net``, ``IP:192.0.2.1``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ..core.addresses import parse_domain
from ..core.errors import InvalidValue

# A host of a private network may have a name of one label; it is checked as if it stood below this one.
_ABOVE = "invalid"


def parse_host(value: str, subject: str = "name") -> str:
    """Return the host name ``value`` in lower-case A-labels; one label alone is taken too.

    Raises:
        InvalidValue: it is no host name.
    """
    if isinstance(value, str) and value and "." not in value:
        return parse_domain(f"{value}.{_ABOVE}", subject)[: -len(_ABOVE) - 1]
    return parse_domain(value, subject)


def parse_names(name: str, alt_names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of a certificate for host ``name``: it first, then ``alt_names`` sorted, each once.

    Raises:
        InvalidValue: a name is neither a host name nor a wildcard nor an IP address, or an address with a zone.
    """
    first = f"DNS:{parse_host(name)}"
    others = {_parse_alt_name(value) for value in alt_names}
    return (first, *sorted(others - {first}))


def covers(names: Iterable[str], wanted: str) -> bool:
    """Return whether a certificate for ``names`` is good for ``wanted`` (RFC 6125, section 6.4.3)."""
    held = set(names)
    if wanted in held:
        return True
    kind, _colon, host = wanted.partition(":")
    _label, dot, above = host.partition(".")
    return kind == "DNS" and bool(dot) and f"DNS:*.{above}" in held


def _parse_alt_name(value: str) -> str:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        pass
    else:
        # A certificate holds the bytes of an address alone (RFC 5280, section 4.2.1.6), so it would never be for this.
        if getattr(address, "scope_id", None) is not None:
            raise InvalidValue("alt_names", value, "has a zone, which no certificate can name", "give it without the %")
        return f"IP:{address}"
    if isinstance(value, str) and value.startswith("*."):
        host = parse_host(value[2:], "alt_names")
        if "." not in host:
            raise InvalidValue(
                "alt_names", value, "is a wildcard of a whole top-level domain", "give one such as *.example.net"
            )
        return f"DNS:*.{host}"
    return f"DNS:{parse_host(value, 'alt_names')}"
