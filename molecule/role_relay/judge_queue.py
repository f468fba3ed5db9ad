# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until a message for each recipient's local part given has been tried and put off, and print why.

Usage: judge_queue.py LOCAL-PART...
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

PATIENCE = 60


def delayed() -> dict[str, str]:
    """Return the reason that each recipient's message waits for, by the recipient's local part."""
    told = subprocess.run(["postqueue", "-j"], capture_output=True, text=True, check=True).stdout
    entries = [json.loads(line) for line in told.splitlines()]
    return {
        one["address"].partition("@")[0]: one["delay_reason"]
        for entry in entries
        if entry["queue_name"] == "deferred"
        for one in entry["recipients"]
        if "delay_reason" in one
    }


def main() -> None:
    wanted = sys.argv[1:]
    deadline = time.monotonic() + PATIENCE
    while not set(wanted) <= set(found := delayed()):
        assert time.monotonic() < deadline, (wanted, found)
        time.sleep(0.2)
    for name in wanted:
        print(f"{name}: {found[name]}")


if __name__ == "__main__":
    main()
