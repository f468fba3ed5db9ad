# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How wanted records meet what a zone has: case by case what the properties say in general."""

from __future__ import annotations

import pytest
from mail_zones.calls import HASH, MX1, MX2, run, wanted
from mail_zones.memory import Line, MemoryProvider

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.core.ledger import Ledger
from ansible_collections.mailwright.mail.plugins.module_utils.dns.converge import apply_records, plan_records
from ansible_collections.mailwright.mail.plugins.module_utils.dns.model import WantedSet
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zone import RRsetChange, Zone

D = "example.com"


def zone(*lines: Line, **kwargs: bool | None) -> MemoryProvider:
    return MemoryProvider({D: lines, "example.net": []}, **kwargs)


def contents(provider: MemoryProvider, name: str, type_: str) -> set[str]:
    return {line[3] for line in provider.lines() if line[:2] == (name, type_)}


def spf(provider: MemoryProvider) -> list[str]:
    return sorted(text for text in contents(provider, D, "TXT") if text.startswith('"v=spf1'))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("v=spf1 include:a.example ~all", "v=spf1 include:a.example mx ip4:192.0.2.1 ip6:2001:db8::1 ~all"),
        ("v=spf1 +MX ip4:192.0.2.1/32 -all", "v=spf1 +MX ip4:192.0.2.1/32 ip6:2001:db8::1 -all"),
        ("v=spf1 redirect=a.example", "v=spf1 mx ip4:192.0.2.1 ip6:2001:db8::1 redirect=a.example"),
        ("v=spf1 a", "v=spf1 a mx ip4:192.0.2.1 ip6:2001:db8::1"),
        ("V=SPF1 -all", "V=SPF1 mx ip4:192.0.2.1 ip6:2001:db8::1 -all"),
    ],
)
def test_an_spf_record_is_merged_and_comes_back(before: str, after: str) -> None:
    provider, ledger = zone((D, "TXT", 300, f'"{before}"')), Ledger()
    run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX1])
    assert contents(provider, D, "TXT") == {f'"{after}"'}
    run(provider, ledger, domains=[{"name": D, "state": "absent"}], mail_hosts=[MX1])
    assert contents(provider, D, "TXT") == {f'"{before}"'}


def test_an_spf_record_of_ours_follows_without_purge() -> None:
    provider, ledger = zone(), Ledger()
    relay = {"name": D, "spf": {"mechanisms": ["include:relay.example"], "all": "~all"}}
    run(provider, ledger, domains=[relay], mail_hosts=[MX2])
    assert spf(provider) == ['"v=spf1 mx ip4:192.0.2.2 include:relay.example ~all"']
    run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX2])
    assert spf(provider) == ['"v=spf1 mx ip4:192.0.2.2 -all"']


def test_the_terms_of_a_host_without_facts_stay() -> None:
    provider, ledger = zone(), Ledger()
    run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX1, MX2])
    plan = run(provider, ledger, True, domains=[{"name": D}], mail_hosts=[MX1])
    assert spf(provider) == ['"v=spf1 mx ip4:192.0.2.1 ip6:2001:db8::1 ip4:192.0.2.2 -all"']
    assert contents(provider, D, "MX") == {"10 mx1.example.net.", "20 mx2.example.net."}
    assert {note.reason for note in plan.kept} == {"the facts of the mail host mx2.example.net are not in this call"}


def test_a_merged_spf_record_never_exceeds_ten_lookups() -> None:
    many = " ".join(f"include:{number}.example" for number in range(10))
    provider = zone((D, "TXT", 300, f'"v=spf1 {many} -all"'))
    before = provider.lines()
    with pytest.raises(Conflict, match="would need 11 DNS lookups"):
        run(provider, Ledger(), domains=[{"name": D}], mail_hosts=[MX1])
    assert provider.lines() == before


def test_two_spf_records_are_left_and_told() -> None:
    provider = zone((D, "TXT", 300, '"v=spf1 a -all"'), (D, "TXT", 300, '"v=spf1 mx -all"'))
    plan = run(provider, Ledger(), domains=[{"name": D}], mail_hosts=[MX1])
    assert spf(provider) == ['"v=spf1 a -all"', '"v=spf1 mx -all"']
    assert "there are 2 SPF records" in " ".join(note.reason for note in plan.withheld)


