# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages to send, each with a token in its subject that no other message has."""

from __future__ import annotations

import uuid
from email import policy
from email.message import EmailMessage


def new_token() -> str:
    """Return a word that stands in no other message."""
    return f"token-{uuid.uuid4().hex}"


def compose(token: str, sender: str, recipient: str, body: str = "Hello.\n", **headers: str) -> bytes:
    """Return a message as it travels; an underscore in a header's name stands for a hyphen."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, recipient, f"Test {token}"
    message["Message-ID"] = f"<{token}@client.mailwright.test>"
    message["Date"] = "Thu, 01 Jan 2026 00:00:00 +0000"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()
