# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges, on a mail host, what became of the messages that judge_outside.py sent, and what the host sends and learns.

Real clients, dkimpy and redis-cli say what is. Prints what differs from what was wanted, and then leaves with status 1.
"""

from __future__ import annotations

import imaplib
import json
import re
import smtplib
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

import dkim

PASSWORDS = {"alice": "alice-sends-and-reads", "bob": "bob-sorts-his-mail", "carol": "carol-sends-much"}
TLS = ssl.create_default_context()
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE
STATE = Path("/var/lib/mailwright")
LIMIT_SECONDS = 60
failures: list[str] = []


def main() -> int:
    received()
    sent()
    bounced()
    from_the_host()
    history()
    controller()
    limited()
    learned()
    away()
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def expect(what: str, found: Any, wanted: Any) -> None:
    """Note a difference; the tests after it go on."""
    if found != wanted:
        failures.append(f"{what}: found {found!r}, wanted {wanted!r}")


def run(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def wait_for(what: str, look: Callable[[], Any]) -> Any:
    """Return what ``look`` finds once it is true; note that it never was."""
    end = time.monotonic() + LIMIT_SECONDS
    while not (found := look()):
        if time.monotonic() > end:
            failures.append(f"{what}: not within {LIMIT_SECONDS} s")
            break
        time.sleep(0.2)
    return found


def imap(user: str) -> imaplib.IMAP4_SSL:
    client = imaplib.IMAP4_SSL("127.0.0.1", ssl_context=TLS)
    client.login(f"{user}@example.com", PASSWORDS[user])
    return client


def read(user: str, subject: str, folder: str = "INBOX") -> bytes:
    """Return the message with ``subject`` in ``folder``, and wait until it is there."""

    def look() -> bytes:
        with imap(user) as client:
            client.select(folder, readonly=True)
            numbers = client.search(None, "SUBJECT", f'"{subject}"')[1][0].split()
            return client.fetch(numbers[-1].decode(), "(BODY.PEEK[])")[1][0][1] if numbers else b""

    return wait_for(f"{subject} in {user}'s {folder}", look)


def submit(user: str, recipient: str, subject: str, text: str = "Hello") -> int:
    """Send a message as a user does; return the status of its end, or of a refused login."""
    message = (
        f"From: {user}@example.com\r\nTo: {recipient}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@c>\r\n"
        f"Date: Sun, 01 Nov 2026 10:00:00 +0000\r\nX-Mailer: a program\r\n\r\n{text}\r\n"
    )
    with smtplib.SMTP_SSL("127.0.0.1", 465, context=TLS, timeout=60) as client:
        try:
            client.login(f"{user}@example.com", PASSWORDS[user])
        except smtplib.SMTPAuthenticationError as error:
            return error.smtp_code
        client.mail(f"{user}@example.com")
        client.rcpt(recipient)
        return client.data(message.encode())[0]


def received() -> None:
    with imap("alice") as client:
        client.select("INBOX", readonly=True)
        for refused in ("gtube", "strict"):
            expect(f"{refused} in the INBOX", client.search(None, "SUBJECT", refused)[1][0], b"")
    lax = message_from_bytes(read("alice", "lax", "Junk"))
    expect("X-Spam of the message under p=quarantine", lax["X-Spam"], "Yes")
    good = message_from_bytes(read("alice", "good"))
    results = good.get_all("Authentication-Results", [])
    expect("headers Authentication-Results", len(results), 1)
    for wanted in ("dkim=pass", "spf=pass", "dmarc=pass"):
        expect(f"{wanted} in {results}", wanted in results[0], True)
    expect("X-Spam of a good message", good["X-Spam"], None)
    expect("seals", [seal for seal in good.get_all("ARC-Seal", []) if "s=one; d=example.com" in seal] != [], True)


def records() -> dict[bytes, bytes]:
    """Return what DNS would say of the host's keys, by name."""
    found = {}
    for path in (STATE / "dkim/example.com").glob("*.record.json"):
        record = json.loads(path.read_text())
        found[f"{record['name']}.".encode()] = record["value"].encode()
    return found


def verified(message: bytes) -> set[str]:
    """Return which selectors' signatures of example.com dkimpy accepts."""
    answers, good = records(), set()
    signatures = [value for name, value in message_from_bytes(message).items() if name == "DKIM-Signature"]
    for number, signature in enumerate(signatures):
        selector = re.search(r"\bs=(\w+)", signature)[1]
        check = dkim.DKIM(message)
        if check.verify(idx=number, dnsfunc=lambda name, timeout=5: answers.get(name)):
            good.add(selector)
    return good


def sent() -> None:

    expect("submission", submit("alice", "bob@example.com", "outgoing"), 250)
    message = read("bob", "outgoing")
    expect("signatures of a user's message", verified(message), {"one", "two"})
    parsed = message_from_bytes(message)
    expect("a user's message is judged", [parsed["X-Spam"], parsed["Authentication-Results"]], [None, None])
    for header in ("From: other@example.com", "Subject: other", "To: other@example.com", "Reply-To: other@example.com"):
        expect(f"with another {header}", verified(header.encode() + b"\r\n" + message), set())


def bounced() -> None:
    expect("submission of what cannot be delivered", submit("alice", "nobody@nomail.example", "lost"), 250)
    bounce = read("alice", "Undelivered Mail Returned to Sender")
    expect("signatures of a bounce", verified(bounce), {"one", "two"})


