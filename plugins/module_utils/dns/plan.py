# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole change of one zone as plain data: from what is there, what is wanted and what is ours.

Only values of ours are changed or taken away, and what somebody else has put where ours would go wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..core.errors import Conflict
from .model import Owner, Record, Slot, Wanted, WantedSet, WantedSpf
from .names import is_within
from .owned import NOT_PURGED, Owned, Published, is_gone, why_kept
from .plan_spf import merge_spf
from .spf import TAG, normal, terms_of
from .zone import SIGNERS, Content, Key, RRset, RRsetChange, Zone


@dataclass(frozen=True)
class Note:
    """A record that is not treated as one might expect, and why."""

    record: Record
    reason: str


@dataclass
class ZonePlan:
    """What changes in a zone, what is ours before and after, and what is told about the rest.

    ``withheld``: wanted and not published. ``kept``: ours, not wanted, and still published.
    """

    zone: Zone
    changes: list[RRsetChange] = field(default_factory=list)
    owned_before: Owned = field(default_factory=Owned)
    owned_after: Owned = field(default_factory=Owned)
    withheld: list[Note] = field(default_factory=list)
    kept: list[Note] = field(default_factory=list)


def plan_zone(
    zone: Zone,
    records: Iterable[Wanted],
    spf: Iterable[WantedSpf],
    flags: WantedSet,
    owned: Owned,
    purge: bool = False,
) -> ZonePlan:
    """Return what makes ``zone`` have ``records`` and ``spf``; ``flags`` say what of ours may be dropped.

    Raises:
        Conflict: a record that the user asked for cannot stand beside what is there, or a merged SPF record would take
            too many lookups.
    """
    work = _Work(zone, flags, owned, purge)
    wanted, merges = work.admitted(list(records), list(spf))
    work.drop(wanted)
    work.add(wanted)
    work.merge(merges)
    return work.plan([*(one.record for one in wanted), *(one.record for one in merges)])


