# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one form in which every check tells its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.text import readable

SUCCESS = "success"
WARNING = "warning"
ERROR = "error"
# Nobody could be asked, or nothing was said that a verdict could be made of.
UNKNOWN = "unknown"
# From the best to the worst; what is not known is worse than a warning, and no proof of a fault.
STATUSES = (SUCCESS, WARNING, UNKNOWN, ERROR)


@dataclass(frozen=True)
class Check:
    """The verdict of one check.

    ``message`` is one sentence for a person, ``record`` what was found in the DNS as it stands there (``None``:
    nothing; several joined by ``; ``). ``warnings`` are what ought to be changed, ``info`` what is only worth knowing.
    ``fields`` are those that this check alone has, under the names that its file documents.
    """

    status: str
    message: str
    record: str | None = None
    warnings: tuple[str, ...] = ()
    info: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it, with bytes that are no UTF-8 written out."""
        shown: dict[str, Any] = readable(
            {
                "status": self.status,
                "message": self.message,
                "record": self.record,
                "warnings": self.warnings,
                "info": self.info,
                **self.fields,
            }
        )
        return shown


def worst(statuses: Iterable[str]) -> str:
    """Return the worst of ``statuses``; success where there is none."""
    return max(statuses, key=STATUSES.index, default=SUCCESS)
