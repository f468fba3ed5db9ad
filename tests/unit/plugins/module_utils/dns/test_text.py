# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TXT records in zone files, values in one form, and text that other programs read back."""

from __future__ import annotations

import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.dns import txt
from ansible_collections.mailwright.mail.plugins.module_utils.dns.model import Record, Slot
from ansible_collections.mailwright.mail.plugins.module_utils.dns.values import compared, parse_value
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zone_text import zone_text

HEAD = "example.com. 3600 IN SOA ns1.example.com. h.example.com. 1 3600 600 86400 300\n"
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=700).filter(
    lambda text: not text[0] == text[-1] == '"'
)


def parsed(record: Record) -> list[bytes]:
    """Return the strings of a TXT record as dnspython reads them from our text."""
    zone = dns.zone.from_text(HEAD + zone_text([record]), "example.com.", relativize=False, check_origin=False)
    (rdata,) = zone.get_rdataset(f"{record.name}.", "TXT")
    return list(rdata.strings)


@given(text=texts)
def test_another_program_reads_the_text_that_was_meant(text: str) -> None:
    record = Record("x.example.com", "TXT", txt.parse_text(text, "text"), 60)
    strings = parsed(record)
    assert b"".join(strings).decode() == text
    assert max(map(len, strings)) <= 255


@given(content=st.binary(min_size=1, max_size=600))
def test_bytes_that_are_no_text_come_back(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    assert txt.unquote(txt.quote(text)) == text


@pytest.mark.parametrize(
    ("content", "strings"),
    [
        ('"one" "two"', [b"one", b"two"]),
        ('"one""two"', [b"one", b"two"]),
        ("bare words", [b"bare", b"words"]),
        ('""', [b""]),
        (r'"a\"b\\c\065\; d"', [b'a"b\\cA; d']),
        ("", []),
    ],
)
def test_what_servers_write(content: str, strings: list[bytes]) -> None:
    assert txt.character_strings(content) == strings


@pytest.mark.parametrize("content", ['"open', "back\\", r"\999"])
def test_broken_content_stays_as_it_is(content: str) -> None:
    with pytest.raises(ValueError):
        txt.character_strings(content)
    assert compared("TXT", content) == content


@pytest.mark.parametrize(
    ("type_", "given_", "value"),
    [
        ("A", " 192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:DB8:0::1", "2001:db8::1"),
        ("MX", "010  MX1.Example.NET", "10 mx1.example.net."),
        ("MX", "0 .", "0 ."),
        ("SRV", "0 01 993 Mail.example.com.", "0 1 993 mail.example.com."),
        ("CNAME", "_x.Example.com", "_x.example.com."),
        ("TLSA", "3 1 1 " + "AB" * 16 + " " + "cd" * 16, "3 1 1 " + "ab" * 16 + "cd" * 16),
        ("SSHFP", "4 2 ABCD", "4 2 abcd"),
        ("CAA", "0 ISSUE ca.example", '0 issue "ca.example"'),
        ("CAA", '128  issue "ca.example; x=y"', '128 issue "ca.example; x=y"'),
    ],
)
def test_values_have_one_form(type_: str, given_: str, value: str) -> None:
    assert parse_value(type_, given_, "value") == value
    assert parse_value(type_, value, "value") == value
    assert compared(type_, given_) == value


@pytest.mark.parametrize(("type_", "content"), [("A", "nonsense"), ("NAPTR", "1 2 x"), ("CAA", '0 issue "a" "b"')])
def test_what_we_could_not_write_is_compared_as_it_is(type_: str, content: str) -> None:
    assert compared(type_, content) == content


@pytest.mark.parametrize(
    ("value", "held"),
    [("v=spf1", True), ("V=SPF1 mx", True), ("v=spf1;", True), ("v=spf10 mx", False), ("x v=spf1", False)],
)
def test_a_slot_holds_what_begins_with_its_tag(value: str, held: bool) -> None:
    assert Slot("example.com", "TXT", "v=spf1").holds(value) is held
