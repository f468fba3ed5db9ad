# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of people who mean harm: bounded questions, bounded time, a verdict with a reason."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lookups import Table, flat

from ansible_collections.mailwright.mail.plugins.module_utils.checks.bounded_lookup import TOO_MANY, BoundedLookup
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import STATUSES, Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.spf import SpfResult, check_host
from ansible_collections.mailwright.mail.plugins.module_utils.checks.spf_lint import QUESTION_LIMIT, check_spf
from ansible_collections.mailwright.mail.plugins.module_utils.checks.spf_macro import EXPLANATION_LIMIT, NAME_LIMIT
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import FOUND, Reply

ADDRESS = "192.0.2.1"
SIZE = 65_000
RESULTS = ("none", "neutral", "pass", "fail", "softfail", "temperror", "permerror")
# Of one evaluation: ten terms, each with ten names, their records, and the names of the client.
EVALUATION_QUESTIONS = 1 + 10 * 11 + 11


@contextmanager
def quickly(seconds: float = 5.0) -> Iterator[None]:
    # What this process itself takes, so that others on the machine do not count.
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


def judge(zone: dict[str, Any], sender: str = "me@example.com", **options: Any) -> tuple[SpfResult, Table]:
    table = Table(flat(zone))
    with quickly():
        result = check_host(ADDRESS, "example.com", sender, options.pop("helo", "mx.example.net"), table, **options)
    assert len(table.asked) <= EVALUATION_QUESTIONS
    assert all(len(one.rpartition(" ")[0].replace("\\\\", "\\")) <= NAME_LIMIT for one in table.asked)
    return result, table


def lint(zone: dict[str, Any]) -> tuple[Check, Table]:
    table = Table(flat(zone))
    with quickly():
        found = check_spf("example.com", World(table, addresses=(ADDRESS,)))
    assert len(set(table.asked)) <= QUESTION_LIMIT + 20
    assert found.message
    assert len(found.message) < 10_000
    assert len(found.record or "") < 10_000
    assert len(json.dumps(found.shown(), ensure_ascii=False).encode()) < 3 * SIZE
    return found, table


def filled(term: str, end: str = "-all") -> str:
    """Return a record of 64 KB that has ``term`` again and again."""
    return f"v=spf1 {f'{term} ' * (SIZE // (len(term) + 1))}{end}"


