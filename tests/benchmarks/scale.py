# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts by the thousand: through the module, the role and a loop of single tasks, and logins among them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import people
from measuring import HERE, ROOT, Figure, memory, on, play

MAILBOXES, ALIASES = 10_000, 5_000
MANY = 100_000
LOOP = 200
LOGIN_SECONDS = 10
# Of MB, which the bound is in.
MIB = 2**20 / 1e6


def measure(release: str, ping: float) -> list[Figure]:
    """Return the figures of one release; ``ping`` is what a task costs."""
    return [*module(release), *single(release, ping), *role(release), *logins(release), *store(release)]


def module(release: str) -> list[Figure]:
    """The module with lists in the play."""
    variables = ["-e", f"@{people.write_variables(MAILBOXES, ALIASES)}"]
    floor = min(play("accounts_floor.yml", *variables) for dummy in range(2))
    with memory() as mib:
        new = play("accounts.yml", *variables) - floor
        again = min(play("accounts.yml", *variables) for dummy in range(2)) - floor
    what = f"{MAILBOXES:,} mailboxes and {ALIASES:,} aliases"
    return [
        Figure(f"a play that only reads {what}", release, floor),
        Figure(f"{what} new, beyond that", release, new, floor, "at most 3 s", new <= 3),
        Figure(f"{what} unchanged, beyond that", release, again, floor, "at most 2 s", again <= 2),
        Figure("memory of the mail host at its peak in these runs", release, mib["peak"], unit="MiB"),
        Figure("memory of the mail host after them", release, mib["last"], unit="MiB"),
    ]


def role(release: str) -> list[Figure]:
    """The role with ``accounts_src``, and how it grows."""
    floor = min(by_role({}) for dummy in range(2))
    figures = [Figure("the role accounts with nothing to do", release, floor)]
    seconds: dict[int, tuple[float, float]] = {}
    # The others are gone first: a new mailbox is one that is not there yet.
    play("accounts_none.yml")
    for count, bounds in ((MAILBOXES, (3, 2)), (MANY, (None, None))):
        files = people.write_sources(count, count // 2)
        with memory() as mib:
            new = by_role(files) - floor
            again = min(by_role(files) for dummy in range(2)) - floor
        seconds[count] = new, again
        for how, value, bound in zip(("new", "unchanged"), (new, again), bounds, strict=True):
            name = f"accounts_src with {count:,} mailboxes and {count // 2:,} aliases {how}, beyond that"
            told = (f"at most {bound} s", value <= bound) if bound else ("", None)
            figures.append(Figure(name, release, value, floor, *told))
        if count == MANY:
            peak = mib["program"] * MIB
            figures.append(
                Figure(f"memory of the module at {count:,}", release, peak, None, "at most 300 MB", peak <= 300, "MB")
            )
    for number, how in enumerate(("new", "unchanged")):
        ratio = seconds[MANY][number] / seconds[MAILBOXES][number]
        times = MANY // MAILBOXES
        kept = ratio <= times * 1.25
        bound = f"linear: {times}, at most a quarter more"
        figures.append(
            Figure(f"{times} times as many, {how}: times as long", release, ratio, None, bound, kept, "times")
        )
    return figures


def single(release: str, ping: float) -> list[Figure]:
    """What a user does today: a loop of one task for each mailbox."""
    seconds = play("mailbox_loop.yml", "-e", json.dumps({"bench_hash": people.password_hash(), "bench_items": LOOP}))
    each = seconds / LOOP
    name = f"a loop over the module mailbox, each of {LOOP} beside {MAILBOXES:,} mailboxes"
    return [
        Figure(name, release, each, ping),
        Figure(f"the same for {MAILBOXES:,}, extrapolated", release, each * MAILBOXES),
    ]


def logins(release: str) -> list[Figure]:
    """Logins over IMAPS from the other host, processes reused, mailboxes from all over the store."""
    play(str(ROOT / "playbooks" / "site.yml"), "-i", str(ROOT / "inventories" / "demo"), "--tags", "dovecot",
         "-e", "dovecot_login_processes=shared dovecot_mail_processes=shared")  # fmt: skip
    answer = subprocess.run(
        on("client", "python3", "-c", (HERE / "logins.py").read_text(), "mx1.mailwright.test", str(LOGIN_SECONDS),
           str(MANY), people.PASSWORD),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(answer.stdout)
    if found["failed"]:
        sys.exit(f"logins failed: {found}")
    rate = found["done"] / found["seconds"]
    name = f"IMAPS logins with SHA512-CRYPT among {MANY:,} mailboxes, processes reused"
    return [Figure(name, release, rate, None, "at least 200 a second", rate >= 200, "/s")]


def store(release: str) -> list[Figure]:
    """The store's own plan and apply beside the bare rows, on the machine that runs the bench."""
    if release != "13":
        return []
    program = Path(__file__).with_name("store.py")
    answer = subprocess.run(
        [sys.executable, str(program), str(MAILBOXES), str(ALIASES)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "build" / "tree")}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(answer.stdout)
    ratio = found["store"] / found["executemany"]
    name = f"plan and apply of {MAILBOXES:,} mailboxes and {ALIASES:,} aliases, beside executemany of their rows"
    return [Figure(name, "-", ratio, found["executemany"], "at most 10 times", ratio <= 10, "times")]


def by_role(sources: dict[str, str]) -> float:
    return play("accounts_role.yml", "-e", json.dumps({"accounts_src": sources or ""}))
