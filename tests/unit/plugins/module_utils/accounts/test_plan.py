# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Found and wanted to a plan."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, Domain
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan, password_checks
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict

Planner = Callable[..., AccountsPlan]

HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
OTHER = "{SHA512-CRYPT}$6$abcdefgh$" + "b" * 86


def test_what_is_wanted_and_found_is_no_change(plan: Planner, found: Accounts) -> None:
    same = plan(
        found,
        domains=[{"name": "example.com", "active": True}],
        mailboxes=[{"address": "alice@example.com", "quota": "5G", "password_hash": "*"}],
        aliases=[{"address": "info@example.com", "destinations": ["carol@example.org", "ALICE@example.com"]}],
        now="2027-01-01T00:00:00Z",
        version=0,
    )
    assert not same.changed
    assert same.after == found


def test_only_what_is_given_changes(plan: Planner, found: Accounts) -> None:
    result = plan(
        found,
        mailboxes=[{"address": "alice@example.com", "display_name": "Alice"}],
        now="2027-01-01T00:00:00Z",
        version=0,
    )
    before, after = found.mailboxes["alice@example.com"], result.after.mailboxes["alice@example.com"]
    assert (after.display_name, after.quota, after.password_hash) == ("Alice", 5 * 1024**3, "*")
    assert (after.created, after.modified) == (before.created, "2027-01-01T00:00:00Z")
    assert [(change.kind, change.name, change.action) for change in result.changes] == [
        ("mailbox", "alice@example.com", "change")
    ]
    assert result.touched == {"domain": [], "mailbox": ["alice@example.com"], "alias": [], "app_password": []}
    assert result.diff() == {
        "before": "mailbox alice@example.com\n  display_name: \n",
        "after": "mailbox alice@example.com\n  display_name: Alice\n",
    }


def test_changes_come_in_the_order_of_kinds_and_removals_the_other_way(plan: Planner, found: Accounts) -> None:
    result = plan(
        found,
        domains=[{"name": "new.example"}, {"name": "example.org", "state": "absent", "cascade": True}],
        mailboxes=[
            {"address": "z@new.example", "password_hash": "*"},
            {"address": "a@new.example", "password_hash": "*"},
        ],
        aliases=[{"address": "info@example.com", "destinations": ["alice@example.com"]}],
        version=0,
    )
    assert [(change.kind, change.name, change.action) for change in result.changes] == [
        ("domain", "new.example", "add"),
        ("mailbox", "a@new.example", "add"),
        ("mailbox", "z@new.example", "add"),
        ("alias", "info@example.com", "change"),
        ("alias", "@example.org", "remove"),
        ("mailbox", "carol@example.org", "remove"),
        ("domain", "example.org", "remove"),
    ]


def test_a_store_is_made_for_the_first_object_or_when_asked_for(plan: Planner) -> None:
    assert not plan().changed
    asked = plan(create=True)
    assert [(change.kind, change.action) for change in asked.changes] == [("store", "add")]
    assert asked.writes
    first = plan(domains=[{"name": "example.com"}])
    assert [(change.kind, change.action) for change in first.changes] == [("store", "add"), ("domain", "add")]


def test_an_older_store_is_migrated_by_the_first_write(plan: Planner) -> None:
    old = Accounts(domains={"example.com": Domain("example.com")}, generation=5, schema_version=1)
    assert not plan(old, domains=[{"name": "example.com"}], version=2).changed
    asked = plan(old, version=2, create=True)
    assert asked.diff() == {"before": "store store\n  schema: 1\n", "after": "store store\n  schema: 2\n"}


def test_a_new_mailbox_gets_the_domains_quota(plan: Planner) -> None:
    def quota(domain: dict[str, Any], **box: Any) -> int:
        result = plan(
            domains=[{"name": "example.com", **domain}],
            mailboxes=[{"address": "a@example.com", "password_hash": "*", **box}],
        )
        return result.after.mailboxes["a@example.com"].quota

    assert quota({}) == 0
    assert quota({"default_quota": "2K"}) == 2048
    assert quota({"max_quota": "3K"}) == 3072
    assert quota({"default_quota": "2K", "max_quota": "3K"}) == 2048
    assert quota({"default_quota": "2K"}, quota="1K") == 1024
    assert quota({"default_quota": "2K"}, quota="unlimited") == 0


