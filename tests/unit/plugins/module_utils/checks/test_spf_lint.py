# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every verdict on an SPF record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lookups import Table, flat

from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.spf_lint import check_spf
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply

ADDRESS = "192.0.2.1"
HOSTS: dict[str, Any] = {
    "mx1.example.com": {"A": [ADDRESS], "AAAA": ["2001:db8::1"]},
    "_spf.provider.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ~all"]},
    "dead.example": {"TXT": seen.TIMEOUT},
    "broken.example": {"TXT": seen.SERVFAIL},
    "none.example": {"TXT": ["hello"]},
    "two.example": {"TXT": ["v=spf1 -all", "v=spf1 ~all"]},
    "bad.example": {"TXT": ["v=spf1 ipv4:192.0.2.1 -all"]},
    "open.example": {"TXT": ["v=spf1 +all"]},
}


def lint(*texts: str, addresses: tuple[str, ...] = (), expected: str = "", zone: dict[str, Any] | None = None) -> Check:
    own: dict[str, Any] = {"TXT": list(texts), "MX": ["10 mx1.example.com."], "A": ["192.0.2.9"]}
    wanted = {("example.com", "TXT"): ("unrelated", expected)} if expected else {}
    return check_spf(
        "example.com", World(Table(flat({**HOSTS, "example.com": own, **(zone or {})})), wanted, addresses)
    )


def test_a_good_record() -> None:
    found = lint("unrelated", "v=spf1 mx include:_spf.provider.example -all", addresses=(ADDRESS, "198.51.100.7"))
    assert found.shown() == {
        "status": "success",
        "message": "the SPF record is right, with the strict policy -all; allowed to send: 192.0.2.1 by mx, "
        "198.51.100.7 by include:_spf.provider.example (ip4:198.51.100.0/24)",
        "record": "v=spf1 mx include:_spf.provider.example -all",
        "warnings": [],
        "info": [],
        "policy": "-all",
        "has_strict_all": True,
        "includes_mx": True,
        "includes": ["_spf.provider.example"],
        "dns_lookups": 2,
        "void_lookups": 0,
        "authorized_by": {ADDRESS: "mx", "198.51.100.7": "include:_spf.provider.example (ip4:198.51.100.0/24)"},
    }


@pytest.mark.parametrize(
    ("record", "status", "policy", "words"),
    [
        ("v=spf1 mx -all", "success", "-all", "strict policy -all"),
        ("v=spf1 mx ~all", "success", "~all", "the policy ~all"),
        ("v=spf1 mx ?all", "warning", "?all", "hardly protects"),
        ("v=spf1 mx +all", "error", "+all", "allows the whole world to send"),
        ("v=spf1 mx all", "error", "+all", "allows the whole world to send"),
        ("v=spf1 mx", "error", None, "has no all at its end"),
        ("v=spf1", "error", None, "has no all at its end"),
        ("v=spf1 redirect=_spf.provider.example", "success", "~all", "the policy ~all"),
        ("v=spf1 redirect=open.example", "error", "+all", "allows the whole world to send"),
        ("v=spf1 include:open.example -all", "error", "-all", "'include:open.example' leads to +all"),
        ("V=SPF1 MX -ALL", "success", "-all", "strict policy -all"),
    ],
)
def test_policies(record: str, status: str, policy: str | None, words: str) -> None:
    found = lint(record)
    assert (found.status, found.fields["policy"]) == (status, policy)
    assert words in found.message
    assert found.fields["has_strict_all"] == (policy == "-all")
    assert found.record == record


def test_a_soft_policy_is_told() -> None:
    (told,) = lint("v=spf1 mx ~all").info
    assert "~all asks receivers" in told


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("v=spf1 -all", "v=spf1 mx -all"), "has 2 SPF records"),
        (("v=spf1; mx -all",), "must start with v=spf1 and a space"),
        (("v=spf1mx -all",), "must start with v=spf1 and a space"),
        ((" v=spf1 mx -all",), "must start with v=spf1 and a space"),
        (('"v=spf1 mx -all"',), "must start with v=spf1 and a space"),
        (("v = spf1 mx -all",), "must start with v=spf1 and a space"),
        (("hello",), "has no SPF record among its TXT records"),
        ((), "has no TXT record"),
        (("v=spf1 ipv4:192.0.2.1 -all",), "'ipv4:192.0.2.1' is no mechanism; known are all, include, a, mx"),
        (("v=spf1 mx, -all",), "'mx,' is no mechanism"),
        (("v=spf1 ip4:192.0.2.300 -all",), "has no IPv4 address"),
        (("v=spf1 ip4:2001:db8::1 -all",), "has no IPv4 address"),
        (("v=spf1 ip6:fe80::1%eth0 -all",), "has no IPv6 address"),
        (("v=spf1 ip4:192.0.2.0/33 -all",), "has a network of more than 32 bits"),
        (("v=spf1 ip4:192.0.2.0/024 -all",), "is no ip4: with an address or network"),
        (("v=spf1 include -all",), "needs a colon and a domain behind include"),
        (("v=spf1 a:localhost -all",), "does not end in a dot and a top-level label"),
        (("v=spf1 exists:%{x}.example.com -all",), "which is no macro"),
        (("v=spf1 -all:mx",), "has something behind all"),
        (("v=spf1 redirect=a.example redirect=b.example",), "redirect= stands there twice"),
        (("v=spf1 mx\t-all",), "not visible ASCII"),
        (("v=spf1 a:m\udcfcller.example -all",), "not visible ASCII"),
    ],
)
def test_records_that_receivers_do_not_take(texts: tuple[str, ...], words: str) -> None:
    found = lint(*texts, addresses=(ADDRESS,))
    assert found.status == "error"
    assert words in found.message
    assert found.fields["policy"] is None
    assert found.fields["authorized_by"] == {ADDRESS: None}
    json.dumps(found.shown(), ensure_ascii=False).encode()


