# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_host() by the examples of RFC 7208 itself, and what it is handed."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

import dns.exception
import dns.message
import dns.resolver
import dns.rrset
import pytest
from lookups import Table, flat
from mail_zones.fake_nameserver import FakeNameServer, serving

from ansible_collections.mailwright.mail.plugins.module_utils.checks import spf
from ansible_collections.mailwright.mail.plugins.module_utils.checks.spf import check_host
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dns.resolver import Resolver

# Appendix A, with the reverse zones below it.
EXAMPLE: dict[str, dict[str, Sequence[str] | str]] = {
    "example.com": {"MX": ["10 mail-a.example.com.", "20 mail-b.example.com."], "A": ["192.0.2.10", "192.0.2.11"]},
    "amy.example.com": {"A": ["192.0.2.65"]},
    "bob.example.com": {"A": ["192.0.2.66"]},
    "mail-a.example.com": {"A": ["192.0.2.129"]},
    "mail-b.example.com": {"A": ["192.0.2.130"]},
    "www.example.com": {"CNAME": ["example.com."]},
    "example.org": {"MX": ["10 mail-c.example.org."]},
    "mail-c.example.org": {"A": ["192.0.2.140"]},
    "10.2.0.192.in-addr.arpa": {"PTR": ["example.com."]},
    "11.2.0.192.in-addr.arpa": {"PTR": ["example.com."]},
    "65.2.0.192.in-addr.arpa": {"PTR": ["amy.example.com."]},
    "66.2.0.192.in-addr.arpa": {"PTR": ["bob.example.com."]},
    "129.2.0.192.in-addr.arpa": {"PTR": ["mail-a.example.com."]},
    "130.2.0.192.in-addr.arpa": {"PTR": ["mail-b.example.com."]},
    "140.2.0.192.in-addr.arpa": {"PTR": ["mail-c.example.org."]},
    "4.0.0.10.in-addr.arpa": {"PTR": ["bob.example.com."]},
}
HOSTS = (
    "192.0.2.10",
    "192.0.2.11",
    "192.0.2.65",
    "192.0.2.129",
    "192.0.2.130",
    "192.0.2.131",
    "192.0.2.140",
    "10.0.0.4",
)


def zone(**texts: str) -> dict[str, dict[str, Sequence[str] | str]]:
    """Return the example's zone with the TXT records ``texts``, ``_`` for the domain itself."""
    result = {name: dict(types) for name, types in EXAMPLE.items()}
    for label, text in texts.items():
        name = "example.com" if label == "_" else f"{label.replace('__', '.')}.example.com"
        result.setdefault(name, {})["TXT"] = [text]
    return result


def judge(ip: str, table: dict[str, Any], sender: str = "strong-bad@example.com", **options: Any) -> spf.SpfResult:
    return check_host(ip, sender.rpartition("@")[2], sender, "mx.example.net", Table(flat(table)), **options)


@pytest.mark.parametrize(
    ("record", "passing"),
    [
        ("v=spf1 +all", HOSTS),
        ("v=spf1 a -all", ("192.0.2.10", "192.0.2.11")),
        ("v=spf1 a:example.org -all", ()),
        ("v=spf1 mx -all", ("192.0.2.129", "192.0.2.130")),
        ("v=spf1 mx:example.org -all", ("192.0.2.140",)),
        ("v=spf1 mx mx:example.org -all", ("192.0.2.129", "192.0.2.130", "192.0.2.140")),
        ("v=spf1 mx/30 mx:example.org/30 -all", ("192.0.2.129", "192.0.2.130", "192.0.2.131", "192.0.2.140")),
        ("v=spf1 ptr -all", ("192.0.2.10", "192.0.2.11", "192.0.2.65", "192.0.2.129", "192.0.2.130")),
        ("v=spf1 ip4:192.0.2.128/28 -all", ("192.0.2.129", "192.0.2.130", "192.0.2.131", "192.0.2.140")),
    ],
)
def test_simple_examples(record: str, passing: tuple[str, ...]) -> None:
    results = {host: judge(host, zone(_=record)).result for host in HOSTS}
    assert results == {host: "pass" if host in passing else "fail" for host in HOSTS}


