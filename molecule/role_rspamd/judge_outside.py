# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes to a mail host as other servers do, and prints what differs from what was wanted; then leaves with status 1.

Arguments: the mail host's address. Where the messages went is judged on that host (judge_host.py).
"""

from __future__ import annotations

import base64
import secrets
import smtplib
import sys
from email.utils import formatdate
from pathlib import Path

import dkim

GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
WORDS = "the quarterly harvest report mentions barley oats wheat and several unusual varieties of winter rye"
failures: list[str] = []


def main(address: str) -> int:
    deliver(address, 554, compose("anyone@good.example", "gtube", GTUBE))
    deliver(address, 554, compose("forged@strict.example", "strict", WORDS))
    deliver(address, 250, compose("forged@lax.example", "lax", WORDS))
    # Somebody else's word for it must not be taken for the host's own.
    claim = b"Authentication-Results: mx12.example.com; dmarc=fail (claimed)\r\n"
    deliver(address, 250, signed(claim + compose("friend@good.example", "good", WORDS)))
    for number in range(1, 5):
        deliver(address, 250, signed(compose("friend@good.example", f"lesson {number}", lesson(number)), "bob"))
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def compose(sender: str, subject: str, text: str) -> bytes:
    headers = f"From: {sender}\r\nTo: alice@example.com\r\nSubject: {subject}\r\n"
    more = f"Message-ID: <{subject.replace(' ', '')}@outside.good.example>\r\nDate: {formatdate()}\r\n"
    return f"{headers}{more}\r\n{text}\r\n".encode()


def lesson(number: int) -> str:
    """Words that no other message has, enough to learn from."""
    return " ".join(f"lesson{number}word{secrets.token_hex(4)}" for _place in range(25))


def signed(message: bytes, recipient: str = "alice") -> bytes:
    """Return ``message`` with a DKIM signature of good.example's key."""
    message = message.replace(b"To: alice@", f"To: {recipient}@".encode())
    seed = base64.b64encode(Path("/root/k.der").read_bytes()[-32:])
    return dkim.sign(message, b"k", b"good.example", seed, signature_algorithm=b"ed25519-sha256") + message


def deliver(address: str, wanted: int, message: bytes) -> None:
    """Send ``message`` to the recipient that it names."""
    text = message.decode()
    sender = text.split("From: ")[1].split("\r\n")[0]
    recipient = text.split("\r\nTo: ")[1].split("\r\n")[0]
    with smtplib.SMTP(address, timeout=60) as client:
        client.ehlo("outside.good.example")
        client.mail(sender)
        client.rcpt(recipient)
        status, answer = client.data(message)
    if status != wanted:
        failures.append(f"from {sender}: {status} {answer!r} instead of {wanted}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
