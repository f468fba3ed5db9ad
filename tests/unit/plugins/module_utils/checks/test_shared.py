# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts that checks share: tags, replies in words, findings, expected values, mail hosts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lookups import Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks import mail_hosts
from ansible_collections.mailwright.mail.plugins.module_utils.checks.expected import compare
from ansible_collections.mailwright.mail.plugins.module_utils.checks.findings import Findings
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.replies import as_record, failure, told
from ansible_collections.mailwright.mail.plugins.module_utils.checks.tags import EXTENSION, comparable, read_tags
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("v=DKIM1; k=rsa; p=AB", {"v": "DKIM1", "k": "rsa", "p": "AB"}),
        (" v = DKIM1 ;\tp = A B ;", {"v": "DKIM1", "p": "A B"}),
        ("p=", {"p": ""}),
        ("p=a=b==", {"p": "a=b=="}),
        ("v=X;\r\n p=1", {"v": "X", "p": "1"}),
        ("a_1=x", {"a_1": "x"}),
    ],
)
def test_tags_are_read(text: str, tags: dict[str, str]) -> None:
    read = read_tags(text)
    assert (dict(read.tags), read.problems) == (tags, ())


@pytest.mark.parametrize(
    ("text", "told_"),
    [
        ("", "it is empty"),
        ("v=DKIM1;;p=", "it has nothing before a semicolon"),
        ("v=DKIM1; rubbish", "'rubbish' is no tag=value"),
        ("1a=x", "'1a' is no name of a tag"),
        ("=x", "'' is no name of a tag"),
        ("p=1; p=2", "the tag p= is there twice"),
        ("n=ü", "the tag n= has characters that are not printable ASCII: 'ü'"),
        ("n=a\x07", "the tag n= has characters that are not printable ASCII: 'a\\x07'"),
    ],
)
def test_what_is_no_list_of_tags(text: str, told_: str) -> None:
    assert read_tags(text).problems == (told_,)


def test_the_first_of_two_tags_counts() -> None:
    assert read_tags("p=1; p=2").tags == {"p": "1"}


def test_names_of_extensions_are_wider() -> None:
    assert read_tags("v=STSv1; 1-a.b=x", EXTENSION).problems == ()


def test_endless_tags_are_bounded() -> None:
    read = read_tags("x;" * 30000)
    assert len(read.problems) <= 6
    assert len(read_tags(";".join(f"a{number}=1" for number in range(30000))).tags) == 200


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    read = read_tags(text)
    assert all(name.isascii() for name in read.tags)
    assert comparable(text) == comparable(text)


def test_records_that_say_the_same_are_the_same() -> None:
    assert comparable("v=DKIM1; k=rsa; p=AB CD;") == comparable("k=rsa;v=DKIM1 ;p=ABCD")
    assert comparable("v=DKIM1; p=AB") != comparable("v=DKIM1; p=AC")


@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        (Reply(seen.NXDOMAIN), "unknown", "NXDOMAIN"),
        (Reply(seen.NO_DATA), "unknown", "no such record"),
        (Reply(seen.SERVFAIL), "unknown", "SERVFAIL"),
        (Reply(seen.TIMEOUT), "unknown", "time-out"),
        (Reply(seen.UNREACHABLE), "unknown", "no resolver could be reached"),
        (Reply(seen.MALFORMED), "unknown", "could not be read"),
        (Reply(seen.NO_ROUTE), "unknown", "no route"),
        (Reply("REFUSED"), "unknown", "REFUSED"),
        (Reply(seen.SERVFAIL, bogus=True), "error", "bogus"),
    ],
)
def test_replies_are_told_apart(reply: Reply, status: str, words: str) -> None:
    assert told("x.example", "TXT", reply).startswith("TXT of x.example: ")
    assert words in told("x.example", "TXT", reply)
    if not reply.absent:
        assert failure(reply) == status


