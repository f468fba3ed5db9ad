# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on a mail host: print as JSON all that a run of site.yml could change, so that two moments can be compared.

Each file that the roles own is there with a digest, each database with one of its contents, and each service with the
time at which it last started or was reloaded.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

TREES = (
    "/etc/postfix", "/etc/dovecot", "/etc/mailwright", "/etc/mailwright-postfix", "/etc/postgresql",
    "/var/lib/mailwright",
)  # fmt: skip
SERVICES = (
    "postfix.service", "postfix@-.service", "dovecot.service",
    "postgresql@15-main.service", "postgresql@17-main.service",
)  # fmt: skip


def main() -> None:
    files = [path for tree in TREES for path in Path(tree).rglob("*") if path.is_file()]
    found = {str(path): digest(path) for path in files if not path.name.endswith(("-wal", "-shm"))}
    for service in SERVICES:
        command = ["systemctl", "show", "--property=StateChangeTimestampMonotonic,MainPID", service]
        found[service] = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    json.dump(found, sys.stdout, sort_keys=True)


def digest(path: Path) -> str:
    if path.suffix != ".db" or "mailwright" not in str(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    # The same contents may lie in the log or in the database itself.
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()


if __name__ == "__main__":
    main()