def test_all_that_is_wrong_is_told_at_once() -> None:
    message = lint("v=spf1 foo bar:1 ip4:x ip6:y ptr/3 exists a:b -all").message
    assert "'foo'" in message
    assert "'ptr/3'" in message
    assert message.endswith("and 2 more")


def test_a_second_record_that_is_none() -> None:
    found = lint("v=spf1 mx -all", "v=spf1-all")
    assert found.status == "warning"
    assert "looks like SPF and is none" in found.message


@pytest.mark.parametrize(
    ("outcome", "status", "words"),
    [
        (seen.TIMEOUT, "unknown", "time-out"),
        (seen.SERVFAIL, "unknown", "SERVFAIL"),
        (seen.NXDOMAIN, "error", "does not exist (NXDOMAIN)"),
        (seen.NO_DATA, "error", "has no TXT record"),
    ],
)
def test_no_answer(outcome: str, status: str, words: str) -> None:
    found = lint(zone={"example.com": {"TXT": outcome}}, expected="v=spf1 mx -all")
    assert found.status == status
    assert words in found.message
    assert found.record is None
    assert found.fields["match"] is (None if status == "unknown" else False)


def test_an_answer_that_does_not_validate() -> None:
    class Bogus:
        def resolve(self, _name: str, _type: str) -> Reply:
            return Reply(seen.SERVFAIL, bogus=True)

    found = check_spf("example.com", World(Bogus()))
    assert (found.status, "does not validate (DNSSEC, bogus)" in found.message) == ("error", True)


@pytest.mark.parametrize(
    ("record", "addresses", "words"),
    [
        ("v=spf1 mx -all", ("198.51.100.7",), "198.51.100.7 is not allowed to send, SPF ends in fail by -all"),
        ("v=spf1 mx ~all", ("198.51.100.7",), "SPF ends in softfail by ~all"),
        ("v=spf1 mx -all", (ADDRESS, "2001:db8::2"), "2001:db8::2 is not allowed to send, SPF ends in fail by -all"),
        ("v=spf1 -ip4:192.0.2.0/24 mx -all", (ADDRESS,), "SPF ends in fail by -ip4:192.0.2.0/24"),
    ],
)
def test_addresses_that_may_not_send(record: str, addresses: tuple[str, ...], words: str) -> None:
    found = lint(record, addresses=addresses)
    assert found.status == "error"
    assert words in found.message
    assert found.fields["authorized_by"] == {
        one: "mx" if len(addresses) > 1 and one == ADDRESS else None for one in addresses
    }


@pytest.mark.parametrize(
    ("record", "by"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "ip4:192.0.2.0/24"),
        ("v=spf1 a/28 -all", "a/28"),
        ("v=spf1 a:mx1.example.com -all", "a:mx1.example.com"),
        ("v=spf1 exists:%{i}.list.example -all", "exists:%{i}.list.example"),
    ],
)
def test_how_an_address_may_send(record: str, by: str) -> None:
    found = lint(record, addresses=(ADDRESS,), zone={f"{ADDRESS}.list.example": {"A": ["127.0.0.2"]}})
    assert (found.status, found.fields["authorized_by"]) == ("success", {ADDRESS: by})
    assert f"{ADDRESS} by {by}" in found.message


def test_an_address_that_nobody_can_tell_of() -> None:
    found = lint("v=spf1 a:slow.example -all", addresses=(ADDRESS,), zone={"slow.example": {"A": seen.TIMEOUT}})
    assert found.status == "unknown"
    assert f"nobody could tell whether {ADDRESS} may send: A of slow.example: time-out" in found.message


@pytest.mark.parametrize("addresses", [(), (ADDRESS,)])
def test_too_many_lookups(addresses: tuple[str, ...]) -> None:
    """The count is that of all terms, though the address is allowed by the first."""
    inner = " ".join(["a:mx1.example.com"] * 6)
    zone = {
        "in.example": {"TXT": [f"v=spf1 {inner} include:in2.example ?all"]},
        "in2.example": {"TXT": [f"v=spf1 {inner}"]},
    }
    found = lint("v=spf1 mx include:in.example redirect=unread.example -all", addresses=addresses, zone=zone)
    assert (found.status, found.fields["dns_lookups"]) == ("error", 15)
    assert "15 terms ask the DNS" in found.message
    assert found.fields["authorized_by"] == dict.fromkeys(addresses, "mx")


