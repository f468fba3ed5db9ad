# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts for the tests, made by the plan itself from what a user would write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan, make_plan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted

Given = Iterable[Mapping[str, Any]]
Planner = Callable[..., AccountsPlan]


def _plan(
    found: Accounts | None = None,
    *,
    domains: Given = (),
    mailboxes: Given = (),
    aliases: Given = (),
    required: bool | None = None,
    destination: str = "",
    purge: str = "none",
    purge_limit: str = "10%",
    check_destinations: bool = False,
    app_passwords: Given | None = None,
    now: str = "2026-01-01T00:00:00Z",
    **how: Any,
) -> AccountsPlan:
    wanted = parse_wanted(
        domains,
        mailboxes,
        aliases,
        required=required,
        required_destination=destination,
        purge=purge,
        purge_limit=purge_limit,
        check_destinations=check_destinations,
        app_passwords=app_passwords,
    )
    return make_plan(found or Accounts(), wanted, now=now, location="store", **how)


@pytest.fixture
def plan() -> Planner:
    """The plan from found accounts and lists of options."""
    return _plan


@pytest.fixture
def found() -> Accounts:
    """Two domains, three mailboxes, an alias, a catch-all."""
    return _plan(
        domains=[{"name": "example.com"}, {"name": "example.org"}],
        mailboxes=[
            {"address": "alice@example.com", "password_hash": "*", "quota": "5G"},
            {"address": "bob@example.com", "password_hash": "*"},
            {"address": "carol@example.org", "password_hash": "*"},
        ],
        aliases=[
            {"address": "info@example.com", "destinations": ["alice@example.com", "carol@example.org"]},
            {"address": "@example.org", "destinations": ["bob@example.com"]},
        ],
    ).after
