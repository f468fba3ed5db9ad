# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""App passwords in the plan: added, changed, revoked, gone with their mailbox, purged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan, password_checks
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.dovecot import BUILDS
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.served import login_warnings
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict

Planner = Callable[..., AccountsPlan]
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
OTHER = "{SHA512-CRYPT}$6$abcdefgh$" + "b" * 86
NOW = "2026-01-01T00:00:00Z"


def app(address: str = "alice@example.com", name: str = "phone", **options: Any) -> dict[str, Any]:
    return {"mailbox": address, "name": name, **options}


@pytest.fixture
def held(plan: Planner, found: Accounts) -> Accounts:
    """The fixture's accounts, with passwords, and app passwords of Alice and Carol."""
    boxes = [{"address": address, "password_hash": OTHER} for address in found.mailboxes]
    return plan(
        found,
        mailboxes=boxes,
        app_passwords=[
            app(password_hash=HASH, protocols=["imap", "smtp"]),
            app(name="tablet", password_hash=HASH, expires="2027-01-31"),
            app("carol@example.org", password_hash=HASH),
        ],
    ).after


def test_a_new_one_has_all_that_is_not_said(held: Accounts) -> None:
    one = held.app_passwords["carol@example.org/phone"]
    assert (one.protocols, one.expires, one.active) == (("imap", "pop3", "smtp", "sieve"), "", True)
    assert one.created == one.modified == NOW


def test_one_is_changed_without_the_others(plan: Planner, held: Accounts) -> None:
    result = plan(held, app_passwords=[app(expires="never", active=False)], now="2027-01-01T00:00:00Z", version=0)
    assert result.touched["app_password"] == ["alice@example.com/phone"]
    assert result.diff() == {
        "before": "app_password alice@example.com/phone\n  active: yes\n",
        "after": "app_password alice@example.com/phone\n  active: no\n",
    }
    one = result.after.app_passwords["alice@example.com/phone"]
    assert (one.password_hash, one.protocols, one.created) == (HASH, ("imap", "smtp"), NOW)
    assert one.modified == "2027-01-01T00:00:00Z"
    assert not plan(result.after, app_passwords=[app(active=False)], version=0).changed


def test_one_is_revoked_without_the_others(plan: Planner, held: Accounts) -> None:
    result = plan(held, app_passwords=[app(state="absent"), app(name="gone", state="absent")], version=0)
    assert sorted(result.after.app_passwords) == ["alice@example.com/tablet", "carol@example.org/phone"]
    assert [(change.kind, change.name, change.action) for change in result.changes] == [
        ("app_password", "alice@example.com/phone", "remove")
    ]
    assert not plan(held, app_passwords=[app("nobody@nowhere.example", state="absent")], version=0).changed


def test_passwords_are_planned_beside_those_of_mailboxes(plan: Planner, held: Accounts) -> None:
    lists: dict[str, Any] = {
        "mailboxes": [{"address": "alice@example.com", "password": "one"}],
        "app_passwords": [app(password="two"), app(name="new", password="three", password_scheme="SHA512-CRYPT")],
    }
    wanted = parse_wanted(**lists)
    assert password_checks(held, wanted) == {
        "alice@example.com": (OTHER, "one", "alice@example.com"),
        "alice@example.com/phone": (HASH, "two", "alice@example.com"),
    }
    result = plan(held, **lists, version=0)
    assert {name: (recipe.name, text, user) for name, (recipe, text, user) in result.passwords.items()} == {
        "alice@example.com": ("ARGON2ID", "one", "alice@example.com"),
        "alice@example.com/phone": ("ARGON2ID", "two", "alice@example.com"),
        "alice@example.com/new": ("SHA512-CRYPT", "three", "alice@example.com"),
    }
    kept = plan(held, **lists, matching={"alice@example.com", "alice@example.com/phone"}, version=0)
    assert list(kept.passwords) == ["alice@example.com/new"]


def test_a_hash_is_replaced_unless_it_is_set_once(plan: Planner, held: Accounts) -> None:
    once = app(password_hash=OTHER, update_password="on_create")
    assert not plan(held, app_passwords=[once], version=0).changed
    result = plan(held, app_passwords=[app(password_hash=OTHER)], version=0)
    assert result.diff() == {
        "before": "app_password alice@example.com/phone\n  password: (set)\n",
        "after": "app_password alice@example.com/phone\n  password: (changed)\n",
    }
    added = plan(held, app_passwords=[{**once, "name": "new"}], version=0).after
    assert added.app_passwords["alice@example.com/new"].password_hash == OTHER


def test_a_new_one_needs_a_password(plan: Planner, held: Accounts) -> None:
    with pytest.raises(Conflict, match=r"app password alice@example.com/new is new and has neither password nor"):
        plan(held, app_passwords=[app(name="new")])


def test_they_go_with_their_mailbox_and_domain(plan: Planner, held: Accounts) -> None:
    gone = plan(held, mailboxes=[{"address": "alice@example.com", "state": "absent", "cascade": True}], version=0)
    assert list(gone.after.app_passwords) == ["carol@example.org/phone"]
    assert gone.counts()["app_password"] == {"add": 0, "change": 0, "remove": 2}
    assert gone.touched["app_password"] == ["alice@example.com/phone", "alice@example.com/tablet"]
    gone = plan(held, domains=[{"name": "example.org", "state": "absent", "cascade": True}], version=0)
    assert list(gone.after.app_passwords) == ["alice@example.com/phone", "alice@example.com/tablet"]


