# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on a mail host: look for secrets in every process's arguments and environment until standard input ends.

The first line of standard input is JSON, a list of secrets. Standard output is JSON: ``looks``, how often all
processes were looked at, and ``found``, the arguments of each process that showed a secret.
"""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path

_PAUSE_SECONDS = 0.01


def main() -> None:
    secrets = [secret.encode() for secret in json.loads(sys.stdin.readline())]
    found: set[str] = set()
    looks = 0
    while not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
        looks += 1
        for pid in filter(str.isdigit, os.listdir("/proc")):
            shown = [_read(f"/proc/{pid}/{name}") for name in ("cmdline", "environ")]
            if any(secret in text for secret in secrets for text in shown):
                found.add(shown[0].replace(b"\0", b" ").decode("utf-8", "replace"))
    json.dump({"looks": looks, "found": sorted(found)}, sys.stdout)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        # The process is gone.
        return b""


if __name__ == "__main__":
    main()
