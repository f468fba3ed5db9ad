# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When something expires: what people write (ISO 8601), and the one stored form ``2026-01-31T23:59:59Z``."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ..core.errors import InvalidValue

NEVER = ""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(
    _DATE.pattern + r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?", re.ASCII
)
_WANTED = "give a date such as 2026-12-31 (its end, in UTC), a time such as 2026-12-31T18:00:00+01:00, or never"
# Before it, there is no time in Unix seconds, and 0 means never there.
_FIRST = datetime(1970, 1, 2, tzinfo=UTC)


def parse_expiry(subject: str, value: object) -> str:
    """Return a time in UTC to the second, ``NEVER`` for ``never``; a date lasts until it ends.

    Raises:
        InvalidValue: it is neither, has no time zone, or is no time that there is.
    """
    text = value.strip() if isinstance(value, str) else ""
    if isinstance(value, str) and text.lower() in ("never", NEVER):
        return NEVER
    match = _TIME.fullmatch(text)
    if match is not None and match["zone"] is None:
        raise InvalidValue(subject, value, "has no time zone", "end it in Z for UTC, or in an offset such as +01:00")
    if match is None and _DATE.fullmatch(text) is None:
        raise InvalidValue(subject, value, "is no date", _WANTED)
    try:
        # Offsets reach beyond the years that there are.
        time = datetime.fromisoformat(text if match else f"{text}T23:59:59+00:00").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidValue(subject, value, "is no date of the calendar", _WANTED) from error
    if time < _FIRST:
        raise InvalidValue(subject, value, "is before 1970-01-02", _WANTED)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def show_expiry(stored: str) -> str:
    """Return a stored time as people read it."""
    return stored or "never"
