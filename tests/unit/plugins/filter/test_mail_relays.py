# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that share mail_relays out, and put providers into the domains' SPF records."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.filter import dns_calls as calls_plugin
from ansible_collections.mailwright.mail.plugins.filter import relays_for as parts_plugin
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import DOMAIN
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.argspec import ONE

relays_for = parts_plugin.FilterModule().filters()["relays_for"]
dns_calls = calls_plugin.FilterModule().filters()["dns_calls"]
SECRET = "correct horse battery"
A, B = "a.example.net", "b.example.net"
COM, ORG = "example.com", "xn--bcher-kva.example"
ALL = {"spf_include": "_spf.All.example"}
LETTERS = {"spf_include": "spf.letters.example", "match": {"sender_domains": ["bücher.example"]}}


def test_each_part_gets_what_it_takes() -> None:
    whole = dict.fromkeys(ONE, "x") | {"password": SECRET, "match": {"senders": []}, "spf_include": "spf.p.example"}
    assert relays_for(iter([whole]), "relay") == [{key: value for key, value in whole.items() if key != "spf_include"}]
    assert relays_for([whole], "dns") == [{"match": {"senders": []}, "spf_include": "spf.p.example"}]
    assert SECRET not in str(relays_for([whole], "dns"))
    assert relays_for([{"host": "a.example", "prot": 25}], "relay") == [{"host": "a.example", "prot": 25}]
    assert relays_for([], "dns") == relays_for([], "relay") == []
    assert "spf_include" not in {*ONE, *DOMAIN}


def host(name: str, *relays: Any, **more: Any) -> dict[str, Any]:
    """One mail host of the play, with the same two domains as any other."""
    domains = [{"name": COM, **more}, {"name": "bücher.example"}]
    return {"host": {"name": name, "addresses": ["192.0.2.1"]}, "domains": domains, "keys": [], "relays": relays}


def spf(hosts: list[Any], others: Any = ()) -> dict[str, Any]:
    """Return ``spf`` of each domain as dns_records is called with it."""
    (call,) = dns_calls(hosts, others)
    return {domain["name"]: domain.get("spf") for domain in call["domains"]}


@pytest.mark.parametrize(
    ("relays", "com", "org"),
    [
        ([], None, None),
        ([{"match": None}], None, None),
        ([ALL], ["include:_spf.all.example"], ["include:_spf.all.example"]),
        # The relay for all mail gets none of a domain that has one of its own.
        ([ALL, LETTERS], ["include:_spf.all.example"], ["include:spf.letters.example"]),
        ([ALL, {"match": LETTERS["match"]}], ["include:_spf.all.example"], None),
        # Of one address: the domain's other mail goes elsewhere.
        (
            [ALL, {"spf_include": "x.example", "match": {"senders": ["News@Example.com"]}}],
            ["include:x.example", "include:_spf.all.example"],
            ["include:_spf.all.example"],
        ),
        # Anybody may write to a recipient.
        (
            [LETTERS, {"spf_include": "x.example", "match": {"recipient_domains": [".partner.example"]}}],
            ["include:x.example"],
            ["include:spf.letters.example", "include:x.example"],
        ),
        ([{"spf_include": "x.example", "match": {"sender_domains": ["other.example"]}}], None, None),
    ],
)
def test_a_provider_may_send_for_the_domains_that_are_relayed_through_it(relays: Any, com: Any, org: Any) -> None:
    found = spf([host(A, *relays)])
    assert found == {
        COM: com and {"mechanisms": com},
        "bücher.example": org and {"mechanisms": org},
    }


def test_what_the_domain_says_itself_stands() -> None:
    for own in ({"mechanisms": ["ip4:192.0.2.9"]}, {"mechanisms": []}):
        assert spf([host(A, ALL, spf=own)])[COM] == own
    assert spf([host(A, ALL, no_mail=True)])[COM] is None
    soft = {"all": "~all"}
    given = host(A, ALL, spf=soft)
    assert spf([given])[COM] == {"all": "~all", "mechanisms": ["include:_spf.all.example"]}
    assert soft == {"all": "~all"}
    assert "spf" in given["domains"][0]


def test_hosts_may_have_several_providers() -> None:
    """The play may not reach all of them."""
    letters = {**LETTERS, "host": "smtp.letters.example", "password": SECRET}
    both = ["include:_spf.all.example", "include:spf.letters.example"]
    assert spf([host(A, ALL), host(B, LETTERS, ALL)])["bücher.example"] == {"mechanisms": both}
    for said in ({"mail_relays": [letters]}, {"mail_relays": [ALL], "dns_relays": relays_for([letters], "dns")}):
        assert spf([host(A, ALL)], [{"mail_hostname": B, **said}])["bücher.example"] == {"mechanisms": both}
    elsewhere = {"mail_hostname": B, "mail_domains": [{"name": ORG}], "mail_relays": [{"spf_include": "b.example"}]}
    first, second = dns_calls([host(A, ALL)], [elsewhere])
    assert first["domains"] == [{"name": COM, "spf": {"mechanisms": ["include:_spf.all.example"]}}]
    assert second["domains"][0]["spf"] == {"mechanisms": ["include:_spf.all.example", "include:b.example"]}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: relays_for([], "spf"), "part 'spf': is not known; give one of dns, relay"),
        (lambda: relays_for("x", "dns"), "mail_relays 'str': is no list"),
        (lambda: relays_for([ALL, SECRET], "relay"), "mail_relays[2] 'str': is no dictionary; give one with host"),
        (
            lambda: spf([host(A, ALL, {"spf_include": "include:x.example"})]),
            "spf_include of relays[2] of a.example.net 'include:x.example': is no name",
        ),
        (lambda: spf([host(A, {"spf_include": 7})]), "spf_include of relays[1] of a.example.net 7: is no name"),
        (lambda: spf([host(A, {"spf_include": "no name"})]), "spf_include of relays[1] of a.example.net 'no name'"),
        (
            lambda: spf([host(A, {"match": {"senders": ["nobody"]}})]),
            "match.senders of relays[1] of a.example.net 'nobody'",
        ),
        (
            lambda: spf([host(A, {"match": {"sender_domains": ["a b"]}})]),
            "match.sender_domains of relays[1] of a.example.net 'a b'",
        ),
    ],
)
def test_what_cannot_be_is_told(call: Any, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        call()
    assert told in str(error.value)
    assert SECRET not in str(error.value)
