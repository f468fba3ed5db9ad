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
    original_words,
    position,
    put_back,
    remove,
    stands_as_in,
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
        ("a\n# about none", "x y, z, a\n# about none", "a, x y, z\n# about none"),
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
        ("x ,\n# about b\n  b", "\n# about b\n  b"),
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


def test_an_entry_goes_back_between_its_neighbours() -> None:
    original = "a, b c, d, e"
    assert original_words(original, [0], "x, b c, d, e", "b c") == [1, 2]
    assert original_words("p, a b, p", (), "p, a b, p", "p") == [0, 3]
    assert put_back("x, a, d, y", original, [1, 2, 4], "b c", [1, 2]) == "x, a, b c, d, y"
    assert put_back("x, d", original, [0, 1, 2, 4], "a", [0]) == "x, a, d"
    assert put_back("x y", original, range(5), "a", [0]) == "x y a"
    assert put_back("a b", "p, a b, p", [0, 3], "p", [0, 3]) == "p a b p"
    assert stands_as_in(original, [1, 2], "a, b c, e", "b c", [1, 2])
    assert not stands_as_in(original, [1, 2], "b c, a, d", "b c", [1, 2])
    assert not stands_as_in(original, [1, 2], "a, d", "b c", [1, 2])
