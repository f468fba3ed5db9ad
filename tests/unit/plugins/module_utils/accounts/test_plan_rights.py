# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of rights to addresses that go."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict

Planner = Callable[..., AccountsPlan]
ALL = {"state": "absent", "cascade": True}


@pytest.fixture
def granted(plan: Planner, found: Accounts) -> Accounts:
    """Bob may send as Carol, as her domain and as somebody elsewhere; she may write to an alias, and so may Alice."""
    return plan(
        found,
        mailboxes=[
            {"address": "bob@example.com", "password_hash": "*"}
            | {"send_as": ["carol@example.org", "dora+lists@example.com", "@example.org", "out@example.net"]},
            {"address": "dora@example.com", "password_hash": "*"},
        ],
        aliases=[
            {"address": "board@example.com", "destinations": ["bob@example.com"]}
            | {"allow_from": ["alice@example.com", "carol@example.org", "dora@example.com"]},
            {"address": "dora-only@example.com", "destinations": ["bob@example.com"]}
            | {"allow_from": ["dora@example.com"]},
        ],
        version=0,
    ).after


def rights(plan: AccountsPlan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return plan.after.mailboxes["bob@example.com"].send_as, plan.after.aliases["board@example.com"].allow_from


def test_they_go_with_a_mailbox(plan: Planner, granted: Accounts) -> None:
    result = plan(granted, mailboxes=[{"address": "carol@example.org", **ALL}], version=0)
    assert rights(result) == (
        ("@example.org", "dora+lists@example.com", "out@example.net"),
        ("alice@example.com", "dora@example.com"),
    )
    assert {change.name for change in result.changes} >= {"bob@example.com", "board@example.com"}


def test_they_go_with_a_domain(plan: Planner, granted: Accounts) -> None:
    result = plan(granted, domains=[{"name": "example.org", **ALL}], version=0)
    assert rights(result)[0] == ("dora+lists@example.com", "out@example.net")
    assert "carol@example.org" not in rights(result)[1]


def test_they_go_with_what_a_purge_takes(plan: Planner, granted: Accounts) -> None:
    kept = [{"address": name} for name in granted.mailboxes if name != "carol@example.org"]
    result = plan(granted, purge="all", purge_limit="100%", domains=[{"name": "example.com"}], mailboxes=kept,
                  aliases=[{"address": "board@example.com"}], version=0)  # fmt: skip
    assert rights(result)[0] == ("dora+lists@example.com", "out@example.net")


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (
            {"mailboxes": [{"address": "carol@example.org", "state": "absent"}]},
            "carol@example.org is in send_as of bob@example.com, allow_from of board@example.com; take it out",
        ),
        (
            {"mailboxes": [{"address": "dora@example.com", **ALL}]},
            "dora@example.com cannot be removed with cascade: nobody else is in allow_from of the alias "
            "dora-only@example.com, which would be open to all; give it another one, or remove it too",
        ),
    ],
)
def test_without_leave_nothing_goes(plan: Planner, granted: Accounts, what: dict[str, Any], told: str) -> None:
    # Carol is a destination as well, of an alias that goes first.
    gone = [{"address": name, "state": "absent"} for name in ("info@example.com", "@example.org")]
    with pytest.raises(Conflict, match=re.escape(told)):
        plan(granted, aliases=gone, version=0, **what)


def test_a_tagged_address_goes_with_its_mailbox(plan: Planner, granted: Accounts) -> None:
    gone = [{"address": "dora-only@example.com", "state": "absent"}]
    result = plan(granted, mailboxes=[{"address": "dora@example.com", **ALL}], aliases=gone, version=0)
    assert rights(result)[0] == ("@example.org", "carol@example.org", "out@example.net")


def test_a_right_that_is_asked_for_stays(plan: Planner, granted: Accounts) -> None:
    """The domain moves to another server, and its addresses are still used."""
    bob = {"address": "bob@example.com", "send_as": ["@example.org"]}
    result = plan(granted, domains=[{"name": "example.org", **ALL}], mailboxes=[bob], version=0)
    assert rights(result)[0] == ("@example.org",)


def test_an_alias_that_goes_is_no_domain(plan: Planner, granted: Accounts) -> None:
    """A catch-all is called like what stands for all addresses of its domain."""
    result = plan(granted, aliases=[{"address": "@example.org", "state": "absent"}], version=0)
    assert "@example.org" in rights(result)[0]
