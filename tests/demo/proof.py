# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on the client host: submit a message over 587 and over 465, read it over IMAPS, and tell how long each hop took.

Standard input is JSON: ``host``, ``ca`` (PEM), ``sender`` and ``reader`` (each ``address`` and ``password``). Standard
output is JSON: a list of deliveries, each with its ``steps`` (name, milliseconds), the message's ``subject``, and its
DKIM ``signatures`` (RFC 6376; ``a``: algorithm, ``d``: domain, ``s``: selector).
"""

from __future__ import annotations

import email
import imaplib
import json
import smtplib
import ssl
import sys
import time
import uuid
from email.message import EmailMessage

PATIENCE_SECONDS = 30


class Clock:
    """Names the time since the step before."""

    def __init__(self) -> None:
        self.steps: list[dict[str, object]] = []
        self._last = time.perf_counter()

    def step(self, name: str) -> None:
        now = time.perf_counter()
        self.steps.append({"name": name, "ms": round((now - self._last) * 1000, 1)})
        self._last = now


def main() -> None:
    task = json.load(sys.stdin)
    trust = ssl.create_default_context(cadata=task["ca"])
    json.dump([deliver(task, port, trust) for port in (587, 465)], sys.stdout)


def deliver(task: dict, port: int, trust: ssl.SSLContext) -> dict:
    sender, reader = task["sender"], task["reader"]
    message = EmailMessage()
    message["From"], message["To"] = sender["address"], reader["address"]
    message["Subject"] = f"Proof over {port}: {uuid.uuid4()}"
    message.set_content("If you can read this, mail flows.\n")

    clock = Clock()
    if port == 465:
        client: smtplib.SMTP = smtplib.SMTP_SSL(task["host"], port, timeout=PATIENCE_SECONDS, context=trust)
        clock.step("connected to 465 under TLS")
    else:
        client = smtplib.SMTP(task["host"], port, timeout=PATIENCE_SECONDS)
        client.starttls(context=trust)
        clock.step("connected to 587, STARTTLS")
    with client:
        client.login(sender["address"], sender["password"])
        clock.step(f"{sender['address']} logged in")
        client.send_message(message)
        clock.step("message accepted for delivery")

    with imaplib.IMAP4_SSL(task["host"], 993, ssl_context=trust, timeout=PATIENCE_SECONDS) as box:
        box.login(reader["address"], reader["password"])
        box.select("INBOX")
        clock.step(f"{reader['address']} logged in over IMAPS")
        number = wait_for(box, message["Subject"])
        clock.step("message found in the inbox")
        _status, data = box.fetch(number, "(RFC822)")
        received = email.message_from_bytes(data[0][1])
        clock.step("message read")
        if received["Subject"] != message["Subject"]:
            sys.exit(f"another message came back: {received['Subject']}")
        box.store(number, "+FLAGS", r"(\Deleted)")
        box.expunge()
    signatures = [tags(value) for value in received.get_all("DKIM-Signature", [])]
    return {"port": port, "subject": message["Subject"], "steps": clock.steps, "signatures": signatures}


def tags(signature: str) -> dict[str, str]:
    found = dict(part.strip().split("=", 1) for part in signature.split(";") if "=" in part)
    return {name: found[name] for name in ("a", "d", "s")}


def wait_for(box: imaplib.IMAP4_SSL, subject: str) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        box.noop()
        _status, data = box.search(None, "HEADER", "Subject", f'"{subject}"')
        if data[0]:
            return data[0].split()[0].decode()
        time.sleep(0.05)
    sys.exit(f"the message '{subject}' did not arrive within {PATIENCE_SECONDS} s")


if __name__ == "__main__":
    main()
