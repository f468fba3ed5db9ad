# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of the role ``verify`` as one HTML page that needs nothing else.

The templates are the role's (``roles/verify/templates/page``). They get plain texts and numbers, and escape them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import (
    ERROR,
    STATUSES,
    SUCCESS,
    UNKNOWN,
    WARNING,
)
from ansible_collections.mailwright.mail.plugins.plugin_utils.evidence import (
    CHECKS,
    LINES,
    Certificate,
    DkimKey,
    Domain,
    Evidence,
    Host,
    Judged,
    Probe,
    Step,
    line,
    read,
)
from ansible_collections.mailwright.mail.plugins.plugin_utils.evidence_verdict import (
    Finding,
    counts,
    findings,
    grouped,
    status_of,
    worth_listing,
)

TEMPLATES = Path(__file__).resolve().parents[2] / "roles/verify/templates/page"
WORDS = {SUCCESS: "passed", WARNING: "warning", UNKNOWN: "unknown", ERROR: "failed"}
HEADLINES = {
    SUCCESS: "Everything that was checked is as it should be.",
    WARNING: "The service works; some of it should be better.",
    UNKNOWN: "Nothing is known to be wrong, but not everything could be checked.",
    ERROR: "The service is not what was declared.",
}
# Drawings are so many units wide; the browser stretches them.
SCALE = 1000
RECORD_LIMIT = 2000
# With many domains the page would grow too large to open.
SHORT_RECORD_LIMIT = 300
MANY_DOMAINS = 100
_PLACES = 10
_THIN = 4.0

View = dict[str, Any]


def evidence_page(value: Any) -> str:
    """Return the evidence ``value`` as an HTML page.

    Raises:
        InvalidValue: the evidence has a wrong type somewhere.
    """
    evidence = read(value)
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template("report.html.j2").render(view(evidence))


def view(evidence: Evidence) -> View:
    """Return what the template shows: texts, numbers, and lists and dictionaries of them."""
    now = evidence.made_at
    limit = RECORD_LIMIT if len(evidence.domains) <= MANY_DOMAINS else SHORT_RECORD_LIMIT
    groups = grouped(findings(evidence))
    hosts, green_hosts = worth_listing(evidence.hosts)
    probes, green_probes = worth_listing(evidence.probes)
    domains, green_domains = worth_listing(evidence.domains)
    present = {one.name for domain in domains for one in domain.items}
    columns = [*(name for name in CHECKS if name in present), *sorted(present - set(CHECKS))]
    return {
        "title": evidence.title,
        "made_at": _time(now) or "an unknown time",
        "status": evidence.status,
        "headline": HEADLINES[evidence.status],
        "words": WORDS,
        "counts": counts(evidence),
        "findings": [_finding(group, limit) for group in groups[:LINES]],
        "more_findings": max(0, len(groups) - LINES),
        "hosts": [_host(one, now, limit) for one in _worst_first(hosts)],
        "green_hosts": [one.name for one in green_hosts],
        "probes": [_probe(one, limit) for one in _worst_first(probes)],
        "green_probes": [f"{one.judged.name} on {one.host}" for one in green_probes],
        "domains": [_domain(one, columns, limit) for one in _worst_first(domains)],
        "green_domains": [one.shown_as for one in green_domains],
        "columns": [CHECKS.get(name, name) for name in columns],
        "dates": _dates(evidence.hosts, now),
        "scale": SCALE,
    }


def _worst_first(found: Sequence[Any]) -> list[Any]:
    return sorted(found, key=lambda one: -STATUSES.index(status_of(one)))


def _finding(group: Sequence[Finding], limit: int) -> View:
    one = group[0]
    places = [] if one.kind == "evidence" else [found.place for found in group]
    return {
        **_judged(one.judged, limit),
        "name": one.check,
        "kind": one.kind,
        "places": places[:_PLACES],
        "more": max(0, len(places) - _PLACES),
    }


def _judged(one: Judged, limit: int) -> View:
    wanted, actual = one.fields.get("expected_record"), one.fields.get("actual_record")
    differs = one.status != SUCCESS and wanted != actual
    return {
        "name": CHECKS.get(one.name, one.name),
        "status": one.status,
        "message": one.message or ("" if one.status == SUCCESS else "Nothing is said of it."),
        "record": line(one.record, limit) if one.record else "",
        "warnings": [text for text in one.warnings if text != one.message],
        "info": list(one.info),
        "wanted": line(wanted, limit) if differs and isinstance(wanted, str) else "",
        "actual": (line(actual, limit) if isinstance(actual, str) and actual else "nothing") if differs else "",
        "fields": [
            {"name": line(name.replace("_", " "), 60), "value": _field(value, limit)}
            for name, value in list(one.fields.items())[:LINES]
            if value not in (None, "", [], {}) and name not in {"expected_record", "actual_record"}
        ],
    }


