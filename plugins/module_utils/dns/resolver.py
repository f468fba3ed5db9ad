# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking recursive resolvers, from many threads at once, each question once."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from ..core.deps import need
from ..core.errors import InvalidValue, Unavailable
from . import seen
from .exchange import Failed, exchange, system_resolvers
from .reply import FOUND, Reply
from .values import compared

# What a record's value may be long at most to be remembered, all of them together, in bytes.
_MEMORY_LIMIT = 64 * 1024 * 1024
# What an answer costs beside its values, roughly, in bytes.
_OVERHEAD = 600
# A resolver that did not answer so often in a row is asked only where no other is left.
_TIRED = 3
# Aliases of aliases: as many as resolvers follow.
_ALIAS_LIMIT = 16


class Resolver:
    """Recursive resolvers, asked in their order until one answers; a `reply.Lookup`."""

    def __init__(
        self, addresses: Sequence[str] = (), port: int = 53, timeout: float = 5.0, budget: float = 60.0
    ) -> None:
        """Take the ``addresses`` to ask, and without any the system's.

        ``timeout`` is for one question, all resolvers together, and ``budget`` for all questions from now on, both in
        seconds. What is asked when that is over is told as a time-out.

        Raises:
            InvalidValue: one of them is no IP address.
            Unavailable: the library is not installed, or the system has no resolver.
        """
        need("dns.resolver")
        for address in addresses:
            _check(address)
        self._addresses = list(addresses) or system_resolvers()
        if not self._addresses:
            raise Unavailable("the system has no resolver in /etc/resolv.conf; give resolvers")
        self._port, self._timeout = port, timeout
        self._until = time.monotonic() + budget
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, str], Future[Reply]] = {}
        self._silent = dict.fromkeys(self._addresses, 0)
        self._size = 0

    def resolve(self, name: str, type_: str) -> Reply:
        """Return what the resolvers say; a question that is being asked already is waited for."""
        key = (name.lower().removesuffix("."), type_)
        with self._lock:
            future = self._asked.get(key)
            mine = future is None
            if future is None:
                future = self._asked[key] = Future()
        if not mine:
            return future.result()
        try:
            reply = self._ask(*key)
        except BaseException as error:
            future.set_exception(error)
            raise
        future.set_result(reply)
        with self._lock:
            self._size += _OVERHEAD + sum(map(len, reply.values))
            if self._size > _MEMORY_LIMIT:
                # Whoever publishes that much pays with more questions, and not we with memory.
                self._asked = {other: one for other, one in self._asked.items() if not one.done()}
                self._size = 0
        return reply

    def _ask(self, name: str, type_: str) -> Reply:
        reply = Reply(seen.TIMEOUT)
        until = min(self._until, time.monotonic() + self._timeout)
        without: list[str] = []
        for address in sorted(self._addresses, key=lambda one: self._silent[one] >= _TIRED):
            left = until - time.monotonic()
            if left <= 0:
                break
            # The last half of the time is for the next resolver, if there is one.
            share = left / 2 if address != self._addresses[-1] else left
            reply = self._ask_one(address, name, type_, share)
            if not reply.failed:
                return reply
            if reply.outcome == seen.SERVFAIL:
                without.append(address)
        for address in without:
            left = until - time.monotonic()
            if left > 0 and not self._ask_one(address, name, type_, left, unchecked=True).failed:
                return Reply(seen.SERVFAIL, bogus=True)
        return Reply(seen.SERVFAIL) if without else reply

    def _ask_one(self, address: str, name: str, type_: str, patience: float, *, unchecked: bool = False) -> Reply:
        flags = need("dns.flags")
        try:
            answer = exchange(
                address,
                name,
                type_,
                port=self._port,
                # Half of it for UDP, as only one of the two transports may pass.
                timeout=patience / 2,
                recursive=True,
                flags=int(flags.CD) if unchecked else int(flags.AD),
                patience=patience,
            )
        except Failed as failure:
            if failure.verdict in (seen.TIMEOUT, seen.UNREACHABLE):
                self._silent[address] += 1
            return Reply(failure.verdict)
        self._silent[address] = 0
        return _read(answer, name, type_)


def _read(answer: Any, name: str, type_: str) -> Reply:
    """Return an answer of dnspython's as a `Reply`."""
    rcode = str(need("dns.rcode").to_text(answer.rcode()))
    secure = bool(answer.flags & need("dns.flags").AD)
    if rcode == "NXDOMAIN":
        return Reply(seen.NXDOMAIN, secure=secure)
    if rcode != "NOERROR":
        return Reply(rcode)
    types = need("dns.rdatatype")
    wanted, alias = types.from_text(type_), types.CNAME
    # With the escapes that the names of the answer have.
    owner = _name(need("dns.name").from_text(f"{name.removesuffix('.')}."))
    for _step in range(_ALIAS_LIMIT):
        found = [rrset for rrset in answer.answer if _name(rrset.name) == owner]
        values = [rdata for rrset in found if rrset.rdtype == wanted for rdata in rrset]
        if values:
            ttl = min(rrset.ttl for rrset in found if rrset.rdtype == wanted)
            return Reply(FOUND, tuple(presented_value(type_, rdata) for rdata in values), secure, owner, ttl)
        targets = [_name(rdata.target) for rrset in found if rrset.rdtype == alias for rdata in rrset]
        if not targets:
            break
        owner = targets[0]
    return Reply(seen.NO_DATA, secure=secure, owner=owner)


def _name(name: Any) -> str:
    return str(name).lower().removesuffix(".")


def presented_value(type_: str, rdata: Any) -> str:
    """Return the value of a record of dnspython's in the form of `Reply`."""
    if type_ == "TXT":
        return b"".join(rdata.strings).decode("utf-8", "surrogateescape")
    return compared(type_, rdata.to_text())


def _check(address: str) -> None:
    try:
        ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        raise InvalidValue("resolvers", address, "is no IP address", "give one such as 127.0.0.1") from None
