# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of each TSIG key of the server, as plain data; pure. Secrets are never part of what is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import Conflict
from ...core.plan import Change
from .model import FoundKey, FoundZone, WantedKey, WantedZone


@dataclass
class KeyStep:
    """What becomes of one key.

    ``sets``: the server gets it, or another secret or algorithm. ``writes``: its secret goes into the file, the one
    that the server has or, where it has none, one that is still to be made.
    """

    wanted: WantedKey
    found: FoundKey | None
    sets: bool = False
    writes: bool = False
    removes: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything changes."""
        return self.sets or self.writes or self.removes

    def change(self) -> Change | None:
        """Return the change as it is shown, ``None`` where there is none."""
        if not self.changed:
            return None
        before: dict[str, Any] | None = None
        if self.found:
            before = {"algorithm": self.found.algorithm, "secret": "(set)"}
        if self.removes:
            return Change("TSIG key", self.wanted.name, before, None)
        after: dict[str, Any] = {"algorithm": self.wanted.algorithm, "secret": "(set)"}
        if self.found and self.wanted.secret not in (None, self.found.secret):
            after["secret"] = "(changed)"
        if self.writes:
            after["written to"] = self.wanted.secret_file
        return Change("TSIG key", self.wanted.name, before, after)


def plan_key(wanted: WantedKey, found: FoundKey | None) -> KeyStep:
    """Return what becomes of a key; the file's secret wins over the server's."""
    step = KeyStep(wanted, found)
    if not wanted.present:
        step.removes = found is not None
        return step
    step.writes = wanted.secret is None
    secret = wanted.secret or (found.secret if found else None)
    step.sets = found is None or not secret or (found.algorithm, found.secret) != (wanted.algorithm, secret)
    return step


def check_keys(zones: Iterable[WantedZone], steps: Iterable[KeyStep], known: Iterable[str]) -> None:
    """Check that the server has the keys that ``zones`` name, or gets them.

    Raises:
        Conflict: it has not.
    """
    there = {*known} | {step.wanted.name for step in steps if step.wanted.present}
    there -= {step.wanted.name for step in steps if not step.wanted.present}
    for zone in zones:
        for name in zone.tsig_keys or () if zone.present else ():
            if name not in there:
                raise Conflict(
                    f"tsig_keys of zone {zone.name}: the server has no TSIG key {name}; give it in server_tsig_keys"
                )


def check_removal(name: str, wanted: Mapping[str, WantedZone], found: Iterable[FoundZone]) -> None:
    """Check that no zone is left that names the key ``name``; ``found`` are all zones of the server.

    Raises:
        Conflict: there are some.
    """
    users = []
    for zone in found:
        want = wanted.get(zone.name)
        if want and not want.present:
            continue
        keys = {*zone.allowed, *zone.asked} if want is None or want.tsig_keys is None else {*want.tsig_keys}
        if name in keys:
            users.append(zone.name)
    if users:
        told = ", ".join(sorted(users))
        raise Conflict(f"the TSIG key {name} cannot be removed: zones name it ({told}); take it out of them first")
