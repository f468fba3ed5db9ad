# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of expiry: what is taken, in which form it is stored, and what is refused."""

from __future__ import annotations

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.expiry import parse_expiry, show_expiry
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("never", ""),
        ("Never", ""),
        ("", ""),
        ("2026-12-31", "2026-12-31T23:59:59Z"),
        (" 2028-02-29 ", "2028-02-29T23:59:59Z"),
        ("2026-12-31T18:00Z", "2026-12-31T18:00:00Z"),
        ("2026-12-31 18:00:01.9+01:00", "2026-12-31T17:00:01Z"),
        ("2026-12-31T18:00:00-0830", "2027-01-01T02:30:00Z"),
        ("9999-12-31", "9999-12-31T23:59:59Z"),
        ("1970-01-02", "1970-01-02T23:59:59Z"),
    ],
)
def test_times_are_stored_in_utc(given: str, stored: str) -> None:
    assert parse_expiry("expires", given) == stored
    # What is stored and what is shown may be given again.
    assert parse_expiry("expires", stored) == parse_expiry("expires", show_expiry(stored)) == stored


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2026-12-31T18:00", "has no time zone; end it in Z"),
        ("2026-02-30", "is no date of the calendar"),
        ("2026-12-31T24:01Z", "is no date of the calendar"),
        ("2026-12-31T18:00+99:00", "is no date of the calendar"),
        ("9999-12-31T23:59:59-14:00", "is no date of the calendar"),
        ("1970-01-01", "is before 1970-01-02"),
        ("0001-01-01T00:00:00+14:00", "is no date of the calendar"),
        ("2026-W53-1", "is no date"),
        ("20261231", "is no date"),
        ("٢٠٢٦-12-31", "is no date"),
        ("31.12.2026", "is no date; give a date such as 2026-12-31 (its end, in UTC), a time such as"),
        ("tomorrow", "is no date"),
        ("2026-12-31\n2027-12-31", "is no date"),
        ("2026-12-31\0", "is no date"),
        ("{{ later }}", "is no date"),
        ("9" * 10000, "is no date"),
        (1798761599, "is no date"),
        (True, "is no date"),
        (None, "is no date"),
        (["2026-12-31"], "is no date"),
    ],
)
def test_what_is_no_time_is_refused(given: object, told: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_expiry("expires of app password a@example.com/phone", given)
    assert told in str(refused.value)
    assert str(refused.value).startswith("expires of app password a@example.com/phone ")
    assert len(str(refused.value)) < 500