@pytest.mark.parametrize(
    ("record", "result", "status"),
    [
        (filled("ip4:198.51.100.1"), "fail", "error"),
        (filled("a:gone.example"), "permerror", "error"),
        (filled("mx:mx.example"), "permerror", "error"),
        (filled("include:example.com"), "permerror", "error"),
        (filled("ptr"), "permerror", "error"),
        (filled("exists:%{i}.%{d}"), "permerror", "error"),
        (filled("bad"), "permerror", "error"),
        (filled("x=y"), "fail", "error"),
        (filled("all"), "pass", "error"),
        ("v=spf1 " + " " * SIZE, "neutral", "error"),
        ("v=spf1 " + "a" * SIZE, "permerror", "error"),
        ("v=spf1 a:" + "a" * SIZE + ".com -all", "fail", "error"),
        ("v=spf1 a:" + "a." * (SIZE // 2) + "com -all", "fail", "error"),
        ("v=spf1 a:" + "a-" * (SIZE // 2) + " -all", "permerror", "error"),
        ("v=spf1 a" + "/1" * (SIZE // 2) + " -all", "permerror", "error"),
        ("v=spf1 a" + "/" + "1" * SIZE + " -all", "permerror", "error"),
        ("v=spf1 ip6:" + ":" * SIZE + " -all", "permerror", "error"),
        ("v=spf1 ip4:" + "1" * SIZE + " -all", "permerror", "error"),
        ("v=spf1 a:" + "%" * SIZE + " -all", "fail", "error"),
        ("v=spf1 exists:%{d" + "9" * SIZE + "}.example -all", "fail", "error"),
        ("v=spf1 exists:%{d1r" + "." * SIZE + "} -all", "fail", "error"),
        ("v=spf1 exists:" + "%{d}" * (SIZE // 4) + " -all", "fail", "error"),
        ("v=spf1 exists:" + "%{S}.%{l1r-+}." * (SIZE // 14) + "%{h} -all", "fail", "error"),
        ("v=spf1 exists:" + "%{p}." * (SIZE // 5) + "%{d} -all", "fail", "error"),
        ("v=spf1 redirect=" + "%{d}." * (SIZE // 5) + "com", "permerror", "error"),
        ("v=spf1 \udcff" + "\udcc3\udca4" * (SIZE // 2), "permerror", "error"),
        ("v=spf1 \x00\x01\x02 -all", "permerror", "error"),
        (filled("include:dead.example", "?all"), "temperror", "error"),
    ],
    ids=lambda value: value[:32].encode("ascii", "backslashreplace").decode() if len(value) > 32 else value,
)
def test_large_records(record: str, result: str, status: str) -> None:
    zone = {
        "example.com": {"TXT": [record]},
        "mx.example": {"MX": [f"{number} mx{number}.example." for number in range(10)]},
        "dead.example": {"TXT": seen.TIMEOUT},
        **{f"mx{number}.example": {"A": ["198.51.100.1"]} for number in range(10)},
    }
    long_sender = "-".join(["me"] * 100_000) + "@example.com"
    found, _table = judge(zone, long_sender, helo="h." * SIZE)
    assert found.result == result
    assert found.lookups <= 11
    assert lint(zone)[0].status == status


def test_a_bounded_reading_of_a_number_of_lookups() -> None:
    """The count goes to 999, and no further."""
    found, table = lint({"example.com": {"TXT": [filled("a:%{d}")]}, "x.example": {}})
    assert found.fields["dns_lookups"] == 999
    assert len(table.asked) < 20
    found, table = lint(
        {"example.com": {"TXT": ["v=spf1 " + " ".join(f"a:h{n}.example" for n in range(700)) + " -all"]}}
    )
    assert found.fields["dns_lookups"] == 700
    assert len(set(table.asked)) <= QUESTION_LIMIT + 20
    assert "700 terms ask the DNS" in found.message


@pytest.mark.parametrize("form", ["include:{} -all", "redirect={}"])
@pytest.mark.parametrize("length", [1, 2, 50])
def test_circles(form: str, length: int) -> None:
    names = ["example.com", *(f"d{number}.example" for number in range(1, length))]
    zone = {
        name: {"TXT": [f"v=spf1 {form.format(following)}"]}
        for name, following in zip(names, names[1:] + names[:1], strict=True)
    }
    found, table = lint(zone)
    assert (found.status, found.fields["dns_lookups"]) == ("error", 999)
    assert "goes in a circle: example.com to" in found.message
    assert len(table.asked) <= length + 11
    result, _table = judge(zone)
    assert (result.result, result.lookups) == ("permerror", 11)


def test_a_tree_that_doubles_with_each_step() -> None:
    zone = {
        f"d{number}.example": {"TXT": [f"v=spf1 {f'include:d{number + 1}.example ' * 2}?all"]}
        for number in range(1, 60)
    }
    zone["example.com"] = {"TXT": ["v=spf1 include:d1.example -all"]}
    zone["d60.example"] = {"TXT": ["v=spf1 ?all"]}
    found, table = lint(zone)
    assert found.fields["dns_lookups"] == 999
    assert len(set(table.asked)) < QUESTION_LIMIT
    assert judge(zone)[0].result == "permerror"


class Endless:
    """Every name has a record that includes another one, and ``filling`` before that."""

    def __init__(self, filling: str = "") -> None:
        self.filling = filling
        self.asked: set[str] = set()

    def resolve(self, name: str, type_: str) -> Reply:
        if type_ != "TXT":
            return Reply(seen.NXDOMAIN)
        self.asked.add(name)
        return Reply(FOUND, (f"v=spf1 {self.filling}include:d{len(self.asked)}.example -all",))


def test_a_chain_without_end() -> None:
    lookup = Endless()
    with quickly():
        found = check_spf("example.com", World(lookup))
    assert (found.status, found.fields["dns_lookups"]) == ("error", QUESTION_LIMIT)
    assert len(lookup.asked) == QUESTION_LIMIT
    lookup = Endless("ip4:198.51.100.1 " * 3500)
    with quickly():
        found = check_spf("example.com", World(lookup))
    assert (found.status, found.fields["dns_lookups"]) == ("unknown", 9)
    assert "is not followed, as the records so far are too long" in found.message
    with quickly():
        assert check_host(ADDRESS, "example.com", "", resolver=lookup).result == "permerror"


def test_thousands_of_texts() -> None:
    texts = [f"v=spf1 ip4:192.0.2.1 {number} -all" for number in range(5000)]
    found, _table = lint({"example.com": {"TXT": texts}})
    assert "has 5000 SPF records" in found.message
    others = [f"text {number}\udcff" for number in range(5000)]
    found, _table = lint({"example.com": {"TXT": [*others, "v=spf1 ip4:192.0.2.1 -all"]}})
    assert found.status == "success"
    assert judge({"example.com": {"TXT": texts}})[0].result == "permerror"


def test_thousands_of_addresses_and_names() -> None:
    zone: dict[str, Any] = {
        "example.com": {
            "TXT": ["v=spf1 ptr:example.com mx:many.example a:wide.example -all"],
        },
        "1.2.0.192.in-addr.arpa": {"PTR": [f"h{number}.example." for number in range(3000)]},
        "many.example": {"MX": [f"{number} h{number}.example." for number in range(10)]},
        "wide.example": {"A": [f"10.{number // 256}.{number % 256}.1" for number in range(4000)] + [ADDRESS]},
        **{f"h{number}.example": {"A": ["198.51.100.1"]} for number in range(3000)},
    }
    result, table = judge(zone)
    assert result.matched == "a:wide.example"
    assert sum(question.endswith(" A") for question in table.asked) == 10 + 10 + 1
    zone["many.example"]["MX"] *= 2
    assert "has 20 MX records" in judge(zone)[0].problem


def test_an_explanation_is_bounded() -> None:
    for text in ("%{S}" * 16_000, "x" * SIZE, "%{p}%{t}" * 8_000, "%_" * 30_000):
        zone = {"example.com": {"TXT": ["v=spf1 -all exp=why.example"]}, "why.example": {"TXT": [text]}}
        result, _table = judge(zone)
        assert len(result.explanation) == EXPLANATION_LIMIT


def test_a_long_name_loses_labels_from_the_left() -> None:
    zone = {"example.com": {"TXT": ["v=spf1 exists:%{l}.%{l}.%{l}.%{l}.%{l}.%{d} -all"]}}
    _result, table = judge(zone, f"{'a' * 30}.{'b' * 30}@example.com")
    name = ".".join([*(["a" * 30, "b" * 30] * 5)[3:], "example.com"])[-NAME_LIMIT:]
    assert table.asked[1] == f"{name} A"


def test_a_bounded_lookup() -> None:
    table = Table(flat({"a.example": {"A": [ADDRESS]}}))
    lookup = BoundedLookup(table, 2, 60.0)
    assert [lookup.resolve(name, "A").outcome for name in ("a.example", "A.EXAMPLE.", "b.example", "c.example")] == [
        FOUND,
        FOUND,
        seen.NXDOMAIN,
        TOO_MANY,
    ]
    assert table.asked == ["a.example A", "b.example A"]
    assert BoundedLookup(table, 2, -1.0).resolve("a.example", "A").outcome == seen.TIMEOUT


TERMS = st.sampled_from(
    [
        "a",
        "mx",
        "ptr",
        "include:",
        "redirect=",
        "exp=",
        "exists:",
        "%{",
        "}",
        "%{ir}",
        "example.com",
        "/",
        "//",
        "24",
        " ",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(TERMS | st.text(max_size=5) | st.characters(), max_size=30).map("".join),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_whatever_is_published_gets_a_verdict(text: str, sender: str, helo: str) -> None:
    zone = {"example.com": {"TXT": [f"v=spf1 {text}"], "A": [ADDRESS], "MX": ["10 example.com."]}}
    result = check_host(ADDRESS, "example.com", sender, helo, Table(flat(zone)))
    assert result.result in RESULTS
    assert check_spf("example.com", World(Table(flat(zone)), addresses=(ADDRESS,))).status in STATUSES


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_asked_gets_a_result(domain: str, sender: str) -> None:
    assert check_host("2001:db8::1", domain, sender, resolver=Table({})).result == "none"
