# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What signing costs: messages that submission takes in a second, with Rspamd and without."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from pathlib import Path

from measuring import DATA, HERE, Figure, hosts, on, play

BED = "bench-signing"
HOST, CLIENT = "benchmx", "benchclient"
WRITER = "writer@sender.example"
SINK = "sink@discard.example"
SESSIONS = 8
SECONDS = 10
PATIENCE_SECONDS = 120
# With Rspamd and without in turn, so that what else the machine does falls on both.
ROUNDS = 2
# What a host comes to be, step by step, with as many signatures on each message: a name, and the roles' variables.
STAGES: list[tuple[str, dict[str, object]]] = [
    ("with Rspamd, no key", {"dns_dkim": False}),
    ("with Rspamd, signed by RSA", {"dkim_algorithms": ["rsa"]}),
    ("with Rspamd, signed by RSA and Ed25519", {}),
]


def measure(release: str) -> list[Figure]:
    """Return the figures of one release."""
    rates: list[tuple[float, float]] = []
    with hosts(BED, f"{HOST}={release}", f"{CLIENT}=client"):
        password = secrets.token_hex(10)
        variables = write(password)
        for signatures, (_name, options) in enumerate(STAGES):
            site(variables, **options)
            rates.append(best(variables, password, signatures))
    what = f"messages a second accepted on submissions, {SESSIONS} sessions"
    return [
        Figure(f"{what}, without Rspamd", release, max(without for without, _with in rates), unit="/s"),
        *(
            Figure(f"the same, {name}", release, with_it, without, unit="/s", floor_unit="/s")
            for (name, _options), (without, with_it) in zip(STAGES, rates, strict=True)
        ),
    ]


def best(variables: Path, password: str, signatures: int) -> tuple[float, float]:
    """Return the best rates without Rspamd and with it; as many signatures have to be on each message then."""
    without, signed = [], []
    for _round in range(ROUNDS):
        site(variables, "postfix", postfix_milters=[])
        without.append(rate(password, 0))
        site(variables, "postfix")
        signed.append(rate(password, signatures))
    return max(without), max(signed)


def rate(password: str, signatures: int) -> float:
    """Return how many messages were accepted in a second, and see beforehand that one gets so many signatures."""
    submit(password, 0, WRITER)
    wait_for_empty_queue()
    found = delivered().count("DKIM-Signature:")
    if found != signatures:
        sys.exit(f"a message has {found} signatures, and not {signatures}")
    counts = json.loads(submit(password, SECONDS, SINK))
    if counts["failed"]:
        sys.exit(f"messages were refused: {counts}")
    wait_for_empty_queue()
    accepted = counts["done"] / SECONDS
    print(f"{signatures} signatures: {accepted:.1f} messages a second", flush=True)
    return accepted


def submit(password: str, seconds: int, recipient: str) -> str:
    program = (HERE / "submit.py").read_text()
    arguments = [f"{HOST}.mailwright.test", str(seconds), str(SESSIONS), WRITER, password, recipient]
    return output(CLIENT, "python3", "-c", program, *arguments)


def delivered() -> str:
    """Return the headers of the one message in the writer's mailbox, and take it out."""
    headers = output(HOST, "doveadm", "fetch", "-u", WRITER, "hdr", "mailbox", "INBOX", "all")
    output(HOST, "doveadm", "expunge", "-u", WRITER, "mailbox", "INBOX", "all")
    return headers


def wait_for_empty_queue() -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while "is empty" not in output(HOST, "postqueue", "-p"):
        if time.monotonic() > end:
            sys.exit(f"the queue of {HOST} is not empty after {PATIENCE_SECONDS} seconds")
        time.sleep(0.5)


def output(host: str, *command: str) -> str:
    return subprocess.run(on(host, *command, bed=BED), stdout=subprocess.PIPE, text=True, check=True).stdout


def site(variables: Path, tag: str = "all", **changed: object) -> None:
    play("signing_site.yml", "-i", "signing_inventory.yml", "-e", f"@{variables}", "-e", json.dumps(changed),
         "--tags", tag, bed=BED)  # fmt: skip


def write(password: str) -> Path:
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / "signing.json"
    path.write_text(json.dumps({"bench_password": password}))
    return path
