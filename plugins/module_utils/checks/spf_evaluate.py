# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluation of SPF records (RFC 7208, sections 4 to 6), with all its limits."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from ..core.errors import shown
from ..dns.names import reverse_name
from ..dns.reply import Lookup, Reply
from ..dns.spf import LOOKUP_LIMIT
from . import spf_macro
from .spf_record import BadRecord, Mechanism, Record, parse_record, select
from .spf_result import FAIL, NEUTRAL, NONE, PASS, PERMERROR, QUALIFIED, TEMPERROR, SpfResult

IPAddress: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

# Section 4.6.4: names of one mx, names behind one address, and questions to which there is nothing.
MX_LIMIT = 10
PTR_LIMIT = 10
VOID_LIMIT = 2
_LABEL_LIMIT = 63
# Names may come from HELO and MAIL FROM, and so from anybody.
_UNREADABLE = re.compile("[^ -~]")


class _Temporary(Exception):
    """The evaluation ends in temperror: why."""


class _Permanent(Exception):
    """The evaluation ends in permerror: why."""


@dataclass(frozen=True)
class Identity:
    """Whose mail is judged: the client's address, the sender's parts, and the name in HELO."""

    ip: IPAddress
    local_part: str
    domain: str
    helo: str
    receiver: str


@dataclass(frozen=True)
class _Outcome:
    """What a domain's record says, and where the explanation of it would stand."""

    result: str
    domain: str
    path: tuple[str, ...] = ()
    record: Record | None = None


def is_name(name: str) -> bool:
    """Whether the DNS can be asked for ``name`` (section 4.3): ASCII, no label empty or of more than 63 characters."""
    return (
        name.isascii()
        and len(name) <= spf_macro.NAME_LIMIT
        and all(1 <= len(label) <= _LABEL_LIMIT for label in name.split("."))
    )


def presented(name: str) -> str:
    """Return ``name`` in presentation form, in which a backslash is none by itself."""
    return name.replace("\\", "\\\\")


