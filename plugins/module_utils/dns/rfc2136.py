# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones of any server that takes dynamic updates (RFC 2136) and zone transfers (RFC 5936), both signed (RFC 8945)."""

from __future__ import annotations

import base64
import binascii
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..core.deps import need
from ..core.errors import Conflict, Unavailable
from .names import is_within
from .zone import Content, Key, NotReached, RRset, RRsetChange, Zone

# A zone that was read says what its data is; if one of these comes back, it is no longer so (RFC 2136, section 3.2.5).
_CHANGED = ("YXDOMAIN", "YXRRSET", "NXDOMAIN", "NXRRSET")


class Rfc2136:
    """The zones of one server, through one TCP connection for questions and one for each zone read or written."""

    def __init__(self, server: str, port: int, key: str, secret: str, algorithm: str, timeout: float) -> None:
        """Name the server and the key (``secret`` is base64); nothing is connected yet.

        Raises:
            Unavailable: the secret is no base64. It is not told.
        """
        self._server, self._port, self._timeout = server, port, timeout
        self._told = f"the name server {server} port {port}"
        self._key_name = key
        try:
            content = base64.b64decode(secret, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Unavailable("tsig_secret_file holds no key: it is not base64") from error
        self._key = need("dns.tsig").Key(key, content, need("dns.name").from_text(algorithm))
        self._address = ""
        self._stream: socket.socket | None = None
        self._zones: dict[str, str | None] = {}

    def find(self, names: set[str]) -> dict[str, str]:
        """Return the zone of each of ``names`` that the server has authority for.

        Raises:
            Unavailable: as `_speaking`.
        """
        found = {}
        for name in sorted(names):
            zone = self._zone_of(name)
            if zone is not None:
                found[name] = zone
        return found

    def read(self, zone: str) -> Zone:
        """Return the data of ``zone``, by a zone transfer.

        Raises:
            Unavailable: the server does not allow it, or as `_speaking`.
        """
        data = need("dns.zone").Zone(f"{zone}.", relativize=False)
        query = need("dns.message").make_query(f"{zone}.", "AXFR")
        query.use_tsig(self._key)
        with self._speaking(f"transfer of zone {zone}", "allow the key to transfer the zone"):
            need("dns.query").inbound_xfr(
                self._connected(), data, query, port=self._port, timeout=self._timeout, lifetime=self._timeout * 6
            )
        to_text = need("dns.rdatatype").to_text
        rrsets: dict[Key, RRset] = {}
        for name, rdataset in data.iterate_rdatasets():
            type_ = to_text(rdataset.rdtype)
            contents = tuple(Content.found(type_, rdata.to_text()) for rdata in rdataset)
            key = (name.to_text().lower().removesuffix("."), type_)
            held = rrsets.get(key)
            rrsets[key] = RRset(rdataset.ttl, (*(held.contents if held else ()), *contents))
        return Zone(zone, (zone, "DNSKEY") in rrsets, rrsets)

    def write(self, zone: Zone, changes: list[RRsetChange]) -> None:
        """Make all ``changes`` in one update, on condition that each RRset still is as it was read.

        Raises:
            Conflict: somebody has changed one of them meanwhile, or the changes do not go into one message.
            Unavailable: the server does not allow it, or as `_speaking`.
        """
        update = need("dns.update").UpdateMessage(f"{zone.name}.", keyring=self._key)
        for change in changes:
            if change.before is None:
                update.absent(f"{change.name}.", change.type)
            else:
                # The TTL of a condition is zero (RFC 2136, section 2.4.2).
                update.present(f"{change.name}.", _rdataset(change.type, change.before, 0))
        # All removals first: beside what is still there, a server passes over a CNAME (RFC 2136, section 3.4.2.2).
        for change in changes:
            if change.before is not None:
                update.delete(f"{change.name}.", change.type)
        for change in changes:
            if change.after is not None:
                update.add(f"{change.name}.", _rdataset(change.type, change.after, change.after.ttl))
        too_big = need("dns.exception").TooBig
        # Knot closes a connection on which nothing was said for ten seconds.
        self._disconnect()
        try:
            with self._speaking(f"update of zone {zone.name}", "allow the key to update the zone"):
                answer = self._ask(update)
        except too_big as error:
            raise Conflict(
                f"zone {zone.name}: its {len(changes)} changes do not go into one message, and so cannot be made as a "
                "whole; publish fewer domains of this zone at a time"
            ) from error
        rcode = need("dns.rcode").to_text(answer.rcode())
        if rcode in _CHANGED:
            raise Conflict(
                f"zone {zone.name}: somebody has changed it meanwhile ({rcode}), nothing was changed; run again"
            )
        if rcode != "NOERROR":
            raise Unavailable(
                f"{self._told}: update of zone {zone.name}: it answers {rcode}, nothing was changed; allow the key "
                f"{self._key_name} to update the zone, on its primary server"
            )

    def _zone_of(self, name: str) -> str | None:
        """Return the zone that holds ``name``, by asking for the SOA record there (RFC 2308, section 3)."""
        if name not in self._zones:
            self._zones[name] = self._asked_zone(name)
        return self._zones[name]

    def _asked_zone(self, name: str) -> str | None:
        parent = name.partition(".")[2]
        answer = self._soa(name)
        rcode = need("dns.rcode").to_text(answer.rcode())
        if rcode in ("REFUSED", "NOTAUTH"):
            return None
        if rcode not in ("NOERROR", "NXDOMAIN"):
            raise Unavailable(f"{self._told}: question for {name} SOA: it answers {rcode}; see its log")
        types = need("dns.rdatatype")
        if any(rrset.rdtype in (types.CNAME, types.DNAME) for rrset in answer.answer):
            # An alias is never a zone's own name, and what follows it may be of another zone.
            return self._zone_of(parent) if parent else None
        for rrset in (*answer.answer, *answer.authority):
            owner = str(rrset.name).lower().removesuffix(".")
            if rrset.rdtype == types.SOA and answer.flags & need("dns.flags").AA and is_within(name, owner):
                return owner
            if rrset.rdtype == types.NS and is_within(name, owner):
                # Delegated; the zone that delegates is ours to tell of it.
                above = owner.partition(".")[2]
                return self._zone_of(above) if above else None
        return None

    def _soa(self, name: str) -> Any:
        query = need("dns.message").make_query(f"{name}.", "SOA", flags=0)
        query.use_tsig(self._key)
        with self._speaking(f"question for {name} SOA", "see its log"):
            try:
                return self._ask(query)
            except need("dns.exception").FormError:
                # Knot does not sign its refusal of what is in none of its zones, which is no answer to a signed
                # question. Asked without a signature, it refuses again, and that can be taken.
                return self._ask(need("dns.message").make_query(f"{name}.", "SOA", flags=0))

    def _ask(self, message: Any) -> Any:
        self._connected()
        try:
            return need("dns.query").tcp(message, self._address, timeout=self._timeout, sock=self._stream)
        except BaseException:
            self._disconnect()
            raise

    def _connected(self) -> str:
        """Return the server's address, with a connection to it open.

        Raises:
            NotReached: the connection is refused, or the name is not known.
            OSError: it fails otherwise.
        """
        if self._stream is None:
            try:
                self._stream = socket.create_connection((self._server, self._port), self._timeout)
            except (ConnectionRefusedError, socket.gaierror) as error:
                raise NotReached(
                    f"{self._told} does not answer ({error.strerror}); start it, or correct server and port"
                ) from error
            self._address = str(self._stream.getpeername()[0])
            self._stream.setblocking(False)
        return self._address

    def _disconnect(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    @contextmanager
    def _speaking(self, what: str, remedy: str) -> Iterator[None]:
        """Turn the errors of a conversation into ours.

        Raises:
            Unavailable: no answer in time, a connection that dies, a key that the server or we refuse, or an answer
                that is none.
        """
        exception, tsig, xfr = need("dns.exception"), need("dns.tsig"), need("dns.xfr")
        told = f"{self._told}: {what}"
        try:
            yield
        except exception.TooBig:
            raise
        except (exception.Timeout, TimeoutError) as error:
            raise Unavailable(f"{told}: no answer within {self._timeout} seconds") from error
        except (tsig.PeerError, tsig.BadSignature, tsig.BadTime, tsig.BadKey) as error:
            raise Unavailable(
                f"{told}: the key {self._key_name} is refused ({type(error).__name__}); {remedy}, or correct "
                "tsig_name, tsig_algorithm, what tsig_secret_file holds, or the clock"
            ) from error
        except xfr.TransferError as error:
            raise Unavailable(f"{told}: it is refused ({error}); {remedy} (key {self._key_name})") from error
        except (EOFError, OSError) as error:
            raise Unavailable(
                f"{told}: the connection broke off ({str(error) or type(error).__name__}); {remedy}"
            ) from error
        except exception.DNSException as error:
            raise Unavailable(f"{told}: the answer cannot be taken ({str(error) or type(error).__name__})") from error


def _rdataset(type_: str, rrset: RRset, ttl: int) -> Any:
    return need("dns.rdataset").from_text_list("IN", type_, ttl, [content.raw for content in rrset.contents])
