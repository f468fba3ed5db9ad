# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans, made by the code itself from what a user would write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan, make_plan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schema import MIGRATIONS
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted

Given = Iterable[Mapping[str, Any]]
VERSION = len(MIGRATIONS)
HOSTILE = "O'Brien \"x\" 100% $HOME {{ y }} back\\slash `id` Zoë 名前 🐈 '; DROP TABLE mailboxes; -- \\. \\N %s $1 {1}"


def plan_of(
    found: Accounts | None = None,
    *,
    domains: Given = (),
    mailboxes: Given = (),
    aliases: Given = (),
    now: str = "2026-01-01T00:00:00Z",
    version: int = VERSION,
    **how: Any,
) -> AccountsPlan:
    """Return the plan from found accounts and lists of options."""
    wanted = parse_wanted(domains, mailboxes, aliases)
    return make_plan(found or Accounts(), wanted, now=now, location="store", version=version, **how)
