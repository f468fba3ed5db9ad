# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which records a call wants: every row, with its facts and without them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from mail_zones.calls import HASH, MX1, MX2, values, wanted

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.module_utils.dns.policies import mta_sts_text, mta_sts_value

D = "example.com"
KEY = "v=DKIM1; k=rsa; p=" + "Q" * 392


def of(domain: dict[str, Any] | None = None, hosts: list[dict[str, Any]] | None = None, **options: Any) -> Any:
    """Return the wanted values for one domain."""
    return values(
        wanted(domains=[{"name": D, **(domain or {})}], mail_hosts=[MX1] if hosts is None else hosts, **options)
    )


def test_a_domain_with_nothing_but_a_host() -> None:
    assert of() == {
        (D, "MX"): {"10 mx1.example.net."},
        (D, "TXT"): {"v=spf1 mx ip4:192.0.2.1 ip6:2001:db8::1 -all"},
        (f"_dmarc.{D}", "TXT"): {"v=DMARC1; p=reject"},
        (f"mail.{D}", "CNAME"): {"mx1.example.net."},
        (f"_submissions._tcp.{D}", "SRV"): {"0 1 465 mx1.example.net."},
        (f"_imaps._tcp.{D}", "SRV"): {"0 1 993 mx1.example.net."},
        (f"_submission._tcp.{D}", "SRV"): {"0 1 587 mx1.example.net."},
        (f"_imap._tcp.{D}", "SRV"): {"0 0 0 ."},
        (f"_pop3._tcp.{D}", "SRV"): {"0 0 0 ."},
        (f"_pop3s._tcp.{D}", "SRV"): {"0 1 995 mx1.example.net."},
        (f"_sieve._tcp.{D}", "SRV"): {"0 1 4190 mx1.example.net."},
        ("mx1.example.net", "A"): {"192.0.2.1"},
        ("mx1.example.net", "AAAA"): {"2001:db8::1"},
        ("mx1.example.net", "TXT"): {"v=spf1 a -all"},
        ("1.2.0.192.in-addr.arpa", "PTR"): {"mx1.example.net."},
        (
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            "PTR",
        ): {"mx1.example.net."},
    }


def test_a_domain_without_a_host_gets_no_policy_that_stops_its_mail() -> None:
    assert of(hosts=[]) == {}
    asked = of({"spf": {"mechanisms": ["mx"]}, "dmarc": {"policy": "none"}}, [])
    assert asked == {(D, "TXT"): {"v=spf1 mx -all"}, (f"_dmarc.{D}", "TXT"): {"v=DMARC1; p=none"}}
    nothing = of({"no_mail": True}, [])
    assert nothing[D, "TXT"] == {"v=spf1 -all"}
    assert nothing[f"_dmarc.{D}", "TXT"] == {"v=DMARC1; p=reject"}


def test_two_hosts_and_a_relay() -> None:
    found = of({"spf": {"mechanisms": ["include:spf.Relay.example"], "all": "~all"}}, [MX1, MX2])
    assert found[D, "MX"] == {"10 mx1.example.net.", "20 mx2.example.net."}
    assert found[D, "TXT"] == {"v=spf1 mx ip4:192.0.2.1 ip6:2001:db8::1 ip4:192.0.2.2 include:spf.relay.example ~all"}


def test_a_host_that_only_sends_is_no_mx() -> None:
    found = of(hosts=[{**MX1, "mx": False}])
    assert (D, "MX") not in found
    assert found[D, "TXT"] == {"v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"}


def test_tlsa_for_every_key_and_issuer() -> None:
    host = {**MX1, "spki_sha256": [HASH.upper(), HASH], "issuer_spki_sha256": [HASH[::-1]], "tlsa_ports": [25, 993]}
    found = of(hosts=[host])
    for port in (25, 993):
        assert found[f"_{port}._tcp.mx1.example.net", "TLSA"] == {f"3 1 1 {HASH}", f"2 1 1 {HASH[::-1]}"}


def test_dkim_as_the_key_module_returns_it() -> None:
    name = f"s1._domainkey.{D}"
    record = {"name": name, "type": "TXT", "value": KEY, "ttl": 60, "strings": [KEY[:255], KEY[255:]]}
    found = wanted(domains=[{"name": D, "dkim": [{**record, "host": "MX1.example.net"}]}], mail_hosts=[MX1])
    (one,) = [one for one in found.records if one.record.name == name]
    assert (one.record.value, one.record.ttl, str(one.owner)) == (KEY, 60, f"{D}/mx1.example.net")