def test_records_are_shown_with_an_end() -> None:
    assert as_record([]) is None
    assert as_record(["a", "b"]) == "a; b"
    assert len(as_record(["x" * 65000] * 5000) or "") < 9000
    assert (as_record(["a"] * 5000) or "").endswith("... (5000 records)")


def test_the_worst_gives_status_and_message() -> None:
    findings = Findings()
    assert findings.check("fine").message == "fine"
    findings.info("known")
    findings.info("known")
    assert findings.check("fine") == Check("success", "fine", info=("known",))
    findings.warning("a")
    findings.unknown("b")
    assert (findings.status, findings.message("fine")) == ("unknown", "b")
    findings.error("c")
    assert findings.check("fine", "record", x=1) == Check("error", "c", "record", ("c", "b", "a"), ("known",), {"x": 1})


def test_findings_have_an_end() -> None:
    findings = Findings()
    for number in range(5000):
        findings.warning(str(number))
    assert len(findings.warnings) == 51
    assert findings.warnings[-1] == "and 4950 more of that kind"


def test_bytes_that_are_no_utf_8_are_written_out() -> None:
    check = Check("error", "x\udcff", "y\udcff", ("z\udcff",), fields={"parameters": {"p": "\udcff"}})
    shown = check.shown()
    assert (shown["message"], shown["record"], shown["warnings"]) == ("x\\xff", "y\\xff", ["z\\xff"])
    assert shown["parameters"] == {"p": "\\xff"}


def test_both_sides_are_told() -> None:
    world = World(Table({}), {("example.com", "MX"): ("10 a.example.", "20 b.example.")})
    assert compare(world, "example.com", "TXT", ["x"]) is None
    compared = compare(world, "example.com", "MX", ["10 a.example.", "30 c.example."])
    assert compared is not None
    assert (compared.match, compared.missing, compared.extra) == (False, ("20 b.example.",), ("30 c.example.",))
    assert compared.told() == (
        "MX of example.com is not as expected: expected '10 a.example.' and '20 b.example.', "
        "found '10 a.example.' and '30 c.example.'"
    )
    same = compare(world, "example.com", "MX", ["20 b.example.", "10 a.example."])
    assert same is not None
    assert same.match


@pytest.mark.parametrize("value", ["", "10", "x mx.example.", "-1 a.", "100000 a.", "٣ a.example."])
def test_what_is_no_mx(value: str) -> None:
    assert mail_hosts.parse_exchanger(value) is None


def test_exchangers_stand_in_their_order() -> None:
    reply = Reply("found", ("20 B.example.", "10 a.example.", "20 b.example.", "rubbish"))
    assert [(one.host, one.preference) for one in mail_hosts.exchangers(reply)] == [
        ("a.example", 10),
        ("b.example", 20),
    ]
    many = Reply("found", tuple(f"10 m{number}.example." for number in range(5000)))
    assert len(mail_hosts.exchangers(many)) == mail_hosts.HOST_LIMIT


def test_senders_are_given_or_those_that_take_mail() -> None:
    table = Table(
        {
            "example.com MX": ["10 mx.example.com.", "20 mx2.example.com."],
            "mx.example.com A": ["192.0.2.1"],
            "mx.example.com AAAA": ["2001:db8::1"],
            "mx2.example.com A": "time-out",
            "mx2.example.com AAAA": ["2001:0db8:0::1"],
        }
    )
    found = mail_hosts.senders("example.com", World(table))
    assert found.addresses == ("192.0.2.1", "2001:db8::1")
    assert found.missing == ("A of mx2.example.com: no answer came in time (time-out)",)
    given_ = mail_hosts.senders("example.com", World(table, addresses=("192.0.2.9", "rubbish")))
    assert given_.addresses == ("192.0.2.9",)
    assert given_.missing == ("'rubbish' is no IP address",)
    nothing = mail_hosts.senders("example.org", World(table))
    assert nothing.missing == ("MX of example.org: there is no such name (NXDOMAIN)",)