def test_blocklist_style_example() -> None:
    table = zone(
        _="v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all",
        **{
            "mobile-users___spf": "v=spf1 exists:%{l1r+}.%{d}",
            "remote-users___spf": "v=spf1 exists:%{ir}.%{l1r+}.%{d}",
        },
    )
    table["mary.mobile-users._spf.example.com"] = {"A": ["127.0.0.2"]}
    table["15.15.168.192.joel.remote-users._spf.example.com"] = {"A": ["127.0.0.2"]}
    assert judge("192.0.2.129", table).matched == "mx"
    mary = judge("198.51.100.1", table, "mary+news@example.com")
    assert (mary.result, mary.matched) == ("pass", "include:mobile-users._spf.%{d} (exists:%{l1r+}.%{d})")
    joel = judge("192.168.15.15", table, "joel@example.com")
    assert joel.path == ("include:remote-users._spf.%{d}", "exists:%{ir}.%{l1r+}.%{d}")
    assert judge("192.168.15.16", table, "joel@example.com").result == "fail"


def test_multiple_requirements_example() -> None:
    table = zone(
        _="v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all",
        ip4___spf="v=spf1 -ip4:192.0.2.0/24 +all",
        ptr___spf="v=spf1 -ptr:example.com +all",
    )
    found = {host: judge(host, table).result for host in ("192.0.2.65", "192.0.2.140", "10.0.0.4", "198.51.100.1")}
    assert found == {"192.0.2.65": "pass", "192.0.2.140": "fail", "10.0.0.4": "fail", "198.51.100.1": "fail"}


