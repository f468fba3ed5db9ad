# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""postmaster@ and abuse@: added where nobody has them, and in nobody's way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue

Planner = Callable[..., AccountsPlan]
Given = dict[str, Any]

COM, ORG = {"name": "example.com"}, {"name": "example.org"}
ALICE, BOB = ({"address": f"{name}@example.com", "password_hash": "*"} for name in ("alice", "bob"))
CAROL = {"address": "carol@example.org", "password_hash": "*"}


@pytest.fixture
def site(plan: Planner) -> Planner:
    """The plan of a site run: required aliases are asked for unless the test says otherwise."""
    return lambda found=None, **lists: plan(found, **{"required": True, "version": 0, **lists})


def to(receiver: str, *domains: str) -> dict[str, tuple[str, ...]]:
    """Return the required aliases of ``domains`` as `destinations` returns them."""
    return {f"{name}@{domain}": (receiver,) for domain in domains for name in ("postmaster", "abuse")}


def destinations(accounts: Accounts, *, required: bool = True) -> dict[str, tuple[str, ...]]:
    return {alias.address: alias.destinations for alias in accounts.aliases.values() if alias.required == required}


def absent(entry: Given) -> Given:
    return {"state": "absent", **{key: entry[key] for key in ("name", "address") if key in entry}}


def test_the_first_mailbox_listed_in_the_domain_receives(site: Planner) -> None:
    made = site(domains=[COM, ORG], mailboxes=[BOB, ALICE, CAROL])
    assert destinations(made.after) == {
        **to("bob@example.com", "example.com"),
        **to("carol@example.org", "example.org"),
    }
    again = site(made.after, domains=[COM, ORG], mailboxes=[BOB, ALICE, CAROL])
    assert not again.changed


def test_a_domain_without_mailboxes_leads_to_the_first_one_listed(site: Planner) -> None:
    assert destinations(site(domains=[ORG, COM], mailboxes=[ALICE]).after) == to(
        "alice@example.com", "example.org", "example.com"
    )


def test_without_any_mailbox_there_is_nobody_to_receive(site: Planner) -> None:
    assert destinations(site(domains=[COM]).after) == {}


def test_nothing_is_added_unless_it_is_asked_for(site: Planner) -> None:
    for asked in (None, False):
        assert destinations(site(domains=[COM], mailboxes=[ALICE], required=asked).after) == {}


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("bücher.example", "Postmaster@XN--bcher-kva.example"),
        ("xn--bcher-kva.example", "postmaster@bücher.example"),
        ("example.com.", "postmaster@example.com"),
        ("EXAMPLE.com", "postmaster@Example.COM"),
    ],
)
def test_names_are_compared_as_they_are_stored(site: Planner, domain: str, address: str) -> None:
    made = site(domains=[{"name": domain}], mailboxes=[{"address": address, "password_hash": "*"}])
    assert [name.partition("@")[0] for name in destinations(made.after)] == ["abuse"]
    assert next(iter(destinations(made.after).values())) == tuple(made.after.mailboxes)


@pytest.mark.parametrize(
    ("domain", "first"),
    [
        ({}, {"active": False}),
        ({}, {"state": "absent"}),
        ({"active": False}, {}),
        ({"backup_mx": True}, {}),
    ],
)
def test_who_does_not_receive_is_passed_over(site: Planner, domain: Given, first: Given) -> None:
    """Asked for as inactive now, or stored so and not mentioned again."""
    lists = {
        "domains": [{**COM, **domain}, ORG, {"name": "example.net"}],
        "mailboxes": [{**ALICE, **first}, CAROL],
    }
    made = site(**lists)
    assert set(destinations(made.after).values()) == {("carol@example.org",)}
    stored = {"domains": [COM, ORG, {"name": "example.net"}], "mailboxes": [CAROL]}
    if first.get("state") != "absent":
        stored["mailboxes"].insert(0, ALICE)
    assert not site(made.after, **stored).changed


@pytest.mark.parametrize("state", [{"active": False}, {"backup_mx": True}])
def test_domains_that_take_no_mail_in_get_none(site: Planner, state: Given) -> None:
    made = site(domains=[{**COM, **state}, ORG], mailboxes=[CAROL])
    assert destinations(made.after) == to("carol@example.org", "example.org")


def test_a_domain_that_becomes_a_backup_gives_them_up(site: Planner) -> None:
    """The main server has its own, and an alias here would keep their mail from it."""
    before = site(domains=[COM, ORG], mailboxes=[ALICE, CAROL]).after
    made = site(before, domains=[{**COM, "backup_mx": True}, ORG], mailboxes=[CAROL])
    assert destinations(made.after) == to("carol@example.org", "example.org")


def test_what_others_made_is_left_alone(site: Planner, plan: Planner) -> None:
    """The single modules made them, and no list names them."""
    stored = plan(
        domains=[COM],
        mailboxes=[ALICE, {"address": "postmaster@example.com", "password_hash": "*"}],
        aliases=[{"address": "abuse@example.com", "destinations": ["desk@example.net"]}],
    ).after
    for destination in ("", "noc@example.net"):
        assert not site(stored, domains=[COM], mailboxes=[ALICE], destination=destination).changed
    assert not site(stored, domains=[COM], required=False).changed