def test_dmarc_with_all_its_tags() -> None:
    given = {
        "policy": "quarantine",
        "subdomain_policy": "reject",
        "nonexistent_policy": "reject",
        "dkim_alignment": "strict",
        "spf_alignment": "relaxed",
        "failure_options": ["1", "d"],
        "testing": True,
        "rua": [f"dmarc@{D}", "mailto:a!b+c@Reports.example"],
        "ruf": [f"ruf@{D}"],
    }
    found = of({"dmarc": given})
    assert found[f"_dmarc.{D}", "TXT"] == {
        "v=DMARC1; p=quarantine; sp=reject; np=reject; adkim=s; aspf=r; fo=1:d; t=y; "
        f"rua=mailto:dmarc@{D},mailto:a%21b+c@reports.example; ruf=mailto:ruf@{D}"
    }
    assert found[f"{D}._report._dmarc.reports.example", "TXT"] == {"v=DMARC1;"}
    assert not [name for name, _type in found if name.endswith(f"_report._dmarc.{D}")]


def test_the_id_of_mta_sts_follows_the_text_alone() -> None:
    text = mta_sts_text("enforce", 604800, ["mx1.example.net"])
    assert text == "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.net\r\nmax_age: 604800\r\n"
    identifier = hashlib.sha256(text.encode()).hexdigest()[:32]
    assert of({"mta_sts": {}})[f"_mta-sts.{D}", "TXT"] == {f"v=STSv1; id={identifier}"} == {mta_sts_value(text)}
    assert of({"mta_sts": {}})[f"mta-sts.{D}", "CNAME"] == {"mx1.example.net."}
    assert of({"mta_sts": {"mode": "testing"}})[f"_mta-sts.{D}", "TXT"] != {mta_sts_value(text)}


def test_reports_of_tls_bimi_and_caa() -> None:
    found = of(
        {
            "tls_rpt": {"rua": [f"tls@{D}", "https://reports.example/tls"]},
            "bimi": {"logo": "https://example.com/logo.svg"},
            "caa": [
                {
                    "value": "ca.example",
                    "account_uri": "https://ca.example/acct/1",
                    "validation_methods": ["dns-01", "http-01"],
                },
                {"tag": "iodef", "value": f"mailto:security@{D}", "critical": True},
            ],
        }
    )
    assert found[f"_smtp._tls.{D}", "TXT"] == {f"v=TLSRPTv1; rua=mailto:tls@{D},https://reports.example/tls"}
    assert found[f"default._bimi.{D}", "TXT"] == {"v=BIMI1; l=https://example.com/logo.svg; a="}
    assert found[D, "CAA"] == {
        '0 issue "ca.example; accounturi=https://ca.example/acct/1; validationmethods=dns-01,http-01"',
        f'128 iodef "mailto:security@{D}"',
    }


def test_names_that_never_send() -> None:
    found = of({"no_mail": True, "no_mail_names": [f"www.{D}"], "tls_rpt": {"rua": [f"tls@{D}"]}, "mta_sts": {}})
    ours = {key: value for key, value in found.items() if key[0].endswith(D)}
    assert ours == {
        (D, "MX"): {"0 ."},
        (D, "TXT"): {"v=spf1 -all"},
        (f"_dmarc.{D}", "TXT"): {"v=DMARC1; p=reject"},
        (f"www.{D}", "MX"): {"0 ."},
        (f"www.{D}", "TXT"): {"v=spf1 -all"},
        (f"_dmarc.www.{D}", "TXT"): {"v=DMARC1; p=reject"},
    }


def test_settings_by_https_only_where_they_are_served() -> None:
    assert not [name for name, _type in of() if "auto" in name]
    found = of(services=["autoconfig"])
    assert found[f"autoconfig.{D}", "CNAME"] == found[f"autodiscover.{D}", "CNAME"] == {"mx1.example.net."}
    assert found[f"_autodiscover._tcp.{D}", "SRV"] == {"0 1 443 mx1.example.net."}
    assert (f"_imaps._tcp.{D}", "SRV") not in found
    assert found[f"_submission._tcp.{D}", "SRV"] == {"0 0 0 ."}


@pytest.mark.parametrize(
    ("client_name", "hosts"),
    [("mx1.example.com", [{"name": "mx1.example.com"}]), ("mail.example.net", [MX1]), (D, [MX1])],
)
def test_a_client_name_that_needs_no_alias(client_name: str, hosts: list[dict[str, Any]]) -> None:
    found = of({"client_name": client_name}, hosts)
    assert not [key for key in found if key[1] == "CNAME"]
    # An SRV record leads to a name with addresses: the client name where it is one.
    assert found[f"_imaps._tcp.{D}", "SRV"] == {f"0 1 993 {client_name}."}


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("mx", (D, "MX")),
        ("spf", (D, "TXT")),
        ("dmarc", (f"_dmarc.{D}", "TXT")),
        ("client", (f"mail.{D}", "CNAME")),
        ("services", (f"_imaps._tcp.{D}", "SRV")),
    ],
)
def test_what_is_left_out_is_not_wanted(row: str, key: tuple[str, str]) -> None:
    assert key in of()
    assert key not in of({"leave_out": [row]})


