# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many writers at once, and writers that are killed; every backend."""

from __future__ import annotations

import random
import time
from contextlib import closing

from integration.running import Process, bulk, run
from stores.backends import Backend, PostgresqlBackend

WRITERS = 20
BULK = 3000
KILLED = 8


def published_count(backend: Backend) -> list[str]:
    """Return how many mailboxes, aliases, published mailboxes and published aliases there are, where we publish."""
    return backend.query(
        "SELECT (SELECT count(*) FROM mailboxes), (SELECT count(*) FROM aliases),"
        " (SELECT count(*) FROM mailwright_dovecot.users), (SELECT count(*) FROM mailwright_postfix.aliases)"
    )


def test_twenty_writers_lose_nothing(backend: Backend) -> None:
    processes = [
        Process(backend, "accounts", lock_timeout=300, **bulk(20, f"d{number}.example")) for number in range(WRITERS)
    ]
    results = [process.result() for process in processes]
    assert [result.get("msg") for result in results] == [None] * WRITERS
    with closing(backend.store()) as store:
        found = store.read()
    assert sorted(found.domains) == sorted(f"d{number}.example" for number in range(WRITERS))
    assert (len(found.mailboxes), len(found.aliases)) == (20 * WRITERS, 20 * WRITERS)
    assert all(alias.destinations for alias in found.aliases.values())
    assert not store.outdated()
    if isinstance(backend, PostgresqlBackend):
        assert published_count(backend) == ["|".join([str(20 * WRITERS)] * 4)]
    for number in (0, WRITERS - 1):
        assert not run(backend, "accounts", **bulk(20, f"d{number}.example"))["changed"]


def test_a_killed_bulk_run_leaves_the_old_or_the_new_state(backend: Backend) -> None:
    run(backend, "accounts", **bulk(BULK, quota="1G"))
    started = time.monotonic()
    run(backend, "accounts", **bulk(BULK, quota="2G"))
    duration = time.monotonic() - started
    quotas = {2 << 30}
    for number in range(KILLED):
        new = (number + 3) << 30
        process = Process(backend, "accounts", **bulk(BULK, quota=str(new)))
        # Most of the time goes into starting Python and planning; writing is the last third.
        time.sleep(duration * random.uniform(0.5, 1.0))
        process.kill()
        with closing(backend.store(timeout=30)) as store, store.lock():
            found = store.read()
        now = {box.quota for box in found.mailboxes.values()}
        assert now in (quotas, {new})
        assert (len(found.mailboxes), len(found.aliases), store.outdated()) == (BULK, BULK, {})
        if isinstance(backend, PostgresqlBackend):
            assert published_count(backend) == ["|".join([str(BULK)] * 4)]
            assert backend.query("SELECT DISTINCT quota FROM mailwright_dovecot.users") == [str(*now)]
        quotas = now
    assert "msg" not in run(backend, "accounts", **bulk(BULK, quota="1G"))
