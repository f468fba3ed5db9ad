# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a conversation in lines for a person, made of its steps."""

from __future__ import annotations

from collections.abc import Iterable

from .steps import Step
from .target import Login, Target

_NAMES = {"smtp": "SMTP", "imap": "IMAP", "pop3": "POP3", "sieve": "ManageSieve"}
# Step -> what is said when it begins.
_BEGINS = {
    "connect": "Connecting to {name} server...",
    "tls": "Starting TLS...",
    "banner": "Waiting for the greeting...",
    "ehlo": "Saying EHLO...",
    "starttls": "Starting TLS...",
    "certificate": "Looking at the certificate...",
    "ehlo_tls": "Saying EHLO within TLS...",
    "capability": "Asking what the server offers...",
    "auth": "Logging in...",
    "login": "Logging in...",
    "mail": "Asking for a sender...",
    "rcpt": "Asking for a recipient...",
    "rset": "Dropping the transaction...",
    "data": "Handing over a message...",
    "folders": "Listing folders...",
    "quota": "Asking for the quota...",
    "examine": "Looking into the folder...",
    "select": "Opening the folder...",
    "search": "Searching...",
    "fetch": "Fetching the message...",
    "delete": "Deleting the message...",
    "stat": "Counting messages...",
    "scripts": "Listing scripts...",
    "quit": "Closing the connection...",
    "logout": "Closing the connection...",
}


def lines(target: Target, login: Login | None, steps: Iterable[Step], message: str, *, success: bool) -> list[str]:
    """Return the log: whom and how, then for each step what begins and how it went, and the end of it."""
    name = _NAMES[target.protocol]
    head = [f"Starting {name} connection test...", f"Host: {target.host}", f"Port: {target.port}", f"TLS: {target.tls}"]
    if target.address:
        head.append(f"Address: {target.address}")
    if login is not None:
        head.append(f"User: {login.username}")
    body = [line for step in steps for line in _told(step, name)]
    end = f"✓ {name} test completed successfully" if success else f"✗ {name} test failed: {message}"
    return [*head, *body, end]


def _told(step: Step, name: str) -> list[str]:
    begins = _BEGINS.get(step.name, f"{step.name.replace('_', ' ').capitalize()}...").format(name=name)
    mark = "✓" if step.success else "✗"
    return [begins, f"{mark} {step.message} ({step.duration:.0f} ms)"]
