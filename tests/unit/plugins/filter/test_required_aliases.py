# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses that every domain has to have (RFC 2142)."""

from __future__ import annotations

from ansible_collections.mailwright.mail.plugins.filter.required_aliases import FilterModule

required_aliases = FilterModule().filters()["required_aliases"]

ALICE = {"address": "alice@example.com"}
BOB = {"address": "Bob@Example.ORG"}


def test_the_first_mailbox_of_the_domain_receives() -> None:
    domains = [{"name": "example.com"}, {"name": "Example.org"}]
    assert required_aliases(domains, [ALICE, BOB], []) == [
        {"address": "postmaster@example.com", "destinations": ["alice@example.com"]},
        {"address": "abuse@example.com", "destinations": ["alice@example.com"]},
        {"address": "postmaster@example.org", "destinations": ["Bob@Example.ORG"]},
        {"address": "abuse@example.org", "destinations": ["Bob@Example.ORG"]},
    ]


def test_a_domain_without_mailboxes_leads_to_the_first_one_listed() -> None:
    aliases = required_aliases([{"name": "example.net"}], [ALICE, BOB], [])
    assert [alias["destinations"] for alias in aliases] == [["alice@example.com"]] * 2


def test_a_destination_given_wins() -> None:
    aliases = required_aliases([{"name": "example.com"}], [ALICE], [], "noc@example.net")
    assert [alias["destinations"] for alias in aliases] == [["noc@example.net"]] * 2


def test_addresses_that_are_listed_are_left_alone() -> None:
    mailboxes = [ALICE, {"address": "Postmaster@example.com"}]
    aliases = [{"address": "abuse@EXAMPLE.com", "destinations": ["alice@example.com"]}]
    assert required_aliases([{"name": "example.com"}], mailboxes, aliases) == []


def test_what_is_going_neither_gets_nor_receives() -> None:
    domains = [{"name": "example.com"}, {"name": "gone.example", "state": "absent"}]
    mailboxes = [{"address": "first@example.com", "state": "absent"}, ALICE]
    aliases = required_aliases(domains, mailboxes, [])
    assert [alias["address"] for alias in aliases] == ["postmaster@example.com", "abuse@example.com"]
    assert {alias["destinations"][0] for alias in aliases} == {"alice@example.com"}


def test_without_any_mailbox_there_is_nobody_to_receive() -> None:
    assert required_aliases([{"name": "example.com"}], [], []) == []
