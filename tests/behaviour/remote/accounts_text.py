# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on a mail host: print as one JSON text all that the account store holds and all that services read of it.

SQLite and Postfix's own postmap read it, not the collection's modules.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path("/var/lib/mailwright")


def main() -> None:
    texts = [dump(path) for path in (ROOT / "accounts.db", ROOT / "published/dovecot/credentials.db")]
    tables = sorted((ROOT / "published/postfix/current").glob("*.lmdb"))
    texts += [f"{table.stem}\n{entries(table)}" for table in tables]
    json.dump("\n".join(texts), sys.stdout)


def dump(path: Path) -> str:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return "\n".join(connection.iterdump())


def entries(table: Path) -> str:
    return subprocess.run(
        ["postmap", "-s", f"lmdb:{table.with_suffix('')}"], capture_output=True, check=True, text=True
    ).stdout


if __name__ == "__main__":
    main()
