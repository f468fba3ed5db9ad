# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benches share: a figure, the bed, plays that are timed, and the mail host's memory meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build"
DATA = BUILD / "bench"
BED = "bench"
PINGS = 20


@dataclass(frozen=True)
class Figure:
    """One measured figure with the floor it is compared to; seconds unless ``unit`` and ``floor_unit`` say otherwise.

    ``part`` is the part of the bench that it belongs to, which `report.record` puts in.
    """

    name: str
    debian: str
    value: float
    floor: float | None = None
    bound: str = ""
    kept: bool | None = None
    unit: str = "s"
    floor_unit: str = "s"
    part: str = "accounts"


@contextmanager
def hosts(bed: str, *wanted: str) -> Iterator[None]:
    """Bring a fresh bed up with the hosts, each as ``HOST=IMAGE``, and take it down in the end."""
    testbed("down", "--bed", bed)
    try:
        testbed("up", "--bed", bed, *wanted)
        yield
    finally:
        testbed("down", "--bed", bed)


@contextmanager
def memory(host: str = "mx1", bed: str = BED) -> Iterator[dict[str, float]]:
    """Watch a host's memory while the block runs; `memory.py` says what is there after it, in MiB."""
    program = (HERE / "memory.py").read_text()
    figures: dict[str, float] = {}
    with subprocess.Popen(on(host, "python3", "-c", program, bed=bed), stdout=subprocess.PIPE, text=True) as watch:
        try:
            yield figures
        finally:
            subprocess.run(on(host, "touch", "/run/bench-end", bed=bed), check=True)
            output, _errors = watch.communicate()
    figures.update(json.loads(output))


def play(playbook: str, *arguments: str, bed: str = BED) -> float:
    """Run a playbook against the bed and return its seconds."""
    started = time.monotonic()
    result = subprocess.run(
        ["ansible-playbook", *arguments, "-i", str(BUILD / "testbed" / bed / "inventory.yml"), playbook],
        cwd=HERE, env=os.environ | {"ANSIBLE_PIPELINING": "true"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if result.returncode != 0:
        sys.exit(f"{playbook} failed:\n{(result.stdout + result.stderr)[-4000:]}")
    seconds = time.monotonic() - started
    print(f"{playbook} {' '.join(arguments)[:200]}: {seconds:.2f} s", flush=True)
    return seconds


def ping_seconds(host: str, bed: str = BED) -> float:
    """Return what one task costs: the difference between a play of many pings and a play of one."""
    one = min(play("ping.yml", "--limit", host, "-e", "pings=1", bed=bed) for dummy in range(2))
    many = min(play("ping.yml", "--limit", host, "-e", f"pings={PINGS + 1}", bed=bed) for dummy in range(2))
    return (many - one) / PINGS


def on(host: str, *command: str, bed: str = BED) -> list[str]:
    """Return the command that runs ``command`` on a host of the bed."""
    return [sys.executable, str(ROOT / "tests/testbed/testbed.py"), "sh", "--bed", bed, host, "--", *command]


def testbed(*arguments: str) -> None:
    subprocess.run([sys.executable, str(ROOT / "tests/testbed/testbed.py"), *arguments], check=True)