@pytest.mark.parametrize(
    ("macro", "expanded"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        # Beyond section 7.4: the escapes, and a URL.
        ("%%.%_.%-.%{D2}", "%. .%20.example.com"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("%{d000000002}", "example.com"),
        (f"%{{d{'9' * 5000}}}", "email.example.com"),
        ("%{h}.%{p}.%{c}.%{r}", "mx.example.net.unknown.192.0.2.3.here.example"),
    ],
)
def test_macros(macro: str, expanded: str) -> None:
    """Section 7.4, both where names stand and in an explanation."""
    told = {"email.example.com": {"TXT": ["v=spf1 -all exp=why.example.com"]}, "why.example.com": {"TXT": [macro]}}
    sender = "strong-bad@email.example.com"
    assert judge("192.0.2.3", told, sender, receiver="here.example").explanation == expanded
    if "%{c}" not in macro:
        asked = Table(flat({"email.example.com": {"TXT": [f"v=spf1 exists:{macro} -all"]}}))
        check_host("192.0.2.3", "email.example.com", sender, "mx.example.net", asked)
        assert asked.asked[1:] == [f"{expanded} A"]


def test_an_ipv6_address_in_a_name() -> None:
    table = Table(flat({"example.com": {"TXT": ["v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all"]}}))
    check_host("2001:db8::cb01", "example.com", "strong-bad@example.com", resolver=table)
    name = "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
    assert table.asked[1:] == [f"{name} A"]


@pytest.mark.parametrize("macro", ["%", "%{", "%{d", "%{x}", "%{d2rr}", "%{dr2}", "%{d0}", "%(d)", "%{t}", "%{d*}"])
def test_what_is_no_macro(macro: str) -> None:
    result = judge("192.0.2.3", zone(_=f"v=spf1 exists:{macro}.example.com -all"))
    assert result.result == "permerror"
    assert "macro" in result.problem or "only for explanations" in result.problem or "no part" in result.problem


@pytest.mark.parametrize(
    ("record", "matched"),
    [
        ("v=spf1 include:spf.example.com -all", "include:spf.example.com (ip4:192.0.2.3)"),
        ("v=spf1 redirect=spf.example.com", "redirect=spf.example.com (ip4:192.0.2.3)"),
        (
            "v=spf1 include:outer.example.com -all",
            "include:outer.example.com (include:spf.example.com (ip4:192.0.2.3))",
        ),
        ("v=spf1 +IP4:192.0.2.0/24 -all", "IP4:192.0.2.0/24"),
        ("v=spf1 -ip4:192.0.2.3 ~all", "-ip4:192.0.2.3"),
        ("v=spf1 ip4:192.0.2.4", ""),
        ("v=spf1 redirect=neutral.example.com", ""),
    ],
)
def test_what_matched(record: str, matched: str) -> None:
    table = zone(_=record, spf="v=spf1 ip4:192.0.2.3 ?all", outer="v=spf1 include:spf.example.com", neutral="v=spf1")
    assert judge("192.0.2.3", table).matched == matched


def test_an_explanation_may_ask_in_vain() -> None:
    """Section 4.6.4: what is asked for an explanation counts for nothing."""
    table = zone(_="v=spf1 a:no1.example.com a:no2.example.com -all exp=no3.example.com")
    result = judge("198.51.100.1", table)
    assert (result.result, result.explanation, result.lookups, result.void_lookups) == ("fail", "", 2, 2)


@pytest.mark.parametrize("ip", ["192.0.2.3", "::ffff:192.0.2.3", ipaddress.ip_address("::ffff:192.0.2.3")])
def test_forms_of_an_address(ip: Any) -> None:
    assert check_host(ip, "example.com", "", resolver=Table(flat(zone(_="v=spf1 ip4:192.0.2.3 -all")))).result == "pass"


def test_no_address() -> None:
    with pytest.raises(InvalidValue, match=r"ip '192\.0\.2\.300': is no IP address"):
        check_host("192.0.2.300", "example.com", "", resolver=Table({}))


@pytest.mark.parametrize("domain", ["", "com", "a..example.com", f"{'a' * 64}.example.com", "a." * 130 + "com", "."])
def test_malformed_domains(domain: str) -> None:
    table = Table({})
    assert check_host("192.0.2.3", domain, f"me@{domain}", resolver=table).result == "none"
    assert table.asked == []


@pytest.mark.parametrize("sender", ["", "@example.com", "example.com"])
def test_a_sender_without_local_part_is_postmaster(sender: str) -> None:
    table = zone(_="v=spf1 -all exp=why.example.com", why="%{s} is refused")
    result = check_host("192.0.2.3", "example.com.", sender, resolver=Table(flat(table)))
    assert result.explanation == "postmaster@example.com is refused"


def test_internationalised_addresses() -> None:
    """RFC 8616, section 4: domains as A-labels, and a local part beyond ASCII matches nothing."""
    table = zone(_="v=spf1 exists:%{l}.users.example.com -all")
    table["xn--mller-kva.example.com"] = {"TXT": ["v=spf1 exists:%{o} -all"], "A": ["127.0.0.2"]}
    assert judge("192.0.2.3", table, "jürgen@example.com").result == "fail"
    assert judge("192.0.2.3", table, "postmaster@müller.example.com").result == "pass"


def test_a_backslash_in_a_name_is_asked_for_as_one() -> None:
    table = Table(flat({"example.com": {"TXT": ["v=spf1 exists:%{l}.example.com -all"]}}))
    check_host("192.0.2.3", "example.com", "a\\b@example.com", resolver=table)
    assert table.asked[1:] == ["a\\\\b.example.com A"]


def test_the_time_is_bounded() -> None:
    result = judge("192.0.2.3", zone(_="v=spf1 -all"), timeout=-1.0)
    assert (result.result, result.problem) == ("temperror", "it took too long")


def test_a_problem_is_one_line() -> None:
    zone = {"example.com": {"TXT": ["v=spf1 a:%{h} -all"]}, "a\nb.example": {"A": "SERVFAIL"}}
    result = check_host("192.0.2.3", "example.com", "", "a\nb.example", Table(flat(zone)))
    assert (result.result, result.problem) == ("temperror", "A of a?b.example: SERVFAIL")


class Dnspython:
    """Answers as dnspython's resolver does, with its own classes."""

    def __init__(self, answers: dict[tuple[str, str], Any]) -> None:
        self.answers = answers

    def resolve(self, name: str, type_: str) -> Any:
        found = self.answers.get((name, type_), dns.resolver.NXDOMAIN())
        if isinstance(found, Exception):
            raise found
        rrset = dns.rrset.from_text(f"{name}.", 300, "IN", type_, *found)
        response = dns.message.make_response(dns.message.make_query(f"{name}.", type_))
        response.answer.append(rrset)
        response = dns.message.from_wire(response.to_wire())
        return dns.resolver.Answer(rrset.name, rrset.rdtype, rrset.rdclass, response)


def test_a_resolver_of_dnspython() -> None:
    resolver = Dnspython(
        {
            ("example.com", "TXT"): ['"other" "text"', '"v=spf1 mx a:b.example" "." "com -all"'],
            ("example.com", "MX"): ["10 MX1.example.com.", "20 mx2.example.com."],
            ("mx1.example.com", "A"): ["192.0.2.1"],
            ("mx2.example.com", "A"): dns.resolver.NoAnswer(response=dns.message.make_query(".", "A")),
            ("b.example.com", "A"): ["192.0.2.3"],
        }
    )
    result = check_host("192.0.2.3", "example.com", "me@example.com", resolver=resolver)
    assert (result.result, result.matched, result.lookups, result.void_lookups) == ("pass", "a:b.example.com", 2, 1)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (dns.resolver.NXDOMAIN(), "none"),
        (dns.resolver.NoAnswer(response=dns.message.make_query(".", "A")), "none"),
        (dns.resolver.NoNameservers(), "temperror"),
        (dns.resolver.LifetimeTimeout(timeout=1.0, errors=[]), "temperror"),
        (dns.exception.FormError(), "temperror"),
        (ConnectionRefusedError(), "temperror"),
    ],
)
def test_what_dnspython_raises(error: Exception, result: str) -> None:
    resolver = Dnspython({("example.com", "TXT"): error})
    assert check_host("192.0.2.3", "example.com", "me@example.com", resolver=resolver).result == result


