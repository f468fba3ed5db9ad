# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``dnsbl``: whether block lists have the addresses that mail comes from (RFC 5782)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from ..dns.names import reverse_name
from ..dns.reply import Lookup, Reply
from .findings import Findings
from .mail_hosts import senders
from .model import Check
from .replies import NAME_LIMIT, as_record, cut, failure, told
from .together import together
from .world import World

_ANSWERS = ipaddress.IPv4Network("127.0.0.0/8")
# How several lists say that they do not answer the one who asks.
_REFUSALS = ipaddress.IPv4Network("127.255.255.0/24")
# RFC 5782, section 5: no list may have this one; one that does has everything.
_NEVER_LISTED = "127.0.0.1"
_REASON_LIMIT = 300
_ANSWER_LIMIT = 10


@dataclass(frozen=True)
class _Listing:
    address: str
    zone: str
    listed: bool | None
    answers: tuple[str, ...] = ()
    reason: str | None = None

    def shown(self) -> dict[str, Any]:
        return {
            "address": self.address,
            "zone": self.zone,
            "listed": self.listed,
            "answers": list(self.answers),
            "reason": self.reason,
        }


def check_dnsbl(domain: str, world: World) -> Check:
    """Return whether ``world.blocklists`` have one of ``world.addresses``, and without any of those of the MX hosts.

    Fields: ``listings``: ``[{"address", "zone", "listed", "answers", "reason"}]``; ``listed`` ``None`` where the list
    did not say, ``reason`` its text.
    """
    findings = Findings()
    if not world.blocklists:
        findings.unknown("no block list is known; give dnsbl_zones")
        return findings.check("", listings=[])
    found = senders(domain, world)
    for text in found.missing:
        findings.unknown(text)
    public = [address for address in found.addresses if ipaddress.ip_address(address).is_global]
    for address in found.addresses:
        if address not in public:
            findings.info(f"{address} is no address of the internet; no list has such")
    if not public:
        findings.unknown("no address of the internet is known that mail comes from; give addresses")
    zones = [zone.lower().strip(".") for zone in world.blocklists]
    pairs = [(address, zone) for address in public for zone in zones]
    asked = together(lambda pair: _ask(*pair, world.lookup), pairs)
    findings.merge(one for _listing, one in asked)
    listings = [listing for listing, _findings in asked]
    record = as_record(f"{one.address} {one.zone} {' '.join(one.answers)}" for one in listings if one.listed)
    success = f"no block list of {len(zones)} has {', '.join(public)}"
    return findings.check(success, record, listings=[one.shown() for one in listings])


def _ask(address: str, zone: str, lookup: Lookup) -> tuple[_Listing, Findings]:
    findings = Findings()
    name = _name(address, zone)
    reply = lookup.resolve(name, "A")
    if reply.absent:
        return _Listing(address, zone, False), findings
    if reply.failed:
        findings.add(failure(reply), f"{zone}: {told(name, 'A', reply)}")
        return _Listing(address, zone, None), findings
    answers = tuple(cut(value, NAME_LIMIT) for value in reply.values[:_ANSWER_LIMIT])
    problem = _problem(zone, answers, lookup)
    if problem:
        findings.unknown(problem)
        return _Listing(address, zone, None, answers), findings
    texts: Reply = lookup.resolve(name, "TXT")
    reason = cut(texts.values[0], _REASON_LIMIT) if texts.found else None
    findings.error(f"{address} is on the block list {zone} ({', '.join(answers)}): {reason or 'no reason is given'}")
    return _Listing(address, zone, True, answers, reason), findings


def _problem(zone: str, answers: tuple[str, ...], lookup: Lookup) -> str:
    """Return why ``answers`` are no listing, empty where they are one."""
    if any(_within(answer, _REFUSALS) for answer in answers):
        return f"{zone} does not answer this resolver ({', '.join(answers)}); ask by a resolver of one's own"
    if not all(_within(answer, _ANSWERS) for answer in answers):
        return f"{zone} is no block list any more: it answers {', '.join(answers)}, which is not within {_ANSWERS}"
    if lookup.resolve(_name(_NEVER_LISTED, zone), "A").found:
        return f"{zone} is no block list any more: it has every address, {_NEVER_LISTED} too (RFC 5782)"
    return ""


def _name(address: str, zone: str) -> str:
    """RFC 5782, sections 2.1 and 2.4: the octets, or the nibbles, backwards before the list's name."""
    return f"{reverse_name(address).removesuffix('.in-addr.arpa').removesuffix('.ip6.arpa')}.{zone}"


def _within(answer: str, network: ipaddress.IPv4Network) -> bool:
    try:
        return ipaddress.IPv4Address(answer) in network
    except ValueError:
        return False
