# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are lists: one entry put in or taken out, its neighbours left as they are.

Entries are separated by commas, white space or both. An entry may be several words (``check_client_access
lmdb:/etc/postfix/clients``) or a group in braces; two entries are the same when their words are.
"""

from __future__ import annotations

from itertools import pairwise

from .logical import BLANKS, Edit, Word, apply_edits, words

SEPARATORS = f"{BLANKS},"


def entry_words(entry: str) -> tuple[str, ...]:
    """Return the words of ``entry`` as they are compared: groups in braces with single spaces inside."""
    return tuple(_normal(word.text) for word in words(entry, SEPARATORS))


def position(raw: str, entry: str) -> int | None:
    """Return how many words stand before ``entry`` in the value ``raw``, ``None`` where it is not in it."""
    wanted = entry_words(entry)
    found = [_normal(word.text) for word in words(raw, SEPARATORS)]
    for start in range(len(found) - len(wanted) + 1):
        if tuple(found[start : start + len(wanted)]) == wanted:
            return start
    return None


def insert(raw: str, entries: list[str], at: int | None) -> str:
    """Return ``raw`` with ``entries`` before its word number ``at``, or behind the last one where ``at`` is ``None``.

    Separators follow the ones that are there: commas unless the value does without, one entry a line if it is so.
    """
    found = words(raw, SEPARATORS)
    separator = _separator(raw, found)
    text = separator.join(entries)
    if not found:
        return text
    if at is None or at >= len(found):
        # A comma that already waits for the next entry is used.
        end = len(raw.rstrip(BLANKS))
        waiting = raw[:end].endswith(",") and end > found[-1].end
        return raw[:end] + (separator.removeprefix(",") if waiting else separator) + text
    place = found[at].start
    return apply_edits(raw, [Edit(place, place, text + separator)])


def remove(raw: str, entry: str) -> str:
    """Return ``raw`` without ``entry``, every time it stands there, and without the separators it leaves behind."""
    while (at := position(raw, entry)) is not None:
        raw = _remove_words(raw, at, len(entry_words(entry)))
    return raw


def _remove_words(raw: str, at: int, count: int) -> str:
    found = words(raw, SEPARATORS)
    first, last = found[at], found[at + count - 1]
    if at + count < len(found):
        # What separates it from the next word goes, except comments, which have a line of their own.
        gap = raw[last.end : found[at + count].start]
        if "#" not in gap:
            return raw[: first.start] + raw[last.end + len(gap) :]
        end = last.end + 1 if gap.startswith(",") else last.end
        return raw[: first.start].rstrip(" \t") + raw[end:]
    if at == 0:
        return ""
    previous = found[at - 1]
    gap = raw[previous.end : first.start]
    kept = "" if "#" not in gap else gap.removeprefix(",").rstrip(BLANKS)
    return raw[: previous.end] + kept


def _separator(raw: str, found: list[Word]) -> str:
    if len(found) < 2:
        return ", "
    gaps = [raw[left.end : right.start] for left, right in pairwise(found)]
    comma = "," if any("," in gap for gap in gaps) else ""
    broken = [gap for gap in gaps if "\n" in gap]
    if not broken:
        return f"{comma} "
    return f"{comma}\n{broken[-1].rsplit(chr(10), 1)[1] or ' '}"


def _normal(word: str) -> str:
    if not word.startswith("{"):
        return word
    return "{" + " ".join(word[1:-1].split()) + "}" if word.endswith("}") else word
