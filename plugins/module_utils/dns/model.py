# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records, who they belong to, and how a wanted one meets what a zone already has."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Record:
    """One record: ``name`` absolute A-labels without the last dot, ``value`` as `values.parse_value` returns it.

    ``ttl`` in seconds.
    """

    name: str
    type: str
    value: str
    ttl: int

    def shown(self) -> dict[str, Any]:
        """Return the record as modules return it."""
        return asdict(self)


@dataclass(frozen=True, order=True)
class Owner:
    """For which domain and for which mail host a record is there; one of the two may be empty.

    In the ledger it is ``example.com/mx1.example.net``, ``example.com/`` or ``/mx1.example.net``.
    """

    domain: str = ""
    host: str = ""

    def __str__(self) -> str:
        return f"{self.domain}/{self.host}"

    @classmethod
    def parse(cls, text: str) -> Owner:
        """Return the owner that the ledger has as ``text``."""
        domain, _slash, host = text.partition("/")
        return cls(domain, host)


@dataclass(frozen=True, order=True)
class Slot:
    """Where a record goes: a name, a type and, for TXT, how the values that mean the same thing begin.

    ``v=spf1`` at a domain's name is another slot than other text there. An empty ``tag`` is all values.
    """

    name: str
    type: str
    tag: str = ""

    def holds(self, value: str) -> bool:
        """Whether ``value`` of this name and type belongs to the slot; what tags a version is followed by a break."""
        if not self.tag:
            return True
        if not value.lower().startswith(self.tag.lower()):
            return False
        rest = value[len(self.tag) :]
        return not rest or not rest[0].isalnum()


@dataclass(frozen=True)
class Wanted:
    """A record that is to be there.

    ``shared``: values of others may stand beside it. Otherwise the slot is ours as a whole or not at all, as a second
    MX or DMARC record of somebody else changes what ours means.
    ``asked``: the user wrote the record; it is not one of our defaults.
    ``needed``: it is an error if no zone holds its name.
    """

    record: Record
    owner: Owner
    tag: str = ""
    shared: bool = False
    asked: bool = False
    needed: bool = True

    @property
    def slot(self) -> Slot:
        """The slot it goes into."""
        return Slot(self.record.name, self.record.type, self.tag)


@dataclass(frozen=True)
class SpfTerm:
    """A mechanism of an SPF record, and for whom it is there."""

    text: str
    owner: Owner


@dataclass(frozen=True)
class WantedSpf:
    """An SPF record that is to be there, merged into one that is there already.

    ``last`` is the closing ``all`` with its qualifier.
    """

    name: str
    terms: tuple[SpfTerm, ...]
    last: str
    owner: Owner
    ttl: int
    needed: bool = True

    @property
    def record(self) -> Record:
        """The record as it is where none was there before."""
        value = " ".join(["v=spf1", *(term.text for term in self.terms), self.last])
        return Record(self.name, "TXT", value, self.ttl)


@dataclass(frozen=True)
class WantedSet:
    """All that is to be there. The three sets say what a record that is ours and no longer wanted may be dropped for.

    Attributes:
        domains, hosts: those whose records are all known in this call.
        gone_domains, gone_hosts: those that are to have no records any more.
        unknown: (type or ``DKIM``, domain or host) of what this call was not told, and so must keep.
        notes: defaults that gave way to records of the user's own.
    """

    records: tuple[Wanted, ...] = ()
    spf: tuple[WantedSpf, ...] = ()
    domains: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    gone_domains: frozenset[str] = frozenset()
    gone_hosts: frozenset[str] = frozenset()
    unknown: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = ()

    def all_records(self) -> list[Record]:
        """Return every record as it would stand in an empty zone, sorted."""
        return sorted({*(one.record for one in self.records), *(one.record for one in self.spf)})
