# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on a mail host: look for secrets in every process's arguments and environment until standard input ends.

The first line of standard input is JSON, a list of secrets. The first line of standard output says that the watch has
begun, the rest is JSON: ``looks``, how often all processes were looked at, and ``found``, the arguments of each process
that showed a secret.
"""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path

_PAUSE_SECONDS = 0.005
# A process is looked at this often: first as the copy of its parent, then as the program that it became.
_LOOKS_AT_EACH = 4


def main() -> None:
    secrets = [secret.encode() for secret in json.loads(sys.stdin.readline())]
    found: set[str] = set()
    looks = 0
    looked_at: dict[str, int] = {}
    print("watching", flush=True)
    while not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
        looks += 1
        there = [pid for pid in os.listdir("/proc") if pid.isdigit()]
        looked_at = {pid: looked_at.get(pid, 0) + 1 for pid in there}
        for pid in there:
            if looked_at[pid] > _LOOKS_AT_EACH:
                continue
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
