# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ``verify`` has collected, read into one form; what is missing there is an error of its own. Pure.

A value of a wrong type raises `InvalidValue` with its place (``evidence.domains[3].checks.spf``, counted from 1): it is
a mistake of who wrote the evidence. A key that is missing, an empty list or a host that was not reached is what happens
on a bad day: it becomes a `Judged` with status ``error``, as nothing is proved there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import (
    ERROR,
    STATUSES,
    SUCCESS,
    UNKNOWN,
    worst,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.core.text import readable

# The checks of a domain as they are shown, from left to right.
CHECKS = {
    "spf": "SPF",
    "dkim": "DKIM",
    "dmarc": "DMARC",
    "mx": "MX",
    "mta_sts": "MTA-STS",
    "tls_rpt": "TLS-RPT",
    "dane": "DANE",
    "caa": "CAA",
    "ptr": "PTR",
    "dnssec": "DNSSEC",
    "autoconfig": "AUTOCONF",
    "bimi": "BIMI",
    "dnsbl": "DNSBL",
}
MESSAGE_LIMIT = 1000
NAME_LIMIT = 260
# Of a list that is longer, the rest is only counted.
LINES = 200
# What a terminal or a browser would obey or hide: controls, marks of direction, characters without width.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# What a probe has of its own place on the page.
_TOLD = frozenset({"host", "kind", "target", "success", "duration_ms", "steps", "logs"})
_SHARED = frozenset({"name", "status", "message", "record", "warnings", "info"})


@dataclass(frozen=True)
class Judged:
    """One thing with a verdict: ``name`` is the check's own, ``fields`` what only this check has."""

    name: str
    status: str
    message: str
    record: str | None = None
    warnings: tuple[str, ...] = ()
    info: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Certificate:
    """A certificate with its lifetime; times are ``None`` where they are missing or cannot be read.

    ``status`` is empty where nobody judged it by itself.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime | None
    not_after: datetime | None
    spki_sha256: str
    status: str


@dataclass(frozen=True)
class DkimKey:
    """A DKIM key of a host, with where it is in its rotation."""

    domain: str
    selector: str
    algorithm: str
    bits: int | None
    state: str
    since: datetime | None
    next_step: str
    next_date: datetime | None


@dataclass(frozen=True)
class Host:
    """A mail host; ``items`` are its checks, with those that its certificates and keys give."""

    name: str
    status: str
    items: tuple[Judged, ...]
    certificates: tuple[Certificate, ...]
    keys: tuple[DkimKey, ...]


@dataclass(frozen=True)
class Domain:
    """A domain with its checks; ``shown_as`` is its name in Unicode."""

    name: str
    shown_as: str
    status: str
    checked_at: str
    items: tuple[Judged, ...]


@dataclass(frozen=True)
class Step:
    """A step of a conversation; times in milliseconds, ``None`` where they are missing."""

    name: str
    success: bool
    message: str
    started: float | None
    duration: float | None


@dataclass(frozen=True)
class Probe:
    """A conversation, ``host`` is the one that was talked to."""

    host: str
    judged: Judged
    duration: float | None
    steps: tuple[Step, ...]
    logs: tuple[str, ...]
    certificate: Certificate | None


@dataclass(frozen=True)
class Evidence:
    """All that was collected; ``gaps`` is what is missing as a whole."""

    title: str
    made_at: datetime | None
    status: str
    hosts: tuple[Host, ...]
    domains: tuple[Domain, ...]
    probes: tuple[Probe, ...]
    gaps: tuple[Judged, ...]


def read(value: Any) -> Evidence:
    """Return the evidence ``value``, as the role ``verify`` collects it.

    Raises:
        InvalidValue: a value has a wrong type, or a status is none.
    """
    given = _mapping(value, "evidence")
    gaps = []
    sections: dict[str, list[Any]] = {}
    for name in ("hosts", "domains", "probes"):
        if given.get(name) is None:
            gaps.append(_gap(name, f"the evidence has no {name}, so nothing is proved of them"))
        sections[name] = _list(given.get(name), f"evidence.{name}")
    hosts = tuple(_host(one, f"evidence.hosts[{at}]") for at, one in enumerate(sections["hosts"], 1))
    domains = tuple(_domain(one, f"evidence.domains[{at}]") for at, one in enumerate(sections["domains"], 1))
    probes = tuple(_probe(one, f"evidence.probes[{at}]") for at, one in enumerate(sections["probes"], 1))
    if not (hosts or domains or probes or gaps):
        gaps.append(_gap("evidence", "the evidence is empty: nothing was checked"))
    made_at = _moment(given.get("made_at"), "evidence.made_at")
    if made_at is None:
        gaps.append(_gap("made_at", "the evidence does not say when it was collected"))
    statuses = [one.status for one in hosts] + [one.status for one in domains]
    statuses += [one.judged.status for one in probes] + [one.status for one in gaps]
    gaps += _unexplained(given, statuses, "evidence", "evidence")
    return Evidence(
        title=_text(given.get("title"), "evidence.title") or "Mail service",
        made_at=made_at,
        status=worst(statuses + [one.status for one in gaps]),
        hosts=hosts,
        domains=domains,
        probes=probes,
        gaps=tuple(gaps),
    )


def line(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return ``text`` in one line that can be shown: without controls, cut to ``limit`` characters of it.

    What cannot be seen, and bytes that are no UTF-8, stand there as ``\\x1b``.
    """
    # A plain str, whatever class of it came: none that says of itself that it is safe in HTML.
    cut = "".join([text[:limit]])
    whole = cut if cut.isascii() and cut.isprintable() else readable(_UNSEEN.sub(_escape, cut))
    return whole if len(text) <= limit else f"{whole}... ({len(text):,} characters)"


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    if match[0] in "\t\n\r":
        return " "
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{{{number:x}}}"


def _host(value: Any, place: str) -> Host:
    given = _mapping(value, place)
    items = []
    name = _text(given.get("name"), f"{place}.name", NAME_LIMIT)
    if not name:
        items.append(_gap("name", f"{place} has no name"))
    if given.get("unreachable") is True:
        items.append(_gap("reached", _text(given.get("message"), f"{place}.message") or "the host was not reached"))
    checks = _list(given.get("checks"), f"{place}.checks")
    items += [_judged(one, f"{place}.checks[{at}]") for at, one in enumerate(checks, 1)]
    certificates = []
    for at, one in enumerate(_list(given.get("certificates"), f"{place}.certificates"), 1):
        certificate, judged = _judged_certificate(one, f"{place}.certificates[{at}]")
        certificates.append(certificate)
        items.append(judged)
    keys = []
    for at, one in enumerate(_list(given.get("dkim_keys"), f"{place}.dkim_keys"), 1):
        key, problem = _key(one, f"{place}.dkim_keys[{at}]")
        keys.append(key)
        if problem:
            items.append(Judged(f"DKIM key {key.selector}", UNKNOWN, problem))
    items += _unexplained(given, [one.status for one in items], "host", place)
    # A host that was not reached has said so by now.
    if not checks and all(one.status == SUCCESS for one in items):
        items.append(_gap("checks", "nothing was checked on this host"))
    return Host(name or place, worst(one.status for one in items), tuple(items), tuple(certificates), tuple(keys))


def _domain(value: Any, place: str) -> Domain:
    given = _mapping(value, place)
    items = []
    name = _text(given.get("domain"), f"{place}.domain", NAME_LIMIT)
    if not name:
        items.append(_gap("name", f"{place} has no name"))
    checks = _mapping(given.get("checks") or {}, f"{place}.checks")
    order = [*(one for one in CHECKS if one in checks), *(one for one in checks if one not in CHECKS)]
    items += [_judged(checks[one], f"{place}.checks.{one}", str(one)) for one in order]
    items += _unexplained(given, [one.status for one in items], "domain", place)
    if not checks:
        items.append(_gap("checks", "no check of this domain was made"))
    return Domain(
        name=name or place,
        shown_as=_text(given.get("unicode_domain"), f"{place}.unicode_domain", NAME_LIMIT) or name or place,
        status=worst(one.status for one in items),
        checked_at=_text(given.get("checked_at"), f"{place}.checked_at", NAME_LIMIT),
        items=tuple(items),
    )


def _probe(value: Any, place: str) -> Probe:
    given = _mapping(value, place)
    kind = _text(given.get("kind"), f"{place}.kind", NAME_LIMIT).replace("_", " ")
    target = _text(given.get("target"), f"{place}.target", NAME_LIMIT)
    steps = tuple(
        _step(one, f"{place}.steps[{at}]") for at, one in enumerate(_list(given.get("steps"), f"{place}.steps"), 1)
    )
    if given.get("status") is None and isinstance(given.get("success"), bool):
        given = {**given, "status": SUCCESS if given["success"] else ERROR}
    certificate = given.get("certificate")
    return Probe(
        host=_text(given.get("host"), f"{place}.host", NAME_LIMIT) or "?",
        judged=_judged(given, place, f"{kind} {target}".strip() or place, hide=_TOLD),
        duration=_number(given.get("duration_ms"), f"{place}.duration_ms"),
        steps=steps,
        logs=_texts(given.get("logs"), f"{place}.logs"),
        certificate=None if certificate is None else _certificate(certificate, f"{place}.certificate"),
    )


def _step(value: Any, place: str) -> Step:
    given = _mapping(value, place)
    success = given.get("success", False)
    if not isinstance(success, bool):
        raise InvalidValue(f"{place}.success", success, "is no boolean", "give true or false")
    return Step(
        name=_text(given.get("name"), f"{place}.name", NAME_LIMIT) or "?",
        success=success,
        message=_text(given.get("message"), f"{place}.message"),
        started=_number(given.get("started_ms"), f"{place}.started_ms"),
        duration=_number(given.get("duration_ms"), f"{place}.duration_ms"),
    )


def _judged(value: Any, place: str, name: str = "", hide: frozenset[str] = frozenset()) -> Judged:
    if value is None:
        return _gap(name or place, "this check returned nothing")
    given = _mapping(value, place)
    status = _status(given.get("status"), place)
    message = _text(given.get("message"), f"{place}.message")
    record = given.get("record")
    if isinstance(record, (list, tuple)):
        record = "; ".join(str(one) for one in record)
    if record is not None and not isinstance(record, str):
        raise InvalidValue(f"{place}.record", type(record).__name__, "is no text", "give what stands in the DNS")
    return Judged(
        name=line(name, NAME_LIMIT) or _text(given.get("name"), f"{place}.name", NAME_LIMIT) or place,
        status=status or ERROR,
        message=message if status else f"there is no status here{': ' if message else ''}{message}",
        record=record or None,
        warnings=_texts(given.get("warnings"), f"{place}.warnings"),
        info=_texts(given.get("info"), f"{place}.info"),
        fields={str(key): inner for key, inner in given.items() if key not in _SHARED | hide},
    )


def _judged_certificate(value: Any, place: str) -> tuple[Certificate, Judged]:
    given = _mapping(value, place)
    certificate = _certificate(given, place)
    name = f"certificate {certificate.subject}"
    if not certificate.status:
        return certificate, _gap(name, "nobody judged this certificate")
    return certificate, Judged(name, certificate.status, _text(given.get("message"), f"{place}.message"))


def _certificate(value: Any, place: str) -> Certificate:
    given = _mapping(value, place)
    return Certificate(
        subject=_text(given.get("subject"), f"{place}.subject", NAME_LIMIT) or "without subject",
        issuer=_text(given.get("issuer"), f"{place}.issuer", NAME_LIMIT),
        names=_texts(given.get("names"), f"{place}.names"),
        not_before=_moment(given.get("not_before"), f"{place}.not_before"),
        not_after=_moment(given.get("not_after"), f"{place}.not_after"),
        spki_sha256=_text(given.get("spki_sha256"), f"{place}.spki_sha256", NAME_LIMIT),
        status=_status(given.get("status"), place),
    )


def _key(value: Any, place: str) -> tuple[DkimKey, str]:
    """Return a key, and what is wrong with it, if anything is."""
    given = _mapping(value, place)
    bits = _number(given.get("bits"), f"{place}.bits")
    key = DkimKey(
        domain=_text(given.get("domain"), f"{place}.domain", NAME_LIMIT) or "?",
        selector=_text(given.get("selector"), f"{place}.selector", NAME_LIMIT) or "?",
        algorithm=_text(given.get("algorithm"), f"{place}.algorithm", NAME_LIMIT),
        bits=None if bits is None else int(bits),
        state=_text(given.get("state"), f"{place}.state", NAME_LIMIT),
        since=_moment(given.get("since"), f"{place}.since"),
        next_step=_text(given.get("next_step"), f"{place}.next_step", NAME_LIMIT),
        next_date=_moment(given.get("next_date"), f"{place}.next_date"),
    )
    return key, _text(given.get("problem"), f"{place}.problem")


def _unexplained(given: Mapping[str, Any], found: Iterable[str], name: str, place: str) -> list[Judged]:
    """Return what the whole says of itself, where that is worse than all the statuses that were ``found``."""
    status = _status(given.get("status"), place)
    if not status or STATUSES.index(status) <= STATUSES.index(worst(found)):
        return []
    message = _text(given.get("message"), f"{place}.message")
    return [Judged(name, status, message or f"its status is {status}, and nothing that was collected says why")]


def _gap(name: str, message: str) -> Judged:
    return Judged(line(name, NAME_LIMIT), ERROR, message)


def _status(value: Any, place: str) -> str:
    """Return a status, empty where there is none."""
    if value is None:
        return ""
    if not isinstance(value, str) or value not in STATUSES:
        raise InvalidValue(f"{place}.status", value, "is no status", f"give one of {', '.join(STATUSES)}")
    return str(value)


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidValue(place, type(value).__name__, "is no dictionary", "give what the role verify collects")
    return value


def _list(value: Any, place: str) -> list[Any]:
    if value is None:
        return []
    # Jinja's own filters return generators.
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise InvalidValue(place, type(value).__name__, "is no list", "give a list")
    return list(value)


def _texts(value: Any, place: str) -> tuple[str, ...]:
    given = _list(value, place)
    found = [_text(one, f"{place}[{at}]") for at, one in enumerate(given[:LINES], 1)]
    return (*found, f"and {len(given) - LINES:,} more") if len(given) > LINES else tuple(found)


def _text(value: Any, place: str, limit: int = MESSAGE_LIMIT) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidValue(place, type(value).__name__, "is no text", "give a text")
    return line(value, limit)


def _number(value: Any, place: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e15 < value < 1e15:
        raise InvalidValue(place, value, "is no number that can be shown", "give a number")
    return float(value)


def _moment(value: Any, place: str) -> datetime | None:
    """Return a time in UTC, ``None`` where it is missing or cannot be read."""
    if value is None:
        return None
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day)
    elif isinstance(value, str):
        try:
            found = datetime.fromisoformat(value.strip()[:64])
        except ValueError:
            return None
    else:
        raise InvalidValue(place, type(value).__name__, "is no time", "give one as 2026-11-22T12:00:00Z")
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None