def sendmail(sender: str, subject: str, headers: str = "") -> bytes:
    text = f"{headers}From: {sender}\nTo: bob@example.com\nSubject: {subject}\n\nHello\n"
    subprocess.run(["sendmail", "-f", sender, "bob@example.com"], input=text, text=True, check=True)
    return read("bob", subject)


def from_the_host() -> None:
    """Its own mail is signed; what it only sends on is not."""
    hops = "".join(f"Received: from a{n} by b{n}; Sun, 01 Nov 2026 10:00:00 +0000\n" for n in range(2))
    expect("signatures of the host's own mail", verified(sendmail("alice@example.com", "own")), {"one", "two"})
    expect("signatures of redirected mail", verified(sendmail("alice@example.com", "redirected", hops)), set())
    expect("signatures for somebody else", verified(sendmail("alice@good.example", "foreign")), set())


def ask(path: str, password: str) -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:11334/{path}", headers={"Password": password})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code


def password() -> str:
    return (STATE / "rspamd/controller_password").read_text().strip()


def history() -> None:
    """What Rspamd found in the messages of users."""
    rows = [row for row in ask("history", password())["rows"] if row["user"] != "unknown"]
    expect("messages of users in the history", len(rows) >= 2, True)
    symbols = {name for row in rows for name in row["symbols"]}
    expect("symbols of users' messages", symbols - {"RATELIMIT_UPDATE", "RATELIMIT_CHECK"}, {"DKIM_SIGNED"})
    expect("scores of users' messages", {row["score"] for row in rows}, {0.0})


def controller() -> None:
    expect("the controller without the password", [ask("stat", word) for word in ("", "q1", "wrong")], [401] * 3)
    expect("the controller with it", "scanned" in ask("stat", password()), True)
    for name in ("controller_hash.inc", "controller_password"):
        mode = (STATE / "rspamd" / name).stat().st_mode & 0o777
        expect(f"mode of {name}", oct(mode), "0o640" if name.endswith("inc") else "0o600")
    argv = ["setpriv", "--reuid=nobody", "--clear-groups", "rspamc", "-h", "/run/rspamd/controller.sock", "stat"]
    result = subprocess.run(argv, capture_output=True, text=True, check=False)
    expect("anybody at the controller's socket", "Permission denied" in result.stdout + result.stderr, True)


def limited() -> None:
    statuses = [submit("carol", "bob@example.com", f"much{number}") for number in range(12)]
    expect("statuses of a user who sends much", sorted(set(statuses)), [250, 451])
    expect("the first are taken", statuses[:5], [250] * 5)
    expect("another user at that time", submit("bob", "alice@example.com", "other"), 250)


def lessons() -> tuple[int, int]:
    """Return how many messages were learned as spam and as ham."""
    argv = ["redis-cli", "-s", "/run/redis-rspamd/redis.sock", "HGET", "RS"]
    return int(run(*argv, "learns_spam") or 0), int(run(*argv, "learns_ham") or 0)


def file(subject: str, source: str, target: str, command: str) -> None:
    with imap("bob") as client:
        client.select(source)
        numbers = client.uid("SEARCH", "SUBJECT", f'"{subject}"')[1][0].split()
        expect(f"{command} of {subject}", client.uid(command, numbers[-1].decode(), target)[0], "OK")


def learned() -> None:
    for number in range(1, 5):
        read("bob", f"lesson {number}")
    spam, ham = lessons()
    file("lesson 1", "INBOX", "Junk", "MOVE")
    wait_for("spam learned from a MOVE", lambda: lessons() == (spam + 1, ham))
    file("lesson 2", "INBOX", "Junk", "COPY")
    wait_for("spam learned from a COPY", lambda: lessons() == (spam + 2, ham))
    file("lesson 1", "Junk", "INBOX", "MOVE")
    wait_for("ham learned from a MOVE", lambda: lessons()[1] == ham + 1)
    # What would be learned here would be known before the next lesson is.
    before = lessons()
    file("lesson 2", "Junk", "Trash", "MOVE")
    file("lesson 3", "INBOX", "Junk", "MOVE")
    wait_for("spam learned after that", lambda: lessons()[0] == before[0] + 1)
    file("lesson 3", "Junk", "Archive", "COPY")
    wait_for("ham learned from a COPY", lambda: lessons()[1] == before[1] + 1)
    known = lessons()
    run("systemctl", "kill", "--signal=KILL", "redis-server@rspamd")
    run("systemctl", "restart", "redis-server@rspamd", "rspamd")
    wait_for("Redis", lambda: Path("/run/redis-rspamd/redis.sock").exists())
    expect("lessons after a restart", lessons(), known)
    wait_for("Rspamd", listens)


def listens() -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", 11332)) == 0


def away() -> None:
    """Mail waits while Rspamd is away."""
    run("systemctl", "stop", "rspamd")
    # Postfix says so as soon as it can, at the login.
    expect("without Rspamd", submit("bob", "alice@example.com", "later"), 454)
    run("systemctl", "start", "rspamd")
    wait_for("Rspamd", listens)
    expect("with Rspamd again", submit("bob", "alice@example.com", "later"), 250)
    expect("signatures after that", verified(read("alice", "later")), {"one", "two"})


if __name__ == "__main__":
    sys.exit(main())
