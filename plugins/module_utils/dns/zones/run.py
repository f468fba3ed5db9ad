# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole calls. `dns_zone`: read all that it concerns, judge it, plan; then write zone by zone. `dns_zone_info`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.addresses import show_domain
from ...core.errors import MailwrightError, Unavailable
from ...core.plan import Plan
from ..names import parse_name
from ..providers import read_secret
from ..run import Call
from ..zone import NotReached
from .model import FoundKey, FoundZone, WantedZone, ZoneKey
from .options import check_timeout, wanted_keys, wanted_zones
from .plan import Step, plan_zone
from .plan_keys import KeyStep, check_keys, check_removal, plan_key
from .server import ZoneServer, make_server


def zone_call(params: Mapping[str, Any], check_mode: bool) -> Call:
    """Return the call that the options of `dns_zone` ask for, all zones read and judged and nothing changed.

    Raises:
        MailwrightError: the options cannot be taken, a zone or key cannot be as they say, or the server cannot be read.
    """
    check_timeout(params)
    zones = wanted_zones(params)
    keys = wanted_keys(params)
    unchecked: list[str] = []
    server: ZoneServer | None = None
    found: dict[str, FoundZone] = {}
    found_keys: dict[str, FoundKey] = {}
    try:
        server = make_server(params, read_secret("powerdns", "api_key_file", params["api_key_file"]))
        found = server.read_zones({zone.name: bool(zone.metadata) for zone in zones})
        if keys or any(zone.tsig_keys for zone in zones):
            found_keys = server.read_keys(key.name for key in keys)
    except NotReached as error:
        if not check_mode:
            raise
        unchecked.append(f"the zones and TSIG keys that the server has: {error}")
        server = None
    key_steps = [plan_key(key, found_keys.get(key.name)) for key in keys]
    steps = [plan_zone(zone, found.get(zone.name)) for zone in zones]
    if server:
        check_keys(zones, key_steps, found_keys)
        _check_removals(server, zones, key_steps)
    unchecked += [
        f"the DS records of {step.wanted.name}, as its key is still to be made" for step in steps if step.signs
    ]
    changes = [*(step.change() for step in key_steps), *(step.change() for step in steps)]
    plan = Plan([change for change in changes if change])
    values = [_value(step) for step in steps]
    returns: dict[str, Any] = {"unchecked": unchecked if check_mode else []}
    if params["zones"] is not None:
        returns["zones"] = values
    elif values:
        returns["zone"] = values[0]

    def apply() -> None:
        if server:
            _apply(server, key_steps, steps, values)

    return Call(plan, apply, returns)


def zone_info_call(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Return what `dns_zone_info` returns: ``zones``, and ``unchecked`` where check mode found no server.

    Raises:
        MailwrightError: a name is none, or the server cannot be read.
    """
    check_timeout(params)
    given = params["names"]
    names = None if given is None else list(dict.fromkeys(parse_name(name, "names") for name in given))
    try:
        server = make_server(params, read_secret("powerdns", "api_key_file", params["api_key_file"]))
        found = {zone.name: zone for zone in server.read_bare(names)}
    except NotReached as error:
        if not check_mode:
            raise
        return {"zones": [_told(name, None) for name in names or ()], "unchecked": [f"the server's zones: {error}"]}
    return {"zones": [_told(name, found.get(name)) for name in names or sorted(found)], "unchecked": []}


def _told(name: str, found: FoundZone | None) -> dict[str, Any]:
    return {
        "name": name,
        "unicode_name": show_domain(name),
        "state": "present" if found else "absent",
        "kind": found.kind if found else None,
        "primaries": list(found.primaries) if found else [],
        "tsig_keys": sorted({*found.allowed, *found.asked}) if found else [],
        "dnssec": found.signed if found else False,
        **_keys(name, found.keys if found else ()),
    }


def _check_removals(server: ZoneServer, zones: list[WantedZone], steps: list[KeyStep]) -> None:
    removed = [step.wanted.name for step in steps if step.removes]
    users = server.users_of_keys() if removed else []
    for name in removed:
        check_removal(name, {zone.name: zone for zone in zones}, users)


def _apply(server: ZoneServer, keys: list[KeyStep], steps: list[Step], values: list[dict[str, Any]]) -> None:
    """Make keys ahead of the zones that name them, and take them away after; add the keys that were made to ``values``.

    Raises:
        Unavailable: as the server's methods; what was done before that is told.
    """
    done: list[str] = []
    try:
        for key in keys:
            if key.changed and not key.removes:
                server.set_key(key)
        for step, value in zip(steps, values, strict=True):
            if step.changed:
                server.converge(step)
                done.append(step.wanted.name)
            if step.signs:
                zone_id = step.found.id if step.found else f"{step.wanted.name}."
                value.update(_keys(step.wanted.name, server.keys(step.wanted.name, zone_id)))
        for key in keys:
            if key.removes:
                server.set_key(key)
    except MailwrightError as error:
        raise Unavailable(f"{error}; zones converged before that: {', '.join(done) or 'none'}") from error


def _value(step: Step) -> dict[str, Any]:
    """Return a zone as the module returns it, as it is after the step."""
    want, found = step.wanted, step.found
    after = (step.after or {}) if want.present else {}
    signed = bool(after.get("dnssec"))
    return {
        "name": want.name,
        "unicode_name": show_domain(want.name),
        "state": "present" if want.present else "absent",
        "kind": after.get("kind"),
        "primaries": after.get("primaries", []),
        "nameservers": [line.split()[1].removesuffix(".") for line in after.get("NS", [])],
        "tsig_keys": after.get("tsig_keys", []),
        "dnssec": signed,
        **_keys(want.name, found.keys if found and signed else ()),
    }


def _keys(name: str, keys: tuple[ZoneKey, ...]) -> dict[str, Any]:
    return {
        "ds": [{"name": name, "type": "DS", "value": value} for key in keys for value in key.ds],
        "dnskey": [{"name": name, "type": "DNSKEY", "value": key.dnskey} for key in keys],
    }
