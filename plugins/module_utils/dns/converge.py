# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All zones of a call: where each record belongs, what changes in each zone, and applying it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.errors import Conflict, MailwrightError, Unavailable
from ..core.ledger import DEFAULT_PATH, Entry, Ledger, edit
from ..core.plan import Change, Plan
from .model import Record, Wanted, WantedSet, WantedSpf
from .owned import RECORDS, SPF, Owned, is_gone, why_kept
from .plan import Note, ZonePlan, plan_zone, sorted_notes
from .zone import Provider, RRset, Zone


@dataclass
class RecordsPlan(Plan):
    """The plans of all zones. ``withheld`` has what no zone takes, beside what the zones' own plans withhold."""

    zones: list[ZonePlan] = field(default_factory=list)
    withheld: list[Note] = field(default_factory=list)
    kept: list[Note] = field(default_factory=list)

    def diff(self) -> list[dict[str, str]]:
        """Return Ansible's diff, one part for each zone that changes, in the form of a zone file."""
        return [_diff(plan) for plan in self.zones if plan.changes] or [_ledger_diff(self.changes)]


def plan_records(provider: Provider, wanted: WantedSet, ledger: Ledger, purge: bool = False) -> RecordsPlan:
    """Read the zones that ``wanted`` or ``ledger`` name, each once, and return what changes in them.

    Raises:
        Conflict: a name that is needed is in no zone that is served, or as `plan_zone`.
        MailwrightError: as the provider's methods.
    """
    scopes = {scope for kind in (RECORDS, SPF) for scope in ledger.owned.get(kind, {})}
    names = {record.name for record in wanted.all_records()}
    to_clean = {scope for scope in scopes if _concerns(Owned.read(ledger, scope), wanted, purge)}
    served = provider.find(names | to_clean)
    records: defaultdict[str, list[Wanted]] = defaultdict(list)
    spf: defaultdict[str, list[WantedSpf]] = defaultdict(list)
    result = RecordsPlan()
    for one in wanted.records:
        zone = _zone_of(one, served, result.withheld)
        if zone:
            records[zone].append(one)
    for merge in wanted.spf:
        zone = _zone_of(merge, served, result.withheld)
        if zone:
            spf[zone].append(merge)
    # A zone of the ledger that is served no more has nothing to be taken out of.
    there = {scope for scope in to_clean if served.get(scope) == scope}
    for name in sorted({*records, *spf, *there}):
        zone_ = provider.read(name)
        taken = _without_tlsa(zone_, records[name], result.withheld)
        result.zones.append(plan_zone(zone_, taken, spf[name], wanted, Owned.read(ledger, name), purge))
    for name in sorted(to_clean - there):
        owned = Owned.read(ledger, name)
        left = Owned(
            {key: who for key, who in owned.records.items() if why_kept(who, Record(*key, 0), wanted)},
            {key: who for key, who in owned.terms.items() if why_kept(who, Record(key[0], "TXT", "", 0), wanted)},
        )
        left.spf = {where: entry for where, entry in owned.spf.items() if any(where == term[0] for term in left.terms)}
        result.zones.append(ZonePlan(Zone(name), [], owned, left))
    result.changes = [change for plan in result.zones for change in _shown(plan)]
    result.withheld = sorted_notes([*result.withheld, *(note for plan in result.zones for note in plan.withheld)])
    result.kept = sorted_notes(note for plan in result.zones for note in plan.kept)
    return result


def apply_records(provider: Provider, plan: RecordsPlan, ledger_path: str = DEFAULT_PATH) -> None:
    """Write each zone that changes, in one request. The ledger has what becomes ours ahead of that.

    A run that ends in between leaves records in the ledger that are not in their zones yet, and the next run publishes
    them; the other way round they would be taken for somebody else's.

    Raises:
        MailwrightError: as the provider's ``write``; the zones before it are converged, this and the following are
            untouched.
    """
    with edit(ledger_path) as ledger:
        for one in plan.zones:
            before, after = one.owned_before.entries(), one.owned_after.entries()
            for (kind, name), entry in after.items():
                if before.get((kind, name)) != entry:
                    ledger.take(kind, one.zone.name, name, entry.before, entry.owner)
    done: list[ZonePlan] = []
    try:
        for one in plan.zones:
            if one.changes:
                provider.write(one.zone, one.changes)
            done.append(one)
    except MailwrightError as error:
        written = ", ".join(one.zone.name for one in done if one.changes)
        raise Unavailable(f"{error}; zones converged before that: {written or 'none'}") from error
    finally:
        with edit(ledger_path) as ledger:
            for one in done:
                for kind, name in one.owned_before.entries().keys() - one.owned_after.entries().keys():
                    ledger.release(kind, one.zone.name, name)


def _concerns(owned: Owned, wanted: WantedSet, purge: bool) -> bool:
    """Whether something of ``owned`` may have to go."""
    return any(
        is_gone(owner, wanted) or (purge and not why_kept(owner, Record(name, type_, "", 0), wanted))
        for owner, name, type_ in owned.owners()
    )


def _zone_of(one: Wanted | WantedSpf, served: Mapping[str, str], withheld: list[Note]) -> str | None:
    zone = served.get(one.record.name)
    if zone is None and one.needed:
        raise Conflict(
            f"{one.record.name}: no zone that this server serves holds the name; create the zone with "
            "mailwright.mail.dns_zone first, or correct the name"
        )
    if zone is None:
        withheld.append(Note(one.record, "no zone that this server serves holds the name"))
    return zone


def _without_tlsa(zone: Zone, records: list[Wanted], withheld: list[Note]) -> list[Wanted]:
    """RFC 7672, section 2.2: without DNSSEC nobody may believe such a record."""
    if zone.signed is not False:
        return records
    withheld += [Note(one.record, "the zone is not signed") for one in records if one.record.type == "TLSA"]
    return [one for one in records if one.record.type != "TLSA"]


def _shown(plan: ZonePlan) -> list[Change]:
    changes = [Change("rrset", f"{one.name} {one.type}", _side(one.before), _side(one.after)) for one in plan.changes]
    before, after = plan.owned_before.entries(), plan.owned_after.entries()
    if changes or before == after:
        return changes
    names = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    return [
        Change("ledger", name, _entry(before.get((kind, name))), _entry(after.get((kind, name))))
        for kind, name in names
    ]


def _entry(entry: Entry | None) -> dict[str, str] | None:
    return None if entry is None else {"owner": entry.owner}


def _side(rrset: RRset | None) -> dict[str, object] | None:
    return None if rrset is None else {"ttl": rrset.ttl, "values": sorted(rrset.values)}


def _diff(plan: ZonePlan) -> dict[str, str]:
    header = f"zone {plan.zone.name}"
    return {
        "before_header": header,
        "after_header": header,
        "before": "".join(_lines(one.name, one.type, one.before) for one in plan.changes),
        "after": "".join(_lines(one.name, one.type, one.after) for one in plan.changes),
    }


def _lines(name: str, type_: str, rrset: RRset | None) -> str:
    if rrset is None:
        return ""
    return "".join(f"{name}. {rrset.ttl} IN {type_} {content.raw}\n" for content in rrset.contents)


def _ledger_diff(changes: list[Change]) -> dict[str, str]:
    lines = Plan(changes).diff()
    return lines if isinstance(lines, dict) else {}