def test_what_is_no_answer_of_the_dns_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        check_host("192.0.2.3", "example.com", "", resolver=Dnspython({("example.com", "TXT"): ZeroDivisionError()}))


def test_the_same_through_a_name_server() -> None:
    """Our resolver and dnspython's, with names that need escapes on their way."""
    server = FakeNameServer("127.0.0.2")
    server.text("example.com", "v=spf1 exists:%{l}.%_.\\\\.example.com mx ~all")
    server.records["example.com", "MX"] = ["20 mx2.example.com.", "10 MX1.Example.com."]
    server.records["mx2.example.com", "AAAA"] = ["2001:db8::3"]
    with serving(server):
        own = Resolver([server.address], server.port, timeout=2.0)
        other = dns.resolver.Resolver(configure=False)
        other.nameservers, other.port, other.lifetime = [server.address], server.port, 2.0
        for resolver in (own, other):
            server.asked.clear()
            result = check_host("2001:db8::3", "example.com", 'a\\b"@example.com', resolver=resolver)
            assert (result.result, result.matched, result.lookups) == ("pass", "mx", 2)
            asked = [(name, type_) for _transport, name, type_ in server.asked]
            assert asked == [
                ("example.com", "TXT"),
                ('a\\\\b\\".\\032.\\\\.example.com', "A"),
                ("example.com", "MX"),
                ("mx1.example.com", "AAAA"),
                ("mx2.example.com", "AAAA"),
            ]
        server.fault = "servfail"
        for resolver in (Resolver([server.address], server.port, timeout=2.0), other):
            assert check_host("2001:db8::3", "example.com", "", resolver=resolver).result == "temperror"
