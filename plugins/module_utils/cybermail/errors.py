# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a request to the platform, and whether the platform may have done it nevertheless."""

from __future__ import annotations

from ..core.errors import Conflict, MailwrightError, Unavailable


class NotSent(Unavailable):
    """No connection came about, so that nothing was asked."""


class NoAnswer(Unavailable):
    """It was asked, and no whole answer came, or none that can be understood: nobody knows whether it was done."""


class ServerFailed(Unavailable):
    """A status from 500: nobody knows whether it was done. ``retry_after`` as the server gave it."""

    def __init__(self, message: str, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooMany(Unavailable):
    """Status 429: there were too many requests, and this one was not done. ``retry_after`` as the server gave it."""

    def __init__(self, message: str, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class KeyRefused(Unavailable):
    """Status 401: it does not take the API key or the password."""


class NotThere(Unavailable):
    """Status 404: it knows no such thing, or no such request."""


class Declined(Conflict):
    """It says that it does not do this."""


def is_unsure(error: MailwrightError) -> bool:
    """Return whether the platform may have done what failed here with ``error``."""
    return isinstance(error, (NoAnswer, ServerFailed))
