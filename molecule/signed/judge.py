# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for the message from the other domain, and judge what it brought. Arguments: the own domain, the other one."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import dkim

PATIENCE_SECONDS = 120


def main(own: str, other: str) -> None:
    text = fetch(f"reader@{own}", f"From {other}")
    headers = text.split(b"\r\n\r\n")[0].decode()
    # Rspamd's own verdict, in the words of RFC 8601.
    results = re.search(r"^Authentication-Results: (.*?)^\S", headers, re.MULTILINE | re.DOTALL)
    assert results, headers
    assert results[1].startswith(f"mx.{own};"), results[1]
    assert results[1].count("dkim=pass") == 2, results[1]
    assert "spf=pass" in results[1], results[1]
    assert "dmarc=pass" in results[1], results[1]
    # And another program's, which asks the DNS itself. RSA and Ed25519 have signed.
    judged = dkim.DKIM(text)
    signatures = [line for name, line in judged.headers if name.lower() == b"dkim-signature"]
    algorithms = {re.search(rb"a=([a-z0-9-]+)", line)[1] for line in signatures}
    assert algorithms == {b"rsa-sha256", b"ed25519-sha256"}, algorithms
    for number in range(len(signatures)):
        assert dkim.DKIM(text).verify(number), number
    # The way between the hosts was encrypted, to the very key that TLSA names.
    assert re.search(r"with ESMTPS", headers), headers


def fetch(mailbox: str, subject: str) -> bytes:
    """Return the newest message with ``subject`` as it lies in the mailbox."""
    end = time.monotonic() + PATIENCE_SECONDS
    command = ["doveadm", "fetch", "-u", mailbox, "text", "mailbox", "INBOX", "header", "subject", subject]
    while time.monotonic() < end:
        found = subprocess.run(command, capture_output=True, check=True).stdout
        if found:
            return re.sub(rb"\r?\n", b"\r\n", found.split(b"\n", 1)[1])
        time.sleep(1)
    sys.exit(f"{mailbox} got no message {subject} in {PATIENCE_SECONDS} seconds")


if __name__ == "__main__":
    main(*sys.argv[1:])