def test_a_mailbox_is_needed(plan: Planner, held: Accounts) -> None:
    lists = {
        "app_passwords": [app("nobody@example.com", password_hash=HASH), app("info@example.com", password_hash=HASH)]
    }
    told = (
        "app password info@example.com/phone: the mailbox info@example.com is not in the store; "
        "app password nobody@example.com/phone: the mailbox nobody@example.com is not in the store"
    )
    with pytest.raises(Conflict) as refused:
        plan(held, **lists)
    assert str(refused.value) == f"{told}; add the mailbox first"
    predicted = plan(held, **lists, predict=True)
    assert len(predicted.warnings) == 2
    assert predicted.warnings[1].endswith("is not in the store; a run fails unless an earlier task adds it")
    assert "nobody@example.com/phone" in predicted.after.app_passwords


def test_a_mailbox_that_goes_takes_no_new_one(plan: Planner, held: Accounts) -> None:
    for lists in (
        {"mailboxes": [{"address": "alice@example.com", "state": "absent", "cascade": True}]},
        {"domains": [{"name": "example.com", "state": "absent", "cascade": True}]},
    ):
        with pytest.raises(Conflict, match=r"is wanted, and its mailbox alice@example.com is to be absent; leave one"):
            plan(
                held,
                **lists,
                aliases=[{"address": "@example.org", "destinations": ["x@example.net"]}],
                app_passwords=[app()],
                predict=True,
            )
    with pytest.raises(Conflict, match=r"and its mailbox alice@example.com is not, so that purge would remove it"):
        plan(held, domains=[{"name": "example.org"}, {"name": "example.com"}], app_passwords=[app()], purge="all")


LISTED: dict[str, Any] = {
    "domains": [{"name": "example.com"}, {"name": "example.org"}],
    "mailboxes": [{"address": "alice@example.com"}, {"address": "bob@example.com"}, {"address": "carol@example.org"}],
    "aliases": [{"address": "info@example.com"}, {"address": "@example.org"}],
}


@pytest.mark.parametrize("purge", ["domains", "all"])
def test_a_purge_is_for_them_only_where_they_are_listed(plan: Planner, held: Accounts, purge: str) -> None:
    assert not plan(held, **LISTED, purge=purge, version=0).changed
    some = plan(held, **LISTED, app_passwords=[app(), app("bob@example.com", password_hash=HASH)], purge=purge)
    assert sorted(some.after.app_passwords) == ["alice@example.com/phone", "bob@example.com/phone"]
    assert not plan(held, **LISTED, app_passwords=[], purge=purge).after.app_passwords
    # Naming one is enough to keep it, and to revoke it is no purge.
    kept = plan(held, **LISTED, app_passwords=[app(state="absent")], purge=purge, purge_limit="2")
    assert not kept.after.app_passwords
    assert not plan(held, **LISTED, app_passwords=[], purge="none", version=0).changed


def test_a_purge_of_domains_stays_within_them(plan: Planner, held: Accounts) -> None:
    within = {
        "domains": LISTED["domains"][:1],
        "mailboxes": LISTED["mailboxes"],
        "aliases": LISTED["aliases"],
        "app_passwords": [],
    }
    assert list(plan(held, **within, purge="domains").after.app_passwords) == ["carol@example.org/phone"]


def test_those_of_a_purged_mailbox_go_along_uncounted(plan: Planner, held: Accounts) -> None:
    lists = {**LISTED, "mailboxes": LISTED["mailboxes"][1:]}
    gone = plan(held, **lists, purge="domains", purge_limit="1")
    assert list(gone.after.app_passwords) == ["carol@example.org/phone"]


def test_purged_ones_count(plan: Planner, held: Accounts) -> None:
    with pytest.raises(Conflict) as refused:
        plan(held, **LISTED, app_passwords=[], purge="all", purge_limit="2")
    told = str(refused.value)
    assert told.startswith("purge: 3 of 10 objects are not listed and would be removed")
    assert "(0 domains, 0 mailboxes, 0 aliases, 3 app passwords): app password alice@example.com/phone, " in told


def test_schemes_that_dovecot_does_not_take_are_told(plan: Planner, held: Accounts) -> None:
    lists: dict[str, Any] = {
        "mailboxes": [
            {"address": "bob@example.com", "password": "x", "password_scheme": "LANMAN", "allow_weak_scheme": True}
        ],
        "app_passwords": [
            app(name=name, password="x", password_scheme="LANMAN", allow_weak_scheme=True) for name in ("b", "a/c")
        ],
    }
    (told,) = login_warnings(plan(held, **lists), parse_wanted(**lists), lambda: BUILDS[:1])
    assert told.startswith("mailbox bob@example.com and app passwords alice@example.com/a/c, alice@example.com/b: ")


def test_what_opens_nothing_is_told(plan: Planner, held: Accounts) -> None:
    told = plan(
        held,
        mailboxes=[
            {"address": "alice@example.com", "protocols": ["imap", "sieve"]},
            {"address": "carol@example.org", "password_hash": "*"},
        ],
        app_passwords=[
            app(expires="2025-12-31"),
            app(name="tablet", protocols=["imap", "smtp", "pop3"]),
            app(name="send", protocols=["smtp"], password_hash=HASH),
            app("carol@example.org"),
            app("bob@example.com", "fine", password_hash=HASH),
        ],
    ).warnings
    assert told == [
        "app password alice@example.com/phone: has expired (2025-12-31T23:59:59Z): nobody logs in with it any more",
        "app password alice@example.com/tablet: does not open pop3, smtp, which the mailbox may not use",
        "app password alice@example.com/send: does not open smtp, which the mailbox may not use",
        "app password carol@example.org/phone: opens nothing, because the mailbox has password_hash '*' and nobody may "
        "log in to it",
    ]