def test_a_default_quota_touches_no_mailbox_that_is_there(plan: Planner, found: Accounts) -> None:
    result = plan(found, domains=[{"name": "example.com", "default_quota": "1G"}], version=0)
    assert result.touched["mailbox"] == []


def test_an_alias_gains_and_loses_single_members(plan: Planner, found: Accounts) -> None:
    def members(**entry: Any) -> tuple[str, ...]:
        result = plan(found, aliases=[{"address": "info@example.com", **entry}], version=0)
        return result.after.aliases["info@example.com"].destinations

    both = ("alice@example.com", "carol@example.org")
    assert members(destinations=["bob@example.com"]) == ("bob@example.com",)
    assert members(destinations=["bob@example.com"], exclusive=False) == (
        "alice@example.com",
        "bob@example.com",
        "carol@example.org",
    )
    assert members(destinations=["alice@example.com"], exclusive=False) == both
    assert members(destinations=["alice@example.com"], exclusive=False, state="absent") == ("carol@example.org",)
    assert members(destinations=["nobody@example.com"], exclusive=False, state="absent") == both
    assert members(active=False) == both


def test_an_alias_that_gains_nobody_keeps_its_members(plan: Planner, found: Accounts) -> None:
    nothing = {"destinations": [], "exclusive": False}
    assert not plan(found, aliases=[{"address": "info@example.com", **nothing}], version=0).changed
    with pytest.raises(Conflict, match=r"new@example\.com is new and has no destinations"):
        plan(found, aliases=[{"address": "new@example.com", **nothing}])


def test_an_alias_that_is_not_there_loses_nothing(plan: Planner, found: Accounts) -> None:
    gone = [{"address": "x@example.com", "destinations": ["a@example.com"], "exclusive": False, "state": "absent"}]
    assert not plan(found, aliases=gone, version=0).changed


def test_cascade_takes_a_mailbox_out_of_the_aliases(plan: Planner, found: Accounts) -> None:
    result = plan(found, mailboxes=[{"address": "alice@example.com", "state": "absent", "cascade": True}], version=0)
    assert "alice@example.com" not in result.after.mailboxes
    assert result.after.aliases["info@example.com"].destinations == ("carol@example.org",)


def test_cascade_takes_out_a_mailboxs_tagged_addresses_too(plan: Planner, found: Accounts) -> None:
    tagged = plan(
        found,
        aliases=[{"address": "info@example.com", "destinations": ["alice+info@example.com", "x@example.net"]}],
        version=0,
    ).after
    with pytest.raises(Conflict, match=r"alice@example\.com is a destination of info@example\.com"):
        plan(tagged, mailboxes=[{"address": "alice@example.com", "state": "absent"}])
    result = plan(tagged, mailboxes=[{"address": "alice@example.com", "state": "absent", "cascade": True}], version=0)
    assert result.after.aliases["info@example.com"].destinations == ("x@example.net",)


def test_a_tagged_alias_stays_when_the_mailbox_of_its_name_goes(plan: Planner, found: Accounts) -> None:
    stored = plan(
        found,
        aliases=[
            {"address": "alice+team@example.com", "destinations": ["bob@example.com"]},
            {"address": "info@example.com", "destinations": ["alice+team@example.com"]},
        ],
        version=0,
    ).after
    for cascade in (False, True):
        box = {"address": "alice@example.com", "state": "absent", "cascade": cascade}
        made = plan(stored, mailboxes=[box], version=0)
        assert [change.name for change in made.changes] == ["alice@example.com"]
    with pytest.raises(Conflict, match=r"alice\+team@example\.com is a destination of info@example\.com"):
        plan(stored, aliases=[{"address": "alice+team@example.com", "state": "absent"}])


def test_cascade_empties_a_domain(plan: Planner, found: Accounts) -> None:
    result = plan(found, domains=[{"name": "example.org", "state": "absent", "cascade": True}], version=0)
    assert list(result.after.domains) == ["example.com"]
    assert sorted(result.after.mailboxes) == ["alice@example.com", "bob@example.com"]
    assert {address: alias.destinations for address, alias in result.after.aliases.items()} == {
        "info@example.com": ("alice@example.com",)
    }


