# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way a message took, as its ``Received`` fields tell it (RFC 5321, section 4.4; RFC 5322, section 3.6.7)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

from .header_fields import COMMENT, TEXT, parts

# Servers take a message for one that loops when it has so many (RFC 5321, section 6.3: at least 100).
HOP_LIMIT = 100
_CLAUSES = ("from", "by", "via", "with", "id", "for")
_DATE_LIMIT = 100
_WORD_LIMIT = 255
# What a client says of itself proves nothing.
_HELO = re.compile(r"(?i)\bhelo[= ]\s*\S+")
_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]", re.IGNORECASE)
# The words of RFC 3848 and RFC 6531 for sessions with a login.
_LOGIN = frozenset({"ESMTPA", "ESMTPSA", "UTF8SMTPA", "UTF8SMTPSA"})
_LOCAL = ("LMTP", "UTF8LMTP")
Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


@dataclass(frozen=True)
class Hop:
    """One ``Received`` field: who gave the message to whom.

    ``name`` is what the client called itself, ``address`` where it came from as the server saw it, ``by`` the server,
    ``protocol`` what stands after ``with``, ``date`` in UTC. What is missing or cannot be read is empty or ``None``.
    """

    name: str = ""
    address: Address | None = None
    by: str = ""
    protocol: str = ""
    date: datetime | None = None

    @property
    def logged_in(self) -> bool:
        """Whether the client had proved who it is (RFC 3848)."""
        return self.protocol.upper() in _LOGIN

    @property
    def inside(self) -> bool:
        """Whether the message did not leave the host: it was handed to the mailbox, or came from a loopback address."""
        return self.protocol.upper().startswith(_LOCAL) or (self.address is not None and self.address.is_loopback)


def parse_received(value: str) -> Hop:
    """Return what one field says; anything is taken, and what is no ``Received`` field gives an empty hop."""
    clauses, comments, date = _clauses(value)
    name = " ".join(clauses.get("from", [])[:1])
    return Hop(
        name[:_WORD_LIMIT],
        _address(comments.get("from", []), clauses.get("from", [])),
        " ".join(clauses.get("by", [])[:1])[:_WORD_LIMIT],
        " ".join(clauses.get("with", [])[:1])[:_WORD_LIMIT],
        _date(date),
    )


def chain(values: Sequence[str]) -> list[Hop]:
    """Return the hops of the fields ``values``, the last hop first as in the message, at most `HOP_LIMIT`."""
    return [parse_received(value) for value in values[:HOP_LIMIT]]


def border(hops: Iterable[Hop], trusted: Sequence[Network] = ()) -> Hop | None:
    """Return the hop over which the message came in from outside, or ``None`` if it was submitted on the host itself.

    ``hops`` stand as in the message. What is above the border was written by the own hosts: hops inside of a host, and
    from hosts of the networks ``trusted``. What is below it anybody may have written.
    """
    for hop in hops:
        if hop.inside or (hop.address is not None and any(hop.address in network for network in trusted)):
            continue
        return hop if hop.address is not None else None
    return None


def shown(hops: Sequence[Hop]) -> list[dict[str, Any]]:
    """Return ``hops`` as modules return them, the first hop first.

    Each is ``{from, address, by, with, date, delay_ms}``, the time in UTC and what it took since the hop before in
    milliseconds, which clocks that differ make negative; ``None`` where it is not known.
    """
    rows: list[dict[str, Any]] = []
    before: datetime | None = None
    for hop in reversed(hops):
        delay = None if before is None or hop.date is None else round((hop.date - before).total_seconds() * 1000)
        before = hop.date or before
        rows.append(
            {
                "from": hop.name,
                "address": str(hop.address) if hop.address else None,
                "by": hop.by,
                "with": hop.protocol,
                "date": hop.date.strftime("%Y-%m-%dT%H:%M:%SZ") if hop.date else None,
                "delay_ms": delay,
            }
        )
    return rows


def _clauses(value: str) -> tuple[dict[str, list[str]], dict[str, list[str]], str]:
    """Return the words after each keyword, the comments that follow them, and the date, which the last ; begins."""
    pieces = list(parts(value))
    ends = [index for index, (kind, text) in enumerate(pieces) if kind == TEXT and ";" in text]
    date = ""
    if ends:
        head, _semicolon, tail = pieces[ends[-1]][1].rpartition(";")
        date = tail + "".join(text for kind, text in pieces[ends[-1] + 1 :] if kind == TEXT)
        pieces = [*pieces[: ends[-1]], (TEXT, head)]
    clauses: dict[str, list[str]] = {}
    comments: dict[str, list[str]] = {}
    current = ""
    for kind, text in pieces:
        if kind == COMMENT:
            comments.setdefault(current, []).append(text)
            continue
        for word in text.split() if kind == TEXT else [text]:
            # A host may be called "by": a keyword is one only after the value of the one before, and once.
            if word.lower() in _CLAUSES and word.lower() not in clauses and (not current or clauses[current]):
                current = word.lower()
                clauses[current] = []
            elif current:
                clauses[current].append(word)
    return clauses, comments, date


def _address(comments: Sequence[str], words: Sequence[str]) -> Address | None:
    """Return the client's address: what the server noted in a comment, then what stands beside or for the name."""
    for comment in comments:
        text = _HELO.sub("", comment)
        found = _LITERAL.search(text)
        address = _parsed(found[1]) if found else _parsed(text.strip())
        if address:
            return address
    for word in [*words[1:], *words[:1]]:
        found = _LITERAL.fullmatch(word)
        address = _parsed(found[1]) if found else None
        if address:
            return address
    return None


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # What a socket for both families shows of an IPv4 client.
    return getattr(address, "ipv4_mapped", None) or address


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(" ".join(text[:_DATE_LIMIT].split()))
        # -0000: the zone is not told, the time is UTC (RFC 5322, section 3.3).
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
