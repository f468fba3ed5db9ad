# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time what the SQLite store does with new accounts, and the bare insertion of the same rows; print both as JSON."""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "build" / "tree"), str(Path(__file__).parent)]

import people  # noqa: E402 - the paths above come first

from ansible_collections.mailwright.mail.plugins.module_utils.accounts import schema  # noqa: E402
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts  # noqa: E402
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import make_plan  # noqa: E402
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.sqlite import SqliteStore  # noqa: E402
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted  # noqa: E402

ROUNDS = 3


def main() -> None:
    mailboxes, aliases = people.mailboxes(int(sys.argv[1])), people.aliases(int(sys.argv[2]))
    with tempfile.TemporaryDirectory() as folder:
        stores, bare = [], []
        for number in range(ROUNDS):
            wanted = parse_wanted(people.domains(), mailboxes, aliases)
            path = Path(folder) / f"store{number}.db"
            started = time.perf_counter()
            store = SqliteStore(path)
            found = store.read()
            plan = make_plan(found, wanted, now="2026-01-31T23:59:59Z", version=store.version, details=False)
            after = store.apply(plan)
            stores.append(time.perf_counter() - started)
            store.close()
            bare.append(insert(Path(folder) / f"bare{number}.db", after))
    json.dump({"store": min(stores), "executemany": min(bare)}, sys.stdout)


def insert(path: Path, accounts: Accounts) -> float:
    """Return the seconds that it takes to insert the rows of ``accounts`` into a new file, durably."""
    rows = {
        "domains": [schema.domain_row(each) for each in accounts.domains.values()],
        "mailboxes": [schema.mailbox_row(each) for each in accounts.mailboxes.values()],
        "aliases": [schema.alias_row(each) for each in accounts.aliases.values()],
        "destinations": [(each.address, name) for each in accounts.aliases.values() for name in each.destinations],
    }
    started = time.perf_counter()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN")
    for statements in schema.MIGRATIONS:
        for statement in statements:
            connection.execute(statement)
    for table, values in rows.items():
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
    connection.execute("COMMIT")
    connection.close()
    return time.perf_counter() - started


main()