def test_a_whole_domain_goes_in_one_plan_without_cascade(plan: Planner, found: Accounts) -> None:
    result = plan(
        found,
        domains=[{"name": "example.org", "state": "absent"}],
        mailboxes=[{"address": "carol@example.org", "state": "absent"}],
        aliases=[
            {"address": "@example.org", "state": "absent"},
            {"address": "info@example.com", "destinations": ["alice@example.com"]},
        ],
        version=0,
    )
    assert list(result.after.domains) == ["example.com"]


def test_an_address_changes_its_kind_in_one_plan(plan: Planner, found: Accounts) -> None:
    result = plan(
        found,
        mailboxes=[{"address": "alice@example.com", "state": "absent"}],
        aliases=[{"address": "alice@example.com", "destinations": ["bob@example.com"]}],
        version=0,
    )
    assert "alice@example.com" in result.after.aliases
    assert result.after.aliases["info@example.com"].destinations == ("alice@example.com", "carol@example.org")


def test_what_is_absent_already_may_be_absent(plan: Planner, found: Accounts) -> None:
    result = plan(
        found,
        domains=[{"name": "gone.example", "state": "absent"}],
        mailboxes=[
            {"address": "gone@example.com", "state": "absent"},
            {"address": "x@unknown.example", "state": "absent"},
        ],
        aliases=[{"address": "@example.com", "state": "absent"}],
        version=0,
    )
    assert not result.changed


def refused(**lists: Any) -> dict[str, Any]:
    return lists


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        (
            refused(mailboxes=[{"address": "a@unknown.example", "password_hash": "*"}]),
            "mailbox a@unknown.example: the domain unknown.example is not in the store",
        ),
        (
            refused(aliases=[{"address": "@unknown.example", "destinations": ["a@example.com"]}]),
            "alias @unknown.example: the domain unknown.example is not in the store",
        ),
        (
            refused(aliases=[{"address": "alice@example.com", "destinations": ["bob@example.com"]}]),
            "alias alice@example.com: a mailbox has this address",
        ),
        (
            refused(mailboxes=[{"address": "info@example.com", "password_hash": "*"}]),
            "mailbox info@example.com: an alias has this address",
        ),
        (
            refused(mailboxes=[{"address": "new@example.com"}]),
            "mailbox new@example.com is new and has neither password nor",
        ),
        (refused(aliases=[{"address": "new@example.com"}]), "alias new@example.com is new and has no destinations"),
        (
            refused(domains=[{"name": "example.com", "state": "absent"}]),
            "the mailboxes alice@example.com, bob@example.com and the aliases info@example.com would remain",
        ),
        (
            refused(mailboxes=[{"address": "alice@example.com", "state": "absent"}]),
            "alice@example.com is a destination of info@example.com",
        ),
        (
            refused(mailboxes=[{"address": "bob@example.com", "state": "absent", "cascade": True}]),
            "bob@example.com cannot be removed with cascade: the alias @example.org has no other destination",
        ),
        (
            refused(domains=[{"name": "example.com", "state": "absent", "cascade": True}]),
            "bob@example.com cannot be removed with cascade: the alias @example.org has no other destination",
        ),
        (
            refused(
                mailboxes=[{"address": "alice@example.com", "state": "absent", "cascade": True}],
                aliases=[{"address": "info@example.com", "destinations": ["alice@example.com", "bob@example.com"]}],
            ),
            "alias info@example.com is wanted with the destination alice@example.com, which is to be absent",
        ),
        (
            refused(
                domains=[{"name": "example.org", "state": "absent", "cascade": True}],
                mailboxes=[{"address": "carol@example.org", "quota": "1G"}],
            ),
            "carol@example.org is wanted in the domain example.org, which is to be absent",
        ),
        (
            refused(
                domains=[{"name": "example.org", "state": "absent", "cascade": True}],
                mailboxes=[{"address": "new@example.org", "password_hash": "*"}],
            ),
            "new@example.org is wanted in the domain example.org, which is to be absent",
        ),
        (
            refused(
                aliases=[
                    {
                        "address": "info@example.com",
                        "state": "absent",
                        "exclusive": False,
                        "destinations": ["alice@example.com", "carol@example.org"],
                    }
                ]
            ),
            "alias info@example.com: without alice@example.com, carol@example.org no destination would be left",
        ),
        (
            refused(domains=[{"name": "example.com", "max_mailboxes": 1}]),
            "domain example.com: max_mailboxes is 1 and there would be 2 (alice@example.com, bob@example.com)",
        ),
        (
            refused(
                domains=[{"name": "example.com", "max_aliases": 1}],
                aliases=[{"address": "@example.com", "destinations": ["bob@example.com"]}],
            ),
            "domain example.com: max_aliases is 1 and there would be 2 (@example.com, info@example.com)",
        ),
        (
            refused(
                domains=[{"name": "example.org", "max_quota": "1G"}],
                mailboxes=[{"address": "carol@example.org", "quota": "2G"}],
            ),
            "mailbox carol@example.org: quota 2G is over the domain's max_quota 1G",
        ),
        (
            refused(domains=[{"name": "example.org", "max_quota": "1G"}]),
            "mailbox carol@example.org: quota unlimited is over the domain's max_quota 1G",
        ),
        (
            refused(domains=[{"name": "example.org", "total_quota": "1G"}]),
            "mailbox carol@example.org: quota unlimited does not go with the domain's total_quota 1G",
        ),
        (
            refused(
                domains=[{"name": "example.org", "total_quota": "3G", "default_quota": "2G"}],
                mailboxes=[
                    {"address": "carol@example.org", "quota": "2G"},
                    {"address": "dave@example.org", "password_hash": "*"},
                ],
            ),
            "domain example.org: the quotas of its 2 mailboxes together are 4G, over its total_quota 3G",
        ),
        (
            refused(domains=[{"name": "new.example", "default_quota": "2G", "max_quota": "1G"}]),
            "domain new.example: default_quota 2G is over its max_quota 1G",
        ),
    ],
)
def test_a_result_that_contradicts_itself_is_refused_with_the_names(
    plan: Planner, found: Accounts, lists: dict[str, Any], told: str
) -> None:
    with pytest.raises(Conflict, match=re.escape(told)):
        plan(found, **lists)


