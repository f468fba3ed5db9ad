# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lengths of time as people give them."""

from __future__ import annotations

import re

from .errors import InvalidValue

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_LENGTH = re.compile(r"([0-9]{1,10})\s*([smhdw]?)", re.ASCII)
# A hundred years: more is a slip, and dates have to be computed with it.
_LIMIT = 100 * 366 * 86400


def parse_duration(value: object, subject: str) -> int:
    """Return seconds for ``90d``, ``36h``, ``2w``, ``10m``, ``30s`` or a plain number of seconds.

    Raises:
        InvalidValue: it is none of these, or longer than a hundred years.
    """
    right = "give a number with s, m, h, d or w, such as 7d"
    found = _LENGTH.fullmatch(str(value).strip().lower())
    if found is None:
        raise InvalidValue(subject, value, "is no length of time", right)
    seconds = int(found[1]) * _UNITS[found[2] or "s"]
    if seconds > _LIMIT:
        raise InvalidValue(subject, value, "is longer than a hundred years", right)
    return seconds
