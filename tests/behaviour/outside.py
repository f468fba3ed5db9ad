# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail server of partner.example, where mail that leaves our hosts arrives (`remote/mailserver.py`)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from behaviour.client import Client, parse

# As the inventory of the scenario sends mail there.
PORT = 2525


@dataclass(frozen=True)
class Received:
    """A message with its envelope; ``raw`` as it came, with CRLF."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    raw: bytes


@contextmanager
def partner_server(client: Client) -> Iterator[list[Received]]:
    """Receive mail while the block runs; the value, in the order of arrival, is filled in after it."""
    received: list[Received] = []
    process = client.host.start_program("mailserver.py", json.dumps({"port": PORT}) + "\n")
    assert process.stdout
    assert process.stdout.readline() == b"listening\n"
    try:
        yield received
    finally:
        output, _errors = process.communicate()
        for entry in json.loads(output):
            raw = base64.b64decode(entry["message"])
            received.append(Received(entry["sender"], entry["recipients"], parse(raw), raw))
