# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge what a provider got, by its mailbox and its log: each message once, at the right place, by the right login.

Usage: judge_provider.py OWN-NAME SENDING-HOST MAILS, a JSON list of {name, at, service, login, mechanism}; without
login and mechanism it came without one. It waits for what must come.
"""

from __future__ import annotations

import json
import mailbox
import re
import subprocess
import sys
import time
from typing import Any

PATIENCE = 60
MAILBOX = "/var/mail/reader"
_RECEIVED = re.compile(r"\bwith E?SMTP(S?)(A?) id (\w+)")


def found(name: str) -> list[str]:
    """Return the Received headers of each message with the recipient ``name``, the last server's first."""
    box = mailbox.mbox(MAILBOX)
    return [
        "\n".join(message.get_all("Received", [])) for message in box if str(message["To"]).partition("@")[0] == name
    ]


def arrived(name: str) -> list[str]:
    """Wait until there is a message with the recipient ``name``, and return what `found` does."""
    deadline = time.monotonic() + PATIENCE
    while not (headers := found(name)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return headers


def log_line(queue_id: str) -> str:
    """Return what the provider's smtpd logged of the client that the message came from."""
    lines = subprocess.run(
        ["journalctl", "--no-pager", "--quiet", "--output=short", f"--grep={queue_id}: client="],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return lines.strip()


def judge(mail: dict[str, Any], name: str) -> str:
    headers = arrived(name)
    assert len(headers) == 1, (name, headers)
    match = _RECEIVED.search(headers[0])
    assert match is not None, (name, headers)
    encrypted, logged_in, queue_id = match.groups()
    line = log_line(queue_id)
    login = re.search(r"sasl_method=([\w-]+), sasl_username=(\w+)", line)
    got = (login[1], login[2]) if login else (None, None)
    assert got == (mail.get("mechanism"), mail.get("login")), (name, got, line)
    assert bool(logged_in) == bool(login), (name, headers)
    assert encrypted or not login, (name, headers)
    assert f"postfix/{mail['service']}" in line, (name, mail["service"], line)
    return f"{name}: {line}"


def main() -> None:
    own, sending, mails = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    for mail in mails:
        name = f"{sending}-{mail['name']}"
        if mail["at"] == own:
            print(judge(mail, name))
        else:
            assert not found(name), f"{name} came to {own}, too"


if __name__ == "__main__":
    main()
