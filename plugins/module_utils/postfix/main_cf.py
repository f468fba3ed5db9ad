# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a main.cf: parameters read and set in place, everything else kept byte for byte.

Format: postconf(5), "The general format of the main.cf file". A parameter that occurs twice has its last value.
"""

from __future__ import annotations

from dataclasses import dataclass

from .logical import BLANKS, Block, is_comment, masked, split_blocks, unfolded, with_final_newline

# A longer list is written one entry a line.
FOLD_AT = 100
INDENT = "    "


@dataclass(frozen=True)
class _Entry:
    """One ``name = value`` block, cut at the places where an edit may cut: ``head + raw + tail`` is its text."""

    name: str
    head: str
    raw: str
    tail: str


class MainCf:
    """A main.cf, changed in memory. ``dump`` of an unchanged one is the text it was made from."""

    def __init__(self, text: str) -> None:
        self._blocks = split_blocks(text)
        # name -> index of its last block
        self._last: dict[str, int] = {}
        self._index()

    def dump(self) -> str:
        """Return the text of the file."""
        return "".join(block.text for block in self._blocks)

    def names(self) -> list[str]:
        """Return the parameters that the file sets, in the order of their last occurrence."""
        return sorted(self._last, key=self._last.__getitem__)

    def raw(self, name: str) -> str | None:
        """Return the value of ``name`` as it stands there, line breaks included, ``None`` where it is not set."""
        index = self._last.get(name)
        entry = None if index is None else _parse(self._blocks[index])
        return None if entry is None else entry.raw

    def value(self, name: str) -> str | None:
        """Return the value of ``name`` in one line, as Postfix reads it, ``None`` where it is not set."""
        raw = self.raw(name)
        return None if raw is None else unfolded(raw)

    def values(self) -> dict[str, str]:
        """Return all parameters that the file sets."""
        return {name: unfolded(self.raw(name) or "") for name in self.names()}

    def set(self, name: str, value: str) -> None:
        """Give ``name`` another ``value`` (which may be folded), beginning where the old one's first word stands."""
        self.set_raw(name, _ahead(self.raw(name) or "") + value if value else value)

    def set_raw(self, name: str, raw: str) -> None:
        """Make ``raw`` what `raw` returns for ``name``: where it stands last, else at the end of the file.

        Comments inside the old value stay, behind the new one; a ``raw`` that brings them back takes them in again,
        also from behind the old value.
        """
        index = self._last.get(name)
        entry = None if index is None else _parse(self._blocks[index])
        if index is None or entry is None:
            self._append(name, without_comments(raw))
            return
        returning = _comments(raw)
        kept = [line for line in _comments(entry.raw) if not _take_away(returning, line)]
        following = self._blocks[index + 1 : index + 2]
        if returning and following and not following[0].is_entry:
            self._blocks[index + 1] = Block(_without_first(following[0].text, returning), False)
        tail = entry.tail if not kept else with_final_newline(entry.tail or "\n")
        self._blocks[index] = Block(entry.head + raw + tail + "".join(kept), True)
        self._read_again()

    def remove(self, name: str) -> None:
        """Take out every occurrence of ``name``: an earlier one would otherwise come into force. Comments stay."""
        for index, block in enumerate(self._blocks):
            entry = _parse(block)
            if entry is not None and entry.name == name:
                self._blocks[index] = Block("".join(_comments(block.text)), False)
        self._read_again()

    def _append(self, name: str, raw: str) -> None:
        if self._blocks:
            final = self._blocks[-1]
            self._blocks[-1] = Block(with_final_newline(final.text), final.is_entry)
        self._blocks.append(Block(f"{name} = {raw}\n" if raw else f"{name} =\n", True))
        self._last[name] = len(self._blocks) - 1

    def _read_again(self) -> None:
        # Blocks that now touch, or comments that moved, may belong together otherwise than before.
        self._blocks = split_blocks(self.dump())
        self._index()

    def _index(self) -> None:
        self._last = {}
        for index, block in enumerate(self._blocks):
            entry = _parse(block)
            if entry is not None:
                self._last[entry.name] = index


def folded(entries: list[str]) -> str:
    """Return a list of entries as a value: in one line, or one entry a line where that would grow long."""
    line = ", ".join(entries)
    return line if len(line) <= FOLD_AT else f",\n{INDENT}".join(entries)


def without_comments(raw: str) -> str:
    """Return a value without the comment lines that stand inside it, its other line breaks kept."""
    first, *others = raw.split("\n")
    return "\n".join([first, *(line for line in others if not is_comment(line))])


def _ahead(raw: str) -> str:
    """Return the line breaks and comments that stand before the first word of a value."""
    live = masked(raw)
    return raw[: len(live) - len(live.lstrip(BLANKS))] if live.strip(BLANKS) else ""


def _comments(text: str) -> list[str]:
    """Return the comment lines inside a value or an entry, each with its line break."""
    return [f"{line}\n" for line in text.split("\n")[1:] if is_comment(line)]


def _take_away(lines: list[str], line: str) -> bool:
    """Take the first of ``lines`` that reads as ``line`` away and return whether there was one."""
    for number, other in enumerate(lines):
        if other.rstrip(BLANKS) == line.rstrip(BLANKS):
            del lines[number]
            return True
    return False


def _without_first(text: str, comments: list[str]) -> str:
    """Return ``text`` without those of ``comments`` that it begins with, and without the empty lines before them."""
    lines = text.splitlines(keepends=True)
    end, stay = 0, []
    for number, line in enumerate(lines):
        if line.strip(BLANKS) and not is_comment(line):
            break
        if is_comment(line):
            if _take_away(comments, line):
                end = number + 1
            else:
                stay.append(number)
    return "".join(line for number, line in enumerate(lines) if number >= end or number in stay)


def _parse(block: Block) -> _Entry | None:
    """Return the parts of an entry, ``None`` for anything else, also a line without ``=``, which Postfix refuses."""
    if not block.is_entry:
        return None
    before, equals, after = masked(block.text).partition("=")
    name = before.strip(BLANKS)
    if not equals or not name or any(character in BLANKS for character in name):
        return None
    start = len(before) + 1
    end = start + len(after.rstrip(BLANKS))
    # Only the spaces of the first line stand before the value: line breaks and comments ahead of its first word are a
    # part of it, so that they come back with it.
    first = after.split("\n", 1)[0].rstrip("\r")
    start += len(first) - len(first.lstrip(BLANKS))
    end = max(start, end)
    return _Entry(name, block.text[:start], block.text[start:end], block.text[end:])
