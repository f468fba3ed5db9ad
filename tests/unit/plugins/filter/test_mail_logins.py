# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mailboxes a proof that mail flows logs in to."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.filter.logins_for import logins_for

ALICE = {"address": "alice@example.com", "password": "one"}


@pytest.mark.parametrize(
    "mailboxes",
    [
        [ALICE],
        [ALICE, {"address": "bob@example.com", "password": "two"}],
        [{"address": "bob@example.com", "password_hash": "{PLAIN}two"}, ALICE],
        [{"address": "bob@example.com", "password": "two", "active": False}, ALICE],
        [{"address": "bob@example.com", "password": "two", "active": "no"}, ALICE],
        [{"address": "bob@example.com", "password": "two", "state": "absent"}, ALICE],
        [{"address": "bob@example.com", "password": "two", "protocols": ["imap"]}, ALICE],
        [{"address": "bob@example.com", "password": "two", "update_password": "on_create"}, ALICE],
        [{"address": "bob@example.com", "password": ""}, {**ALICE, "protocols": ["smtp", "imap", "pop3"]}],
        [{**ALICE, "address": "Alice@EXAMPLE.com"}],
    ],
)
def test_the_first_mailbox_of_a_domain_that_can_send_and_read(mailboxes: list) -> None:
    assert logins_for(mailboxes) == {"alice@example.com": "one"}


def test_the_first_mailbox_that_may_use_a_protocol() -> None:
    mailboxes = [
        {"address": "sends@example.com", "password": "one", "protocols": ["smtp"]},
        {"address": "reads@example.com", "password": "two", "protocols": ["smtp", "imap"]},
        {"address": "fetches@example.org", "password": "three", "protocols": ["pop3"]},
    ]
    chosen = {protocol: logins_for(mailboxes, 1, [protocol]) for protocol in ("smtp", "imap", "pop3", "sieve")}
    assert chosen == {
        "smtp": {"sends@example.com": "one"},
        "imap": {"reads@example.com": "two"},
        "pop3": {"fetches@example.org": "three"},
        "sieve": {},
    }
    assert logins_for(mailboxes) == {"reads@example.com": "two"}


@pytest.mark.parametrize(
    ("protocols", "told"),
    [
        ("imap", "protocols 'str': is no list"),
        (["imap", "smpt"], "protocols 'smpt': is no protocol"),
        ([{"imap": True}], r"protocols \{'imap': True\}: is no protocol"),
    ],
)
def test_protocols_that_are_none_are_told(protocols: object, told: str) -> None:
    with pytest.raises(AnsibleFilterError, match=told):
        logins_for([ALICE], 1, protocols)


def test_one_mailbox_for_each_domain_up_to_the_limit() -> None:
    mailboxes = [{"address": f"a@d{number}.example", "password": "x"} for number in range(20)]
    assert list(logins_for(mailboxes, 3)) == ["a@d0.example", "a@d1.example", "a@d2.example"]
    assert len(logins_for(iter(mailboxes))) == 10
    assert logins_for(mailboxes, 0) == logins_for(mailboxes, -1) == {}


@pytest.mark.parametrize(
    ("mailboxes", "told"),
    [
        ("alice@example.com", "mailboxes 'str': is no list"),
        ({"address": "alice@example.com"}, "mailboxes 'dict': is no list"),
        (["alice@example.com"], r"mailboxes\[1\] 'str': is no dictionary"),
        ([ALICE, {"address": "bob", "password": "x"}], r"address of mailboxes\[2\] 'bob'"),
        ([{"password": "x"}], r"address of mailboxes\[1\]"),
    ],
)
def test_what_is_no_list_of_mailboxes_is_told(mailboxes: object, told: str) -> None:
    with pytest.raises(AnsibleFilterError, match=told):
        logins_for(mailboxes)
