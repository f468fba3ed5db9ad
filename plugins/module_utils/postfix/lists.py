# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are lists: one entry put in or taken out, its neighbours left as they are.

Entries are separated by commas, white space or both. An entry may be several words (``check_client_access
lmdb:/etc/postfix/clients``) or a group in braces; two entries are the same when their words are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from .logical import BLANKS, Edit, Word, apply_edits, words

SEPARATORS = f"{BLANKS},"


def entry_words(entry: str) -> tuple[str, ...]:
    """Return the words of ``entry`` as they are compared: groups in braces with single spaces inside."""
    return tuple(_normal(word.text) for word in words(entry, SEPARATORS))


def position(raw: str, entry: str) -> int | None:
    """Return how many words stand before ``entry`` in the value ``raw``, ``None`` where it is not in it."""
    wanted, found = entry_words(entry), entry_words(raw)
    for start in range(len(found) - len(wanted) + 1):
        if found[start : start + len(wanted)] == wanted:
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
        if "#" in raw[found[-1].end :]:
            # What is put behind a comment's line would be a part of it.
            end = found[-1].end
            return f"{raw[:end]}{separator}{text}{raw[end:]}"
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


def original_words(original: str, gone: Collection[int], raw: str, entry: str) -> list[int]:
    """Return which words of ``original``, by number, `remove` would take out of ``raw`` with ``entry``.

    ``raw`` is what became of ``original`` without its words ``gone``, entries of others added.
    """
    places = {place: number for number, place in _places(original, gone, raw).items()}
    wanted, found = entry_words(entry), entry_words(raw)
    starts = [n for n in range(len(found) - len(wanted) + 1) if found[n : n + len(wanted)] == wanted]
    taken = {place for start in starts for place in range(start, start + len(wanted))}
    return sorted(places[place] for place in taken if place in places)


def stands_as_in(original: str, gone: Collection[int], raw: str, entry: str, numbers: Sequence[int]) -> bool:
    """Whether ``entry`` is in ``raw`` where it was in ``original`` (its words ``numbers``), relative to the others."""
    at = position(raw, entry)
    if at is None or len(numbers) != len(entry_words(entry)):
        return False
    places = _places(original, {*gone, *numbers}, raw)
    return all((place < at) == (number < numbers[0]) for number, place in places.items())


def put_back(raw: str, original: str, gone: Collection[int], entry: str, numbers: Sequence[int]) -> str:
    """Return ``raw`` with ``entry`` where it stood in ``original``, behind the nearest word before it that is there.

    Where none of its neighbours is there any more, it goes to the end.
    ``numbers`` are its words in ``original``, several times as many as it has if it stood there several times.
    ``gone`` are all words that are missing from ``raw``, these among them.
    """
    missing = set(gone) | set(numbers)
    for start in range(0, len(numbers), len(entry_words(entry))):
        places = _places(original, missing, raw)
        number = numbers[start]
        before = [place for word, place in places.items() if word < number]
        behind = [place for word, place in places.items() if word > number]
        at = max(before) + 1 if before else min(behind, default=None)
        raw = insert(raw, [entry], at)
        missing -= set(numbers[start : start + len(entry_words(entry))])
    return raw


def _places(original: str, gone: Collection[int], raw: str) -> dict[int, int]:
    """Return where the words of ``original`` that are not ``gone`` stand in ``raw``, as far as they are in order."""
    of_original = entry_words(original)
    left = [number for number in range(len(of_original)) if number not in gone]
    matcher = SequenceMatcher(None, [of_original[number] for number in left], entry_words(raw), autojunk=False)
    return {
        left[block.a + step]: block.b + step for block in matcher.get_matching_blocks() for step in range(block.size)
    }


def _remove_words(raw: str, at: int, count: int) -> str:
    found = words(raw, SEPARATORS)
    first, last = found[at], found[at + count - 1]
    if at + count < len(found):
        # What separates it from the next word goes, except comments, which have a line of their own.
        gap = raw[last.end : found[at + count].start]
        if "#" not in gap:
            return raw[: first.start] + raw[last.end + len(gap) :]
        end = last.end + gap.index("\n")
        return raw[: first.start].rstrip(" \t") + raw[end:]
    if at == 0:
        return ""
    previous = found[at - 1]
    gap = raw[previous.end : first.start]
    kept = "" if "#" not in gap else gap[gap.index("\n") :].rstrip(BLANKS)
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