class _Work:
    """A zone's data and what is ours of it in the course of being changed."""

    def __init__(self, zone: Zone, flags: WantedSet, owned: Owned, purge: bool) -> None:
        self.zone, self.flags, self.purge = zone, flags, purge
        self.before, self.owned = owned, owned.copy()
        self.contents: dict[Key, list[Content]] = {key: list(one.contents) for key, one in zone.rrsets.items()}
        self.types: defaultdict[str, set[str]] = defaultdict(set)
        for name, type_ in zone.rrsets:
            self.types[name].add(type_)
        self.cuts = {name for name, type_ in zone.rrsets if type_ == "NS" and name != zone.name}
        self.withheld: list[Note] = []
        self.kept: list[Note] = []

    # What of the wanted records goes in.

    def admitted(self, records: list[Wanted], spf: list[WantedSpf]) -> tuple[list[Wanted], list[WantedSpf]]:
        """Return what can be published; note the rest."""
        exact = {(one.record.name, one.record.type, one.record.value) for one in records}
        taken = [one for one in records if self._admits(one, exact, self._beside_others(one, exact), one.asked)]
        return taken, [one for one in spf if self._admits(one, exact, "", False)]

    def _admits(self, one: Wanted | WantedSpf, exact: set[Published], beside: str, asked: bool) -> bool:
        """Whether ``one`` can be published; ``beside`` is a reason why not that is known already."""
        record = one.record
        cut = next((cut for cut in self.cuts if is_within(record.name, cut)), None)
        reason = f"{cut} is delegated to other name servers (it has NS records)" if cut else ""
        alone = self._alone(record, exact)
        if (cut and one.needed) or (alone and asked):
            raise Conflict(
                f"{record.name} {record.type} {record.value} cannot be published in the zone {self.zone.name}: "
                f"{reason or alone}"
            )
        reason = reason or alone or beside
        if reason:
            self.withheld.append(Note(record, reason))
        return not reason

    def _alone(self, record: Record, exact: set[Published]) -> str:
        """Return which CNAME keeps ``record`` out, or what keeps a CNAME out; empty where nothing does."""
        staying = {
            (type_, content.value)
            for type_ in self.types[record.name] - SIGNERS
            for content in self.contents[record.name, type_]
            if self._stays(record.name, type_, content.value) and (record.name, type_, content.value) not in exact
        }
        if record.type == "CNAME":
            others = sorted(type_ for type_, _value in staying)
            types = ", ".join(dict.fromkeys(others))
            return f"the name has records of its own ({types}), and a CNAME stands alone" if others else ""
        alias = next((value for type_, value in staying if type_ == "CNAME"), None)
        return f"the name is a CNAME already, to {alias}" if alias else ""

    def _stays(self, name: str, type_: str, value: str) -> bool:
        """Whether a value that is not wanted would be there still if something needed its place."""
        owner = self.before.records.get((name, type_, value))
        if owner is not None:
            return bool(why_kept(owner, Record(name, type_, value, 0), self.flags))
        if type_ != "TXT" or not Slot(name, type_, TAG).holds(value):
            return True
        owners = [self.before.terms.get((name, normal(term))) for term in terms_of(value)]
        return any(owner is None or not is_gone(owner, self.flags) for owner in owners)

    def _beside_others(self, one: Wanted, exact: set[Published]) -> str:
        if one.shared:
            return ""
        record = one.record
        found = [c.value for c in self.contents.get((record.name, record.type), ()) if one.slot.holds(c.value)]
        ours = [value for value in found if (record.name, record.type, value) in self.before.records]
        others = [v for v in found if v not in ours and (record.name, record.type, v) not in exact]
        return f"there is a record of your own: {', '.join(sorted(others))}" if others and not ours else ""

    # What of ours goes out.

    def drop(self, wanted: list[Wanted]) -> None:
        """Take out what is ours and no longer wanted, where that is allowed."""
        exact = {(one.record.name, one.record.type, one.record.value) for one in wanted}
        for key, owner in self.before.records.items():
            name, type_, value = key
            contents = self.contents.get((name, type_), [])
            if key in exact:
                continue
            if all(content.value != value for content in contents):
                del self.owned.records[key]
                continue
            record = Record(name, type_, value, self.zone.rrsets[name, type_].ttl)
            reason = why_kept(owner, record, self.flags)
            goes = not reason and (self.purge or is_gone(owner, self.flags) or self._in_the_way(record, wanted))
            if not goes and not self._replaced(record, owner, wanted):
                self.kept.append(Note(record, reason or NOT_PURGED))
                continue
            del self.owned.records[key]
            self.contents[name, type_] = [content for content in contents if content.value != value]

    def _in_the_way(self, record: Record, wanted: list[Wanted]) -> bool:
        """Whether ``record`` cannot stand beside something that is wanted: one of the two is a CNAME."""
        types = {one.record.type for one in wanted if one.record.name == record.name}
        return bool(types) if record.type == "CNAME" else "CNAME" in types

    def _replaced(self, record: Record, owner: Owner, wanted: list[Wanted]) -> bool:
        """Whether ``record`` is the former value of something that is wanted."""
        return any(
            one.slot.name == record.name
            and one.slot.type == record.type
            and one.slot.holds(record.value)
            and one.owner == owner
            and not one.shared
            for one in wanted
        )

    # What goes in.

    def add(self, wanted: list[Wanted]) -> None:
        """Put in what is missing. What is there already and not ours stays somebody else's."""
        for one in wanted:
            record = one.record
            key = (record.name, record.type, record.value)
            contents = self.contents.setdefault((record.name, record.type), [])
            if all(content.value != record.value for content in contents):
                contents.append(Content.ours(record.type, record.value))
                self.owned.records[key] = one.owner
            elif key in self.before.records:
                self.owned.records[key] = one.owner

    def merge(self, spf: list[WantedSpf]) -> None:
        """Bring our terms into the SPF records, and out of those that are not to have them any more."""
        wanted = {one.name: one for one in spf}
        withheld = {note.record.name for note in self.withheld if note.record.value.startswith(TAG)}
        names = {*wanted, *self.before.spf, *(name for name, _term in self.before.terms)} - (withheld - {*wanted})
        for name in sorted(names):
            key = (name, "TXT")
            contents = self.contents.get(key, [])
            rrset = RRset(0, tuple(contents)) if contents else None
            outcome = merge_spf(name, rrset, wanted.get(name), self.owned, self.flags, self.purge)
            if outcome.withheld:
                self.withheld.append(Note(wanted[name].record, outcome.withheld))
            ttl = self.zone.rrsets[key].ttl if key in self.zone.rrsets else 0
            self.kept += [Note(Record(name, "TXT", term, ttl), reason) for term, reason in outcome.kept]
            self.contents[key] = list(outcome.contents)

    # The outcome.

    def plan(self, wanted: Iterable[Record]) -> ZonePlan:
        """Return the plan."""
        ttls = {(record.name, record.type): record.ttl for record in wanted}
        return ZonePlan(
            self.zone,
            self._changes(ttls),
            self.before,
            self.owned,
            sorted_notes(self.withheld),
            sorted_notes(self.kept),
        )

    def _changes(self, ttls: dict[Key, int]) -> list[RRsetChange]:
        changes = []
        for key in sorted(self.contents):
            before = self.zone.rrsets.get(key)
            contents = tuple(self.contents[key])
            after = RRset(self._ttl(key, before, ttls), contents) if contents else None
            if before != after:
                changes.append(RRsetChange(*key, before, after))
        return changes

    def _ttl(self, key: Key, before: RRset | None, ttls: dict[Key, int]) -> int:
        """An RRset has one TTL: ours where all of its values are ours, otherwise as it was."""
        ttl = ttls.get(key)
        if before is None:
            return ttl if ttl is not None else 0
        ours = all(self._is_ours(*key, content.value) for content in self.contents[key])
        return ttl if ours and ttl is not None else before.ttl

    def _is_ours(self, name: str, type_: str, value: str) -> bool:
        if (name, type_, value) in self.owned.records:
            return True
        # An SPF record that we made, also with terms that others have put in since.
        if (
            type_ != "TXT"
            or not Slot(name, type_, TAG).holds(value)
            or self.owned.spf.get(name, ("", None))[0] is not None
        ):
            return False
        present = {normal(term) for term in terms_of(value)}
        return all(term in present for where, term in self.owned.terms if where == name)


def sorted_notes(notes: Iterable[Note]) -> list[Note]:
    """Return ``notes`` in the order of their records, each once."""
    return sorted(set(notes), key=lambda note: (note.record, note.reason))