def test_what_is_listed_is_left_alone(site: Planner) -> None:
    listed = {
        "domains": [COM],
        "mailboxes": [ALICE, BOB],
        "aliases": [
            {"address": "postmaster@example.com", "destinations": ["bob@example.com"]},
            {"address": "abuse@example.com", "state": "absent"},
        ],
    }
    made = site(**listed)
    assert destinations(made.after) == {}
    assert destinations(made.after, required=False) == {"postmaster@example.com": ("bob@example.com",)}
    assert not site(made.after, **listed).changed


def test_they_follow_the_destination(site: Planner) -> None:
    lists = {"domains": [COM], "mailboxes": [ALICE, BOB]}
    found = Accounts()
    for destination, receiver in (("noc@example.net", "noc@example.net"), ("", "alice@example.com")):
        found = site(found, destination=destination, **lists).after
        assert destinations(found) == to(receiver, "example.com")
        assert not site(found, destination=destination, **lists).changed
    lists["mailboxes"].reverse()
    assert destinations(site(found, **lists).after) == to("bob@example.com", "example.com")


def test_a_run_that_does_not_ask_keeps_them_and_one_that_refuses_them_takes_them_away(site: Planner) -> None:
    lists = {"domains": [COM, ORG], "mailboxes": [ALICE, CAROL]}
    before = site(**lists).after
    assert not site(before, required=None, **lists).changed
    assert not site(before).changed
    made = site(before, domains=[COM], required=False)
    assert destinations(made.after) == to("carol@example.org", "example.org")
    assert not site(made.after, domains=[COM], required=False).changed


def test_who_lists_one_owns_it(site: Planner) -> None:
    lists = {"domains": [COM], "mailboxes": [ALICE]}
    before = site(**lists).after
    own = [{"address": "abuse@example.com", "destinations": ["alice@example.com"]}]
    made = site(before, required=None, aliases=own)
    assert made.diff() == {
        "before": "alias abuse@example.com\n  required: yes\n",
        "after": "alias abuse@example.com\n",
    }
    assert not site(made.after, **lists, aliases=own).changed
    assert not site(made.after, **lists, destination="alice@example.com").changed
    assert list(destinations(site(made.after, **lists, required=False).after, required=False)) == ["abuse@example.com"]


def test_a_mailbox_takes_the_place_of_one(site: Planner) -> None:
    before = site(domains=[COM], mailboxes=[ALICE]).after
    box = {"address": "postmaster@example.com", "password_hash": "*"}
    made = site(before, mailboxes=[box], required=None)
    assert list(destinations(made.after)) == ["abuse@example.com"]
    assert "postmaster@example.com" in made.after.mailboxes


def test_one_takes_the_place_of_a_mailbox_that_goes(site: Planner) -> None:
    box = {"address": "postmaster@example.com", "password_hash": "*"}
    aliases = [{"address": "root@example.com", "destinations": ["postmaster@example.com"]}]
    before = site(domains=[COM], mailboxes=[ALICE, box], aliases=aliases).after
    made = site(before, domains=[COM], mailboxes=[ALICE, absent(box)])
    assert destinations(made.after) == to("alice@example.com", "example.com")


@pytest.mark.parametrize("required", [None, True, False])
def test_a_domain_goes_with_them(site: Planner, required: bool | None) -> None:
    before = site(domains=[COM, ORG], mailboxes=[ALICE, CAROL]).after
    made = site(before, domains=[COM, absent(ORG)], mailboxes=[ALICE, absent(CAROL)], required=required)
    assert list(made.after.domains) == ["example.com"]
    assert {alias.domain for alias in made.after.aliases.values()} <= {"example.com"}


def test_a_domain_that_has_others_left_is_kept(site: Planner) -> None:
    own = [{"address": "info@example.com", "destinations": ["x@example.net"]}]
    before = site(domains=[COM], mailboxes=[ALICE], aliases=own).after
    with pytest.raises(Conflict, match=r"the aliases info@example\.com would remain"):
        site(before, domains=[absent(COM)], mailboxes=[absent(ALICE)])


def test_the_last_mailbox_goes_with_them(site: Planner) -> None:
    before = site(domains=[COM, ORG], mailboxes=[ALICE, CAROL]).after
    alone = site(before, mailboxes=[absent(CAROL)], required=None).after
    assert destinations(alone) == to("alice@example.com", "example.com")
    listed = site(before, domains=[COM, ORG], mailboxes=[ALICE, absent(CAROL)]).after
    assert destinations(listed) == to("alice@example.com", "example.com", "example.org")
    empty = site(before, domains=[COM, ORG], mailboxes=[absent(ALICE), absent(CAROL)])
    assert destinations(empty.after) == {}
    assert not site(empty.after, domains=[COM, ORG], mailboxes=[absent(ALICE), absent(CAROL)]).changed