def test_internationalised_names() -> None:
    found = values(wanted(domains=[{"name": "bücher.example"}], mail_hosts=[MX1]))
    assert found["_dmarc.xn--bcher-kva.example", "TXT"] == {"v=DMARC1; p=reject"}


def test_own_records_stand_in_for_defaults_and_beside_shared_ones() -> None:
    own = [
        {"name": f"_dmarc.{D}", "type": "TXT", "value": "v=DMARC1; p=none"},
        {"name": f"mail.{D}", "type": "A", "value": "192.0.2.99"},
        {"name": D, "type": "MX", "value": "5 mx.elsewhere.example"},
        {"name": D, "type": "TXT", "value": "v=spf1 redirect=_spf.elsewhere.example"},
        {"name": D, "type": "TXT", "value": "verification=1"},
        {"name": D, "type": "CAA", "value": "0 issue other.example"},
        {"name": f"_imaps._tcp.{D}", "type": "CNAME", "value": "srv.elsewhere.example"},
    ]
    found = wanted(domains=[{"name": D, "records": own, "caa": [{"value": "ca.example"}]}], mail_hosts=[MX1])
    by_key = values(found)
    assert by_key[f"_dmarc.{D}", "TXT"] == {"v=DMARC1; p=none"}
    assert by_key[f"mail.{D}", "A"] == {"192.0.2.99"}
    assert (f"mail.{D}", "CNAME") not in by_key
    assert by_key[D, "MX"] == {"5 mx.elsewhere.example."}
    assert by_key[D, "TXT"] == {"v=spf1 redirect=_spf.elsewhere.example", "verification=1"}
    assert by_key[D, "CAA"] == {'0 issue "ca.example"', '0 issue "other.example"'}
    assert (f"_imaps._tcp.{D}", "SRV") not in by_key
    assert len(found.notes) == 5
    assert f"_dmarc.{D} TXT: a record of your own stands in for v=DMARC1; p=reject" in found.notes


def test_an_rrset_has_one_ttl() -> None:
    own = [{"name": D, "type": "TXT", "value": "verification=1", "ttl": 60}]
    found = wanted(domains=[{"name": D, "records": own}], mail_hosts=[MX1], ttl=7200)
    assert {record.ttl for record in found.all_records() if (record.name, record.type) == (D, "TXT")} == {60}
    assert {record.ttl for record in found.all_records() if record.type == "MX"} == {7200}


def test_an_absent_domain_wants_nothing() -> None:
    found = wanted(domains=[{"name": D, "state": "absent"}], mail_hosts=[{**MX1, "state": "absent"}])
    assert found.all_records() == []
    assert (found.gone_domains, found.gone_hosts) == ({D}, {"mx1.example.net"})


def record(type_: str, value: str, name: str = f"x.{D}") -> dict[str, Any]:
    return {"records": [{"name": name, "type": type_, "value": value}]}


