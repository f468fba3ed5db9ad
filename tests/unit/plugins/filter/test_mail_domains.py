# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that share mail_domains out, and join what hosts know of their keys."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.filter import dns_calls as calls_plugin
from ansible_collections.mailwright.mail.plugins.filter import domains_for as parts_plugin
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import DOMAIN as ACCOUNTS
from ansible_collections.mailwright.mail.plugins.module_utils.dkim import argspec as dkim
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import DOMAIN as DNS

domains_for = parts_plugin.FilterModule().filters()["domains_for"]
dns_calls = calls_plugin.FilterModule().filters()["dns_calls"]
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
    assert domains_for(DOMAINS, "zones") == [{"name": "example.com"}, {"name": "example.org"}, {"name": "example.net"}]


@pytest.mark.parametrize("said", [True, "yes", 1])
def test_a_backup_publishes_nothing(said: Any) -> None:
    """It would publish itself as the domain's only server; what stands in the DNS is the primary server's business."""
    domains = [{"name": "example.com", "backup_mx": False}, {"name": "backup.example", "backup_mx": said}]
    assert [entry["name"] for entry in domains_for(domains, "accounts")] == ["example.com", "backup.example"]
    for part in ("dns", "dkim", "zones"):
        assert [entry["name"] for entry in domains_for(domains, part)] == ["example.com"]


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


def host(name: str, *domains: str, keys: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """One mail host of the play, with a DKIM record for each of ``keys``."""
    return {
        "host": {"name": name, "addresses": ["192.0.2.1"]},
        "domains": [{"name": domain, **more} for domain in domains],
        "keys": [{"name": domain, "dkim": [record(name, domain)]} for domain in keys],
    }


def record(host_name: str, domain: str) -> dict[str, str]:
    return {"name": f"{host_name[:1]}-1._domainkey.{domain}", "type": "TXT", "value": "v=DKIM1; p="}


A, B, C = "a.example.net", "b.example.net", "c.example.net"
COM, ORG = "example.com", "example.org"


def test_hosts_with_all_domains_in_common_take_one_call() -> None:
    hosts = [host(A, COM, "bücher.example", ORG, keys=(COM,), ttl=60), host(B, "Example.com", keys=(COM,))]
    hosts[1]["domains"] = hosts[0]["domains"]
    hosts[1]["keys"].append({"name": "xn--bcher-kva.example", "dkim": []})
    assert dns_calls(iter(hosts)) == [
        {
            "domains": [
                {
                    "name": COM,
                    "ttl": 60,
                    "dkim": [{**record(A, COM), "host": A}, {**record(B, COM), "host": B}],
                },
                {"name": "bücher.example", "ttl": 60, "dkim": []},
                # Nothing is known of its keys, and published ones stay.
                {"name": ORG, "ttl": 60},
            ],
            "mail_hosts": [hosts[0]["host"], hosts[1]["host"]],
        }
    ]
    assert "dkim" not in hosts[0]["domains"][0]


def test_each_set_of_hosts_has_its_domains() -> None:
    hosts = [host(A, COM, ORG, keys=("elsewhere.example",)), host(B, ORG), host(C)]
    assert dns_calls(hosts) == [
        {"domains": [{"name": COM}], "mail_hosts": [hosts[0]["host"]]},
        {"domains": [{"name": ORG}], "mail_hosts": [hosts[0]["host"], hosts[1]["host"]]},
        # What it wants for itself is published all the same.
        {"domains": [], "mail_hosts": [hosts[2]["host"]]},
    ]


def test_hosts_that_the_play_does_not_reach_keep_their_place() -> None:
    others = [
        {"mail_hostname": A, "dns_preference": 77},
        {"mail_hostname": B, "mail_domains": [{"name": "EXAMPLE.com", "max_mailboxes": 1}], "dns_preference": 20},
        {"mail_hostname": C, "dns_domains": [], "mail_domains": [{"name": COM}]},
        {"mail_hostname": "d.example.net", "dns_mx": False},
        {"ansible_host": "192.0.2.9"},
    ]
    reached = host(A, COM, ORG)
    b = {"name": B, "mx": True, "preference": 20}
    d = {"name": "d.example.net", "mx": False, "preference": 10}
    assert dns_calls([reached], others) == [
        {"domains": [{"name": COM}], "mail_hosts": [reached["host"], b, d]},
        {"domains": [{"name": ORG}], "mail_hosts": [reached["host"], d]},
    ]
    assert dns_calls([], others) == []


def test_what_two_hosts_say_of_a_domain_is_the_same() -> None:
    with pytest.raises(AnsibleFilterError) as error:
        dns_calls([host(A, COM, ttl=60), host(B, COM, ttl=61)])
    told = f"domain 'example.com': is another one on each of its mail hosts; say the same of it for {A} and {B}"
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: domains_for(DOMAINS, "dmarc"), "part 'dmarc': is not known; give one of accounts, dkim, dns"),
        (lambda: domains_for("example.com", "dns"), "domains 'str': is no list"),
        (lambda: domains_for({"name": "example.com"}, "dns"), "domains 'dict': is no list"),
        (lambda: domains_for(["example.com"], "dns"), "mail_domains[1] 'str': is no dictionary"),
        (lambda: domains_for([{"dkim": True}], "dkim"), "mail_domains[1] dkim 'bool': is no dictionary"),
        (lambda: dns_calls(None), "hosts 'NoneType': is no list"),
        (lambda: dns_calls([], "x"), "others 'str': is no list"),
        (lambda: dns_calls([{**host(A), "domains": [{}]}]), "domains[1] of a.example.net 'dict': has no name"),
        (lambda: dns_calls([host(A, "no domain")]), "name of domains[1] of a.example.net 'no domain'"),
        (lambda: dns_calls([{**host(A), "keys": ["x"]}]), "keys of a.example.net 'str': has no name"),
        (lambda: dns_calls([{**host(A), "relays": {}}]), "relays of a.example.net 'dict': is no list"),
        (lambda: dns_calls([], [{"mail_hostname": B, "mail_relays": "x"}]), "mail_relays 'str': is no list"),
        (lambda: dns_calls([{**host(A), "domains": {}}]), "domains of a.example.net 'dict': is no list"),
        (
            lambda: dns_calls([], [{"mail_hostname": B, "mail_domains": "x"}]),
            "domains of b.example.net 'str': is no list",
        ),
    ],
)
def test_what_cannot_be_is_told(call: Any, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        call()
    assert told in str(error.value)