def test_ours_goes_from_beside_another_spf_record() -> None:
    provider, ledger = zone(), Ledger()
    run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX1])
    key = (D, "TXT")
    lines = [(*key, 60, one) for one in (*contents(provider, *key), '"v=spf1 include:elsewhere.example -all"')]
    provider.zones[D][key] = MemoryProvider({D: lines}).zones[D][key]
    assert not run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX1]).changed
    run(provider, ledger, domains=[{"name": D, "state": "absent"}])
    assert spf(provider) == ['"v=spf1 include:elsewhere.example -all"']
    assert D not in ledger.owned.get("dns.spf", {})


def test_a_record_of_your_own_wins() -> None:
    own = [(f"_dmarc.{D}", "TXT", 300, '"v=DMARC1; p=none"'), (D, "MX", 300, "5 mx.elsewhere.example.")]
    provider, ledger = zone(*own), Ledger()
    plan = run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX1])
    assert contents(provider, f"_dmarc.{D}", "TXT") == {'"v=DMARC1; p=none"'}
    assert contents(provider, D, "MX") == {"5 mx.elsewhere.example."}
    assert {
        "there is a record of your own: v=DMARC1; p=none",
        "there is a record of your own: 5 mx.elsewhere.example.",
    } < {note.reason for note in plan.withheld}


def test_a_record_of_ours_that_somebody_changed_is_theirs() -> None:
    provider, ledger = zone(), Ledger()
    run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX1])
    key = (f"_dmarc.{D}", "TXT")
    provider.zones[D][key] = MemoryProvider({D: [(*key, 60, '"v=DMARC1; p=none"')]}).zones[D][key]
    run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX1])
    assert contents(provider, *key) == {'"v=DMARC1; p=none"'}
    run(provider, ledger, domains=[{"name": D, "state": "absent"}])
    assert {line for line in provider.lines() if line[0].endswith(D)} == {(*key, 60, '"v=DMARC1; p=none"')}


def test_a_value_that_changes_replaces_ours_and_others_need_a_purge() -> None:
    provider, ledger = zone(), Ledger()
    key = {"name": f"s1._domainkey.{D}", "value": "v=DKIM1; p=AAAA"}
    old = {"name": D, "dkim": [key], "dmarc": {"policy": "none"}}
    run(provider, ledger, domains=[old], mail_hosts=[{**MX1, "spki_sha256": [HASH]}])
    new = {"name": D, "dkim": [{**key, "name": f"s2._domainkey.{D}"}]}
    hosts = [{**MX1, "preference": 15, "spki_sha256": [HASH[::-1]]}]
    plan = run(provider, ledger, domains=[new], mail_hosts=hosts)
    assert contents(provider, f"_dmarc.{D}", "TXT") == {'"v=DMARC1; p=reject"'}
    assert contents(provider, D, "MX") == {"15 mx1.example.net."}
    assert len(contents(provider, "_25._tcp.mx1.example.net", "TLSA")) == 2
    assert {note.record.name for note in plan.kept} == {f"s1._domainkey.{D}", "_25._tcp.mx1.example.net"}
    run(provider, ledger, True, domains=[new], mail_hosts=hosts)
    assert contents(provider, f"s1._domainkey.{D}", "TXT") == set()
    assert contents(provider, "_25._tcp.mx1.example.net", "TLSA") == {f"3 1 1 {HASH[::-1]}"}


def test_a_host_that_is_only_named_gets_its_new_preference() -> None:
    provider, ledger = zone(), Ledger()
    for preference in (10, 20):
        host = {"name": "mx1.example.net", "preference": preference}
        run(provider, ledger, domains=[{"name": D}], mail_hosts=[host])
    assert contents(provider, D, "MX") == {"20 mx1.example.net."}


def test_a_purge_takes_nothing_that_the_call_was_not_told_of() -> None:
    provider, ledger = MemoryProvider({D: [], "example.org": [], "example.net": []}), Ledger()
    key = {"name": f"s1._domainkey.{D}", "value": "v=DKIM1; p=AAAA"}
    hosts = [{**MX1, "spki_sha256": [HASH]}]
    run(provider, ledger, domains=[{"name": D, "dkim": [key]}, {"name": "example.org"}], mail_hosts=hosts)
    before = provider.lines()
    run(provider, ledger, True, domains=[{"name": D}], mail_hosts=[MX1])
    assert provider.lines() == before


