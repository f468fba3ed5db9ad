# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of each zone, as plain data and as the documents that the API takes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.errors import Conflict, InvalidValue, Unavailable
from ...core.plan import Change
from ..powerdns_api import patch
from ..zone import Content, Key, RRset, RRsetChange
from .model import KINDS, NATIVE, SECONDARY, FoundZone, Soa, WantedZone
from .options import check_kind

TTL = 3600
_MANAGED = f"it manages {', '.join(KINDS)}"
_TO_LOSE = "force: true does it all the same"
# The date and a number of the day, from the number that is there: the one that moves with every change by the API.
SERIALS = "DEFAULT"
# Signatures are renewed every week. A secondary fetches them only if the serial moves with them
# (https://doc.powerdns.com/authoritative/dnssec/operational.html).
SIGNED_SERIALS = "INCEPTION-INCREMENT"


@dataclass
class Step:
    """What becomes of one zone.

    ``create``: the document of a new one. ``settings``: the fields of one that is there, with their new values, set in
    one request; ``rrsets``: what changes of its data, in another. ``metadata``: kinds with their new values.
    ``signs``: its key is still to be made. ``before`` and ``after``: what is shown, ``None`` where there is no zone.
    """

    wanted: WantedZone
    found: FoundZone | None
    create: dict[str, Any] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    rrsets: list[RRsetChange] = field(default_factory=list)
    metadata: dict[str, tuple[str, ...]] = field(default_factory=dict)
    removes: bool = False
    signs: bool = False
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    @property
    def changed(self) -> bool:
        """Whether anything changes."""
        return bool(self.create or self.settings or self.rrsets or self.metadata or self.removes)

    @property
    def patches(self) -> list[dict[str, Any]]:
        """The changes of data as the API takes them."""
        disabled = self.found.disabled if self.found else {}
        return [patch(one, disabled.get((one.name, one.type), ())) for one in self.rrsets]

    def change(self) -> Change | None:
        """Return the change as it is shown, ``None`` where there is none."""
        return Change("zone", self.wanted.name, _told(self.before), _told(self.after)) if self.changed else None


def plan_zone(wanted: WantedZone, found: FoundZone | None) -> Step:
    """Return what becomes of a zone; ``found`` is ``None`` where the server has none.

    Raises:
        InvalidValue: something is missing that a new zone needs, or does not go with the zone's kind.
        Conflict: what cannot be made again would be lost, and ``force`` is not given, or a zone of another kind.
        Unavailable: what the server has of it is no zone.
    """
    step = Step(wanted, found)
    if found is None:
        if wanted.present:
            _plan_new(step)
        return step
    if found.kind not in KINDS:
        raise Conflict(f"zone {found.name} is a {found.kind}, which this module does not manage; {_MANAGED}")
    step.before = _shown(found)
    if wanted.present:
        _plan_existing(step, found)
    else:
        _check_removal(wanted, found)
        step.removes = True
    return step


def _plan_new(step: Step) -> None:
    want = step.wanted
    kind = want.kind or NATIVE
    check_kind(want, kind)
    document: dict[str, Any] = {"name": f"{want.name}.", "kind": kind, "masters": list(want.primaries or ())}
    data: dict[Key, RRset] = {}
    if kind == SECONDARY:
        _check_primaries(want, ())
        document["slave_tsig_key_ids"] = _ids(want.tsig_keys)
    else:
        if not want.nameservers:
            raise InvalidValue("zone", want.name, "is new and has no name servers", "give their names in nameservers")
        data = {(one.name, one.type): one.after for one in _changes(want, {}) if one.after}
        document |= {
            # Our NS records are among the data, with their TTL; the field has to be there.
            "nameservers": [],
            "rrsets": [patch(RRsetChange(*key, None, rrset)) for key, rrset in data.items()],
            "dnssec": bool(want.dnssec),
            "soa_edit_api": SERIALS,
            "master_tsig_key_ids": _ids(want.tsig_keys),
        }
        if want.dnssec:
            document["soa_edit"] = SIGNED_SERIALS
            step.signs = True
    step.create = document
    step.metadata = {name: values for name, values in want.metadata.items() if values}
    step.after = {
        "kind": kind,
        "primaries": sorted(want.primaries or ()),
        "dnssec": bool(want.dnssec),
        "tsig_keys": sorted(want.tsig_keys or ()),
        **({} if kind == SECONDARY else _shown_rrsets(want.name, data)),
        **_shown_metadata(step.metadata),
    }


