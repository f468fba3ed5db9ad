# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a name and type ought to have against what it has, both told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.errors import shown
from .world import World

# How much of a value a message shows.
_SHOWN = 300
_VALUES = 5


@dataclass(frozen=True)
class Compared:
    """The ``expected`` and the ``found`` values of one name and type, and which of them have no partner."""

    name: str
    type: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def match(self) -> bool:
        """Whether there are exactly the expected values."""
        return not self.missing and not self.extra

    def told(self) -> str:
        """Return both sides, for a message."""
        return (
            f"{self.type} of {self.name} is not as expected: "
            f"expected {_listed(self.expected)}, found {_listed(self.found)}"
        )


def compare(
    world: World, name: str, type_: str, found: Sequence[str], form: Callable[[str], str] = str
) -> Compared | None:
    """Return how ``found`` fits what ``world`` expects of ``name``; ``None`` where it expects nothing.

    Values are compared in the form that ``form`` gives them.
    """
    expected = world.expected.get((name, type_))
    if expected is None:
        return None
    wanted, there = {form(value) for value in expected}, {form(value) for value in found}
    return Compared(
        name,
        type_,
        tuple(expected),
        tuple(found),
        tuple(value for value in expected if form(value) not in there),
        tuple(value for value in found if form(value) not in wanted),
    )


def _listed(values: Sequence[str]) -> str:
    more = [f"{len(values) - _VALUES} more"] if len(values) > _VALUES else []
    return " and ".join([*(shown(value, _SHOWN) for value in values[:_VALUES]), *more]) or "nothing"