class Evaluation:
    """One call of check_host(): what it has counted so far, for all records together."""

    def __init__(self, identity: Identity, lookup: Lookup, timeout: float) -> None:
        """``timeout`` is for the whole of it, in seconds."""
        self._identity, self._lookup = identity, lookup
        self._until = time.monotonic() + timeout
        self._lookups = self._voids = 0
        # Questions for an explanation count for nothing (section 4.6.4).
        self._counting = True
        self._known: list[str] | None = None

    def result(self, domain: str) -> SpfResult:
        """Return what the record of ``domain`` says."""
        try:
            outcome = self._check(domain)
        except _Temporary as error:
            return self._ended(TEMPERROR, problem=str(error))
        except _Permanent as error:
            return self._ended(PERMERROR, problem=str(error))
        if outcome.result == NONE:
            return self._ended(NONE, problem=f"{shown(outcome.domain)} has no SPF record")
        return self._ended(outcome.result, path=outcome.path, explanation=self._explanation(outcome))

    def _ended(self, result: str, *, path: tuple[str, ...] = (), explanation: str = "", problem: str = "") -> SpfResult:
        return SpfResult(result, explanation, self._lookups, self._voids, path, _UNREADABLE.sub("?", problem))

    def _check(self, domain: str) -> _Outcome:
        record = self._record(domain)
        if record is None:
            return _Outcome(NONE, domain)
        for mechanism in record.mechanisms:
            path = self._match(mechanism, domain)
            if path is not None:
                return _Outcome(QUALIFIED[mechanism.qualifier], domain, path, record)
        if record.redirect is None:
            return _Outcome(NEUTRAL, domain, (), record)
        self._count()
        term = f"redirect={record.redirect}"
        outcome = self._check(self._name(record.redirect, domain))
        if outcome.result == NONE:
            raise _Permanent(f"{shown(term)} leads to no SPF record")
        return replace(outcome, path=(term, *outcome.path) if outcome.path else ())

    def _record(self, domain: str) -> Record | None:
        if not is_name(domain) or "." not in domain:
            return None
        reply = self._ask(presented(domain), "TXT")
        if reply.failed:
            raise _Temporary(f"TXT of {domain}: {reply.outcome}")
        found = select(reply.values)
        if len(found) > 1:
            raise _Permanent(f"{domain} has {len(found)} SPF records")
        try:
            return parse_record(found[0]) if found else None
        except BadRecord as error:
            raise _Permanent(f"the SPF record of {domain}: {error}") from None

    def _match(self, mechanism: Mechanism, domain: str) -> tuple[str, ...] | None:
        """Return the terms that led to a match, ``None`` where there is none."""
        here = (mechanism.text.removeprefix("+"),)
        if mechanism.name == "all":
            return here
        if mechanism.network is not None:
            return here if self._identity.ip in mechanism.network else None
        self._count()
        target = self._name(mechanism.domain, domain) if mechanism.domain else domain
        if mechanism.name == "include":
            outcome = self._check(target)
            if outcome.result == NONE:
                raise _Permanent(f"{shown(mechanism.text)} leads to no SPF record")
            return (*here, *outcome.path) if outcome.result == PASS else None
        if not is_name(target):
            # There can be nothing at a name that nobody can ask for (section 4.8).
            return None
        return here if self._matches(mechanism, target) else None

    def _matches(self, mechanism: Mechanism, target: str) -> bool:
        if mechanism.name == "a":
            return self._has_address(presented(target), mechanism)
        if mechanism.name == "exists":
            return self._answered(presented(target), "A").found
        if mechanism.name == "ptr":
            suffix = f".{target.lower()}"
            return any(f".{name}".endswith(suffix) for name in self._validated())
        exchanges = self._answered(presented(target), "MX").values
        if len(exchanges) > MX_LIMIT:
            raise _Permanent(f"{target} has {len(exchanges)} MX records, and SPF allows {MX_LIMIT}")
        return any(self._has_address(name, mechanism) for name in _by_preference(exchanges))

    def _has_address(self, name: str, mechanism: Mechanism) -> bool:
        ip = self._identity.ip
        length = mechanism.prefix4 if ip.version == 4 else mechanism.prefix6
        network = ipaddress.ip_network((ip.packed, length), strict=False)
        return any(ipaddress.ip_address(value) in network for value in self._addresses(name).values)

    def _addresses(self, name: str) -> Reply:
        return self._answered(name, "A" if self._identity.ip.version == 4 else "AAAA")

    def _validated(self) -> Iterator[str]:
        """Yield the names of the client that lead back to it (section 5.5), in lower case."""
        reply = self._ask(reverse_name(str(self._identity.ip)), "PTR")
        self._void(reply)
        for name in reply.values[:PTR_LIMIT]:
            addresses = self._ask(name.removesuffix("."), "A" if self._identity.ip.version == 4 else "AAAA")
            self._void(addresses)
            if any(ipaddress.ip_address(value) == self._identity.ip for value in addresses.values):
                yield name.lower().removesuffix(".")

    def _name(self, spec: str, domain: str) -> str:
        """Return the name that a domain-spec of the record of ``domain`` stands for."""
        return spf_macro.expand_name(spec, lambda letter: self._value(letter, domain))

    def _value(self, letter: str, domain: str) -> str:
        identity = self._identity
        ip = identity.ip
        if letter == "p":
            return self._validated_name(domain)
        if letter == "i":
            return str(ip) if ip.version == 4 else ".".join(ip.exploded.replace(":", ""))
        return {
            "s": f"{identity.local_part}@{identity.domain}",
            "l": identity.local_part,
            "o": identity.domain,
            "d": domain,
            "v": "in-addr" if ip.version == 4 else "ip6",
            "h": identity.helo,
            "c": str(ip),
            "r": identity.receiver,
            "t": str(int(time.time())),
        }[letter]

    def _shown_value(self, letter: str, domain: str) -> str:
        """Return a value for people: the openspf.org test suite has an IPv6 address there in capitals."""
        value = self._value(letter, domain)
        return value.upper() if letter == "i" else value

    def _validated_name(self, domain: str) -> str:
        """Return the client's name for %{p}: the domain itself, or one below it, or any (section 7.3)."""
        if self._known is None:
            self._known = list(self._validated())
        domain = domain.lower()
        below = (name for name in self._known if name.endswith(f".{domain}"))
        return domain if domain in self._known else next(below, next(iter(self._known), "unknown"))

    def _explanation(self, outcome: _Outcome) -> str:
        """Return the domain's words for a fail; without any where there is the least doubt (section 6.2)."""
        if outcome.result != FAIL or outcome.record is None or outcome.record.explanation is None:
            return ""
        self._counting = False
        try:
            name = self._name(outcome.record.explanation, outcome.domain)
            texts = self._ask(presented(name), "TXT").values if is_name(name) else ()
            if len(texts) != 1 or not texts[0].isascii():
                return ""
            return spf_macro.expand_text(texts[0], lambda letter: self._shown_value(letter, outcome.domain))
        except (_Temporary, _Permanent, spf_macro.BadMacro):
            return ""

    def _count(self) -> None:
        self._lookups += 1
        if self._lookups > LOOKUP_LIMIT:
            raise _Permanent(f"more than {LOOKUP_LIMIT} terms ask the DNS")

    def _answered(self, name: str, type_: str) -> Reply:
        reply = self._ask(name, type_)
        if reply.failed:
            raise _Temporary(f"{type_} of {name}: {reply.outcome}")
        self._void(reply)
        return reply

    def _void(self, reply: Reply) -> None:
        if reply.absent and self._counting:
            self._voids += 1
            if self._voids > VOID_LIMIT:
                raise _Permanent(f"more than {VOID_LIMIT} questions to the DNS have no answer")

    def _ask(self, name: str, type_: str) -> Reply:
        """Ask for ``name`` in presentation form."""
        if time.monotonic() > self._until:
            raise _Temporary("it took too long")
        return self._lookup.resolve(name, type_)


def _by_preference(exchanges: tuple[str, ...]) -> list[str]:
    """Return the names of MX records, without that of a null MX (RFC 7505)."""
    words = sorted((value.split() for value in exchanges), key=lambda one: int(one[0]))
    return [name for one in words if (name := one[-1].removesuffix("."))]
