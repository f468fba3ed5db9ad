# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking every authoritative name server for records of one type.

Addresses are asked side by side, the questions to one of them one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ..core.deps import need
from . import seen
from .exchange import Failed, exchange, system_resolvers
from .names import is_within
from .seen import Answer, Seen

# So many addresses are asked at the same time.
_SIDE_BY_SIDE = 16
# An address that took so long for all of its questions is asked no more (seconds, times the time-out of one).
_PATIENCE = 12
# RFC 2308, section 5: more than a few hours are not remembered; a server's wrong SOA must not hold us up for years.
_NEGATIVE_LIMIT = 86400


@dataclass(frozen=True)
class _Zone:
    """Who has authority for a record: ``servers`` are pairs of name and address; ``problem`` if that is not known."""

    servers: tuple[tuple[str, str], ...] = ()
    negative_ttl: int = 0
    problem: str = ""


@dataclass
class _Address:
    """What is asked of one address, and whether it still answers."""

    questions: list[str] = field(default_factory=list)
    dead: str = ""


class NameServers:
    """The authoritative servers of any zones, found through resolvers or given."""

    def __init__(
        self,
        resolvers: Sequence[str] = (),
        servers: Sequence[str] = (),
        port: int = 53,
        timeout: float = 5.0,
        type_: str = "TXT",
    ) -> None:
        """Name whom to ask; all are IP addresses, and without ``resolvers`` the system's are taken.

        ``servers`` are the authoritative ones where they are not to be looked up. ``timeout`` is for one question over
        one transport, in seconds. ``type_`` is ``TXT``, of which a name is to have the one record alone, or ``TLSA``,
        of which others may stand beside it.
        """
        self._resolvers, self._servers, self._port, self._timeout = list(resolvers), list(servers), port, timeout
        self._type = type_

    def ask(self, wanted: Mapping[str, str]) -> dict[str, Seen]:
        """Return what is seen of each record of ``wanted`` (name: value, TXT unquoted, TLSA in lower case).

        A server that fails is an answer, too. Names without a known server have a ``problem``.

        Raises:
            Unavailable: the library is not installed.
        """
        need("dns.resolver")
        if not wanted:
            return {}
        # Records with one parent are in one zone, unless somebody makes a zone of a single record.
        parents = sorted({name.partition(".")[2] for name in wanted})
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            zones = dict(zip(parents, pool.map(self._zone, parents), strict=True))
            addresses: dict[str, _Address] = {}
            for name in wanted:
                for _server, address in zones[name.partition(".")[2]].servers:
                    addresses.setdefault(address, _Address()).questions.append(name)
            told = dict(
                zip(
                    addresses,
                    pool.map(lambda one: self._ask_address(one[0], one[1], wanted), addresses.items()),
                    strict=True,
                )
            )
        found = {}
        for name in wanted:
            zone = zones[name.partition(".")[2]]
            answers = []
            for server, address in zone.servers:
                verdict, ttl = told[address][name]
                answers.append(Answer(server, address, verdict, ttl))
            found[name] = Seen(tuple(answers), zone.negative_ttl, zone.problem)
        return found

    def _ask_address(self, address: str, one: _Address, wanted: Mapping[str, str]) -> dict[str, tuple[str, int]]:
        until = time.monotonic() + _PATIENCE * self._timeout
        found = {}
        for name in one.questions:
            if not one.dead and time.monotonic() > until:
                one.dead = seen.TIMEOUT
            if one.dead:
                found[name] = (one.dead, 0)
                continue
            found[name] = self._ask_one(address, name, wanted[name])
            if found[name][0] in (seen.TIMEOUT, seen.UNREACHABLE, seen.NO_ROUTE):
                # What does not answer once would cost as much for each of a hundred domains.
                one.dead = found[name][0]
        return found

    def _ask_one(self, address: str, name: str, value: str) -> tuple[str, int]:
        """Return the verdict on one record, and the TTL that `Answer` has."""
        try:
            answer = self._exchange(address, name, self._type, recursive=False)
        except Failed as failure:
            return failure.verdict, 0
        rcode = need("dns.rcode").to_text(answer.rcode())
        if rcode not in ("NOERROR", "NXDOMAIN"):
            return rcode, 0
        if not answer.flags & need("dns.flags").AA:
            return seen.NOT_AUTHORITATIVE, 0
        if rcode == "NXDOMAIN":
            return seen.NXDOMAIN, 0
        if not answer.answer:
            return seen.NO_DATA, 0
        types, owner = need("dns.rdatatype"), need("dns.name").from_text(f"{name}.")
        ttl = max(rrset.ttl for rrset in answer.answer)
        rrsets = [
            rrset
            for rrset in answer.answer
            if rrset.rdtype == types.from_text(self._type) and (rrset.name == owner or self._type == "TLSA")
        ]
        if self._type == "TLSA":
            # RFC 7671, section 8.1: keys to come stand beside those in use. An alias is followed (section 7).
            values = [_tlsa(rdata) for rrset in rrsets for rdata in rrset]
            return (seen.RIGHT if value in values else seen.OTHER), ttl
        texts = [b"".join(rdata.strings) for rrset in rrsets for rdata in rrset]
        # A second record makes the key a matter of luck (RFC 6376, section 3.6.2.2).
        return (seen.RIGHT, 0) if texts == [value.encode()] else (seen.OTHER, ttl)

    def _zone(self, name: str) -> _Zone:
        """Return who has authority for the records below ``name``."""
        resolvers = self._resolvers or system_resolvers()
        try:
            if self._servers:
                _owner, negative_ttl = self._soa(self._servers, name, recursive=False)
                return _Zone(tuple((address, address) for address in self._servers), negative_ttl)
            owner, negative_ttl = self._soa(resolvers, name, recursive=True)
            names = [str(rdata.target).lower() for rdata in self._look_up(resolvers, f"{owner}.", "NS")]
            servers: list[tuple[str, str]] = []
            for server in sorted(set(names)):
                # A server without an address that can be found would be passed over, and it may be the one that lags.
                addresses = [
                    str(rdata.address) for type_ in ("A", "AAAA") for rdata in self._look_up(resolvers, server, type_)
                ]
                if not addresses:
                    raise Failed(seen.NO_DATA, f"the name server {server} of zone {owner} has no address")
                servers += [(server.removesuffix("."), address) for address in addresses]
            if not servers:
                raise Failed(seen.NO_DATA, f"zone {owner} has no name servers")
            return _Zone(tuple(servers), negative_ttl)
        except Failed as failure:
            if self._servers:
                # They are asked all the same: each of them then says itself what is wrong.
                return _Zone(tuple((address, address) for address in self._servers))
            return _Zone(problem=f"the name servers of {name} cannot be found: {failure}")

    def _soa(self, servers: Iterable[str], name: str, *, recursive: bool) -> tuple[str, int]:
        """Return the zone of ``name`` and how long it lets resolvers remember that a record is not there."""
        answer = self._first(servers, name, "SOA", recursive=recursive)
        soa = need("dns.rdatatype").SOA
        for rrset in (*answer.answer, *answer.authority):
            owner = str(rrset.name).lower().removesuffix(".")
            if rrset.rdtype == soa and is_within(name, owner):
                # A resolver's own TTL has run down already, and so the field alone counts.
                return owner, min(rrset[0].minimum, _NEGATIVE_LIMIT)
        rcode = need("dns.rcode").to_text(answer.rcode())
        raise Failed(rcode, f"there is no SOA record for {name} ({rcode})")

    def _look_up(self, resolvers: Iterable[str], name: str, type_: str) -> list[Any]:
        answer = self._first(resolvers, name, type_, recursive=True)
        rcode = need("dns.rcode").to_text(answer.rcode())
        if rcode not in ("NOERROR", "NXDOMAIN"):
            raise Failed(rcode, f"{name} {type_}: the resolver answers {rcode}")
        wanted = need("dns.rdatatype").from_text(type_)
        return [rdata for rrset in answer.answer if rrset.rdtype == wanted for rdata in rrset]

    def _first(self, servers: Iterable[str], name: str, type_: str, *, recursive: bool) -> Any:
        """Return the first answer that is one."""
        failure = Failed(seen.UNREACHABLE, "there is no resolver; give resolvers")
        answer = None
        for server in servers:
            try:
                answer = self._exchange(server, name, type_, recursive=recursive)
            except Failed as error:
                failure = Failed(error.verdict, f"{name} {type_}: {server}: {error.verdict}")
                continue
            if need("dns.rcode").to_text(answer.rcode()) in ("NOERROR", "NXDOMAIN"):
                return answer
        if answer is None:
            raise failure
        return answer

    def _exchange(self, address: str, name: str, type_: str, *, recursive: bool) -> Any:
        """Return the answer of ``address``.

        Raises:
            Failed: there is none, or none that can be read.
        """
        return exchange(address, name, type_, port=self._port, timeout=self._timeout, recursive=recursive)


def _tlsa(rdata: Any) -> str:
    """Return a TLSA record's value as we write it: ``3 1 1`` and the hash in lower-case hexadecimal."""
    return f"{rdata.usage} {rdata.selector} {rdata.mtype} {rdata.cert.hex()}"
