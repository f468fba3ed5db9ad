# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties that every plan has, whatever a zone holds and whatever is asked for."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from mail_zones.calls import HASH, run
from mail_zones.memory import Line, MemoryProvider

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict
from ansible_collections.mailwright.mail.plugins.module_utils.core.ledger import Ledger

DOMAIN, HOSTS = "example.com", "example.net"
SOA = ("SOA", 3600, "ns1.example.net. hostmaster.example.net. 1 3600 600 86400 300")
# What others may have put where our records go, and beside them.
FOREIGN: list[Line] = [
    (DOMAIN, "A", 300, "198.51.100.7"),
    (DOMAIN, "MX", 300, "5 mail.elsewhere.example."),
    (DOMAIN, "MX", 300, "10 mx1.example.net."),
    (DOMAIN, "TXT", 300, '"site-verification=1" "abc"'),
    (DOMAIN, "TXT", 300, '"v=spf1 include:_spf.elsewhere.example ?all"'),
    (DOMAIN, "TXT", 300, '"v=spf1 mx redirect=_spf.elsewhere.example"'),
    (DOMAIN, "CAA", 300, '0 issue "ca.elsewhere.example"'),
    (DOMAIN, "CAA", 300, '0 issue "ca.example"'),
    (f"_dmarc.{DOMAIN}", "CNAME", 300, "dmarc.elsewhere.example."),
    (f"_dmarc.{DOMAIN}", "TXT", 300, '"v=DMARC1; p=none"'),
    (f"_dmarc.{DOMAIN}", "TXT", 300, '"unrelated"'),
    (f"mail.{DOMAIN}", "A", 300, "198.51.100.8"),
    (f"mail.{DOMAIN}", "TXT", 300, '"hello"'),
    (f"mail.{DOMAIN}", "CNAME", 300, "mx1.example.net."),
    (f"s1._domainkey.{DOMAIN}", "TXT", 300, '"v=DKIM1; p=AAAA"'),
    (f"_imaps._tcp.{DOMAIN}", "SRV", 300, "0 1 993 imap.elsewhere.example."),
    (f"www.{DOMAIN}", "A", 300, "198.51.100.9"),
    (f"mx1.{HOSTS}", "A", 300, "192.0.2.1"),
    (f"mx1.{HOSTS}", "A", 300, "198.51.100.10"),
    (f"mx1.{HOSTS}", "TXT", 300, '"v=spf1 ip4:198.51.100.10 -all"'),
    (f"_25._tcp.mx1.{HOSTS}", "TLSA", 300, f"3 1 1 {HASH}"),
]


@st.composite
def zones(draw: st.DrawFn) -> dict[str, list[Line]]:
    lines = draw(st.lists(st.sampled_from(FOREIGN), unique=True, max_size=12))
    aliases = {line[0] for line in lines if line[1] == "CNAME"}
    lines = [line for line in lines if line[1] == "CNAME" or line[0] not in aliases]
    result: dict[str, list[Line]] = {zone: [(zone, *SOA)] for zone in (DOMAIN, HOSTS)}
    for line in lines:
        result[DOMAIN if line[0].endswith(DOMAIN) else HOSTS].append(line)
    return result


hosts = st.fixed_dictionaries(
    {},
    optional={
        "addresses": st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1"]), unique=True),
        "preference": st.sampled_from([10, 20]),
        "spki_sha256": st.lists(st.sampled_from([HASH, HASH[::-1]]), unique=True),
        "mx": st.booleans(),
    },
)
domains = st.fixed_dictionaries(
    {},
    optional={
        "spf": st.fixed_dictionaries(
            {"all": st.sampled_from(["-all", "~all"])},
            optional={"mechanisms": st.lists(st.sampled_from(["include:a.example", "ip4:192.0.2.0/24"]), unique=True)},
        ),
        "dkim": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from([f"s1._domainkey.{DOMAIN}", f"s2._domainkey.{DOMAIN}"]),
                    "value": st.sampled_from(["v=DKIM1; k=rsa; p=" + "Q" * 400, "v=DKIM1; p="]),
                }
            ),
            max_size=2,
            unique_by=lambda key: key["name"],
        ),
        "dmarc": st.fixed_dictionaries({"policy": st.sampled_from(["none", "reject"])}),
        "mta_sts": st.fixed_dictionaries({"max_age": st.sampled_from([1, 2])}),
        "caa": st.just([{"value": "ca.example"}]),
        "leave_out": st.lists(st.sampled_from(["mx", "spf", "client", "services"]), unique=True),
        "no_mail": st.booleans(),
        "no_mail_names": st.just([f"www.{DOMAIN}"]),
        "records": st.lists(
            st.sampled_from(
                [
                    {"name": f"www.{DOMAIN}", "type": "A", "value": "192.0.2.80"},
                    {"name": DOMAIN, "type": "TXT", "value": 'with "quotes"; and more'},
                    {"name": f"mail.{DOMAIN}", "type": "A", "value": "192.0.2.81", "ttl": 60},
                ]
            ),
            max_size=2,
            unique_by=lambda record: record["name"],
        ),
    },
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(["mx1.example.net", "mx2.example.net"]), unique=True, min_size=1))
    request: dict[str, Any] = {
        "domains": [{"name": DOMAIN, **draw(domains)}],
        "mail_hosts": [{"name": name, **draw(hosts)} for name in names],
    }
    for domain in request["domains"]:
        if "mta_sts" in domain and not any(host.get("mx", True) for host in request["mail_hosts"]):
            del domain["mta_sts"]
    return request


