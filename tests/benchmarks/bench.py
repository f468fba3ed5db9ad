# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``make bench`` runs: real playbooks on a fresh host of the test bed, each figure beside its floor.

Writes ``tests/benchmarks/results.json`` and ``docs/benchmarks.md``. Every bound is a ratio to, or a difference from,
something measured in the same run; nothing fails here because a machine is slow, a missed bound is only said.
"""

from __future__ import annotations

import json
from dataclasses import asdict

import report
import scale
from measuring import BED, HERE, ROOT, Figure, play, testbed

RELEASES = ("12", "13")
PINGS = 20


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
    return [
        Figure("one ping task", release, ping),
        Figure("site.yml on a bare host", release, bare, None, "at most 60 s", bare <= 60),
        Figure("site.yml, nothing to change", release, unchanged, ping, "at most 60 pings", unchanged <= 60 * ping),
        *scale.measure(release, ping),
    ]


def ping_seconds() -> float:
    """Return what one task costs: the difference between a play of many pings and a play of one."""
    one = min(play("ping.yml", "-e", "pings=1") for dummy in range(2))
    many = min(play("ping.yml", "-e", f"pings={PINGS + 1}") for dummy in range(2))
    return (many - one) / PINGS


def site() -> float:
    return play(str(ROOT / "playbooks" / "site.yml"), "-i", str(ROOT / "inventories" / "demo"))


if __name__ == "__main__":
    main()
