# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF records as plain data (RFC 7208, sections 4.5, 4.6 and 12): found among TXT records, and read term by term."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from ..core.errors import shown
from ..dns.spf import TAG
from .spf_macro import BadMacro, check_domain_spec, parse
from .spf_result import QUALIFIED

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

# Mechanisms and modifiers that make a receiver ask the DNS (section 4.6.4).
ASKING = frozenset(("include", "a", "mx", "ptr", "exists", "redirect"))
_MECHANISMS = ("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists")
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE | re.DOTALL)
_LENGTHS = re.compile(r"(?:/(0|[1-9][0-9]{0,2}))?(?://(0|[1-9][0-9]{0,2}))?$")
_VISIBLE = re.compile(r"[!-~]+")
# Of so many bad terms each is told.
_TOLD = 5


@dataclass(frozen=True)
class Mechanism:
    """A directive of a record: ``-a:mx.example.com/24//64``.

    ``text`` is it as it is written, ``qualifier`` one of ``+-~?``, ``name`` in lower case. ``domain`` is its
    domain-spec, not expanded, and empty where the record's own domain is meant. ``network`` is that of ip4 and ip6,
    ``prefix4`` and ``prefix6`` are the lengths of a and mx.
    """

    text: str
    qualifier: str
    name: str
    domain: str = ""
    network: Network | None = None
    prefix4: int = 32
    prefix6: int = 128


@dataclass(frozen=True)
class Record:
    """An SPF record. ``redirect`` and ``explanation`` are the domain-specs of their modifiers, ``None`` without."""

    text: str
    mechanisms: tuple[Mechanism, ...]
    redirect: str | None = None
    explanation: str | None = None

    @property
    def all(self) -> Mechanism | None:
        """The first ``all``, behind which nothing is read."""
        return next((one for one in self.mechanisms if one.name == "all"), None)


class BadTerm(ValueError):
    """A term that RFC 7208, section 12, does not know: why, with the term."""


class BadRecord(ValueError):
    """A record that is a permanent error to every receiver: all that is wrong with it."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - _TOLD
        super().__init__("; ".join(self.problems[:_TOLD]) + (f"; and {more} more" if more > 0 else ""))


def select(values: Iterable[str]) -> list[str]:
    """Return those of the TXT records ``values`` that are SPF records (section 4.5)."""
    return [
        value for value in values if value[: len(TAG)].lower() == TAG and value[len(TAG) : len(TAG) + 1] in ("", " ")
    ]


def parse_record(text: str) -> Record:
    """Return the SPF record ``text``, one that `select` has found.

    Raises:
        BadRecord: any of its terms is wrong; all of them are read before anything is evaluated (section 4.6).
    """
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    problems: list[str] = []
    for term in text[len(TAG) :].split(" "):
        if not term:
            continue
        try:
            modifier = _MODIFIER.fullmatch(term)
            if modifier is None:
                mechanisms.append(parse_mechanism(term))
                continue
            name, value = modifier[1].lower(), modifier[2]
            _check_modifier(term, name, value)
            if name in ("redirect", "exp"):
                if name in modifiers:
                    raise BadTerm(f"{name}= stands there twice")
                modifiers[name] = value
        except BadTerm as error:
            problems.append(str(error))
    if problems:
        raise BadRecord(problems)
    return Record(text, tuple(mechanisms), modifiers.get("redirect"), modifiers.get("exp"))


def parse_mechanism(term: str) -> Mechanism:
    """Return the mechanism ``term``.

    Raises:
        BadTerm: it is none.
    """
    if not _VISIBLE.fullmatch(term):
        raise BadTerm(f"{shown(term)} has a character that is not visible ASCII")
    qualifier = term[0] if term[0] in QUALIFIED else "+"
    directive = term.removeprefix(qualifier)
    written = re.split("[:/]", directive, maxsplit=1)[0]
    name, rest = written.lower(), directive[len(written) :]
    if name not in _MECHANISMS:
        raise BadTerm(f"{shown(term)} is no mechanism; known are {', '.join(_MECHANISMS)}")
    if name == "all":
        if rest:
            raise BadTerm(f"{shown(term)} has something behind all")
        return Mechanism(term, qualifier, name)
    if name in ("ip4", "ip6"):
        return Mechanism(term, qualifier, name, network=_network(term, name, rest))
    prefix4, prefix6 = 32, 128
    if name in ("a", "mx"):
        lengths = _LENGTHS.search(rest)
        if lengths is not None:
            rest = rest[: lengths.start()]
            prefix4, prefix6 = _length(term, lengths[1], 32), _length(term, lengths[2], 128)
    if rest or name in ("include", "exists"):
        if not rest.startswith(":"):
            raise BadTerm(f"{shown(term)} needs a colon and a domain behind {name}")
        _check_domain_spec(term, rest[1:])
    return Mechanism(term, qualifier, name, rest[1:], None, prefix4, prefix6)


def _length(term: str, written: str | None, limit: int) -> int:
    length = limit if written is None else int(written)
    if length > limit:
        raise BadTerm(f"{shown(term)} has a network of more than {limit} bits")
    return length


def _network(term: str, name: str, rest: str) -> Network:
    version = int(name[2])
    limit = 32 if version == 4 else 128
    address, slash, length = rest[1:].partition("/")
    if not rest.startswith(":") or (slash and not re.fullmatch("0|[1-9][0-9]{0,2}", length)):
        raise BadTerm(f"{shown(term)} is no {name}: with an address or network")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        parsed = None
    # A zone (fe80::1%eth0) is no part of an address in the DNS.
    if parsed is None or parsed.version != version or "%" in address:
        raise BadTerm(f"{shown(term)} has no IPv{version} address")
    return ipaddress.ip_network((parsed.packed, _length(term, length or None, limit)), strict=False)


def _check_modifier(term: str, name: str, value: str) -> None:
    if name in ("redirect", "exp"):
        _check_domain_spec(term, value)
        return
    try:
        parse(value)
    except BadMacro as error:
        raise BadTerm(f"{shown(term)} {error}") from None


def _check_domain_spec(term: str, text: str) -> None:
    try:
        check_domain_spec(text)
    except BadMacro as error:
        raise BadTerm(f"{shown(term)} {error}") from None
