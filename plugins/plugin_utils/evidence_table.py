# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of the role ``verify`` as text for a terminal, readable without colours; pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import (
    ERROR,
    STATUSES,
    SUCCESS,
    UNKNOWN,
    WARNING,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.plugin_utils.evidence import (
    CHECKS,
    Domain,
    Evidence,
    Host,
    Probe,
    line,
    read,
)
from ansible_collections.mailwright.mail.plugins.plugin_utils.evidence_verdict import (
    Finding,
    counts,
    findings,
    grouped,
    worth_listing,
)

MARKS = {SUCCESS: "ok", WARNING: "WARN", UNKNOWN: "?", ERROR: "FAIL"}
_WORDS = {SUCCESS: "passed", UNKNOWN: "unknown", ERROR: "failed"}
NARROWEST = 40
MESSAGES = 200
_PLACES = 5
_ADVICE = 4
_NAME_WIDTH = 34
_RECORD = 300
_GAP = "  "


def evidence_table(value: Any, width: Any = 120) -> str:
    """Return the evidence ``value`` as text, no line of it longer than ``width`` characters.

    First a table of domains by checks, then hosts and probes, then what is said of all that is not green, and the
    verdict in the last line. Of more than 50 domains, hosts or probes only those that are not green have a row.

    Raises:
        InvalidValue: the evidence has a wrong type somewhere, or ``width`` is no number from 40 up.
    """
    if isinstance(width, bool) or not isinstance(width, int) or width < NARROWEST:
        raise InvalidValue("width", width, "is too narrow, or no number", f"give a number from {NARROWEST} up")
    evidence = read(value)
    parts = [
        list(_domains(evidence.domains, width)),
        list(_hosts(evidence.hosts, evidence.made_at, width)),
        list(_probes(evidence.probes, width)),
        list(_messages(findings(evidence), width)),
        textwrap.wrap(verdict_line(evidence), width),
    ]
    return "\n".join("\n".join(part) for part in _with_space(parts))


def verdict_line(evidence: Evidence) -> str:
    """Return the verdict with all counts, as ``FAIL: 2 failed, 0 unknown, 1 warning, 30 passed (1 host, ...)``."""
    found = counts(evidence)
    verdicts = ", ".join(
        f"{found[status]:,} {_WORDS[status]}" if status in _WORDS else _number(found[status], status)
        for status in reversed(STATUSES)
    )
    things = ", ".join(_number(found[f"{name}s"], name) for name in ("host", "probe", "domain"))
    word = "UNKNOWN" if evidence.status == UNKNOWN else MARKS[evidence.status].upper()
    return f"{word}: {verdicts} ({things})"


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _with_space(parts: Sequence[list[str]]) -> Iterator[list[str]]:
    filled = [part for part in parts if part]
    for part in filled[:-1]:
        yield [*part, ""]
    yield filled[-1]