def _check_primaries(want: WantedZone, found: tuple[str, ...]) -> None:
    if not (want.primaries or found):
        right = "give the addresses of its primary servers in primaries"
        raise InvalidValue("zone", want.name, "is a Secondary without a primary server", right)


def _plan_existing(step: Step, found: FoundZone) -> None:
    want = step.wanted
    kind = want.kind or found.kind
    check_kind(want, kind)
    after = dict(step.before or {})
    if found.kind == SECONDARY and kind != SECONDARY:
        _check_promotion(found)
    if kind == SECONDARY and found.kind != SECONDARY:
        _check_surrender(want, found)
        if found.signed:
            # With keys of its own it would go on signing what it is given.
            step.settings["dnssec"] = after["dnssec"] = False
    if kind != found.kind:
        step.settings["kind"] = after["kind"] = kind
    if want.primaries is not None and set(want.primaries) != set(found.primaries):
        step.settings["masters"] = list(want.primaries)
        after["primaries"] = sorted(want.primaries)
    _plan_keys(step, found, kind, after)
    if kind == SECONDARY:
        _check_primaries(want, found.primaries)
        after = {name: value for name, value in after.items() if name not in ("SOA", "NS")}
    else:
        _plan_signing(step, found, after)
        _plan_data(step, found, after)
        if not found.soa_edit_api and "SOA-EDIT-API" not in want.metadata:
            step.settings["soa_edit_api"] = after["serials"] = SERIALS
    step.metadata = {
        kind_: values for kind_, values in want.metadata.items() if set(values) != set(found.metadata.get(kind_, ()))
    }
    after.update(_shown_metadata(step.metadata))
    step.before = {
        **(step.before or {}),
        **_shown_metadata({key: found.metadata.get(key, ()) for key in step.metadata}),
    }
    step.after = after


def _plan_keys(step: Step, found: FoundZone, kind: str, after: dict[str, Any]) -> None:
    wanted = step.wanted.tsig_keys
    name, there = ("slave_tsig_key_ids", found.asked) if kind == SECONDARY else ("master_tsig_key_ids", found.allowed)
    keys = there if wanted is None else wanted
    if set(keys) != set(there):
        step.settings[name] = _ids(keys)
    after["tsig_keys"] = sorted(keys)


def _plan_signing(step: Step, found: FoundZone, after: dict[str, Any]) -> None:
    wanted = step.wanted.dnssec
    if wanted is None or wanted == found.signed:
        return
    if not wanted and not step.wanted.force:
        raise Conflict(
            f"zone {found.name} is signed, and dnssec: false would take its keys away: take its DS record out of the "
            f"parent zone and wait until its TTL has elapsed; then {_TO_LOSE}"
        )
    step.settings["dnssec"] = after["dnssec"] = step.signs = wanted
    if wanted and not found.soa_edit and "SOA-EDIT" not in step.wanted.metadata:
        step.settings["soa_edit"] = SIGNED_SERIALS


def _plan_data(step: Step, found: FoundZone, after: dict[str, Any]) -> None:
    step.rrsets = _changes(step.wanted, found.rrsets)
    changed = {(one.name, one.type): one.after for one in step.rrsets if one.after}
    after.update(_shown_rrsets(found.name, {**found.rrsets, **changed}))


