# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``make bench`` runs: real playbooks on a fresh host of the test bed, each figure beside its floor.

Writes ``tests/benchmarks/results.json`` and ``docs/benchmarks.md`` after each part. Parts that are not run keep their
figures. A floor is something measured in the same run; nothing fails here because a machine is slow, a missed bound is
only said.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable

import checks
import report
import scale
import signing
import zones
from measuring import BED, ROOT, Figure, hosts, ping_seconds, play

RELEASES = ("12", "13")
# What site.yml does for mail alone.
FOUR = ("--tags", "accounts,certificates,dovecot,postfix")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    wanted = parser.parse_args().parts or list(PARTS)
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown:
        parser.error(f"there is no part {unknown[0]}; one of {', '.join(PARTS)} is needed")
    # Whoever ends the bench finds no hosts left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *dummy: sys.exit("ended"))
    for part in wanted:
        report.record(part, [figure for release in RELEASES for figure in PARTS[part](release)])
    print((ROOT / "docs" / "benchmarks.md").read_text())


def accounts(release: str) -> list[Figure]:
    """A whole mail host, and accounts by the thousand on it."""
    with hosts(BED, f"mx1={release}", "client=client"):
        ping = ping_seconds("mx1")
        bare = site(*FOUR)
        unchanged = min(site(*FOUR) for dummy in range(2))
        rest = site()
        whole = min(site() for dummy in range(2))
        what = "accounts, certificates, Dovecot and Postfix by site.yml"
        return [
            Figure("one ping task", release, ping),
            Figure(f"{what}, on a bare host", release, bare, None, "at most 60 s", bare <= 60),
            Figure(f"{what}, unchanged", release, unchanged, ping, "at most 60 pings", unchanged <= 60 * ping),
            Figure("all else of site.yml beside them: name server, resolver, Rspamd, DKIM, DNS", release, rest),
            Figure("all of site.yml, unchanged", release, whole, ping),
            *scale.measure(release, ping),
        ]


def site(*options: str) -> float:
    # Without the proof at its end, which takes as long as mail does.
    site_yml = str(ROOT / "playbooks" / "site.yml")
    return play(site_yml, "-i", str(ROOT / "inventories" / "demo"), "--skip-tags", "verify", *options)


# By the names that are given to choose some of them, in the order of the page.
PARTS: dict[str, Callable[[str], list[Figure]]] = {
    "accounts": accounts,
    "dns": zones.measure,
    "signing": signing.measure,
    "checks": checks.measure,
}


if __name__ == "__main__":
    main()
