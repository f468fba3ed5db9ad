# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence for the tests of the filters and of the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

# What is no free text: a verdict, a time, or what the domain's checks are called.
_KEPT = {"status", "made_at", "not_before", "not_after", "since", "next_date"}


def sample() -> dict[str, Any]:
    """Return the whole sample, each time a new one."""
    return dict(yaml.safe_load((Path(__file__).parent / "evidence.yml").read_text()))


def spoilt(text: str | Callable[[str], str]) -> dict[str, Any]:
    """Return the sample with ``text``, or what it makes of each, in the place of every free text."""
    change = text if callable(text) else lambda _old: text
    return dict(_changed(sample(), change))


def many(number: int, bad: int = 0) -> dict[str, Any]:
    """Return the sample with so many domains, the last ``bad`` of them with a failure."""
    evidence = sample()
    checks = evidence["domains"][0]["checks"]
    failing = {**checks, "mx": {"status": "error", "message": "There is no MX record."}}
    evidence["domains"] = [
        {"domain": f"d{at}.example", "checks": failing if at > number - bad else checks} for at in range(1, number + 1)
    ]
    return evidence


def _changed(value: Any, change: Callable[[str], str], name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _changed(inner, change, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_changed(inner, change) for inner in value]
    return change(value) if isinstance(value, str) and name not in _KEPT else value
