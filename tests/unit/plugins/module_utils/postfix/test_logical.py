# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logical lines and words of a configuration text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.postfix.logical import (
    Edit,
    apply_edits,
    balanced,
    masked,
    split_blocks,
    unfolded,
    words,
)

LINES = st.lists(st.sampled_from(["a = b", "  c", "\td", "# e", "  # f", "", "   ", "g", "h={ i", "}", "j = k\r"]))


def test_comments_and_empty_lines_inside_an_entry_belong_to_it() -> None:
    text = "a = b,\n# inside\n\n  c\n# behind\nd = e\n"
    assert [(block.text, block.is_entry) for block in split_blocks(text)] == [
        ("a = b,\n# inside\n\n  c\n", True),
        ("# behind\n", False),
        ("d = e\n", True),
    ]


def test_a_continuation_of_nothing_is_no_entry() -> None:
    assert [block.is_entry for block in split_blocks("  lost\na = b\n")] == [False, True]


def test_an_indented_comment_neither_continues_nor_ends_an_entry() -> None:
    assert [block.is_entry for block in split_blocks("a = b\n  # c\n  d\n")] == [True]


def test_the_last_line_needs_no_line_break() -> None:
    assert [block.text for block in split_blocks("a = b\nc = d")] == ["a = b\n", "c = d"]


@given(LINES, st.booleans())
def test_the_blocks_joined_are_the_text(lines: list[str], with_end: bool) -> None:
    text = "\n".join(lines) + ("\n" if with_end else "")
    assert "".join(block.text for block in split_blocks(text)) == text


@given(st.text())
def test_the_blocks_of_any_text_joined_are_the_text(text: str) -> None:
    assert "".join(block.text for block in split_blocks(text)) == text


@given(LINES)
def test_masking_keeps_every_place(lines: list[str]) -> None:
    text = "\n".join(lines)
    hidden = masked(text)
    assert len(hidden) == len(text)
    assert [place for place, character in enumerate(text) if character == "\n"] == [
        place for place, character in enumerate(hidden) if character == "\n"
    ]


def test_unfolding_drops_comments_and_indents() -> None:
    assert unfolded("a,\n# not this\n\n\t  b \r\n  c") == "a, b c"
    assert unfolded("#a value may start so") == "#a value may start so"
    assert unfolded("two  spaces stay") == "two  spaces stay"


def test_words_know_their_places_and_keep_braces_together() -> None:
    text = "one { two three }\n# no\n  {a{b c}d}e"
    found = words(text)
    assert [word.text for word in found] == ["one", "{ two three }", "{a{b c}d}e"]
    assert all(text[word.start : word.end] == word.text for word in found)


def test_only_ascii_blanks_separate() -> None:
    assert [word.text for word in words("a\u00a0b c\u2003d")] == ["a\u00a0b", "c\u2003d"]


def test_an_open_brace_takes_the_rest() -> None:
    assert [word.text for word in words("a { b c ")] == ["a", "{ b c"]


def test_edits_are_made_from_the_end() -> None:
    assert apply_edits("abcdef", [Edit(0, 1, "XX"), Edit(3, 3, "-"), Edit(5, 6, "")]) == "XXbc-de"


def test_balanced() -> None:
    assert balanced("{a}{b{c}}") and balanced("")
    assert not balanced("{a") and not balanced("a}{")
