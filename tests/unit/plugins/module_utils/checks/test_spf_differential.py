# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our check_host() and pyspf's, asked the same of the same zones.

Where the two differ, the RFC leaves it open, or pyspf differs from it; these are kept out of the zones:

- pyspf looks at all names of an mx before it compares any, we stop at the first that matches (section 5.4), and it
  fetches an explanation ahead of everything; so it meets more void lookups. The first test has no limit of them, the
  second one only terms with a single question.
- pyspf counts a redirect while it reads the record, also where a mechanism matches; so it may come to the limit
  earlier, and the count is compared only without a redirect.
- pyspf makes no postmaster in ``%{s}`` of a sender without a local part, which section 4.3 wants.
- pyspf refuses a record that includes itself while it reads it, we do when we come to the include: a receiver may
  find the syntax wrong ahead of everything (section 4.6), and this is none.
- pyspf refuses an unknown modifier that stands there twice; only exp and redirect must not (section 6).
- pyspf refuses a text that ends in ``%%``, which is a percent sign (section 7.1).
- pyspf takes ``%{d0}`` for ``%{d}``, which section 7.3 forbids.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import spf as pyspf
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lookups import Table, flat

from ansible_collections.mailwright.mail.plugins.module_utils.checks import spf_evaluate
from ansible_collections.mailwright.mail.plugins.module_utils.checks.spf import check_host
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.names import reverse_name

CLIENTS = ("192.0.2.1", "192.0.2.77", "198.51.100.9", "2001:db8::1", "2001:db8:1::9", "::ffff:192.0.2.1")
ZONE: dict[str, dict[str, list[str] | str]] = {
    "four.example": {"A": ["192.0.2.1", "203.0.113.1"]},
    "both.example": {"A": ["192.0.2.77"], "AAAA": ["2001:db8::1"]},
    "six.example": {"AAAA": ["2001:db8:1::1"]},
    "text.example": {"TXT": ["nothing of SPF"]},
    "slow.example": {"A": seen.TIMEOUT, "AAAA": seen.TIMEOUT, "MX": seen.TIMEOUT, "TXT": seen.TIMEOUT},
    "mail.example": {"MX": ["20 both.example.", "10 four.example.", "30 six.example."]},
    "null.example": {"MX": ["0 ."]},
    "many.example": {"MX": [f"{number} four.example." for number in range(11)]},
    "two.example": {"TXT": ["v=spf1 -all", "v=spf1 +all"]},
    "why.example": {"TXT": ["%{i} is none of %{d}, %{S} of %{o}; %{h}%% %{v} %{l1r-}"]},
    "me.users.example": {"A": ["127.0.0.2"]},
    "1.2.0.192.in-addr.users.example": {"A": ["127.0.0.2"]},
    reverse_name("192.0.2.1"): {"PTR": ["four.example.", "both.example."]},
    reverse_name("192.0.2.77"): {"PTR": ["Both.Example."]},
    reverse_name("2001:db8::1"): {"PTR": ["both.example."]},
}
NAMES = ["one.test.example", "in.test.example", "to.test.example"]
SENDERS = ("me@one.test.example", "me.too-much@one.test.example", "@one.test.example", "~a&b=c@one.test.example")
TARGETS = ["four", "both", "six", "text", "slow", "mail", "null", "many", "two", "gone"]

