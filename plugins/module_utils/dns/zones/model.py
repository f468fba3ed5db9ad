# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole zones and TSIG keys of a PowerDNS server: as they are wanted, and as they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from ..zone import Key, RRset

NATIVE, PRIMARY, SECONDARY = KINDS = ("Native", "Primary", "Secondary")


@dataclass(frozen=True)
class Soa:
    """The fields of a SOA record (RFC 1035, section 3.3.13): names without the last dot, times in seconds."""

    primary: str
    contact: str
    serial: int
    refresh: int = 10800
    retry: int = 3600
    expire: int = 604800
    minimum: int = 3600

    @classmethod
    def parse(cls, content: str) -> Soa:
        """Return the fields of a record as a server has it.

        Raises:
            ValueError: it is none.
        """
        primary, contact, *numbers = content.lower().split()
        if len(numbers) != 5:
            raise ValueError(f"{len(numbers)} numbers and not 5")
        return cls(primary.removesuffix("."), contact.removesuffix("."), *map(int, numbers))

    @property
    def content(self) -> str:
        """The record as it stands in a zone."""
        values = [getattr(self, one.name) for one in fields(self)]
        return f"{self.primary}. {self.contact}. {' '.join(map(str, values[2:]))}"

    @property
    def settings(self) -> str:
        """The record without its serial, which moves by itself."""
        times = (self.refresh, self.retry, self.expire, self.minimum)
        return f"{self.primary}. {self.contact}. {' '.join(map(str, times))}"

    def having(self, given: Mapping[str, str | int]) -> Soa:
        """Return the record with the fields that are ``given``."""
        return replace(self, **given)  # type: ignore[arg-type]  # the fields' names and types were checked


@dataclass(frozen=True)
class WantedZone:
    """A zone as it is to be; ``None`` where nothing is said, so that what is there stays.

    ``soa`` has the fields that are given. ``metadata`` has the values of each kind that is given, none for one that is
    to go. ``force``: what cannot be made again may be lost.
    """

    name: str
    present: bool = True
    kind: str | None = None
    primaries: tuple[str, ...] | None = None
    nameservers: tuple[str, ...] | None = None
    soa: Mapping[str, str | int] = field(default_factory=dict)
    ttl: int | None = None
    dnssec: bool | None = None
    tsig_keys: tuple[str, ...] | None = None
    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    force: bool = False


@dataclass(frozen=True)
class ZoneKey:
    """A published key that signs a zone's keys: the value of its DNSKEY record and those of its DS records."""

    dnskey: str
    ds: tuple[str, ...]


@dataclass(frozen=True)
class FoundZone:
    """A zone as the server has it.

    ``kind`` is one of `KINDS`, or the server's own word for another one. ``allowed`` are the TSIG keys that may
    transfer the zone, ``asked`` those that a secondary signs its own requests with. ``disabled`` as `read_rrsets`.
    """

    name: str
    id: str
    kind: str
    primaries: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    soa_edit: str = ""
    soa_edit_api: str = ""
    signed: bool = False
    rrsets: Mapping[Key, RRset] = field(default_factory=dict)
    disabled: Mapping[Key, list[str]] = field(default_factory=dict)
    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: tuple[ZoneKey, ...] = ()

    @property
    def others(self) -> list[str]:
        """What the zone has beside its SOA record and its own NS records, as ``name type``."""
        keys = {*self.rrsets, *self.disabled} - {(self.name, "SOA"), (self.name, "NS")}
        return [f"{name} {type_}" for name, type_ in sorted(keys)]


@dataclass(frozen=True)
class WantedKey:
    """A TSIG key as it is to be; ``secret`` is what the file holds, ``None`` where it is not there yet."""

    name: str
    algorithm: str
    secret_file: str
    present: bool = True
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class FoundKey:
    """A TSIG key as the server has it; ``id`` is the server's own name of it."""

    name: str
    id: str
    algorithm: str
    secret: str = field(default="", repr=False)
