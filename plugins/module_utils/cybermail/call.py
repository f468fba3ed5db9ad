# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module of the family does in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import MailwrightError
from ..core.plan import Plan

# What is returned with an error, so that a play can see how far a run came.
Returns = dict[str, Any]


@dataclass
class Call:
    """A plan, how to apply it, what the module returns, to which applying may add, and what it warns of."""

    plan: Plan
    apply: Callable[[], Mapping[str, Any] | None]
    returns: Returns
    warnings: list[str] = field(default_factory=list)


@contextmanager
def telling(returns: Returns) -> Iterator[None]:
    """Add ``returns`` to what the module returns when the block fails."""
    try:
        yield
    except MailwrightError as error:
        vars(error)["returns"] = {**getattr(error, "returns", {}), **returns}
        raise
