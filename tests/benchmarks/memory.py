# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on the mail host: print the memory of all its processes, in MiB, at the ``peak`` and at the end (``last``).

Memory is the proportional set size (proc(5), smaps_rollup): pages that processes share count once. ``program`` is the
most that one Python program had for itself (VmHWM): a module.
"""

import contextlib
import glob
import json
import os
import time

LIMIT_SECONDS = 900
PAUSE_SECONDS = 0.2
END = "/run/bench-end"


def mebibytes() -> float:
    total = 0
    for path in glob.glob("/proc/[0-9]*/smaps_rollup"):
        try:
            with open(path) as stream:
                total += sum(int(line.split()[1]) for line in stream if line.startswith("Pss:"))
        except OSError:
            # It has ended.
            continue
    return total / 1024


def python_mebibytes() -> float:
    """Return the largest peak of the Python programs that run now, this one left out."""
    largest = 0
    for path in glob.glob("/proc/[0-9]*/status"):
        try:
            if os.path.basename(os.readlink(path.replace("status", "exe"))).startswith("python"):
                with open(path) as stream:
                    fields = dict(line.split(":", 1) for line in stream)
                if int(fields["Pid"]) != os.getpid():
                    largest = max(largest, int(fields["VmHWM"].split()[0]))
        except (OSError, KeyError):
            # It has ended.
            continue
    return largest / 1024


def main() -> None:
    # The end of an earlier watch is not that of this one.
    with contextlib.suppress(FileNotFoundError):
        os.remove(END)
    deadline = time.monotonic() + LIMIT_SECONDS
    peak = last = mebibytes()
    program = 0.0
    while not os.path.exists(END) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
        last = mebibytes()
        peak = max(peak, last)
        program = max(program, python_mebibytes())
    print(json.dumps({"peak": peak, "last": last, "program": program}))


main()