@pytest.mark.parametrize(
    ("domain", "told"),
    [
        ({"name": "no domain"}, "name of a domain 'no domain': has the label"),
        ({"name": "localhost"}, "has one label only"),
        ({"client_name": "mail"}, "client_name of domain example.com 'mail': has one label only"),
        ({"host": "mx9.example.net"}, "is none of mail_hosts"),
        ({"ttl": -1}, "ttl of domain example.com"),
        ({"no_mail_names": ["www.example.org"]}, "is not below example.com"),
        ({"spf": {"mechanisms": ["ip4:300.0.0.1"]}}, "has no IP address or network"),
        ({"spf": {"mechanisms": ["ip4:2001:db8::1"]}}, "has an address of IPv6"),
        ({"spf": {"mechanisms": ["include:a b"]}}, "is no single word"),
        ({"spf": {"mechanisms": ["redirect=a.example"]}}, "is no mechanism of SPF"),
        ({"spf": {"mechanisms": ["-all"]}}, "is no mechanism of SPF"),
        ({"spf": {"mechanisms": ["include:"]}}, "is empty"),
        ({"spf": {"mechanisms": [f"include:a{n}.example" for n in range(10)]}}, "would need 11 DNS lookups"),
        ({"dkim": [{"name": f"s1._domainkey.other.{D}", "value": KEY}]}, "is no name of one of its keys"),
        ({"dkim": [{"name": f"_domainkey.{D}", "value": KEY}]}, "is no name of one of its keys"),
        ({"dkim": [{"name": f"s 1._domainkey.{D}", "value": KEY}]}, "has the label 's 1'"),
        ({"dkim": [{"name": f"s1._domainkey.{D}", "value": "hello"}]}, "is no DKIM key"),
        ({"dkim": [{"name": f"s1._domainkey.{D}", "value": f'"{KEY}"'}]}, "is in quotes"),
        ({"dkim": [{"name": f"s1._domainkey.{D}", "value": KEY, "strings": ["v=DKIM1"]}]}, "strings and value"),
        ({"dkim": [{"name": f"s1._domainkey.{D}", "value": KEY, "host": "mx9.example.net"}]}, "none of mail_hosts"),
        ({"dmarc": {"rua": ["nobody"]}}, "has no @"),
        ({"tls_rpt": {"rua": []}}, "is empty"),
        ({"tls_rpt": {"rua": ["https://a.example/x,y"]}}, "characters that the record does not take"),
        ({"bimi": {"logo": "http://example.com/logo.svg"}}, "is no https URL"),
        ({"mta_sts": {"max_age": 10**9}}, "is out of range"),
        ({"mta_sts": {"mx": []}}, "has no mail host to name"),
        ({"caa": [{"value": 'a"b'}]}, "has a quote"),
        ({"caa": [{"tag": "bad-tag", "value": "ca.example"}]}, "is no flag, tag and text"),
        (record("A", "2001:db8::1"), "is no IPv4 address"),
        (record("AAAA", "192.0.2.1"), "is no IPv6 address"),
        (record("AAAA", "fe80::1%eth0"), "is no IPv6 address"),
        (record("MX", "mx1.example.net"), "has 1 fields and not 2"),
        (record("MX", "70000 mx1.example.net"), "a number from 0 to 65535"),
        (record("SRV", "0 1 x mail.example.com"), "a number from 0 to 65535"),
        (record("TLSA", "3 1 1 abcd"), "data of the wrong form or length"),
        (record("TLSA", "3 1"), "has too few fields"),
        (record("SSHFP", "4 2 xyz"), "data of the wrong form"),
        (record("CNAME", "here"), "has one label only"),
        (record("TXT", ""), "is empty"),
        (record("TXT", '"quoted"'), "is in quotes"),
        (record("TXT", "two\nlines"), "has the control character '\\n'"),
        (record("TXT", "nul\0"), "has the control character"),
        (record("TXT", "x" * 70000), "is longer than"),
        (record("A", "192.0.2.1", "x.example.org"), "is not below example.com"),
        (record("A", "192.0.2.1", f"a.*.{D}"), "has the label '*'"),
        (record("A", "192.0.2.1", f"_{'a' * 64}.{D}"), "which is none"),
        (record("A", "192.0.2.1", f"{'_a.' * 120}{D}"), "is longer than 253"),
        (
            {"records": [*record("A", "192.0.2.1")["records"], *record("CNAME", "a.example")["records"]]},
            "nothing may stand beside a CNAME",
        ),
        (
            {"records": [*record("TXT", "v=DMARC1; p=none")["records"], *record("TXT", "v=DMARC1; p=x")["records"]]},
            "is wanted with 2 records v=DMARC1",
        ),
        (record("TXT", "v=spf1 " + " ".join(f"a:{n}.example" for n in range(11))), "would need 11 DNS lookups"),
    ],
)
def test_bad_domains_are_refused(domain: dict[str, Any], told: str) -> None:
    with pytest.raises(MailwrightError) as error:
        of(domain)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ({"name": "mx1"}, "has one label only"),
        ({"addresses": ["mx1.example.net"]}, "is no IP address"),
        ({"addresses": ["fe80::1%eth0"]}, "is no IP address"),
        ({"preference": 70000}, "is out of range"),
        ({"spki_sha256": ["abc"]}, "is no SHA-256 hash"),
        ({"tlsa_ports": [0]}, "is no port"),
    ],
)
def test_bad_hosts_are_refused(host: dict[str, Any], told: str) -> None:
    with pytest.raises(MailwrightError) as error:
        of(hosts=[{**MX1, **host}])
    assert told in str(error.value)


def test_the_same_twice_is_refused() -> None:
    with pytest.raises(MailwrightError, match=r"domains: example\.com stands there twice"):
        wanted(domains=[{"name": D}, {"name": "EXAMPLE.com."}])
    with pytest.raises(MailwrightError, match=r"mail_hosts: mx1\.example\.net stands there twice"):
        wanted(mail_hosts=[MX1, MX1])
