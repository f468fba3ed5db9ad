# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that name the value without doing harm to the terminal they are read on."""

from __future__ import annotations

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue, shown


def test_a_message_says_what_is_wrong_with_which_value_and_what_would_be_right() -> None:
    assert str(InvalidValue("quota", "5X", "is not a size", "give 5G")) == "quota '5X': is not a size; give 5G"
    assert str(InvalidValue("quota", 5, "is too small")) == "quota 5: is too small"


def test_control_characters_are_escaped_and_long_values_cut() -> None:
    assert shown("a\n\x1b[31m\x00") == r"'a\n\x1b[31m\x00'"
    assert shown("x" * 500) == "'" + "x" * 119 + "... (500 characters)"
    assert shown({"a": 1}) == "{'a': 1}"
