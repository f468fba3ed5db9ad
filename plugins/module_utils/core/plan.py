# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan: the whole change as plain data, computed before anything is touched, shown by check and diff mode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Change:
    """One object that would change, in the form in which it may be shown to anybody.

    ``before`` is ``None`` for a new object and ``after`` is ``None`` for one that goes. Secrets never stand in
    either; a package shows ``"(set)"`` and ``"(changed)"`` in their place.
    """

    kind: str
    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def action(self) -> str:
        """``add``, ``change`` or ``remove``."""
        if self.before is None:
            return "add"
        return "remove" if self.after is None else "change"


@dataclass
class Plan:
    """An ordered list of changes. Packages derive their own plans from it and add what ``apply`` needs."""

    changes: list[Change] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether applying the plan would change anything."""
        return bool(self.changes)

    def diff(self) -> dict[str, str] | list[dict[str, str]]:
        """Return Ansible's diff of the plan: both sides as text, unchanged fields of a changed object left out.

        A package whose objects are files overrides it with a list of such diffs, one a file.
        """
        return {
            "before": "".join(_side(change, change.before, change.after) for change in self.changes),
            "after": "".join(_side(change, change.after, change.before) for change in self.changes),
        }

    def counts(self) -> dict[str, dict[str, int]]:
        """Return ``{kind: {add: n, change: n, remove: n}}`` for the kinds that the plan touches."""
        result: dict[str, dict[str, int]] = {}
        for change in self.changes:
            result.setdefault(change.kind, {"add": 0, "change": 0, "remove": 0})[change.action] += 1
        return result


def _side(change: Change, this: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> str:
    if this is None:
        return ""
    names: Iterable[str] = sorted(this)
    if other is not None:
        names = [name for name in names if name not in other or other[name] != this[name]]
    lines = [f"{change.kind} {change.name}\n"]
    lines += [f"  {name}: {_value(this[name])}\n" for name in names]
    return "".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
