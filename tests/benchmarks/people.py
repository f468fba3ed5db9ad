# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of the big runs: ready hashes, as another system would export them."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

from measuring import DATA
from passlib.hash import sha512_crypt

PASSWORD = "secret"
DOMAINS = 100
# As many as do not fit into a compressor's window, so that the hashes are as incompressible as people's are.
HASHES = 500


def domains() -> list[dict[str, Any]]:
    return [{"name": f"d{number}.example"} for number in range(DOMAINS)]


def mailboxes(count: int) -> list[dict[str, Any]]:
    return [
        {"address": address(number), "password_hash": password_hash(number % HASHES), "quota": "1G"}
        for number in range(count)
    ]


def aliases(count: int) -> list[dict[str, Any]]:
    return [
        {"address": f"team{number}@d{number % DOMAINS}.example", "destinations": [address(number)]}
        for number in range(count)
    ]


def address(number: int) -> str:
    return f"user{number}@d{number % DOMAINS}.example"


@cache
def password_hash(number: int = 0) -> str:
    """Return a hash of everybody's password, SHA512-CRYPT with its usual 5,000 rounds; each ``number`` has its salt."""
    return "{SHA512-CRYPT}" + str(sha512_crypt.using(rounds=5000).hash(PASSWORD))


def write_variables(mailbox_count: int, alias_count: int) -> Path:
    """Write the variables of a play with lists in it."""
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / f"accounts-{mailbox_count}.json"
    document = {
        "bench_domains": domains(),
        "bench_mailboxes": mailboxes(mailbox_count),
        "bench_aliases": aliases(alias_count),
    }
    path.write_text(json.dumps(document))
    return path


def write_sources(mailbox_count: int, alias_count: int) -> dict[str, str]:
    """Write the files of ``src``, by kind: CSV, as most systems export."""
    DATA.mkdir(parents=True, exist_ok=True)
    kinds = {"domains": domains(), "mailboxes": mailboxes(mailbox_count), "aliases": aliases(alias_count)}
    files = {}
    for kind, entries in kinds.items():
        path = DATA / f"{kind}-{mailbox_count}.csv"
        with path.open("w", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(entries[0])
            rows.writerows(
                [" ".join(cell) if isinstance(cell, list) else cell for cell in each.values()] for each in entries
            )
        files[kind] = str(path)
    return files