def test_many_names_are_cut(plan: Planner) -> None:
    full = plan(
        domains=[{"name": "example.com"}],
        mailboxes=[{"address": f"user{number:03}@example.com", "password_hash": "*"} for number in range(500)],
    ).after
    with pytest.raises(Conflict, match=r"user009@example\.com and 490 more would remain"):
        plan(full, domains=[{"name": "example.com", "state": "absent"}])


def test_check_mode_expects_the_domain_of_an_earlier_task(plan: Planner, found: Accounts) -> None:
    result = plan(found, mailboxes=[{"address": "a@new.example", "password_hash": "*"}], predict=True, version=0)
    assert result.changed
    assert result.warnings == [
        "mailbox a@new.example: the domain new.example is not in the store; a run fails unless an earlier task adds it"
    ]


def test_mailboxes_that_never_receive_are_told(plan: Planner, found: Accounts) -> None:
    """A backup MX passes mail on to the main server, whatever mailboxes it has itself."""
    told = "the domain example.org is backup_mx, so its mail goes to the domain's main server and never arrives here"
    made = plan(
        found,
        domains=[{"name": "example.org", "backup_mx": True}],
        mailboxes=[{"address": "new@example.org", "password_hash": "*"}],
    )
    assert made.warnings == [f"mailboxes carol@example.org, new@example.org: {told}"]
    again = plan(made.after, mailboxes=[{"address": "new@example.org"}], version=0)
    assert again.warnings == [f"mailbox new@example.org: {told}"]
    going = [{"address": "carol@example.org", "state": "absent", "cascade": True}]
    assert plan(made.after, mailboxes=going).warnings == []


