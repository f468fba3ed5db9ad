# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions that every package of the collection raises; a module file turns them into ``fail_json``."""

from __future__ import annotations


class MailwrightError(Exception):
    """Base of all errors that are told to the user as they stand: one sentence that names value and remedy."""


class InvalidValue(MailwrightError):
    """A value given by the user cannot be taken.

    ``subject`` names the option or object ("mailbox address"), ``value`` is shown with its special characters
    escaped and cut to a readable length, ``reason`` says what is wrong, ``wanted`` what would be right.
    Never give it a secret as ``value``.
    """

    def __init__(self, subject: str, value: object, reason: str, wanted: str = "") -> None:
        self.subject = subject
        self.value = value
        message = f"{subject} {shown(value)}: {reason}"
        super().__init__(f"{message}; {wanted}" if wanted else message)


class Conflict(MailwrightError):
    """What is wanted contradicts what is there, or contradicts itself."""


class Unavailable(MailwrightError):
    """Something needed (a library, a program, a file, a server) is not there or does not work."""


def shown(value: object, limit: int = 120) -> str:
    """Return ``value`` quoted for a message: control characters escaped, at most ``limit`` characters of it."""
    text = value if isinstance(value, str) else repr(value)
    quoted = repr(text) if isinstance(value, str) else text
    if len(quoted) <= limit:
        return quoted
    return f"{quoted[:limit]}... ({len(text)} characters)"
