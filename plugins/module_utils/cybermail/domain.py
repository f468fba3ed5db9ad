# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole call of `cybermail_domain`: a sending domain, the records that it has to have, and its verification."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..core.addresses import parse_domain
from ..core.durations import parse_duration
from ..core.errors import InvalidValue, Unavailable
from ..core.plan import Change, Plan
from .call import Call, telling
from .model import Domain, Record, Verified
from .options import NotConnected, connected_platform
from .platform import Platform
from .records import spf_mechanisms

# The platform is asked again after as many seconds, then after twice as many, up to the longest.
_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 30.0
_LONGEST_WAIT = 24 * 3600


def domain_call(params: Mapping[str, Any], check_mode: bool) -> Call:
    """Return the call that the options of `cybermail_domain` ask for.

    A domain that is there already is verified here: that looks at the DNS and changes nothing.

    Raises:
        MailwrightError: an option cannot be taken, the platform does not answer, or the domain is not verified in time.
    """
    name = parse_domain(params["name"], "name")
    limit = parse_duration(params["verification_timeout"], "verification_timeout")
    if limit > _LONGEST_WAIT:
        right = "give a day at most, such as 5m"
        raise InvalidValue("verification_timeout", params["verification_timeout"], "is too long", right)
    try:
        platform = connected_platform(params)
        found = next((one for one in platform.domains() if one.name == name), None)
    except NotConnected as error:
        if not check_mode:
            raise
        return _foretold(name, params["state"] == "present", str(error))
    if params["state"] == "absent":
        changes = [Change("domain", name, _told(found), None)] if found else []
        return Call(Plan(changes), lambda: platform.remove_domain(name), _returns(None, [], []))
    waits = limit if params["wait_for_verification"] else None
    if found is None:
        return _adding(platform, name, waits, check_mode)
    records = platform.records(name)
    unchecked = []
    if waits is not None and not found.verified.all:
        if check_mode:
            unchecked = [f"whether {name} is verified by now, as the platform is only asked to look by a run"]
        else:
            with telling({"changed": False, **_returns(found, records, [])}):
                found = verified(platform, found, waits)
    return Call(Plan(), lambda: None, _returns(found, records, unchecked))


def _adding(platform: Platform, name: str, waits: int | None, check_mode: bool) -> Call:
    plan = Plan([Change("domain", name, None, {"status": "pending"})])

    def apply() -> dict[str, Any]:
        platform.add_domain(name)
        with telling({"changed": True}):
            added = next((one for one in platform.domains() if one.name == name), Domain(name))
            records = platform.records(name)
        if waits is not None:
            with telling({"changed": True, **_returns(added, records, [])}):
                added = verified(platform, added, waits)
        return _returns(added, records, [])

    return Call(plan, apply, _returns(Domain(name), [], _unknown(name) if check_mode else []))


def _foretold(name: str, present: bool, reason: str) -> Call:
    """Return what check mode says of an account that is still to be connected."""
    changes = [Change("domain", name, None, {"status": "pending"})] if present else []
    unchecked = [f"the domains of the account: {reason}", *(_unknown(name) if present else [])]
    return Call(Plan(changes), lambda: None, _returns(Domain(name) if present else None, [], unchecked))


def _unknown(name: str) -> list[str]:
    return [f"the records of {name}, which the platform tells once the domain is added"]


def verified(
    platform: Platform,
    domain: Domain,
    limit: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Domain:
    """Return ``domain`` once the platform has seen all of its records; it is asked for ``limit`` seconds.

    Raises:
        Unavailable: it has not by then.
        MailwrightError: the platform does not answer.
    """
    end = clock() + limit
    pause = _FIRST_PAUSE
    while True:
        seen: Verified = platform.verify_domain(domain.name)
        if seen.all:
            return replace(domain, status="verified", verified=seen)
        left = end - clock()
        if left <= 0:
            raise Unavailable(
                f"domain {domain.name}: the platform has not seen its records for {', '.join(seen.missing())} within "
                f"{limit:g} seconds; publish what stands in records, or give a longer verification_timeout"
            )
        sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _told(found: Domain | None) -> dict[str, Any]:
    return {} if found is None else {"status": found.status}


def _returns(domain: Domain | None, records: list[Record], unchecked: list[str]) -> dict[str, Any]:
    name = domain.name if domain else ""
    return {
        "domain": None if domain is None else domain.shown(),
        "records": [record.shown() for record in records],
        "spf_mechanisms": spf_mechanisms(records, name),
        "unchecked": unchecked,
    }
