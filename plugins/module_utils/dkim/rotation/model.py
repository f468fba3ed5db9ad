# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rotation knows of a domain's selectors and what it is to aim at; plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...dns.seen import Seen
from ..record import Tags, record_value

# The key is there and its record is asked for; no name server shows it yet.
MADE = "made"
# Some name servers show it, or all do and resolvers may still remember what was there before.
PUBLISHED = "published"
# Whoever asks gets the record. It can sign: a spare, or the next one.
VISIBLE = "visible"
SIGNING = "signing"
# Signs no more; what it signed is still on its way.
RETIRING = "retiring"
# Its record has an empty p= (RFC 6376, section 3.6.1).
REVOKED = "revoked"
# The states of keys that have yet to sign, and of those that could.
WAITING = (MADE, PUBLISHED, VISIBLE)


@dataclass(frozen=True)
class Selector:
    """One selector of a domain.

    ``value`` is its record's while the key is good, ``None`` for a key that is still to be made, and ``spki_sha256`` is
    the key's. ``age`` is how long it has been in ``state`` and ``seen`` how long every name server has shown it without
    a break, both in seconds; ``None``: not every one does. ``wait`` is how long it has to be ``seen`` until no resolver
    remembers what was before. ``since`` is when it came into its state by the host's clock, for people to read.
    ``signed`` says that it stood in the list of keys that sign, ``adopted`` that it was there before rotation, and so
    may have signed by other means. ``leave`` says that another one is to sign as soon as there is one.
    """

    name: str
    algorithm: str
    bits: int | None
    state: str = MADE
    age: int = 0
    since: str = ""
    value: str | None = None
    spki_sha256: str | None = None
    seen: int | None = None
    wait: int = 0
    signed: bool = False
    adopted: bool = False
    leave: bool = False

    @property
    def published(self) -> str | None:
        """The value that its record is to have now."""
        return record_value(self.algorithm, "", Tags()) if self.state == REVOKED else self.value

    @property
    def in_mail(self) -> bool:
        """Whether there may be mail that it signed."""
        return self.signed or self.adopted or self.state == SIGNING

    def enter(self, state: str, now: str) -> Selector:
        """Return it in ``state``, as of now."""
        return self if state == self.state else replace(self, state=state, age=0, since=now, leave=False)


@dataclass(frozen=True)
class Rotation:
    """A domain's selectors, oldest first, and the names of those that were removed, which are never given again."""

    selectors: tuple[Selector, ...] = ()
    used: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """All names that are or were in use."""
        return {*self.used, *(selector.name for selector in self.selectors)}


@dataclass(frozen=True)
class Policy:
    """What is wanted of a domain; lengths of time in seconds.

    ``algorithms`` maps each wanted one to its size (``None`` for Ed25519), empty where the domain is to sign no more.
    ``interval`` of 0 changes keys only on demand. ``revoked`` is how long a record stays with an empty ``p=``.
    """

    algorithms: Mapping[str, int | None]
    interval: int
    overlap: int
    revoked: int
    spares: int = 0
    rotate_now: bool = False
    switch_to: str | None = None
    revoke: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sights:
    """What a run found, by selector: ``seen`` in DNS, ``listed`` among the keys that sign, ``keys`` on the disk."""

    seen: Mapping[str, Seen] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    def everywhere(self, name: str) -> bool:
        """Whether every name server shows the record now."""
        return name in self.seen and self.seen[name].everywhere

    def anywhere(self, name: str) -> bool:
        """Whether any name server shows the record now."""
        return name in self.seen and self.seen[name].anywhere
