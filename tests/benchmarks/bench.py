# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``make bench`` runs: real playbooks on a fresh host of the test bed, each figure beside its floor.

Writes ``tests/benchmarks/results.json`` and ``docs/benchmarks.md``. Every bound is a ratio to, or a difference from,
something measured in the same run; nothing fails here because a machine is slow, a missed bound is only said.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import report
from passlib.hash import sha512_crypt

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build"
BED = "bench"
INVENTORY = BUILD / "testbed" / BED / "inventory.yml"
RELEASES = ("12", "13")
PINGS = 20
MAILBOXES = 10_000


@dataclass(frozen=True)
class Figure:
    """One measured figure with the floor it is compared to; seconds unless ``unit`` says otherwise."""

    name: str
    debian: str
    value: float
    floor: float | None
    bound: str
    kept: bool | None
    unit: str = "s"


def main() -> None:
    figures: list[Figure] = []
    for release in RELEASES:
        testbed("down", "--bed", BED)
        testbed("up", "--bed", BED, f"mx1={release}", "client=client")
        try:
            figures += measure(release)
        finally:
            testbed("down", "--bed", BED)
    results = {"machine": report.machine(), "figures": [asdict(figure) for figure in figures]}
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (ROOT / "docs" / "benchmarks.md").write_text(report.render(results))
    print((ROOT / "docs" / "benchmarks.md").read_text())


def measure(release: str) -> list[Figure]:
    ping = ping_seconds()
    bare = site()
    unchanged = min(site() for dummy in range(2))
    floor = accounts_floor()
    with memory() as mib:
        first = accounts("accounts.yml") - floor
        again = min(accounts("accounts.yml") for dummy in range(2)) - floor
    return [
        Figure("one ping task", release, ping, None, "", None),
        Figure("site.yml on a bare host", release, bare, None, "at most 60 s", bare <= 60),
        Figure("site.yml, nothing to change", release, unchanged, ping, "at most 60 pings", unchanged <= 60 * ping),
        Figure(f"a play that only reads {MAILBOXES:,} mailboxes", release, floor, None, "", None),
        Figure(f"{MAILBOXES:,} new mailboxes, beyond that", release, first, floor, "at most 3 s", first <= 3),
        Figure(f"{MAILBOXES:,} unchanged mailboxes, beyond that", release, again, floor, "at most 2 s", again <= 2),
        Figure("memory of the mail host at its peak in these runs", release, mib["peak"], None, "", None, "MiB"),
        Figure("memory of the mail host after them", release, mib["last"], None, "", None, "MiB"),
    ]


def ping_seconds() -> float:
    """Return what one task costs: the difference between a play of many pings and a play of one."""
    one = min(play("ping.yml", "-e", "pings=1") for dummy in range(2))
    many = min(play("ping.yml", "-e", f"pings={PINGS + 1}") for dummy in range(2))
    return (many - one) / PINGS


def site() -> float:
    return play(str(ROOT / "playbooks" / "site.yml"), "-i", str(ROOT / "inventories" / "demo"))


def accounts_floor() -> float:
    make_mailboxes()
    return min(accounts("accounts_floor.yml") for dummy in range(2))


def accounts(playbook: str) -> float:
    return play(playbook, "-e", f"@{BUILD / 'bench' / 'mailboxes.json'}")


def make_mailboxes() -> None:
    """Write the variables of the big run: ready hashes, as another system would export them."""
    secret_hash = "{SHA512-CRYPT}" + sha512_crypt.using(rounds=5000).hash("secret")
    document = {
        "bench_domains": [{"name": f"d{number}.example"} for number in range(100)],
        "bench_mailboxes": [
            {"address": f"user{number}@d{number % 100}.example", "password_hash": secret_hash, "quota": "1G"}
            for number in range(MAILBOXES)
        ],
    }
    target = BUILD / "bench" / "mailboxes.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document))


@contextmanager
def memory() -> Iterator[dict[str, float]]:
    """Watch the mail host's memory while the block runs: ``peak`` and ``last``, in MiB, are there after it."""
    command = [sys.executable, str(ROOT / "tests/testbed/testbed.py"), "sh", "--bed", BED, "mx1", "--"]
    program = (HERE / "memory.py").read_text()
    figures: dict[str, float] = {}
    with subprocess.Popen([*command, "python3", "-c", program], stdout=subprocess.PIPE, text=True) as watch:
        try:
            yield figures
        finally:
            subprocess.run([*command, "touch", "/run/bench-end"], check=True)
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


def testbed(*arguments: str) -> None:
    subprocess.run([sys.executable, str(ROOT / "tests/testbed/testbed.py"), *arguments], check=True)


if __name__ == "__main__":
    main()
