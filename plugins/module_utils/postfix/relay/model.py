# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay: where mail is handed on to, how, and which mail. Plain data; `wanted` makes it from options.

A next hop is always written ``[host]:port``, so that Postfix asks for the host's address and not for MX records, and
looks its login and its TLS policy up under the very same key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# Postfix's levels (smtp_tls_policy_maps, postconf(5)) that the module offers.
TLS_LEVELS = ("may", "encrypt", "dane", "verify", "secure")
VERIFYING = ("verify", "secure")
_PREFIX = "relay-"
# A service's socket is private/NAME in a sockaddr_un of 108 bytes.
_NAME_LIMIT = 80


@dataclass(frozen=True)
class Hop:
    """A host with its port, and the login there; ``username`` and ``password`` are both given or both ``None``."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def nexthop(self) -> str:
        """``[host]:port``."""
        return f"[{self.host}]:{self.port}"


@dataclass(frozen=True)
class Match:
    """Which mail a relay gets: all that no other one gets (``everything``), or what the lists name."""

    everything: bool = True
    senders: tuple[str, ...] = ()
    sender_domains: tuple[str, ...] = ()
    recipient_domains: tuple[str, ...] = ()

    def claims(self) -> Iterator[tuple[str, str]]:
        """Yield what it matches as ``(level, value)``; two relays with a pair in common contradict each other."""
        if self.everything:
            yield "everything", ""
        for level in ("recipient_domains", "senders", "sender_domains"):
            for value in getattr(self, level):
                yield level, value


@dataclass(frozen=True)
class Relay:
    """One relay. ``implicit_tls``: TLS from the first byte, as on port 465. ``ca_file`` is for verify and secure.

    ``group``: whose relay it is; a list of all relays is that of a group.
    """

    name: str
    hop: Hop
    tls: str
    implicit_tls: bool
    mechanisms: tuple[str, ...]
    match: Match
    fallback: tuple[Hop, ...]
    ca_file: str
    group: str = ""

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The relay and its fallbacks, in the order in which they are tried."""
        return (self.hop, *self.fallback)

    @property
    def transport(self) -> str:
        """The name of its service in master.cf."""
        return _PREFIX + self.name

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it: in the options' names, without passwords."""
        match = self.match
        return {
            "name": self.name,
            **_shown_hop(self.hop),
            "tls": self.tls,
            "implicit_tls": self.implicit_tls,
            "mechanisms": list(self.mechanisms),
            "match": None
            if match.everything
            else {
                "senders": list(match.senders),
                "sender_domains": list(match.sender_domains),
                "recipient_domains": list(match.recipient_domains),
            },
            "fallback": [_shown_hop(hop) for hop in self.fallback],
            "ca_file": self.ca_file,
            "group": self.group,
            "transport": self.transport,
        }


def default_name(host: str, port: int) -> str:
    """Return the name of a relay that was given none: host and port, shortened where a service's name has no room."""
    name = f"{host.replace(':', '_')}-{port}"
    if len(name) <= _NAME_LIMIT:
        return name
    return f"{name[: _NAME_LIMIT - 20]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}-{port}"


def to_document(relay: Relay) -> dict[str, Any]:
    """Return ``relay`` with its passwords, of JSON's own types."""
    return asdict(relay)


def from_document(document: Mapping[str, Any]) -> Relay:
    """Return the relay that `to_document` wrote.

    Raises:
        KeyError, TypeError: it is no such document.
    """
    match = document["match"]
    return Relay(
        name=document["name"],
        hop=Hop(**document["hop"]),
        tls=document["tls"],
        implicit_tls=document["implicit_tls"],
        mechanisms=tuple(document["mechanisms"]),
        match=Match(
            match["everything"],
            tuple(match["senders"]),
            tuple(match["sender_domains"]),
            tuple(match["recipient_domains"]),
        ),
        fallback=tuple(Hop(**hop) for hop in document["fallback"]),
        ca_file=document["ca_file"],
        group=document["group"],
    )


def _shown_hop(hop: Hop) -> dict[str, Any]:
    return {"host": hop.host, "port": hop.port, "username": hop.username}
