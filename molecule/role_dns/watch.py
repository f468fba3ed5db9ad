# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do what senders do that validate TLSA records, over and over: ask the name server, then connect to the mail host.

kdig asks, and openssl judges whether the key that Postfix shows is among the answers. Each round becomes a line of JSON
on standard output: when it was asked, the answers and their TTL, and then the key that was served, ``null`` if the
connection or openssl failed.

Usage: watch.py NAME-SERVER MAIL-HOST
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import time

PATIENCE = 10


def published(server: str, host: str) -> tuple[list[str], int]:
    """Return the values of the TLSA records and their TTL."""
    asked = subprocess.run(
        ["kdig", f"@{server}", "+noall", "+answer", f"_25._tcp.{host}", "TLSA"],
        capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    rows = [line.split() for line in asked.stdout.splitlines() if "\tTLSA\t" in line or " TLSA " in line]
    return [" ".join((*row[4:7], "".join(row[7:]).lower())) for row in rows], min(
        (int(row[1]) for row in rows), default=0
    )


def served(host: str, values: list[str]) -> tuple[str | None, str]:
    """Return the SPKI hash of the key that Postfix shows, and why openssl does not trust it; empty where it does."""
    records = [word for value in values for word in ("-dane_tlsa_rrdata", value)]
    dane = ["-verify_return_error", "-dane_tlsa_domain", host, "-dane_ee_no_namechecks", *records]
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", "127.0.0.1:25", "-starttls", "smtp", *dane],
        input="QUIT\r\n", capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    if shown.returncode or "DANE TLSA 3 1 1" not in shown.stdout:
        return None, f"{shown.returncode}: {shown.stdout[-300:]} {shown.stderr[-300:]}"
    public = subprocess.run(
        ["openssl", "x509", "-noout", "-pubkey"], input=shown.stdout, capture_output=True, text=True, check=True
    ).stdout
    der = base64.b64decode(re.sub(r"-----.*?-----|\s", "", public))
    return hashlib.sha256(der).hexdigest(), ""


def main() -> None:
    server, host = sys.argv[1:]
    while True:
        asked = time.time()
        values, ttl = published(server, host)
        answered = time.time()
        key, problem = served(host, values)
        line = {"asked": asked, "answered": answered, "values": values, "ttl": ttl, "key": key, "problem": problem}
        print(json.dumps({**line, "served": time.time()}), flush=True)


if __name__ == "__main__":
    main()
