# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hundred thousand mailboxes come and go, and runs are killed half way, while others receive mail and log in."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from behaviour.bed import MailHost, wait_for
from behaviour.client import Client
from behaviour.site import run_site
from passlib.hash import sha512_crypt

DOMAIN = "bulk.example"
PASSWORD = "bulk-password"
MAILBOXES = 100_000
# What is killed is done often, so it is smaller; the moments are seconds after the module's start. Unit tests kill at
# each step, and tests/integration at more moments: here, the services look on.
KILLED = 20_000
MOMENTS = {"adding": (0.5, 1.3), "removing": (0.8,)}
KILLED_AT_LEAST = 2
SLOWEST_SECONDS = 1.0
# Where a domain comes or goes, Postfix reloads. Who waits for proxymap(8) at that moment sleeps for a second before it
# asks again, which Postfix has fixed; LMDB tables are read without it.
PROXYMAP_SECONDS = 1.0
COMPARED_SECONDS = 10
START_SECONDS = 120
DOMAIN_SECONDS = 5.0
PLAYBOOK = "tests/behaviour/accounts.yml"
MODULE = "AnsiballZ_accounts.py"


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Files for ``src``, by the number of mailboxes in them."""
    password_hash = "{SHA512-CRYPT}" + sha512_crypt.using(rounds=1000).hash(PASSWORD)
    folder = tmp_path_factory.mktemp("people")
    files = {}
    for number in (KILLED, MAILBOXES):
        files[number] = folder / f"people-{number}.csv"
        with files[number].open("w", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(["address", "password_hash", "quota"])
            rows.writerows((bulk_address(each), password_hash, "1G") for each in range(number))
    return files


def bulk_address(number: int) -> str:
    return f"user{number}@{DOMAIN}"


def adding(people: Path) -> dict[str, Any]:
    return {"bed_more_domains": [{"name": DOMAIN}], "accounts_src": str(people)}


REMOVING = {"bed_more_domains": [{"name": DOMAIN, "state": "absent", "cascade": True}]}


@contextmanager
def asking(mx: MailHost, client: Client) -> Iterator[dict[str, Any]]:
    """Ask Postfix and Dovecot all the time while the block runs, and fill in what each answered."""
    question = {
        "host": mx.fqdn,
        "ca": mx.ca,
        "known": ["bob@example.com", "team@example.com", "anybody@example.org", "bob+tag@example.com"],
        "unknown": "nobody@example.com",
        "login": mx.login("sha512@example.com"),
    }
    readers = client.host.start_program("readers.py", json.dumps(question) + "\n")
    streams: dict[str, Any] = {}
    try:
        yield streams
    finally:
        answer, _errors = readers.communicate(timeout=180)
        streams.update(json.loads(answer))


@pytest.fixture
def compared(mx: MailHost, client: Client, _compared: dict[str, dict[str, float]]) -> dict[str, float]:
    """How long the slowest answers took beside a program that only computes: on this machine, at this time."""
    if mx.name not in _compared:
        with asking(mx, client) as streams:
            mx.run(f"timeout {COMPARED_SECONDS} python3 -c 'while True: sum(range(100000))'", check=False)
        _compared[mx.name] = {name: stream["slowest"] for name, stream in streams.items()}
    return _compared[mx.name]


@pytest.fixture(scope="session")
def _compared() -> dict[str, dict[str, float]]:
    return {}


@contextmanager
def served(mx: MailHost, client: Client, compared: dict[str, float]) -> Iterator[None]:
    """Let nothing fail while the block runs, nor wait for long: apart from what any other program would cost."""
    with asking(mx, client) as streams:
        yield
    for name, stream in streams.items():
        limit = SLOWEST_SECONDS + compared[name]
        if name == "lookups" and mx.database:
            limit += PROXYMAP_SECONDS
        assert stream["asked"] > 10, streams
        assert stream["failures"] == [], f"{name}: {streams}"
        assert stream["slowest"] < limit, f"{name}: {streams}, compared with {compared}"


def run_accounts(mx: MailHost, variables: dict[str, Any], **environment: str) -> int:
    run = run_site("--limit", mx.name, variables=variables, playbook=PLAYBOOK, environment=environment)
    return run.status


def state(mx: MailHost, client: Client) -> tuple[set[bool], set[bool]]:
    """Return whether Postfix knows, and Dovecot lets in, mailboxes from all over the file: once, if it is one state."""
    sample = [bulk_address(number) for number in (0, 1, KILLED // 3, KILLED // 2, KILLED - 2, KILLED - 1)]
    steps = ["MAIL FROM:<stranger@external.example>", *(f"RCPT TO:<{address}>" for address in sample)]
    replies = client.smtp(mx, steps)["replies"][1:]
    assert {reply[0] for reply in replies} <= {250, 550, 554}, replies
    users = mx.run(f"for each in {' '.join(sample)}; do doveadm user $each >&2 && echo $each; done; true")
    return {reply[0] == 250 for reply in replies}, {address in users.split() for address in sample}


def wait_for_state(mx: MailHost, client: Client, there: bool) -> None:
    """Wait until all of them are there, or none; Postfix may still be reloading."""
    wait_for(f"mailboxes there: {there}", lambda: state(mx, client) == ({there}, {there}), DOMAIN_SECONDS)


def test_o05_readers_go_on_while_a_hundred_thousand_mailboxes_come_and_go(
    mx: MailHost, client: Client, people: dict[int, Path], compared: dict[str, float]
) -> None:
    try:
        with served(mx, client, compared):
            assert run_accounts(mx, adding(people[MAILBOXES])) == 0
        wait_for_state(mx, client, True)
        last = bulk_address(MAILBOXES - 1)
        login = {"address": last, "password": PASSWORD}
        answer = client.do("login", protocol="imap", host=mx.fqdn, port=993, tls="implicit", ca=mx.ca, login=login)
        assert answer["accepted"]
    finally:
        with served(mx, client, compared):
            assert run_accounts(mx, REMOVING) == 0
    wait_for_state(mx, client, False)


def test_o05_a_killed_run_leaves_the_old_or_the_new_state(
    mx: MailHost, client: Client, people: dict[int, Path], compared: dict[str, float]
) -> None:
    """Killed with SIGKILL at several moments while it adds, and while it removes; then a run completes it."""
    killed = 0
    with ThreadPoolExecutor(1) as pool:
        for what, variables in (("adding", adding(people[KILLED])), ("removing", REMOVING)):
            with served(mx, client, compared):
                for moment in MOMENTS[what]:
                    # As a file of its own, so that the module can be told from all other Python programs.
                    writer = pool.submit(run_accounts, mx, variables, ANSIBLE_PIPELINING="false")
                    killed += killed_after(mx, moment, writer)
                    postfix, dovecot = state(mx, client)
                    assert len(postfix) == len(dovecot) == 1, (moment, postfix, dovecot)
            assert run_accounts(mx, variables) == 0
            wait_for_state(mx, client, what == "adding")
    assert killed >= KILLED_AT_LEAST, f"only {killed} runs were still there to be killed"


def killed_after(mx: MailHost, moment: float, writer: Future[int]) -> bool:
    """Whether the module was still there to be killed ``moment`` seconds after its start."""
    module = f"'^/usr/bin/python3 .*{MODULE}'"
    wait_for("the module runs", lambda: writer.done() or mx.run(f"pgrep -f {module} || true"), START_SECONDS)
    time.sleep(moment)
    killed = mx.run(f"pkill -9 -f {module} && echo killed || true")
    writer.result()
    return killed != ""