def test_others_that_lead_to_one_that_goes_are_told(site: Planner) -> None:
    root = {"address": "root@example.com", "destinations": ["postmaster@example.com"]}
    before = site(domains=[COM], mailboxes=[ALICE], aliases=[root]).after
    with pytest.raises(Conflict, match=r"postmaster@example\.com is a destination of root@example\.com"):
        site(before, mailboxes=[absent(ALICE)], required=None)
    gone = site(before, mailboxes=[absent(ALICE)], aliases=[absent(root)], required=None)
    assert not gone.after.aliases


def test_one_that_leads_to_another_goes_too(site: Planner) -> None:
    lists = {"domains": [COM, ORG], "mailboxes": [ALICE]}
    own = [{"address": "desk@example.org", "destinations": ["alice@example.com"]}]
    before = site(**lists, aliases=own, destination="desk+tag@example.org").after
    assert destinations(before) == to("desk+tag@example.org", "example.com", "example.org")
    made = site(before, mailboxes=[absent(ALICE)], aliases=[absent(own[0])], required=None)
    assert not made.after.aliases


def test_they_count_for_no_limit(site: Planner) -> None:
    own = [{"address": "info@example.com", "destinations": ["alice@example.com"]}]
    assert len(site(domains=[{**COM, "max_aliases": 1}], mailboxes=[ALICE], aliases=own).after.aliases) == 3


def test_destinations_that_lead_nowhere_are_refused(site: Planner) -> None:
    lists = {"domains": [COM], "mailboxes": [ALICE, absent(BOB)]}
    with pytest.raises(Conflict, match=r"required_destination bob@example\.com is to be absent"):
        site(**lists, destination="bob@example.com")
    with pytest.raises(InvalidValue, match=r"required_destination 'bob': has no @"):
        site(**lists, destination="bob")


def test_a_destination_that_somebody_has_receives(site: Planner) -> None:
    own = {"address": "postmaster@example.com", "password_hash": "*"}
    made = site(domains=[COM], mailboxes=[ALICE, own], destination="postmaster@example.com")
    assert destinations(made.after) == {"abuse@example.com": ("postmaster@example.com",)}


BOTH = {"domains": [COM, ORG], "mailboxes": [ALICE, CAROL]}


def leading(site: Planner, destination: str, **lists: Any) -> dict[str, tuple[str, ...]]:
    """Return the required aliases, after a second run that is to change nothing."""
    made = site(destination=destination, **lists)
    assert not site(made.after, destination=destination, **lists).changed
    return destinations(made.after)


@pytest.mark.parametrize("destination", ["Postmaster@example.com", "postmaster+host@example.com"])
def test_a_destination_that_is_added_itself_leads_to_the_first_mailbox(site: Planner, destination: str) -> None:
    """A site has one address for all, and it is the postmaster's of one of its domains."""
    assert leading(site, destination, **BOTH) == {
        "postmaster@example.com": ("alice@example.com",),
        "abuse@example.com": (destination.lower(),),
        **to(destination.lower(), "example.org"),
    }


def test_a_destination_that_is_an_alias_for_an_added_one_leads_on(site: Planner) -> None:
    """root@ delivers to postmaster@, as in most /etc/aliases."""
    aliases = [
        {"address": "root@example.com", "destinations": ["admin@example.org"]},
        {"address": "admin@example.org", "destinations": ["postmaster@example.org"]},
    ]
    assert leading(site, "root@example.com", **BOTH, aliases=aliases) == {
        **to("root@example.com", "example.com", "example.org"),
        "postmaster@example.org": ("carol@example.org",),
    }


def test_a_catch_all_does_not_lead_an_added_one_back(site: Planner) -> None:
    aliases = [{"address": "@example.com", "destinations": ["abuse@example.com"]}]
    assert leading(site, "nobody@example.com", **BOTH, aliases=aliases) == {
        **to("nobody@example.com", "example.com", "example.org"),
        "abuse@example.com": ("alice@example.com",),
    }


def test_a_destination_that_is_added_itself_needs_a_mailbox(site: Planner) -> None:
    lists = {"domains": [COM, ORG]}
    assert leading(site, "postmaster@example.com", **lists) == {}
    assert destinations(site(**lists, destination="noc@example.net").after) == to(
        "noc@example.net", "example.com", "example.org"
    )


def test_a_destination_at_a_domain_that_gets_none_is_as_any_other(site: Planner) -> None:
    """The main server of a backed-up domain has its postmaster."""
    lists = {"domains": [COM, {**ORG, "backup_mx": True}]}
    assert leading(site, "postmaster@example.org", **lists) == to("postmaster@example.org", "example.com")


def test_an_added_destination_follows_like_the_others(site: Planner) -> None:
    found = site(destination="noc@example.net", **BOTH).after
    for destination in ("postmaster@example.org", "abuse@example.com", "postmaster@example.org", ""):
        found = site(found, destination=destination, **BOTH).after
        assert destinations(found) == leading(site, destination, **BOTH)
    assert destinations(site(found, mailboxes=[absent(ALICE)], required=None).after) == to(
        "carol@example.org", "example.org"
    )
