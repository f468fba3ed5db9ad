# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain YAML read from events, against what PyYAML's safe loader makes of the same text."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.plugin_utils.source_yaml_events import NotPlain, read_plain

pytestmark = pytest.mark.skipif(not hasattr(yaml, "CSafeLoader"), reason="PyYAML was built without libyaml")

WORDS = st.sampled_from(
    [
        *(
            "a",
            "5G",
            "yes",
            "No",
            "null",
            "~",
            "0123",
            "0o17",
            "0x1F",
            "1_000",
            "1e3",
            "1.5",
            ".inf",
            ".NaN",
            "190:20:30",
        ),
        *(
            "2024-01-02",
            "2024-01-02T03:04:05Z",
            "2024-13-45",
            "<<",
            "=",
            "'yes'",
            '"\\u00e9\\n"',
            "{SSHA}x",
            "&a x",
            "*a",
        ),
        *(
            "!vault x",
            "!!str 5",
            "!unsafe x",
            "@x",
            "|",
            ">",
            "- x",
            "# c",
            "[1, 2]",
            "{a: b}",
            "[a",
            "? x",
            "",
            " ",
            "---",
            "...",
        ),
    ]
)
LINES = st.lists(
    st.tuples(st.sampled_from(["", "- ", "a: ", "b: ", "  ", "  - ", "  c: ", "- d: ", "1: "]), WORDS).map("".join),
    max_size=6,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def outcome(read: Any, text: str) -> Any:
    """Return what is read, or of what kind the failure is."""
    try:
        return read(text)
    except yaml.MarkedYAMLError as error:
        return type(error), error.problem_mark and (error.problem_mark.line, error.problem_mark.column)
    except (yaml.YAMLError, ValueError) as error:
        return type(error)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(LINES)
@example(["a: 2024-13-45", "b: [a"])
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_as_by_the_loader(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        found = outcome(read_plain, text)
    except NotPlain:
        event("not plain")
        return
    expected = outcome(lambda text: yaml.load(text, yaml.CSafeLoader), text)
    event("failed" if isinstance(expected, (tuple, type)) else "read")
    # A bad number or date is met while the rest is still unread.
    assert found is ValueError or same(found, expected), (text, found, expected)


@given(VALUES, st.sampled_from([None, "'", '"', "|"]), st.booleans())
@settings(deadline=None)
def test_whatever_is_written_is_read_again(value: Any, style: str | None, flow: bool) -> None:
    text = yaml.safe_dump(value, default_style=style, default_flow_style=flow, allow_unicode=True)
    try:
        assert same(read_plain(text), yaml.safe_load(text))
    except NotPlain:
        assert "!!" in text or "&" in text or "=" in text or "<<" in text


@pytest.mark.parametrize(
    "text", ["a: !vault x", "a: &x 1\nb: *x", "<<: {a: 1}", "a: 1\n---\nb: 2", "? [a]\n: b", "[" * 50 + "]" * 50]
)
def test_what_is_not_plain_is_left_to_the_loader(text: str) -> None:
    with pytest.raises(NotPlain):
        read_plain(text)
