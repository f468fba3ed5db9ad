# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan that makes one store the copy of another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.copying import make_copy_plan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, AppPassword
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.sqlite import SqliteStore
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict

HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86


def copied(source: Accounts, target: Accounts, **how: Any) -> AccountsPlan:
    return make_copy_plan(source, target, location="store", version=2, **how)


def test_everything_is_new_in_an_empty_store(found: Accounts) -> None:
    plan = copied(found, Accounts())
    assert plan.counts()["mailbox"] == {"add": 3, "change": 0, "remove": 0}
    assert plan.changes[0].kind == "store"
    assert (plan.after.domains, plan.after.mailboxes, plan.after.aliases) == (
        found.domains,
        found.mailboxes,
        found.aliases,
    )
    assert plan.writes


def test_a_copy_is_left_alone(found: Accounts) -> None:
    plan = copied(replace(found, generation=7, schema_version=1), replace(found, generation=3, schema_version=2))
    assert (plan.changes, plan.writes) == ([], False)
    assert plan.after.generation == 3


def test_times_are_a_difference(found: Accounts) -> None:
    alice = found.mailboxes["alice@example.com"]
    older = replace(found, mailboxes={**found.mailboxes, alice.address: replace(alice, created="2001")})
    with pytest.raises(Conflict, match=r"has 1 mailboxes that differ \(alice@example\.com\); give replace: true"):
        copied(older, found)
    plan = copied(older, replace(found, schema_version=2), replace_others=True)
    assert plan.diff() == {
        "before": f"mailbox alice@example.com\n  created: {alice.created}\n",
        "after": "mailbox alice@example.com\n  created: 2001\n",
    }


def test_what_would_be_lost_is_counted_and_named(found: Accounts) -> None:
    many = {f"d{number}.example": replace(found.domains["example.com"], name=f"d{number}") for number in range(7)}
    with pytest.raises(Conflict, match=r"has 7 domains that are not in the source \(d0.*d4\.example and 2 more\)"):
        copied(found, replace(found, domains={**found.domains, **many}))


def test_what_goes_goes_after_what_it_is_in(found: Accounts) -> None:
    plan = copied(Accounts(generation=1), replace(found, schema_version=2), replace_others=True)
    assert [change.kind for change in plan.changes] == ["alias"] * 2 + ["mailbox"] * 3 + ["domain"] * 2
    assert plan.after.mailboxes == {}


def test_a_diff_has_no_hash(found: Accounts) -> None:
    phone = AppPassword("alice@example.com", "phone", HASH)
    with_phone = replace(found, app_passwords={phone.key: phone}, schema_version=2)
    other = replace(with_phone, app_passwords={phone.key: replace(phone, password_hash=HASH.replace("a", "b"))})
    added = copied(with_phone, replace(found, schema_version=2))
    assert "password: (set)" in str(added.diff()["after"])
    changed = copied(other, with_phone, replace_others=True)
    assert changed.diff() == {
        "before": "app_password alice@example.com/phone\n  password: (set)\n",
        "after": "app_password alice@example.com/phone\n  password: (changed)\n",
    }
    assert "aaa" not in str(added.diff()) + str(changed.diff())


def test_a_store_of_an_older_schema_is_migrated(found: Accounts) -> None:
    plan = copied(found, replace(found, schema_version=1))
    assert [(change.kind, change.before, change.after) for change in plan.changes] == [
        ("store", {"schema": 1}, {"schema": 2})
    ]


def test_the_module_copies_from_file_to_file(tmp_path: Any, found: Accounts) -> None:
    store = SqliteStore(tmp_path / "a.db")
    store.apply(copied(found, Accounts()))
    other = SqliteStore(tmp_path / "b.db")
    other.apply(copied(store.read(), other.read()))
    assert copied(store.read(), other.read()).changes == []