def _field(value: Any, limit: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return line(value, limit)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return line(", ".join(value), limit)
    try:
        return line(json.dumps(value, ensure_ascii=False, default=str), limit)
    except (TypeError, ValueError, RecursionError):
        return "cannot be shown"


def _host(host: Host, now: datetime | None, limit: int) -> View:
    return {
        "name": host.name,
        "status": host.status,
        **_split(host.items, limit),
        "certificates": [_certificate(one, now) for one in host.certificates],
        "keys": [_key(one, now) for one in host.keys],
    }


def _split(items: Iterable[Judged], limit: int) -> View:
    """Return what is wrong, the worst first, and what is right."""
    ranked = sorted(items, key=lambda one: -STATUSES.index(one.status))
    return {
        "wrong": [_judged(one, limit) for one in ranked if one.status != SUCCESS],
        "right": [_judged(one, limit) for one in ranked if one.status == SUCCESS],
    }


def _domain(domain: Domain, columns: Sequence[str], limit: int) -> View:
    statuses = {one.name: one.status for one in domain.items}
    return {
        "name": domain.shown_as,
        "ascii": domain.name if domain.name != domain.shown_as else "",
        "status": domain.status,
        "checked_at": domain.checked_at,
        "cells": [statuses.get(name, "") for name in columns],
        **_split(domain.items, limit),
    }


def _probe(probe: Probe, limit: int) -> View:
    ends = [step.started + step.duration for step in probe.steps if step.started is not None and step.duration]
    whole = max([*ends, probe.duration or 0])
    certificate = probe.certificate
    return {
        **_judged(probe.judged, limit),
        "host": probe.host,
        "duration": _milliseconds(probe.duration),
        "whole": _milliseconds(whole),
        "steps": [_step(step, whole) for step in probe.steps[:LINES]],
        "logs": list(probe.logs),
        "certificate": certificate.subject if certificate else "",
        "certificate_ends": _day(certificate.not_after) if certificate else "",
    }


def _step(step: Step, whole: float) -> View:
    drawn = None
    if step.started is not None and step.duration is not None and whole > 0:
        begin = min(max(0.0, step.started / whole * SCALE), SCALE - _THIN)
        # A step that took no time can still be seen.
        drawn = {"x": f"{begin:.1f}", "width": f"{min(max(_THIN, step.duration / whole * SCALE), SCALE - begin):.1f}"}
    return {
        "name": step.name,
        "status": SUCCESS if step.success else ERROR,
        "message": step.message,
        "duration": _milliseconds(step.duration),
        "drawn": drawn,
    }


def _certificate(one: Certificate, now: datetime | None) -> View:
    return {
        "subject": one.subject,
        "status": one.status or UNKNOWN,
        "issuer": one.issuer,
        "names": list(one.names),
        "begin": _day(one.not_before),
        "end": _day(one.not_after),
        "left": _distance(one.not_after, now, "ends", "ended"),
        "elapsed": _elapsed(one.not_before, one.not_after, now),
        "spki_sha256": one.spki_sha256,
    }


def _key(one: DkimKey, now: datetime | None) -> View:
    kind = " ".join(part for part in (one.algorithm, f"{one.bits} bits" if one.bits else "") if part)
    return {
        "domain": one.domain,
        "selector": one.selector,
        "kind": kind,
        "state": one.state or "not rotated",
        "begin": _day(one.since),
        "end": _day(one.next_date),
        "next_step": one.next_step,
        "left": _distance(one.next_date, now, "due", "was due"),
        "elapsed": _elapsed(one.since, one.next_date, now),
    }


def _dates(hosts: Iterable[Host], now: datetime | None) -> list[View]:
    """Return what comes when: ends of certificates and steps of keys, the next one first."""
    found = []
    for host in hosts:
        found += [
            (one.not_after, f"certificate {one.subject} ends", host.name) for one in host.certificates if one.not_after
        ]
        found += [
            (key.next_date, f"DKIM key {key.selector} of {key.domain}: {key.next_step or 'next step'}", host.name)
            for key in host.keys
            if key.next_date
        ]
    return [
        {"day": _day(when), "distance": _distance(when, now, "", ""), "what": what, "host": host}
        for when, what, host in sorted(found, key=lambda one: (one[0], one[1], one[2]))[:LINES]
    ]


def _elapsed(begin: datetime | None, end: datetime | None, now: datetime | None) -> str:
    """Return how far ``now`` lies between the two, in units of a drawing; empty where it cannot be drawn."""
    if begin is None or end is None or now is None or end <= begin:
        return ""
    return f"{min(max(0.0, (now - begin) / (end - begin)), 1.0) * SCALE:.1f}"


def _distance(when: datetime | None, now: datetime | None, ahead: str, past: str) -> str:
    if when is None or now is None:
        return ""
    days = (when - now).days if when >= now else (now - when).days
    number = "today" if days == 0 else f"{days:,} day{'' if days == 1 else 's'}"
    if days == 0:
        return f"{ahead if when >= now else past} {number}".strip()
    return f"{ahead} in {number}".strip() if when >= now else f"{past} {number} ago".strip()


def _milliseconds(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 1000:
        return f"{value / 1000:,.1f} s"
    return f"{value:.0f} ms" if value >= 1 else "< 1 ms"


def _time(value: datetime | None) -> str:
    return value.strftime("%Y-%m-%d %H:%M UTC") if value else ""


def _day(value: datetime | None) -> str:
    return value.strftime("%Y-%m-%d") if value else ""
