# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the processes of the mail hosts show of secrets while something runs (`remote/watch.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from behaviour.bed import Bed
from behaviour.messages import new_token


@dataclass
class Watch:
    """How often all processes of a host were looked at, and the arguments of those that showed a secret."""

    looks: int = 0
    found: list[str] = field(default_factory=list)


@contextmanager
def watching(bed: Bed, secrets: list[str]) -> Iterator[dict[str, Watch]]:
    """Watch while the block runs; the value, by host, is filled in after it.

    A process with a secret of its own proves on each host that the watch would see one.
    """
    canary = new_token()
    document = json.dumps([*secrets, canary]) + "\n"
    processes = {name: host.start_program("watch.py", document) for name, host in bed.servers.items()}
    watches = {name: Watch() for name in processes}
    try:
        for name, host in bed.servers.items():
            begun = processes[name].stdout
            assert begun and begun.readline() == b"watching\n", f"{name}: the watch has not begun"
            host.run(f"sh -c 'sleep 3; : {canary}'")
        yield watches
    finally:
        for name, process in processes.items():
            assert process.stdin
            output, _errors = process.communicate()
            result = json.loads(output)
            assert [text for text in result["found"] if canary in text], f"{name}: the watch is blind"
            watches[name].looks = result["looks"]
            watches[name].found = [text for text in result["found"] if canary not in text]
