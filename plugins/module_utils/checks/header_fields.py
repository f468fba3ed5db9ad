# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The header of a received message, taken apart within bounds; whoever wrote it may have meant harm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What is looked at of a header, in bytes and lines; real ones have a tenth of it.
HEADER_LIMIT = 256 * 1024
LINE_LIMIT = 5000
# What is read of one field.
FIELD_LIMIT = 16 * 1024
_BLANK = re.compile(rb"\r?\n\r?\n")
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")


@dataclass(frozen=True)
class Field:
    """One field: its ``name`` in lower case and its ``value`` unfolded, with bytes that are no UTF-8 as surrogates."""

    name: str
    value: str


@dataclass(frozen=True)
class Header:
    """The ``fields`` in the order of the message; ``whole`` is false if the header goes beyond the bounds."""

    fields: tuple[Field, ...]
    whole: bool = True

    def all(self, name: str) -> list[str]:
        """Return the values of all fields ``name``, the topmost first."""
        return [field.value for field in self.fields if field.name == name]

    def first(self, name: str) -> str | None:
        """Return the value of the topmost field ``name``."""
        return next((field.value for field in self.fields if field.name == name), None)


def read_header(message: bytes) -> Header:
    """Return the header of ``message``; lines that belong to no field are left out (RFC 5322, section 2.2)."""
    start = message[:HEADER_LIMIT]
    end = _BLANK.search(start)
    lines = (start[: end.start()] if end else start).split(b"\n")
    whole = (end is not None or len(message) <= HEADER_LIMIT) and len(lines) <= LINE_LIMIT
    fields: list[Field] = []
    current: list[bytes] = []
    for line in [*lines[:LINE_LIMIT], b""]:
        if line[:1] in (b" ", b"\t") and current:
            current.append(line)
            continue
        if current:
            fields += _field(b"".join(part.rstrip(b"\r") for part in current))
        current = [line]
    return Header(tuple(fields), whole)


def _field(line: bytes) -> list[Field]:
    match = _NAME.match(line)
    if not match:
        return []
    value = line[match.end() : match.end() + FIELD_LIMIT].decode("utf-8", "surrogateescape").strip()
    return [Field(match[1].decode("ascii").lower(), value)]


TEXT = "text"
QUOTED = "quoted"
COMMENT = "comment"


def parts(value: str) -> Iterator[tuple[str, str]]:
    """Take a structured value apart: `TEXT` as it stands, and what `QUOTED` strings and `COMMENT` have inside.

    Comments may hold comments (RFC 5322, section 3.2.2), however deep; one that is not closed ends with the value.
    """
    kind, depth, escaped = TEXT, 0, False
    inside: list[str] = []
    for character in value:
        if escaped:
            inside.append(character)
            escaped = False
        elif character == "\\" and kind != TEXT:
            escaped = True
        elif kind == TEXT and character in '("':
            if inside:
                yield TEXT, "".join(inside)
            kind, depth, inside = (COMMENT, 1, []) if character == "(" else (QUOTED, 0, [])
        elif kind == QUOTED and character == '"':
            yield QUOTED, "".join(inside)
            kind, inside = TEXT, []
        elif kind == COMMENT and character in "()":
            depth += 1 if character == "(" else -1
            if depth:
                inside.append(character)
            else:
                yield COMMENT, "".join(inside)
                kind, inside = TEXT, []
        else:
            inside.append(character)
    if inside:
        yield kind, "".join(inside)
