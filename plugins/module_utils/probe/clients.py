# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of the standard library, kept from failing in their own ways: what they raise becomes `connection.Broken`."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from .connection import Broken

# What the clients stumble with over answers that are none of their protocol.
_STUMBLES = (ValueError, TypeError, LookupError, AttributeError, AssertionError)


@contextmanager
def talking(protocol: str) -> Iterator[None]:
    """Let a client of ``protocol`` (``SMTP``, ``IMAP``, ``POP3``) talk inside, and nothing else.

    Raises:
        Broken: the server refused, or its answer is none of the protocol.
    """
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise Broken(f"the server answers {error.smtp_code} {text_of(error.smtp_error)}") from error
    except (smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto) as error:
        words = error.args[0] if error.args else type(error).__name__
        raise Broken(f"the server answers: {text_of(words)}") from error
    except _STUMBLES as error:
        raise Broken(f"the server's answer is no {protocol}: {error}") from error


def text_of(words: object) -> str:
    """Return the server's ``words``, which may be bytes, as text."""
    return words.decode("utf-8", "replace") if isinstance(words, (bytes, bytearray)) else str(words)
