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
INVENTORY = BUILD / "testbed" / BED / "inventory.yml"


@dataclass(frozen=True)
class Figure:
    """One measured figure with the floor it is compared to; seconds unless ``unit`` says otherwise."""

    name: str
    debian: str
    value: float
    floor: float | None = None
    bound: str = ""
    kept: bool | None = None
    unit: str = "s"


@contextmanager
def memory() -> Iterator[dict[str, float]]:
    """Watch the mail host's memory while the block runs; `memory.py` says what is there after it, in MiB."""
    program = (HERE / "memory.py").read_text()
    figures: dict[str, float] = {}
    with subprocess.Popen(on("mx1", "python3", "-c", program), stdout=subprocess.PIPE, text=True) as watch:
        try:
            yield figures
        finally:
            subprocess.run(on("mx1", "touch", "/run/bench-end"), check=True)
            output, _errors = watch.communicate()
    figures.update(json.loads(output))


def play(playbook: str, *arguments: str) -> float:
    """Run a playbook against the bed and return its seconds."""
    started = time.monotonic()
    result = subprocess.run(
        ["ansible-playbook", *arguments, "-i", str(INVENTORY), playbook],
        cwd=HERE, env=os.environ | {"ANSIBLE_PIPELINING": "true"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if result.returncode != 0:
        sys.exit(f"{playbook} failed:\n{(result.stdout + result.stderr)[-4000:]}")
    seconds = time.monotonic() - started
    print(f"{playbook} {' '.join(arguments)}: {seconds:.2f} s", flush=True)
    return seconds


def on(host: str, *command: str) -> list[str]:
    """Return the command that runs ``command`` on a host of the bed."""
    return [sys.executable, str(ROOT / "tests/testbed/testbed.py"), "sh", "--bed", BED, host, "--", *command]


def testbed(*arguments: str) -> None:
    subprocess.run([sys.executable, str(ROOT / "tests/testbed/testbed.py"), *arguments], check=True)
