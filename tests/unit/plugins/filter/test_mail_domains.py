# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that share mail_domains out, and join what hosts know of their keys."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.filter import domains_for as parts_plugin
from ansible_collections.mailwright.mail.plugins.filter import with_dkim as keys_plugin
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import DOMAIN as ACCOUNTS
from ansible_collections.mailwright.mail.plugins.module_utils.dkim import argspec as dkim
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import DOMAIN as DNS

domains_for = parts_plugin.FilterModule().filters()["domains_for"]
with_dkim = keys_plugin.FilterModule().filters()["with_dkim"]
DOMAINS = [
    {"name": "example.com", "max_mailboxes": 10, "dmarc": {"policy": "none"}, "dkim": {"interval": "90d"}, "ttl": 60},
    {"name": "example.org", "state": "absent"},
    {"name": "example.net", "dkim": None},
]


def test_each_part_gets_what_it_takes() -> None:
    assert domains_for(DOMAINS, "accounts") == [
        {"name": "example.com", "max_mailboxes": 10},
        {"name": "example.org", "state": "absent"},
        {"name": "example.net"},
    ]
    assert domains_for(DOMAINS, "dns") == [
        {"name": "example.com", "dmarc": {"policy": "none"}, "ttl": 60},
        {"name": "example.org", "state": "absent"},
        {"name": "example.net"},
    ]
    assert domains_for(DOMAINS, "dkim") == [
        {"name": "example.com", "interval": "90d"},
        {"name": "example.org", "state": "absent"},
        {"name": "example.net"},
    ]


def test_the_parts_share_no_key_but_name_and_state() -> None:
    """A key that two took would have to mean the same to both."""
    assert set(ACCOUNTS) & set(DNS) == {"name", "state"}
    whole = dict.fromkeys({*ACCOUNTS, *DNS}, "x") | {"dkim": {}}
    assert set(domains_for([whole], "accounts")[0]) == set(ACCOUNTS)
    assert set(domains_for([whole], "dns")[0]) == set(DNS) - {"dkim"}


def test_a_misspelt_key_goes_where_it_is_told() -> None:
    assert domains_for([{"name": "example.com", "dmrac": {}}], "accounts") == [{"name": "example.com", "dmrac": {}}]
    assert domains_for([{"name": "example.com", "dkim": {"intervall": 1}}], "dkim")[0]["intervall"] == 1


def test_dkim_may_say_the_state_itself() -> None:
    entry = {"name": "example.com", "dkim": {"state": "absent"}}
    assert domains_for([entry], "dkim") == [{"name": "example.com", "state": "absent"}]
    assert "state" in dkim.DOMAIN


def test_records_of_all_hosts_come_to_their_domain() -> None:
    one, two = ({"name": f"{host}-1._domainkey.example.com", "type": "TXT", "value": "v=DKIM1; p="} for host in "ab")
    keys = {
        "a.example.net": [{"name": "example.com", "dkim": [one]}, {"name": "elsewhere.example", "dkim": [one]}],
        "b.example.net": [{"name": "example.com", "dkim": [two]}, {"name": "xn--bcher-kva.example", "dkim": []}],
    }
    joined = with_dkim([{"name": "Example.com", "ttl": 60}, {"name": "bücher.example"}, {"name": "example.org"}], keys)
    assert joined == [
        {
            "name": "Example.com",
            "ttl": 60,
            "dkim": [{**one, "host": "a.example.net"}, {**two, "host": "b.example.net"}],
        },
        {"name": "bücher.example", "dkim": []},
        # Nothing is known of its keys, and published ones stay.
        {"name": "example.org"},
    ]
    assert "host" not in one


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: domains_for(DOMAINS, "dmarc"), "part 'dmarc': is not known; give one of accounts, dkim, dns"),
        (lambda: domains_for("example.com", "dns"), "domains 'str': is no list"),
        (lambda: domains_for({"name": "example.com"}, "dns"), "domains 'dict': is no list"),
        (lambda: domains_for(["example.com"], "dns"), "mail_domains[1] 'str': is no dictionary"),
        (lambda: domains_for([{"dkim": True}], "dkim"), "mail_domains[1] dkim 'bool': is no dictionary"),
        (lambda: with_dkim([{}], {}), "domains[1] 'dict': has no name"),
        (lambda: with_dkim([{"name": "no domain"}], {}), "name of domains[1] 'no domain'"),
        (lambda: with_dkim([], []), "keys 'list': is no dictionary"),
        (lambda: with_dkim([], {"mx1.example.net": ["x"]}), "mx1.example.net's domains 'str': has no name"),
        (lambda: with_dkim(None, {}), "domains 'NoneType': is no list"),
    ],
)
def test_what_cannot_be_is_told(call: Any, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        call()
    assert told in str(error.value)