targets = st.sampled_from([*(f"{name}.example" for name in TARGETS), *NAMES, "both.example.", "FOUR.Example"])
macros = st.sampled_from(
    [
        "%{l}.users.example",
        "%{ir}.%{v}.users.example",
        "%{l1r-}.users.example",
        "%{d2}",
        "to.%{o2}",
        "%{h}",
        "%{dr}.users.example",
        "a%%b%_c%-.example",
        "%{l1+-.}.users.example",
    ]
)
wrong = st.sampled_from(["%{x}.example", "localhost", "", "%(d).example", "a.123", "a.-b", "%{c}.example"])
lengths = st.sampled_from(["", "", "", "/24", "//64", "/0", "/32//128", "/16//48"])
wrong_lengths = st.sampled_from(["/33", "//129", "/01", "/24/64"])
domains = st.one_of(targets, targets, targets, macros, macros)
qualifiers = st.sampled_from(["", "", "", "+", "-", "~", "?"])
single = st.one_of(
    st.builds("{}a:{}{}".format, qualifiers, targets, st.sampled_from(["", "/24", "//64"])),
    st.builds("{}exists:{}".format, qualifiers, targets | macros),
    st.builds("{}ip4:{}".format, qualifiers, st.sampled_from(["192.0.2.1", "192.0.2.0/24", "198.51.100.9/32"])),
    st.builds("{}ip6:{}".format, qualifiers, st.sampled_from(["2001:db8::1", "2001:db8::/32"])),
    st.builds("{}include:{}".format, qualifiers, st.sampled_from(NAMES[1:])),
    st.builds("redirect={}".format, st.sampled_from(NAMES[1:])),
    st.sampled_from(["-all", "~all", "?all", "+all"]),
)
good = st.one_of(
    single,
    single,
    st.builds("{}{}{}".format, qualifiers, st.sampled_from(["a", "mx", "MX", "A"]), lengths),
    st.builds("{}{}:{}{}".format, qualifiers, st.sampled_from(["a", "mx", "Mx"]), domains, lengths),
    st.builds("{}{}:{}".format, qualifiers, st.sampled_from(["include", "exists", "INCLUDE"]), domains),
    st.builds("{}ptr{}".format, qualifiers, st.sampled_from(["", ":example", ":both.example"])),
    st.builds("redirect={}".format, domains),
    st.builds("exp={}".format, st.sampled_from(["why.example", "why.example", "gone.example", "two.example"])),
    st.just("x-y.z_1=%{d}"),
)
bad = st.one_of(
    st.builds("{}:{}".format, st.sampled_from(["a", "mx", "include", "exists", "ptr"]), wrong),
    st.builds("{}={}".format, st.sampled_from(["redirect", "exp"]), wrong),
    st.builds("{}{}".format, st.sampled_from(["a", "mx:four.example"]), wrong_lengths),
    st.sampled_from(["ip4:192.0.2.300", "ip4:1.2.3", "ip6:2001:db8::1/129", "ip6:1.2.3.4", "unknown", "all:x"]),
    st.sampled_from(["1x=y", "=", "x=%", "ip4:192.0.2.1/032", "-", "+-all", "ptr/24", "a:"]),
)
terms = st.integers(0, 29).flatmap(lambda number: good if number else bad)


def records(of: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(of, max_size=6).map(lambda found: " ".join(["v=spf1", *found]))


@contextmanager
def answering(table: Table, void_limit: int) -> Iterator[None]:
    """Have pyspf ask ``table``, and both allow ``void_limit`` void lookups."""

    def look_up(name: str, type_: str, *_options: object) -> Iterator[tuple[tuple[str, str], Any]]:
        reply = table.resolve(name, type_)
        if reply.failed:
            raise pyspf.TempError(reply.outcome)
        for value in reply.values:
            yield (name, type_), _value(type_, value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyspf, "DNSLookup", look_up)
        patch.setattr(pyspf, "MAX_VOID_LOOKUPS", void_limit)
        patch.setattr(spf_evaluate, "VOID_LIMIT", void_limit)
        yield


def _value(type_: str, value: str) -> Any:
    if type_ == "TXT":
        return (value.encode(),)
    if type_ == "MX":
        preference, name = value.split()
        return int(preference), name.removesuffix(".")
    return value.removesuffix(".")


def compare(client: str, sender: str, texts: list[str], void_limit: int) -> None:
    assume(not any(text.count("x-y.z_1=") > 1 for text in texts))
    own = {
        name: {"TXT": [text], "A": ["192.0.2.1"], "MX": ["10 four.example."]}
        for name, text in zip(NAMES, texts, strict=True)
    }
    table = Table(flat({**ZONE, **own}))
    with answering(table, void_limit):
        query = pyspf.query(i=client, s=sender, h="both.example", strict=True)
        query.set_default_explanation("")
        theirs, _code, explanation = query.check()
        ours = check_host(client, NAMES[0], sender, "both.example", table)
    assume("trivial recursion" not in explanation)
    redirects = "redirect=" in "".join(texts)
    assume(not (redirects and "Too many DNS lookups" in explanation))
    assert ours.result == theirs, (ours, explanation)
    if theirs == "fail" and not sender.startswith("@"):
        # An IPv6 address has its digits in one case or the other.
        assert ours.explanation.lower() == explanation.lower()
    if theirs not in ("permerror", "temperror") and not redirects:
        assert ours.lookups == query.lookups


common = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@common
@given(st.sampled_from(CLIENTS), st.sampled_from(SENDERS), st.lists(records(terms), min_size=3, max_size=3))
def test_all_terms(client: str, sender: str, texts: list[str]) -> None:
    compare(client, sender, texts, void_limit=1000)


@common
@given(st.sampled_from(CLIENTS), st.sampled_from(SENDERS), st.lists(records(single), min_size=3, max_size=3))
def test_void_lookups(client: str, sender: str, texts: list[str]) -> None:
    compare(client, sender, texts, void_limit=2)


def test_the_clients_are_of_both_families() -> None:
    assert {ipaddress.ip_address(client).version for client in CLIENTS} == {4, 6}
