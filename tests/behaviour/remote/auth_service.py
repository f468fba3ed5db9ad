# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the authentication service of this host's Dovecot, as Postfix does, and writes what it answers.

Reads {"address": ..., "passwords": [...], "service": "smtp"} and writes the last line of each answer (Dovecot's
authentication protocol, version 1.2): ``OK`` or ``FAIL`` with all that a client of the service is told.
"""

from __future__ import annotations

import base64
import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

SOCKET = "/run/dovecot/auth-postfix"


def main() -> None:
    asked = json.load(sys.stdin)
    passwords = asked["passwords"]
    # Who is refused waits for two seconds, and so all are asked for at the same time.
    with ThreadPoolExecutor(len(passwords)) as pool:
        requests = [
            pool.submit(ask, number, asked["address"], password, asked["service"])
            for number, password in enumerate(passwords, start=1)
        ]
        json.dump([request.result() for request in requests], sys.stdout)


def ask(number: int, address: str, password: str, service: str) -> str:
    """Ask as the client process ``number``, of which there may be one at a time."""
    response = base64.b64encode(f"\0{address}\0{password}".encode()).decode()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(SOCKET)
        stream = client.makefile("rw", newline="\n")
        stream.write(f"VERSION\t1\t2\nCPID\t{number}\n")
        # No penalty: the host itself asks.
        stream.write(f"AUTH\t1\tPLAIN\tservice={service}\tsecured\tno-penalty\tresp={response}\n")
        stream.flush()
        return next(line.rstrip("\n") for line in stream if line.startswith(("OK\t", "FAIL\t")))


if __name__ == "__main__":
    main()
