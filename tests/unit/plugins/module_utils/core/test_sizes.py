# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.core.sizes import parse_size, show_size


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("5G", 5 * 1024**3),
        ("5 GB", 5 * 1024**3),
        ("5GiB", 5 * 1024**3),
        ("250m", 250 * 1024**2),
        ("1T", 1024**4),
        ("10K", 10240),
        ("1500", 1500),
        (1500, 1500),
        ("unlimited", 0),
        ("Unlimited", 0),
        (0, 0),
        (" 7 ", 7),
        (str(2**63 - 1), 2**63 - 1),
    ],
)
def test_sizes_are_read(value: str | int, size: int) -> None:
    assert parse_size("quota", value) == size


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("-1", "is negative"),
        (-5, "is negative"),
        ("-5G", "is negative"),
        ("five", "is not a size"),
        ("5X", "is not a size"),
        ("5.5G", "is not a size"),
        ("", "is not a size"),
        ("\u0665G", "is not a size"),
        (True, "is not a size"),
        (None, "is not a size"),
        (1.5, "is not a size"),
        (str(2**63), "is too large"),
        ("9999999T", "is too large"),
        ("9" * 5000, "is too large"),
    ],
)
def test_bad_sizes_are_refused_by_name(value: object, told: str) -> None:
    with pytest.raises(InvalidValue, match=told) as caught:
        parse_size("quota of alice@example.com", value)  # type: ignore[arg-type]  # what a user's YAML may hold
    assert str(caught.value).startswith("quota of alice@example.com ")


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_what_is_shown_is_read_again(size: int) -> None:
    assert parse_size("quota", show_size(size)) == size


def test_sizes_are_shown_short_and_exact() -> None:
    assert [show_size(size) for size in (0, 1, 1024, 1536, 5 * 1024**3, 1024**4)] == [
        "unlimited",
        "1",
        "1K",
        "1536",
        "5G",
        "1T",
    ]
