# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix's view of a configuration text: logical lines, and words inside them, each with its place in the text.

A logical line starts at a line that begins with text and goes on over the lines that begin with whitespace; empty
lines and comment lines are skipped wherever they stand, also inside a logical line (postconf(5), master(5)). Nothing
here changes a character: an edit replaces spans of the text and leaves the rest byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What Postfix's C locale takes for white space; str.isspace() would take far more.
BLANKS = " \t\r\n\v\f"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class Block:
    """A piece of a file: a logical line with the comments inside it, or whatever stands between two of them."""

    text: str
    is_entry: bool


@dataclass(frozen=True)
class Word:
    """A word and its place in the text that it was found in."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Edit:
    """Replace ``text[start:end]`` by ``text``."""

    start: int
    end: int
    text: str


def split_blocks(text: str) -> list[Block]:
    """Return ``text`` as blocks whose texts, joined, are ``text`` again."""
    blocks: list[Block] = []
    entry: list[str] = []
    # Comments and empty lines belong to an entry only if a continuation line follows them.
    undecided: list[str] = []
    for line in _LINE.findall(text):
        if _is_skipped(line):
            undecided.append(line)
        elif line[0] in BLANKS and entry:
            entry += [*undecided, line]
            undecided = []
        else:
            _close(blocks, entry, undecided)
            # A continuation of nothing: Postfix warns and passes over it, so do we.
            entry, undecided = ([], [line]) if line[0] in BLANKS else ([line], [])
    _close(blocks, entry, undecided)
    return blocks


def masked(text: str) -> str:
    """Return an entry's ``text``, or that of its value, with the comment lines inside blanked out.

    The length stays, so that places stay valid. The first line is none: it starts the entry, or stands behind ``=``.
    """
    lines: list[str] = _LINE.findall(text) or [""]
    first, *others = lines
    return first + "".join(_blank(line) if is_comment(line) else line for line in others)


def is_comment(line: str) -> bool:
    """Whether a line of a file is a comment."""
    return line.lstrip(BLANKS).startswith("#")


def unfolded(text: str) -> str:
    """Return the value that Postfix makes of ``text``: comments gone, each line break with its indent one space."""
    lines = [line.strip(BLANKS) for line in masked(text).split("\n")]
    return " ".join(line for line in lines if line)


def words(text: str, separators: str = BLANKS) -> list[Word]:
    """Return the words of ``text`` outside comments; ``{`` to its ``}`` is one word, whatever stands between them."""
    found: list[Word] = []
    live = masked(text)
    start, depth = -1, 0
    for place, character in enumerate(live):
        if character in separators and depth == 0:
            if start >= 0:
                found.append(Word(text[start:place], start, place))
            start = -1
            continue
        start = place if start < 0 else start
        depth = max(0, depth + (character == "{") - (character == "}"))
    if start >= 0:
        end = len(live.rstrip(BLANKS))
        found.append(Word(text[start:end], start, end))
    return found


def balanced(text: str) -> bool:
    """Whether each ``{`` of ``text`` has its ``}``."""
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` with ``edits``, which must not overlap, carried out."""
    for edit in sorted(edits, key=lambda item: (item.start, item.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def with_final_newline(text: str) -> str:
    """Return ``text`` ready to have lines appended."""
    return text if not text or text.endswith("\n") else f"{text}\n"


def _is_skipped(line: str) -> bool:
    content = line.strip(BLANKS)
    return not content or content.startswith("#")


def _blank(line: str) -> str:
    body = line[:-1] if line.endswith("\n") else line
    return " " * len(body) + line[len(body) :]


def _close(blocks: list[Block], entry: list[str], rest: list[str]) -> None:
    if entry:
        blocks.append(Block("".join(entry), True))
    if rest:
        blocks.append(Block("".join(rest), False))
