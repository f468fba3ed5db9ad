# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run molecule's scenarios, two side by side, each with a log of its own; tell what passed, and why what did not."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "logs"
SIDE_BY_SIDE = 2
LONGEST = ("default", "postgresql", "signed", "account_stores", "role_verify", "demo")
# Enough for the slowest scenario on a machine that is busy; a scenario that hangs must not eat the whole run.
LIMIT_SECONDS = 60 * 60
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# pytest's "E   assert ..." and "FAILED tests/...", Ansible's "fatal: [host]: FAILED!" and "[ERROR]: Task failed".
_REASON = re.compile(r'\s*"?(E {2,}\S|FAILED |ERROR |fatal: |\[ERROR\])')
MOST_REASONS = 20
_TEST_SUMMARY = re.compile(r"=+ .*\b(?:passed|failed|error).* =+")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", help="default: all")
    parser.add_argument("--demo", action="store_true", help="and the test of the demo, as one more of them")
    arguments = parser.parse_args()
    wanted = in_order([*(arguments.scenarios or all_scenarios()), *(["demo"] if arguments.demo else [])])
    LOGS.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        failed = [name for name, good in zip(wanted, pool.map(run, wanted), strict=True) if not good]
    for name in failed:
        # Last of all, where one looks first, and where a log that was cut still has it.
        print(f"\nwhy {name} failed:", *reasons(log_of(name)), sep="\n")
    if failed:
        sys.exit(f"scenarios failed: {', '.join(failed)}")


def all_scenarios() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))


def in_order(names: list[str]) -> list[str]:
    """The longest first: the others fill the time beside it."""
    return sorted(names, key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))


def command(scenario: str) -> list[str]:
    if scenario == "demo":
        return ["make", "demo-test"]
    return [
        "molecule", "--base-config", "molecule/shared/base.yml", "test", "--no-command-borders",
        "--scenario-name", scenario,
    ]  # fmt: skip


def log_of(scenario: str) -> Path:
    return LOGS / f"{'' if scenario == 'demo' else 'molecule-'}{scenario}.log"


def reasons(log: Path) -> list[str]:
    """Return the lines of a log that say what failed, without those that repeat them.

    What pytest says is in the result of one of Ansible's tasks, as JSON.
    """
    text = _COLOUR.sub("", log.read_text(errors="replace")).replace("\\n", "\n")
    found = dict.fromkeys(line.strip(' ",')[:300] for line in text.splitlines() if _REASON.match(line))
    return list(found)[:MOST_REASONS]


def run(scenario: str) -> bool:
    log = log_of(scenario)
    print(f"scenario {scenario}: started (log: {log.relative_to(ROOT)})", flush=True)
    started = time.monotonic()
    with log.open("w") as stream:
        try:
            code = subprocess.run(
                command(scenario), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
                timeout=LIMIT_SECONDS, check=False,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            code = 1
            stream.write(f"\nended after {LIMIT_SECONDS} s\n")
    text = _COLOUR.sub("", log.read_text(errors="replace"))
    verdict = "passed" if code == 0 else "FAILED"
    summary = _TEST_SUMMARY.findall(text)
    print(f"scenario {scenario}: {verdict} in {time.monotonic() - started:.0f} s", *summary[-1:], sep="\n", flush=True)
    if code != 0:
        print("\n".join(text.splitlines()[-120:]), flush=True)
    return code == 0


if __name__ == "__main__":
    main()
