# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF records (RFC 7208): their terms, the limit of lookups, and ours merged into somebody else's."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence

from ..core.errors import Conflict, InvalidValue
from .names import parse_name

TAG = "v=spf1"
# RFC 7208, section 4.6.4: more terms that ask the DNS are an error to every receiver.
LOOKUP_LIMIT = 10
ALLS = ("-all", "~all", "?all")
_LOOKUPS = ("include", "a", "mx", "ptr", "exists", "redirect")
_TERM = re.compile(r"[+?~-]?([a-z][a-z0-9_.-]*)(.*)", re.IGNORECASE | re.ASCII)
_MECHANISMS = ("include", "a", "mx", "ptr", "exists", "ip4", "ip6")


def parse_term(value: str, subject: str) -> str:
    """Return the mechanism ``value`` in the form in which it is compared.

    Raises:
        InvalidValue: it is none of RFC 7208, section 5, or has an address or name that is none.
    """
    right = "give a mechanism such as ip4:192.0.2.0/24 or include:spf.example.net"
    if not isinstance(value, str) or not value.isascii() or any(not "!" <= one <= "~" for one in value):
        raise InvalidValue(subject, value, "is no single word", right)
    match = _TERM.fullmatch(value)
    if match is None or match[1].lower() not in _MECHANISMS:
        raise InvalidValue(subject, value, "is no mechanism of SPF that sets who may send", right)
    term = normal(value)
    name, _colon, rest = term.lstrip("+?~-").partition(":")
    if name in ("ip4", "ip6"):
        try:
            network = ipaddress.ip_network(rest, strict=False)
        except ValueError:
            raise InvalidValue(subject, value, "has no IP address or network", right) from None
        if network.version != int(name[2]):
            raise InvalidValue(subject, value, f"has an address of IPv{network.version}", right)
    elif name in ("include", "exists") and "%" not in rest:
        parse_name(rest, subject)
    return term


def normal(term: str) -> str:
    """Return ``term`` as it is compared: lower case, without ``+``, whole addresses without their length."""
    text = term.lower().removeprefix("+")
    if text.startswith("ip4:"):
        return text.removesuffix("/32")
    if text.startswith("ip6:"):
        address, slash, length = text[4:].removesuffix("/128").partition("/")
        try:
            return f"ip6:{ipaddress.IPv6Address(address)}{slash}{length}"
        except ValueError:
            return text
    return text


def address_term(address: str) -> str:
    """Return the mechanism for an IP address."""
    return f"ip{ipaddress.ip_address(address).version}:{address}"


def terms_of(record: str) -> list[str]:
    """Return the terms of an SPF record behind its version, as they are written."""
    return record.split()[1:]


def is_last(term: str) -> bool:
    """Whether nothing of ours may stand behind ``term``: what follows ``all`` is never read."""
    return normal(term).lstrip("?~-") == "all" or term.lower().startswith("redirect=")


def check_lookups(name: str, terms: Iterable[str]) -> None:
    """Count the terms that make a receiver ask the DNS. What an include asks itself is not counted here.

    Raises:
        Conflict: they are more than ten.
    """
    asking = [term for term in terms if _asks(term)]
    if len(asking) > LOOKUP_LIMIT:
        raise Conflict(
            f"the SPF record of {name} would need {len(asking)} DNS lookups, and receivers refuse more than "
            f"{LOOKUP_LIMIT} (RFC 7208, section 4.6.4): {' '.join(asking)}; take terms out, or give "
            "addresses (ip4, ip6)"
        )


def merged(found: Sequence[str], drop: Iterable[str], add: Iterable[str]) -> list[str]:
    """Return the terms ``found`` without those of ``drop`` and with what is missing of ``add`` ahead of the last one.

    ``drop`` and ``add`` are in normal form. The order of what was there stays.
    """
    gone = set(drop)
    result = [term for term in found if normal(term) not in gone]
    present = {normal(term) for term in result}
    missing = [term for term in dict.fromkeys(add) if term not in present]
    place = next((number for number, term in enumerate(result) if is_last(term)), len(result))
    return result[:place] + missing + result[place:]


def _asks(term: str) -> bool:
    match = _TERM.fullmatch(term)
    return match is not None and match[1].lower() in _LOOKUPS