def test_ttl_is_ours_only_where_all_values_are() -> None:
    provider, ledger = zone((D, "TXT", 300, '"mine"')), Ledger()
    run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX1])
    run(provider, ledger, domains=[{"name": D}], mail_hosts=[MX1], ttl=60)
    assert {line[2] for line in provider.lines() if line[:2] == (D, "TXT")} == {300}
    assert {line[2] for line in provider.lines() if line[:2] == (D, "MX")} == {60}
    assert {line[2] for line in provider.lines() if line[:2] == ("mx1.example.net", "TXT")} == {60}


def test_tlsa_only_in_a_signed_zone() -> None:
    provider = zone(signed=False)
    plan = run(provider, Ledger(), domains=[{"name": D}], mail_hosts=[{**MX1, "spki_sha256": [HASH]}])
    assert contents(provider, "_25._tcp.mx1.example.net", "TLSA") == set()
    assert "the zone is not signed" in {note.reason for note in plan.withheld}


def test_a_domain_without_a_zone_is_an_error_and_a_host_without_one_is_not() -> None:
    with pytest.raises(Conflict, match=r"_dmarc\.example\.org: no zone that this server serves holds the name; create"):
        run(zone(), Ledger(), domains=[{"name": "example.org", "dmarc": {}}])
    provider = MemoryProvider({D: []})
    plan = run(provider, Ledger(), domains=[{"name": D}], mail_hosts=[MX1])
    assert "mx1.example.net" in {note.record.name for note in plan.withheld}


def test_a_delegated_domain_is_an_error() -> None:
    provider = zone((f"sub.{D}", "NS", 300, "ns.elsewhere.example."))
    with pytest.raises(Conflict, match=r"sub\.example\.com is delegated to other name servers"):
        run(provider, Ledger(), domains=[{"name": f"sub.{D}", "dmarc": {}}])


def test_what_was_asked_for_beside_a_cname_is_an_error() -> None:
    provider = zone((f"www.{D}", "CNAME", 300, "elsewhere.example."))
    before = provider.lines()
    asked = {"name": D, "records": [{"name": f"www.{D}", "type": "A", "value": "192.0.2.80"}]}
    with pytest.raises(Conflict, match=r"www\.example\.com A 192\.0\.2\.80 cannot be published .* a CNAME already"):
        run(provider, Ledger(), domains=[asked], mail_hosts=[MX1])
    assert provider.lines() == before


def test_signatures_do_not_stand_in_the_way_of_a_cname() -> None:
    provider = zone((f"mail.{D}", "RRSIG", 300, "x"), (f"mail.{D}", "NSEC", 300, "y"))
    run(provider, Ledger(), domains=[{"name": D}], mail_hosts=[MX1])
    assert contents(provider, f"mail.{D}", "CNAME") == {"mx1.example.net."}


def test_each_zone_is_read_once_and_written_at_most_once() -> None:
    names = [f"domain{number}.example" for number in range(20)]
    provider, ledger = MemoryProvider({name: [] for name in names}), Ledger()
    for _run in range(2):
        run(provider, ledger, True, domains=[{"name": name} for name in names], mail_hosts=[MX1])
    assert sorted(provider.reads) == sorted(names * 2)
    assert sorted(provider.writes) == sorted(names)


def test_an_absent_domain_whose_zone_is_gone_is_forgotten() -> None:
    provider, ledger = zone(), Ledger()
    run(provider, ledger, domains=[{"name": D, "dmarc": {}, "spf": {}}])
    del provider.zones[D]
    plan = run(provider, ledger, domains=[{"name": D, "state": "absent"}])
    assert plan.changed
    assert ledger.owned == {}


class Failing(MemoryProvider):
    """Fails to write one zone."""

    def write(self, zone: Zone, changes: list[RRsetChange]) -> None:
        if zone.name == "b.example":
            raise Unavailable("no more")
        super().write(zone, changes)


def test_a_run_that_fails_half_way_is_completed_by_the_next(tmp_path: object) -> None:
    path = f"{tmp_path}/owned.json"
    zones = ("a.example", "b.example", "c.example")
    failing = Failing({name: [] for name in zones})
    asked: WantedSet = wanted(domains=[{"name": name} for name in zones], mail_hosts=[MX1])
    with pytest.raises(Unavailable, match=r"no more; zones converged before that: a\.example"):
        apply_records(failing, plan_records(failing, asked, Ledger.read(path)), path)
    assert failing.zones["a.example"] and not failing.zones["b.example"] and not failing.zones["c.example"]
    working = MemoryProvider({})
    working.zones = failing.zones
    apply_records(working, plan_records(working, asked, Ledger.read(path)), path)
    assert all(working.zones.values())
    assert not plan_records(working, asked, Ledger.read(path)).changed
