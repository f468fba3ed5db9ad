# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a key is to be replaced by the next one, and whether senders know that one already. Pure.

A sender that validates TLSA records may have them from a cache. So the next key is served only once every authoritative
name server has shown its record for as long as any resolver may keep the records from before (RFC 7671, section 8.1).
Where nobody publishes TLSA records there is nothing to wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ..core.clock import Moment, elapsed

# Stands for a key that is still to be made: nobody can have published it.
UNMADE = "0" * 64


class Sight(Protocol):
    """What the name servers show of one record."""

    @property
    def everywhere(self) -> bool:
        """Whether every server shows it."""

    @property
    def nowhere(self) -> bool:
        """Whether no server has any record of its name and type."""

    @property
    def ttl(self) -> int:
        """The longest TTL that was seen, in seconds."""

    def failing(self) -> str:
        """Return which servers do not show it, and why."""


class Asker(Protocol):
    """Whoever can tell what the name servers show."""

    def ask(self, wanted: Mapping[str, str]) -> Mapping[str, Sight]:
        """Return what is seen of each TLSA record of ``wanted`` (name: value)."""


@dataclass(frozen=True)
class Noted:
    """What is remembered of the next key.

    ``wait`` is the longest TTL of any TLSA record seen, in seconds. ``seen`` is when the key's records were first seen
    on every name server, without a break since; ``None``: they are not.
    """

    spki_sha256: str
    wait: int = 0
    seen: Moment | None = None


def records(host: str, ports: Iterable[int], spki_sha256: str) -> dict[str, str]:
    """Return names and values of the TLSA records of ``host`` for a key (RFC 7672, section 3.1)."""
    return {f"_{port}._tcp.{host}": f"3 1 1 {spki_sha256}" for port in ports}


def judge(noted: Noted, sights: Mapping[str, Sight], now: Moment) -> tuple[Noted, str]:
    """Return what is to be remembered of the next key, and why it cannot be served yet; empty where it can.

    ``sights`` has what is seen of each of its `records`.
    """
    wait = max((noted.wait, *(sight.ttl for sight in sights.values())))
    missing = {name: sight for name, sight in sights.items() if not sight.everywhere and not sight.nowhere}
    if missing:
        told = "; ".join(f"{name}: {sight.failing()}" for name, sight in sorted(missing.items()))
        return replace(noted, wait=wait, seen=None), f"not every name server shows its TLSA record ({told})"
    published = any(not sight.nowhere for sight in sights.values())
    if not published and not wait and noted.seen is None:
        return noted, ""
    noted = replace(noted, wait=wait, seen=noted.seen or now)
    left = wait - elapsed(noted.seen, now)
    if left <= 0:
        return noted, ""
    return noted, f"until {now.after(left)} resolvers may still have the TLSA records from before"


def why_replace(kind: str, wanted_kind: str, spki_sha256: str, retired: Iterable[str], days: int, limit: int) -> str:
    """Return why a key is to be replaced, empty where it is good.

    ``days`` is how long it has been in use, and ``limit`` how long it may be, 0 for ever.
    """
    if kind != wanted_kind:
        return f"is {kind}"
    if spki_sha256 in retired:
        return "is one of retired_keys"
    if 0 < limit <= days:
        return f"has been in use for {days} days"
    return ""
