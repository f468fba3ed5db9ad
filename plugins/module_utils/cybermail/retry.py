# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a request is made once more, and how long to wait before. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from ..core.errors import MailwrightError
from .errors import NoAnswer, NotSent, ServerFailed, TooMany

# Seconds before the first further try; each next one waits twice as long.
FIRST_PAUSE = 1.0
# No wait is longer, whatever the server asks for.
LONGEST_PAUSE = 60.0


class Repeat(Enum):
    """``ALWAYS``: doing it twice is as good as once. ``IF_NOT_DONE``: only when the platform surely did not do it."""

    ALWAYS = "always"
    IF_NOT_DONE = "if not done"


def pause_before(error: MailwrightError, repeat: Repeat, tried: int, now: datetime) -> float | None:
    """Return how many seconds to wait before a request that failed with ``error`` is made again; ``None``: not at all.

    ``tried`` is the number of tries so far. What the server asks for in Retry-After (RFC 9110, section 10.2.3) is kept
    to, and where that is longer than `LONGEST_PAUSE`, it is not tried again.
    """
    again: tuple[type[MailwrightError], ...] = (NotSent, TooMany)
    if repeat is Repeat.ALWAYS:
        again += (NoAnswer, ServerFailed)
    if not isinstance(error, again):
        return None
    own: float = min(FIRST_PAUSE * 2.0 ** (tried - 1), LONGEST_PAUSE)
    asked = seconds_asked(getattr(error, "retry_after", None), now)
    if asked is None:
        return own
    return asked if asked <= LONGEST_PAUSE else None


def seconds_asked(retry_after: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After asks for, a number or a date; ``None`` where it is neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
