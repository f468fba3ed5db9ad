# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lengths of time."""

from __future__ import annotations

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.durations import parse_duration
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), (90, 90), ("90", 90), ("30s", 30), ("10m", 600), ("36h", 129600), ("7d", 604800), (" 2 W ", 1209600)],
)
def test_lengths_of_time(value: object, seconds: int) -> None:
    assert parse_duration(value, "interval") == seconds


@pytest.mark.parametrize("value", ["", "d", "-1d", "1.5h", "1d12h", "1y", "\u0661d", "99999w", None, True])
def test_what_is_no_length_of_time(value: object) -> None:
    with pytest.raises(InvalidValue, match="interval"):
        parse_duration(value, "interval")
