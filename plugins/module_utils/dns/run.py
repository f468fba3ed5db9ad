# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole call of the DNS modules, from options to what is returned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.ledger import Ledger
from ..core.plan import Plan
from .converge import RecordsPlan, apply_records, plan_records
from .model import WantedSet
from .nothing import Nothing, WithNewZones
from .options import parse_request
from .plan import Note
from .providers import make_provider
from .rows_domain import mail_exchangers, policy_text
from .spec import Request
from .wanted import wanted_set
from .zone import NotReached, Provider
from .zone_file import ZoneFilePlan
from .zone_text import zone_text


@dataclass
class Call:
    """A plan, how to apply it, and what the module returns and warns of."""

    plan: Plan
    apply: Callable[[], None]
    returns: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


def wanted_call(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `dns_records_info` returns: all that is wanted, as a list and as text.

    Raises:
        MailwrightError: the options cannot be taken.
    """
    request = parse_request(params)
    return _described(request, wanted_set(request))


def records_call(params: Mapping[str, Any], check_mode: bool) -> Call:
    """Return the call that the options of `dns_records` ask for, all zones read and nothing changed.

    Raises:
        MailwrightError: the options cannot be taken, or a zone cannot be read.
    """
    request = parse_request(params)
    wanted = wanted_set(request)
    returns = _described(request, wanted)
    if params["provider"] == "zonefile":
        file_plan = ZoneFilePlan(params["path"], returns["text"])
        returns |= {"changes": [], "withheld": [], "kept": []}
        returns["unchecked"] = ["what your zones have already, as zonefile does not read them"]
        return Call(file_plan, file_plan.apply, returns)
    provider, plan, unchecked, new_zones = _planned(params, wanted, check_mode)
    returns |= {
        "changes": _changes(plan),
        "withheld": [_note(note) for note in plan.withheld],
        "kept": [_note(note) for note in plan.kept],
        "unchecked": [*unchecked, *new_zones],
    }
    warnings = [f"{zone}: a run needs it" for zone in new_zones] + [
        f"{note.record.name} {note.record.type} is not published: {note.reason}"
        for zone in plan.zones
        for note in zone.withheld
    ]
    return Call(plan, lambda: apply_records(provider, plan, params["ledger"]), returns, warnings)


def _planned(
    params: Mapping[str, Any], wanted: WantedSet, check_mode: bool
) -> tuple[Provider, RecordsPlan, list[str], list[str]]:
    """Return provider, plan, what could not be judged, and zones that are still to be made.

    Check mode takes what is missing for empty.
    """
    ledger = Ledger.read(params["ledger"])
    try:
        provider = make_provider(params)
        if not check_mode:
            return provider, plan_records(provider, wanted, ledger, params["purge"]), [], []
        foreseen = WithNewZones(provider, set(wanted.domains))
        plan = plan_records(foreseen, wanted, ledger, params["purge"])
        return foreseen, plan, [], [f"the zone {name}, which is still to be made" for name in sorted(foreseen.new)]
    except NotReached as error:
        if not check_mode:
            raise
        nothing = Nothing(set(wanted.domains))
        notes = [f"the zones and what they hold: {error}", "records of mail hosts in zones that are no mail domains"]
        return nothing, plan_records(nothing, wanted, ledger, params["purge"]), notes, []


def _described(request: Request, wanted: WantedSet) -> dict[str, Any]:
    records = wanted.all_records()
    hosts = mail_exchangers(request.hosts)
    policies = {one.name: policy_text(one, hosts) for one in request.domains if one.present}
    return {
        "records": [record.shown() for record in records],
        "text": zone_text(records),
        "mta_sts_policies": [{"domain": name, "text": text} for name, text in policies.items() if text],
        "overridden": list(wanted.notes),
    }


def _changes(plan: RecordsPlan) -> list[dict[str, Any]]:
    return [
        {
            "zone": zone.zone.name,
            "name": change.name,
            "type": change.type,
            "before": sorted(change.before.values) if change.before else [],
            "after": sorted(change.after.values) if change.after else [],
        }
        for zone in plan.zones
        for change in zone.changes
    ]


def _note(note: Note) -> dict[str, Any]:
    return {**note.record.shown(), "reason": note.reason}
