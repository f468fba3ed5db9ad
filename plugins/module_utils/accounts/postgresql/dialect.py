# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL's form of the store's statements and of the rows that it is sent. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

SCHEMA = "mailwright"
_CHUNK = 64 * 1024
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def translated(statement: str) -> str:
    """Return a statement of `schema.MIGRATIONS` as PostgreSQL takes it.

    Texts are compared byte by byte, as SQLite and Python do: rows come in the same order everywhere, and no index is
    lost when the system's locales change. SQLite's INTEGER has 64 bits.
    """
    statement = statement.replace(" WITHOUT ROWID", "")
    return re.sub(r"\bTEXT\b", 'TEXT COLLATE "C"', re.sub(r"\bINTEGER\b", "BIGINT", statement))


def quoted(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def delete_rows(table: str, key: Sequence[str]) -> str:
    """Return the statement that deletes the rows of a table by an array for each of their ``key`` columns."""
    arrays = ", ".join(["%s::text[]"] * len(key))
    columns = ", ".join(f"k{number}" for number in range(len(key)))
    where = " AND ".join(f"found.{column} = gone.k{number}" for number, column in enumerate(key))
    return f"DELETE FROM {table} AS found USING unnest({arrays}) AS gone({columns}) WHERE {where}"


def copy_rows(table: str, columns: Iterable[str]) -> str:
    """Return the statement that reads `CopyStream`."""
    return f"COPY {table} ({', '.join(columns)}) FROM STDIN"


class CopyStream(io.BufferedIOBase):
    """Rows as a file in the text form of COPY, made as it is read: a bulk of them is never in memory at once."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._chunks = _chunks(rows)
        self._left = b""

    def read(self, size: int | None = -1) -> bytes:
        """Return at most ``size`` bytes, and rather fewer than wait for more; ``b""`` at the end."""
        if not self._left:
            self._left = next(self._chunks, b"")
        if size is None or size < 0:
            size = len(self._left)
        part, self._left = self._left[:size], self._left[size:]
        return part


def _chunks(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    lines: list[str] = []
    size = 0
    for row in rows:
        line = "\t".join([_field(value) for value in row]) + "\n"
        lines.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield "".join(lines).encode()
            lines, size = [], 0
    if lines:
        yield "".join(lines).encode()


def _field(value: Any) -> str:
    if isinstance(value, str):
        return value if value.isalnum() else value.translate(_ESCAPES)
    return str(int(value))