def try_run(provider: MemoryProvider, ledger: Ledger, purge: bool, request: dict[str, Any]) -> None:
    try:
        run(provider, ledger, purge, **request)
    except Conflict:
        assume(False)


@given(found=zones(), steps=st.lists(st.tuples(requests(), st.booleans()), min_size=1, max_size=3))
def test_a_second_plan_is_empty(found: dict[str, list[Line]], steps: list[tuple[dict[str, Any], bool]]) -> None:
    provider, ledger = MemoryProvider(found), Ledger()
    for request, purge in steps:
        try_run(provider, ledger, purge, request)
        zone_lines, held = provider.lines(), copy.deepcopy(ledger.owned)
        again = run(provider, ledger, purge, **request)
        assert not again.changed
        assert (provider.lines(), ledger.owned) == (zone_lines, held)


@given(found=zones(), steps=st.lists(st.tuples(requests(), st.booleans()), min_size=1, max_size=3))
def test_what_others_published_survives(found: dict[str, list[Line]], steps: list[tuple[dict[str, Any], bool]]) -> None:
    """All of it as it was, down to its strings; an SPF record has all its terms, in their order."""
    provider, ledger = MemoryProvider(found), Ledger()
    before = provider.lines()
    for request, purge in steps:
        try_run(provider, ledger, purge, request)
    after = provider.lines()
    for line in before - after:
        assert line[3].startswith('"v=spf1')
        merged = [one[3].strip('"').split() for one in after if one[:3] == line[:3] and one[3].startswith('"v=spf1')]
        assert len(merged) == 1
        terms = iter(merged[0])
        assert all(term in terms for term in line[3].strip('"').split())


@given(found=zones(), steps=st.lists(st.tuples(requests(), st.booleans()), min_size=1, max_size=3))
def test_absent_undoes_present(found: dict[str, list[Line]], steps: list[tuple[dict[str, Any], bool]]) -> None:
    provider, ledger = MemoryProvider(found), Ledger()
    before = provider.lines()
    for request, purge in steps:
        try_run(provider, ledger, purge, request)
    gone = {
        "domains": [{"name": DOMAIN, "state": "absent"}],
        "mail_hosts": [{"name": name, "state": "absent"} for name in ("mx1.example.net", "mx2.example.net")],
    }
    run(provider, ledger, **gone)
    assert provider.lines() == before
    assert ledger.owned == {}
    assert not run(provider, ledger, **gone).changed


@given(found=zones(), request=requests(), later=requests(), purge=st.booleans())
def test_there_is_never_anything_beside_a_cname(
    found: dict[str, list[Line]], request: dict[str, Any], later: dict[str, Any], purge: bool
) -> None:
    provider, ledger = MemoryProvider(found), Ledger()
    for one in (request, later):
        try_run(provider, ledger, purge, one)
        lines = provider.lines()
        for name in {line[0] for line in lines if line[1] == "CNAME"}:
            assert len([line for line in lines if line[0] == name]) == 1


@given(found=zones(), request=requests(), later=requests())
def test_the_names_of_a_host_without_facts_stay(
    found: dict[str, list[Line]], request: dict[str, Any], later: dict[str, Any]
) -> None:
    provider, ledger = MemoryProvider(found), Ledger()
    try_run(provider, ledger, False, request)
    ours = {
        (name, scope)
        for scope, names in ledger.owned.get("dns.records", {}).items()
        for name, entry in names.items()
        if entry.owner.endswith("/mx2.example.net")
    }
    later["mail_hosts"] = [host for host in later["mail_hosts"] if host["name"] != "mx2.example.net"]
    if "mta_sts" in later["domains"][0]:
        del later["domains"][0]["mta_sts"]
    try_run(provider, ledger, True, later)
    for name, scope in ours:
        assert name in ledger.owned["dns.records"][scope]