def test_passwords_are_hashed_only_when_they_must(plan: Planner, found: Accounts) -> None:
    stored = plan(found, mailboxes=[{"address": "alice@example.com", "password_hash": HASH}], version=0).after

    def result(matching: tuple[str, ...] = (), **entry: Any) -> dict[str, tuple[str, str]]:
        box = {"address": "alice@example.com", "password": "secret", **entry}
        made = plan(stored, mailboxes=[box], matching=matching, version=0)
        assert made.changed == bool(made.passwords)
        assert "secret" not in repr(made) + str(made.diff())
        return {address: (recipe.name, password) for address, (recipe, password, _user) in made.passwords.items()}

    alice = "alice@example.com"
    assert result() == {alice: ("ARGON2ID", "secret")}
    assert result((alice,)) == {}
    assert result((alice,), password_scheme="SHA512-CRYPT") == {}
    assert result((alice,), password_scheme="BLF-CRYPT") == {alice: ("BLF-CRYPT", "secret")}
    # The stored hash says nothing of its rounds, which are then 5,000.
    assert result((alice,), password_scheme="SHA512-CRYPT", password_options={"rounds": 5000}) == {}
    dear = {"password_scheme": "SHA512-CRYPT", "password_options": {"rounds": 50000}}
    assert result((alice,), **dear) == {alice: ("SHA512-CRYPT", "secret")}
    assert result((alice,), password_options={"passes": 3}) == {alice: ("ARGON2ID", "secret")}
    assert result(update_password="on_create") == {}
    assert result(address="new@example.com", update_password="on_create") == {"new@example.com": ("ARGON2ID", "secret")}


def test_a_weak_hash_stays_only_where_weak_ones_are_allowed(plan: Planner, found: Accounts) -> None:
    alice = {"address": "alice@example.com"}
    weak = {"password_hash": "{PLAIN}secret", "allow_weak_scheme": True}
    stored = plan(found, mailboxes=[{**alice, **weak}], version=0).after

    def made(**entry: Any) -> list[str]:
        box = {**alice, "password": "secret", **entry}
        plans = plan(stored, mailboxes=[box], matching=("alice@example.com",), version=0).passwords
        return [recipe.name for recipe, *_rest in plans.values()]

    assert made() == ["ARGON2ID"]
    assert made(allow_weak_scheme=True) == []
    assert made(password_scheme="PLAIN", allow_weak_scheme=True) == []
    assert made(password_scheme="PLAIN.b64", allow_weak_scheme=True) == ["PLAIN.B64"]
    assert made(update_password="on_create") == []


def test_only_stored_hashes_are_verified(found: Accounts) -> None:
    def checks(**entry: Any) -> dict[str, tuple[str, str, str]]:
        return password_checks(
            found, parse_wanted(mailboxes=[{"address": "alice@example.com", "password": "x", **entry}])
        )

    assert checks() == {"alice@example.com": ("*", "x", "alice@example.com")}
    assert checks(update_password="on_create") == {}
    assert checks(state="absent") == {}
    assert checks(address="new@example.com") == {}
    assert checks(password=None) == {}


def test_a_hash_is_replaced_unless_it_is_for_creation_only(plan: Planner, found: Accounts) -> None:
    stored = plan(found, mailboxes=[{"address": "alice@example.com", "password_hash": HASH}], version=0).after

    def changed(**entry: Any) -> bool:
        return plan(stored, mailboxes=[{"address": "alice@example.com", **entry}], version=0).changed

    assert not changed(password_hash=HASH)
    assert changed(password_hash=OTHER)
    assert not changed(password_hash=OTHER, update_password="on_create")


def test_a_diff_says_that_a_password_changed_and_nothing_more(plan: Planner, found: Accounts) -> None:
    def diff(before: str, after: str) -> dict[str, str]:
        stored = plan(found, mailboxes=[{"address": "bob@example.com", "password_hash": before}], version=0).after
        return plan(stored, mailboxes=[{"address": "bob@example.com", "password_hash": after}], version=0).diff()

    name = "mailbox bob@example.com\n  password: "
    assert diff(HASH, OTHER) == {"before": f"{name}(set)\n", "after": f"{name}(changed)\n"}
    assert diff("*", OTHER) == {"before": f"{name}(none)\n", "after": f"{name}(set)\n"}
    assert diff(HASH, "*") == {"before": f"{name}(set)\n", "after": f"{name}(none)\n"}


def test_without_details_the_plan_is_the_same_but_for_the_diff(plan: Planner, found: Accounts) -> None:
    lists: dict[str, Any] = {
        "domains": [{"name": "example.org", "state": "absent", "cascade": True}, {"name": "new.example"}],
        "mailboxes": [{"address": "alice@example.com", "quota": "1G"}],
    }
    full, short = plan(found, **lists), plan(found, details=False, **lists)
    assert full.counts() == short.counts()
    assert (full.after, full.touched) == (short.after, short.touched)
