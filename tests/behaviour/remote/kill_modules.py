# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills the modules that run on this host (SIGKILL) at the moment at which a file changes or comes.

Reads one line of JSON: {"pattern": a glob of files, "seconds": how long to wait at most}, and waits until standard
input ends. Writes the number of modules that were killed. A module comes through standard input (pipelining), so that
its process is the interpreter with no argument.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import re
import select
import signal
import sys
import time

MODULE = re.compile(rb"\S*python3[.0-9]*\0")


def look(pattern: str) -> dict[str, tuple[int, int]]:
    found = {}
    for name in glob.glob(pattern):
        with contextlib.suppress(FileNotFoundError):
            about = os.stat(name)
            found[name] = (about.st_ino, about.st_mtime_ns)
    return found


def kill() -> int:
    killed = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", "rb") as stream:
            if MODULE.fullmatch(stream.read()):
                os.kill(int(name), signal.SIGKILL)
                killed += 1
    return killed


wanted = json.loads(sys.stdin.readline())
before, end = look(wanted["pattern"]), time.monotonic() + wanted["seconds"]
print("waiting", flush=True)
killed = 0
while time.monotonic() < end and not select.select([sys.stdin], [], [], 0.001)[0]:
    if look(wanted["pattern"]) != before:
        killed = kill()
        break
print(killed)
