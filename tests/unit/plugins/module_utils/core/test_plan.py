# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans as they are shown."""

from __future__ import annotations

from ansible_collections.mailwright.mail.plugins.module_utils.core.plan import Change, Plan

PLAN = Plan(
    [
        Change("mailbox", "new@example.com", None, {"quota": "5G", "active": True}),
        Change("mailbox", "old@example.com", {"quota": "5G", "active": True}, {"quota": "6G", "active": True}),
        Change("alias", "gone@example.com", {"destinations": ["a@example.com", "b@example.com"], "note": None}, None),
    ]
)


def test_a_diff_shows_new_changed_and_removed_objects() -> None:
    assert PLAN.diff() == {
        "before": (
            "mailbox old@example.com\n  quota: 5G\n"
            "alias gone@example.com\n  destinations: a@example.com, b@example.com\n  note: \n"
        ),
        "after": "mailbox new@example.com\n  active: yes\n  quota: 5G\nmailbox old@example.com\n  quota: 6G\n",
    }


def test_changes_are_counted_by_kind() -> None:
    assert PLAN.counts() == {
        "mailbox": {"add": 1, "change": 1, "remove": 0},
        "alias": {"add": 0, "change": 0, "remove": 1},
    }


def test_an_empty_plan_changes_nothing() -> None:
    assert PLAN.changed
    assert not Plan().changed
    assert Plan().diff() == {"before": "", "after": ""}
    assert Plan().counts() == {}
