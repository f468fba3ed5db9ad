# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of values that are lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.postfix.lists import (
    SEPARATORS,
    entry_words,
    insert,
    position,
    remove,
)
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.logical import words

ENTRIES = st.sampled_from(
    ["permit", "reject_rbl_client zen.example", "inet:localhost:1", "{ unix:/a, default_action=accept }", "$mynetworks"]
)
SEPARATIONS = st.sampled_from([", ", " ", ",\n    ", "\n\t", " , ", ","])


@pytest.mark.parametrize(
    ("raw", "first", "last"),
    [
        ("", "x y, z", "x y, z"),
        ("a", "x y, z, a", "a, x y, z"),
        ("a b", "x y z a b", "a b x y z"),
        ("a, b", "x y, z, a, b", "a, b, x y, z"),
        ("a,", "x y, z, a,", "a, x y, z"),
        ("a,\n    b", "x y,\n    z,\n    a,\n    b", "a,\n    b,\n    x y,\n    z"),
        ("a\n\tb", "x y\n\tz\n\ta\n\tb", "a\n\tb\n\tx y\n\tz"),
    ],
)
def test_entries_follow_the_separators_that_are_there(raw: str, first: str, last: str) -> None:
    assert insert(raw, ["x y", "z"], 0) == first
    assert insert(raw, ["x y", "z"], None) == last


@pytest.mark.parametrize(
    ("raw", "after"),
    [
        ("x", ""),
        ("a, x, b", "a, b"),
        ("x, a", "a"),
        ("a, x", "a"),
        ("a x b", "a b"),
        ("x, a, x", "a"),
        ("a,\n  x,\n  b", "a,\n  b"),
        ("a,\n  b,\n  x", "a,\n  b"),
        ("a,\n# about x\n  x", "a\n# about x"),
        ("x,\n# about b\n  b", "\n# about b\n  b"),
        ("a, x,\n# about b\n  b", "a,\n# about b\n  b"),
        ("a, xx", "a, xx"),
    ],
)
def test_an_entry_takes_its_separator_with_it(raw: str, after: str) -> None:
    assert remove(raw, "x") == after


def test_entries_are_compared_word_by_word() -> None:
    assert position("permit, check_client_access   lmdb:/c, reject", "check_client_access lmdb:/c") == 1
    assert position("{unix:/a,  x=y}, b", "{ unix:/a, x=y }") == 0
    assert position("inet:localhost:1", "inet:localhost:11") is None
    assert position("", "a") is None


@given(st.lists(ENTRIES, max_size=6), SEPARATIONS, ENTRIES, st.booleans())
def test_what_is_put_in_is_there_once_and_comes_out_again(
    entries: list[str], separation: str, entry: str, first: bool
) -> None:
    raw = separation.join(item for item in dict.fromkeys(entries) if item != entry)
    after = insert(raw, [entry], 0 if first else None)
    assert position(after, entry) == (0 if first else len(words(raw, SEPARATORS)))
    assert remove(after, entry) == raw
    assert position(remove(after, entry), entry) is None


def test_the_words_of_an_entry() -> None:
    assert entry_words("{ a,  b } c") == ("{a, b}", "c")
