# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test suite for RFC 7208 of openspf.org (rfc7208-tests.yml.txt), as data: its scenarios, cases and zones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from lookups import ANY, Table, flat

from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen

FILE = Path(__file__).with_name("rfc7208-tests.yml.txt")


@dataclass(frozen=True)
class Case:
    """One test: ``results`` are those that are right, the preferred one first."""

    name: str
    host: str
    helo: str
    mail_from: str
    results: tuple[str, ...]
    explanation: str | None
    zone: dict[str, dict[str, list[str] | str]]

    def table(self) -> Table:
        return Table(flat(self.zone))


def cases() -> Iterator[Case]:
    """Yield every case of the suite."""
    for scenario in yaml.safe_load_all(FILE.read_text("ascii")):
        zone = {str(name): _types(entries) for name, entries in scenario["zonedata"].items()}
        for name, test in scenario["tests"].items():
            results = test["result"]
            yield Case(
                f"{scenario['description']}: {name}",
                test["host"],
                test["helo"],
                test["mailfrom"],
                (results,) if isinstance(results, str) else tuple(results),
                test.get("explanation"),
                zone,
            )


def _types(entries: list[dict[str, Any] | str]) -> dict[str, list[str] | str]:
    """Return a name's records. Without TXT, those of the old type SPF stand for it; TIMEOUT is for all other types."""
    types: dict[str, Any] = {}
    for entry in entries:
        if isinstance(entry, str):
            types[ANY] = seen.TIMEOUT
            continue
        ((type_, value),) = entry.items()
        values = types.setdefault(type_, [])
        if value == "TIMEOUT":
            types[type_] = seen.TIMEOUT
        elif value != "NONE":
            values.append(_value(type_, value))
    if "TXT" not in types and "SPF" in types:
        types["TXT"] = types["SPF"]
    if types.get("TXT") == [] and ANY in types:
        del types["TXT"]
    return types


def _value(type_: str, value: Any) -> str:
    if type_ in ("TXT", "SPF"):
        return value if isinstance(value, str) else "".join(value)
    if type_ == "MX":
        return f"{value[0]} {value[1].removesuffix('.')}."
    return f"{value.removesuffix('.')}." if type_ in ("PTR", "CNAME") else str(value)