def _changes(want: WantedZone, rrsets: Mapping[Key, RRset]) -> list[RRsetChange]:
    """Return what becomes of the SOA record and of the zone's own NS records; no other record is ever touched."""
    soa, names = rrsets.get((want.name, "SOA")), rrsets.get((want.name, "NS"))
    servers = want.nameservers or tuple(sorted(names.values if names else ()))
    result = []
    if servers:
        contents = tuple(Content.ours("NS", f"{name.removesuffix('.')}.") for name in servers)
        after = RRset(_ttl(want, names), contents)
        if names is None or (names.ttl, names.values) != (after.ttl, after.values):
            result.append(RRsetChange(want.name, "NS", names, after))
    found = None if soa is None else _soa(want.name, soa)
    if found is None and not servers:
        right = "give their names in nameservers"
        raise InvalidValue("zone", want.name, "has neither a SOA record nor name servers", right)
    fields = (found or Soa(servers[0].removesuffix("."), f"hostmaster.{want.name}", 0)).having(want.soa)
    after = RRset(_ttl(want, soa), (Content.found("SOA", fields.content),))
    if soa is None or (soa.ttl, found) != (after.ttl, fields):
        result.append(RRsetChange(want.name, "SOA", soa, after))
    return result


def _ttl(want: WantedZone, found: RRset | None) -> int:
    if want.ttl is not None:
        return want.ttl
    return TTL if found is None else found.ttl


def _soa(zone: str, rrset: RRset) -> Soa:
    try:
        return Soa.parse(rrset.contents[0].raw)
    except ValueError as error:
        raise Unavailable(f"zone {zone}: the server has a SOA record that is none ({error})") from error


def _check_removal(want: WantedZone, found: FoundZone) -> None:
    """A secondary has a copy only; of any other zone, records and keys are lost with it."""
    if want.force or found.kind == SECONDARY:
        return
    losses = _losses(found)
    if losses:
        raise Conflict(f"zone {found.name} cannot be removed: {losses} would be lost; {_TO_LOSE}")


def _check_surrender(want: WantedZone, found: FoundZone) -> None:
    """What a zone has is replaced by what its primary servers have."""
    losses = _losses(found)
    if losses and not want.force:
        raise Conflict(f"zone {found.name} cannot become a Secondary: {losses} would be lost; {_TO_LOSE}")


def _check_promotion(found: FoundZone) -> None:
    """A copy is served with the signatures that it came with."""
    if found.signed:
        raise Conflict(
            f"zone {found.name} is a copy with the signatures of its primary server, which no change would renew; run "
            f"pdnsutil unset-presigned {found.name} first, and sign it here with dnssec: true"
        )


def _losses(found: FoundZone) -> str:
    """Return what of a zone no run makes again, empty where there is nothing."""
    losses = []
    if found.others:
        named = ", ".join(found.others[:3]) + ", ..." * (len(found.others) > 3)
        losses.append(f"its records ({named})")
    if found.signed:
        losses.append("the keys that sign it")
    return " and ".join(losses)


def _told(shown: dict[str, Any] | None) -> dict[str, Any] | None:
    """Leave out what there is nothing of."""
    return None if shown is None else {name: value for name, value in shown.items() if value not in (None, [])}


def _ids(names: Iterable[str] | None) -> list[str]:
    return [f"{name}." for name in names or ()]


def _shown(found: FoundZone) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "primaries": sorted(found.primaries),
        "dnssec": found.signed,
        "tsig_keys": sorted(found.asked if found.kind == SECONDARY else found.allowed),
        **({} if found.kind == SECONDARY else _shown_rrsets(found.name, found.rrsets)),
    }


def _shown_rrsets(zone: str, rrsets: Mapping[Key, RRset]) -> dict[str, Any]:
    soa, names = rrsets.get((zone, "SOA")), rrsets.get((zone, "NS"))
    return {
        "SOA": soa and f"{soa.ttl} {_soa(zone, soa).settings}",
        "NS": sorted(f"{names.ttl} {value}" for value in names.values) if names else [],
    }


def _shown_metadata(metadata: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {f"metadata {kind}": list(values) for kind, values in sorted(metadata.items())}