def _domains(domains: Sequence[Domain], width: int) -> Iterator[str]:
    rows, rest = worth_listing(domains)
    marks = [{one.name: MARKS[one.status] for one in domain.items} for domain in rows]
    present = {name for found in marks for name in found}
    columns = [*(name for name in CHECKS if name in present), *sorted(present - set(CHECKS))]
    names = [_middle(domain.name, min(_NAME_WIDTH, width // 2)) for domain in rows]
    first = max(map(len, ["DOMAIN", *names]))
    for block in _blocks(columns, width - first):
        yield _row("DOMAIN", first, [(_label(name), _column(name)) for name in block])
        for name, found in zip(names, marks, strict=True):
            yield _row(name, first, [(found.get(one, "-"), _column(one)) for one in block])
    yield from _rest(rest, "domains", width)


def _blocks(columns: Sequence[str], width: int) -> Iterator[list[str]]:
    """Yield the columns in as many tables as it takes."""
    block: list[str] = []
    left = width
    for name in columns:
        needed = len(_GAP) + _column(name)
        if block and needed > left:
            yield block
            block, left = [], width
        block.append(name)
        left -= needed
    if block:
        yield block


def _label(name: str) -> str:
    return _middle(CHECKS.get(name, name.upper()), 14)


def _column(name: str) -> int:
    return max(4, len(_label(name)))


def _row(name: str, first: int, cells: Sequence[tuple[str, int]]) -> str:
    return _GAP.join([f"{name:<{first}}", *(f"{text:<{size}}" for text, size in cells)]).rstrip()


def _hosts(hosts: Sequence[Host], now: datetime | None, width: int) -> Iterator[str]:
    rows, rest = worth_listing(hosts)
    table = [("HOST", "", "CHECKS", "CERTIFICATE", "DKIM KEYS")]
    for host in rows:
        found = Counter(one.status for one in host.items)
        checks = ", ".join(f"{found[status]} {MARKS[status]}" for status in reversed(STATUSES) if found[status])
        ends = min((one.not_after for one in host.certificates if one.not_after), default=None)
        left = _number((ends - now).days, "day") if ends and now else "-"
        table.append((host.name, MARKS[host.status], checks, left, str(len(host.keys) or "-")))
    yield from _columns(table, width)
    yield from _rest(rest, "hosts", width)


def _probes(probes: Sequence[Probe], width: int) -> Iterator[str]:
    rows, rest = worth_listing(probes)
    table = [("PROBE", "", "HOST", "MS")]
    for probe in rows:
        time = "-" if probe.duration is None else f"{probe.duration:,.0f}"
        table.append((probe.judged.name, MARKS[probe.judged.status], probe.host, time))
    yield from _columns(table, width)
    yield from _rest(rest, "probes", width)


def _columns(table: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    if len(table) < 2:
        return
    cut = [tuple(_middle(cell, min(_NAME_WIDTH, width // 2)) for cell in row) for row in table]
    sizes = [max(len(row[at]) for row in cut) for at in range(len(cut[0]))]
    for row in cut:
        text = _GAP.join(f"{cell:<{size}}" for cell, size in zip(row, sizes, strict=True)).rstrip()
        yield text if len(text) <= width else f"{text[: width - 3]}..."


def _rest(green: Sequence[Any], what: str, width: int) -> Iterator[str]:
    if green:
        yield from textwrap.wrap(f"and {len(green):,} {what} where all is ok", width)


def _messages(found: Sequence[Finding], width: int) -> Iterator[str]:
    groups = grouped(found)
    for group in groups[:MESSAGES]:
        one = group[0]
        head = f"{MARKS[one.judged.status]:<4} {_places(group)}{one.check}: "
        yield from _wrapped(head, one.judged.message or "nothing is said of it", width)
        advice = list(_advice(one))
        for text in advice[:_ADVICE]:
            yield from _wrapped("     - ", text, width)
        if len(advice) > _ADVICE:
            yield f"     - and {len(advice) - _ADVICE:,} more"
    if len(groups) > MESSAGES:
        yield from textwrap.wrap(f"and {len(groups) - MESSAGES:,} messages more, in the JSON and on the page", width)


def _places(group: Sequence[Finding]) -> str:
    if group[0].kind == "evidence":
        return ""
    names = [_middle(one.place, 60) for one in group[:_PLACES]]
    more = f" and {len(group) - _PLACES:,} more" if len(group) > _PLACES else ""
    return f"{', '.join(names)}{more}: "


def _advice(one: Finding) -> Iterator[str]:
    fields = one.judged.fields
    wanted, actual = fields.get("expected_record"), fields.get("actual_record")
    if isinstance(wanted, str) and wanted and wanted != actual:
        yield f"wanted: {line(wanted, _RECORD)}"
        yield f"found: {line(actual, _RECORD)}" if isinstance(actual, str) and actual else "found: nothing"
    yield from (text for text in one.judged.warnings if text != one.judged.message)


def _wrapped(head: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(head + text, width, subsequent_indent=" " * 7, break_on_hyphens=False)


def _middle(text: str, limit: int) -> str:
    """Return ``text`` of at most ``limit`` characters; a name's begin and end both tell which it is."""
    if len(text) <= limit:
        return text
    head = (limit - 2) // 2
    return f"{text[:head]}..{text[len(text) - (limit - 2 - head) :]}"
