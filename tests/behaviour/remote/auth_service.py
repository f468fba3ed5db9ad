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

SOCKET = "/run/dovecot/auth-postfix"


def main() -> None:
    asked = json.load(sys.stdin)
    answers = [ask(asked["address"], password, asked["service"]) for password in asked["passwords"]]
    json.dump(answers, sys.stdout)


def ask(address: str, password: str, service: str) -> str:
    response = base64.b64encode(f"\0{address}\0{password}".encode()).decode()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(SOCKET)
        stream = client.makefile("rw", newline="\n")
        stream.write("VERSION\t1\t2\nCPID\t1\n")
        # No penalty: the host itself asks, one after another.
        stream.write(f"AUTH\t1\tPLAIN\tservice={service}\tsecured\tno-penalty\tresp={response}\n")
        stream.flush()
        return next(line.rstrip("\n") for line in stream if line.startswith(("OK\t", "FAIL\t")))


if __name__ == "__main__":
    main()
