# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone as it was found, and the changes of its RRsets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..core.errors import Unavailable
from .values import compared, presented

Key = tuple[str, str]
# Made by whoever signs the zone, and so no data of anybody's (RFC 4034; NSEC3 by RFC 5155).
SIGNERS = frozenset({"RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY"})


@dataclass(frozen=True)
class Content:
    """One value: ``raw`` as the server has it, and the form in which it is compared.

    What is not ours is written back as it was, with its own division into strings.
    """

    value: str
    raw: str

    @classmethod
    def found(cls, type_: str, raw: str) -> Content:
        """Return a server's value."""
        return cls(compared(type_, raw), raw)

    @classmethod
    def ours(cls, type_: str, value: str) -> Content:
        """Return a value that we write."""
        return cls(value, presented(type_, value))


@dataclass(frozen=True)
class RRset:
    """The values of one name and type, and their TTL in seconds."""

    ttl: int
    contents: tuple[Content, ...]

    @property
    def values(self) -> set[str]:
        """The values in the form in which they are compared."""
        return {content.value for content in self.contents}


@dataclass(frozen=True)
class Zone:
    """A zone's data by name and type. ``signed`` of ``None``: not known. ``handle`` is the provider's own."""

    name: str
    signed: bool | None = None
    rrsets: Mapping[Key, RRset] = field(default_factory=dict)
    handle: Any = None


@dataclass(frozen=True)
class RRsetChange:
    """One RRset before and after; ``None`` where it is not there."""

    name: str
    type: str
    before: RRset | None
    after: RRset | None


class NotReached(Unavailable):
    """Nobody answers where the server should be, or what is needed to speak with it is missing: it is to be set up."""


class Provider(Protocol):
    """What reads and writes zones. Each of its methods raises `MailwrightError` with what is wrong and the remedy."""

    def find(self, names: set[str]) -> dict[str, str]:
        """Return the zone of each of ``names`` that is served; those that are in none are left out."""

    def read(self, zone: str) -> Zone:
        """Return the zone's data, in one request."""

    def write(self, zone: Zone, changes: list[RRsetChange]) -> None:
        """Make all ``changes`` of a zone that was read, or none, in one request."""