def test_ten_lookups_are_right() -> None:
    found = lint(f"v=spf1 mx {'a:mx1.example.com ' * 9}ip4:192.0.2.0/24 -all")
    assert (found.status, found.fields["dns_lookups"]) == ("success", 10)


@pytest.mark.parametrize(("names", "status"), [(2, "success"), (3, "error")])
def test_void_lookups(names: int, status: str) -> None:
    found = lint(f"v=spf1 mx {' '.join(f'a:gone{number}.example' for number in range(names))} -all")
    assert (found.status, found.fields["void_lookups"]) == (status, names)
    assert ("have nothing in the DNS" in found.message) == (status == "error")


def test_void_lookups_of_other_mechanisms() -> None:
    zone = {"half.example": {"MX": ["0 gone.example.", "1 mx1.example.com."]}, "null.example": {"MX": ["0 ."]}}
    found = lint("v=spf1 mx:half.example mx:null.example exists:gone.example mx:mx1.example.com -all", zone=zone)
    assert found.fields["void_lookups"] == 3


def test_too_many_names_of_an_mx() -> None:
    found = lint("v=spf1 mx -all", zone={"example.com": {"TXT": ["v=spf1 mx -all"], "MX": ["1 mx1.example.com."] * 11}})
    assert (found.status, found.message) == ("error", "'mx': example.com has 11 MX records, and SPF allows 10")


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("gone.example", "error", "leads to no SPF record: no such name"),
        ("mx1.example.com", "error", "leads to no SPF record: no such record"),
        ("none.example", "error", "leads to no SPF record: there is none among its TXT records"),
        ("two.example", "error", "leads to 2 SPF records"),
        ("bad.example", "error", "leads to a bad SPF record: 'ipv4:192.0.2.1' is no mechanism"),
        ("example.com", "error", "goes in a circle: example.com to example.com"),
        ("a..example.com", "error", "which is no name of a domain"),
        ("dead.example", "unknown", "time-out"),
        ("broken.example", "unknown", "SERVFAIL"),
    ],
)
@pytest.mark.parametrize("form", ["include:{} -all", "redirect={}"])
def test_includes_that_do_not_resolve(form: str, target: str, status: str, words: str) -> None:
    found = lint(f"v=spf1 mx {form.format(target)}")
    assert found.status == status
    assert words in found.message
    assert "has no all" not in found.message


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("v=spf1 mx ptr -all", "'ptr' in the record of example.com is slow and unreliable"),
        ("v=spf1 mx include:names.example -all", "'ptr:names.example' in the record of names.example"),
        ("v=spf1 mx exists:%{p}.example.com -all", "has the macro p"),
        ("v=spf1 mx -all ip4:192.0.2.1 a", "receivers never read 'ip4:192.0.2.1', 'a'"),
        ("v=spf1 -all redirect=_spf.provider.example", "receivers never read 'redirect=_spf.provider.example'"),
        ("v=spf1 ip4:0.0.0.0/0 -all", "allows every IPv4 address to send"),
    ],
)
def test_what_ought_to_be_changed(record: str, words: str) -> None:
    found = lint(record, zone={"names.example": {"TXT": ["v=spf1 ptr:names.example"]}})
    assert found.status == "warning"
    (warning,) = found.warnings
    assert words in warning
    assert warning == found.message


def test_what_depends_on_the_mail_is_told() -> None:
    found = lint(
        "v=spf1 include:%{l}.users.example include:%{d2}.in.example -all",
        zone={"example.com.in.example": {"TXT": ["v=spf1 a:mx1.example.com"]}},
    )
    assert (found.status, found.fields["dns_lookups"]) == ("success", 3)
    assert found.info == ("'include:%{l}.users.example' depends on the mail; what it leads to is not looked at",)


@pytest.mark.parametrize(
    ("expected", "match"),
    [
        ("v=spf1 mx -all", True),
        ("v=spf1  +MX  -all", True),
        ("v=spf1 mx a -all", False),
        ("v=spf1 mx ~all", False),
    ],
)
def test_an_expected_record(expected: str, match: bool) -> None:
    found = lint("v=spf1 mx -all", expected=expected)
    assert (found.fields["expected_record"], found.fields["actual_record"]) == (expected, "v=spf1 mx -all")
    assert found.fields["match"] is match
    assert found.status == ("success" if match else "error")
    assert match or found.message == f"the record is not as expected: wanted '{expected}', found 'v=spf1 mx -all'"


def test_an_expected_record_that_is_not_there() -> None:
    found = lint("hello", expected="v=spf1 mx -all")
    assert (found.status, found.fields["match"], found.fields["actual_record"]) == ("error", False, None)
    assert "wanted 'v=spf1 mx -all', found none" in found.message


def test_no_record_of_another_kind_is_expected() -> None:
    assert "match" not in lint("v=spf1 mx -all", expected="hello").fields
