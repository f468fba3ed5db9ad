# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that take a domain's mail, and the addresses its mail comes from; asked by several checks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from ..core.errors import shown
from ..dns.reply import Lookup, Reply
from .replies import NAME_LIMIT, told
from .together import together
from .world import World

# A domain with more is not one that anybody runs; each costs questions.
HOST_LIMIT = 20
ADDRESS_LIMIT = 40
_FAMILIES = ("A", "AAAA")


@dataclass(frozen=True)
class Exchanger:
    """One MX record: the ``host`` in lower case without its last dot, empty for a null MX (RFC 7505)."""

    host: str
    preference: int


@dataclass(frozen=True)
class HostAddresses:
    """What a host's name has: the replies for A and AAAA."""

    v4: Reply
    v6: Reply

    @property
    def replies(self) -> tuple[tuple[str, Reply], ...]:
        """Both replies, each with its type."""
        return tuple(zip(_FAMILIES, (self.v4, self.v6), strict=True))

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses, at most `ADDRESS_LIMIT` of each family."""
        return (*self.v4.values[:ADDRESS_LIMIT], *self.v6.values[:ADDRESS_LIMIT])


def parse_exchanger(value: str) -> Exchanger | None:
    """Return the MX record ``value``; ``None`` where it is none."""
    preference, _space, host = value.partition(" ")
    if not (preference.isascii() and preference.isdigit() and len(preference) <= 5):
        return None
    if not host or len(host) > NAME_LIMIT:
        return None
    return Exchanger(host.strip().lower().removesuffix("."), int(preference))


def exchangers(reply: Reply) -> list[Exchanger]:
    """Return the MX records of ``reply``, each once, the preferred first, at most `HOST_LIMIT` of them."""
    read = {one for one in map(parse_exchanger, reply.values) if one is not None}
    return sorted(read, key=lambda one: (one.preference, one.host))[:HOST_LIMIT]


def host_addresses(host: str, lookup: Lookup) -> HostAddresses:
    """Return what ``host`` has."""
    return addresses_of([host], lookup)[host]


def addresses_of(hosts: Iterable[str], lookup: Lookup) -> dict[str, HostAddresses]:
    """Return what each of ``hosts`` has, all of them asked for at once."""
    names = list(dict.fromkeys(hosts))
    replies = iter(together(lambda one: lookup.resolve(*one), [(name, type_) for name in names for type_ in _FAMILIES]))
    return {name: HostAddresses(next(replies), next(replies)) for name in names}


@dataclass(frozen=True)
class Senders:
    """The ``addresses`` that a domain's mail comes from, and why it may be that some are ``missing``."""

    addresses: tuple[str, ...]
    missing: tuple[str, ...] = ()


def senders(domain: str, world: World) -> Senders:
    """Return the addresses that ``world`` names, and without any those of the hosts that take the domain's mail.

    An address is given in its shortest form and once; what is none is told in ``missing``.
    """
    given = list(world.addresses)
    missing: list[str] = []
    if not given:
        reply = world.lookup.resolve(domain, "MX")
        if not reply.found:
            missing.append(told(domain, "MX", reply))
        hosts = [one.host for one in exchangers(reply) if one.host]
        for host, found in addresses_of(hosts, world.lookup).items():
            given += found.addresses
            missing += [told(host, type_, answer) for type_, answer in found.replies if answer.failed]
    addresses: dict[str, None] = {}
    for text in given:
        try:
            addresses[str(ipaddress.ip_address(text))] = None
        except ValueError:
            missing.append(f"{shown(text, 60)} is no IP address")
    if len(addresses) > ADDRESS_LIMIT:
        missing.append(f"there are {len(addresses)} addresses, of which the first {ADDRESS_LIMIT} are looked at")
    return Senders(tuple(addresses)[:ADDRESS_LIMIT], tuple(missing))
