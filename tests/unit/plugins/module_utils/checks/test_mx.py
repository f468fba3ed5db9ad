# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check mx: the hosts that take mail, each kind of broken record, and what nobody knows."""

from __future__ import annotations

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.mx import check_mx
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply

# Addresses of the internet, as none of those for documentation is.
HOST: dict[str, Entry] = {"mx.example.net A": ["8.8.4.4"], "mx.example.net AAAA": ["2600::1"]}
MX = "example.com MX"


def check(records: dict[str, Entry], expected: tuple[str, ...] | None = None) -> Check:
    """Return the verdict on example.com in a world of ``records``."""
    return check_mx("example.com", World(Table(records), {} if expected is None else {("example.com", "MX"): expected}))


def test_right_hosts() -> None:
    records = {**HOST, MX: ["20 mx2.example.net.", "10 mx.example.net."]}
    records |= {"mx2.example.net A": ["8.8.4.5"], "mx2.example.net AAAA": ["2600::2"]}
    found = check(records, ("10 mx.example.net.", "20 mx2.example.net."))
    assert (found.status, found.warnings, found.info) == ("success", (), ())
    assert found.record == "20 mx2.example.net.; 10 mx.example.net."
    assert found.fields["hosts"] == [
        {"name": "mx.example.net", "preference": 10, "addresses": ["8.8.4.4", "2600::1"]},
        {"name": "mx2.example.net", "preference": 20, "addresses": ["8.8.4.5", "2600::2"]},
    ]


@pytest.mark.parametrize(
    ("records", "status", "words"),
    [
        ({}, "error", "NXDOMAIN"),
        ({"example.com TXT": ["x"]}, "error", "no such record"),
        ({"example.com A": ["8.8.4.4"]}, "warning", "own address (8.8.4.4)"),
        ({MX: seen.TIMEOUT}, "unknown", "time-out"),
        ({MX: seen.SERVFAIL}, "unknown", "SERVFAIL"),
        ({MX: Reply(seen.SERVFAIL, bogus=True)}, "error", "bogus"),
        ({MX: ["0 .", "10 mx.example.net."], **HOST}, "error", "null MX (0 .) beside others"),
        ({MX: ["10 mx.example.org."]}, "error", "mx.example.org' has no address: A of mx.example.org"),
        ({MX: ["10 a.example.org."], "a.example.org TXT": ["x"]}, "error", "no such record"),
        ({MX: ["10 8.8.4.4."]}, "error", "the address 8.8.4.4 where"),
        ({MX: ["10 [8.8.4.4]"]}, "error", "where it needs a host's name"),
        ({MX: ["10 localhost."]}, "error", "leads nowhere"),
        ({MX: ["10 a.example.org."], "a.example.org A": ["127.0.0.1"]}, "error", "127.0.0.1, which is no other host's"),
        ({MX: ["10 a.example.org."], "a.example.org A": ["0.0.0.0"]}, "error", "no other host's"),
        ({MX: ["10 a.example.org."], "a.example.org CNAME": ["mx.example.net."], **HOST}, "error", "is an alias of mx"),
        ({MX: ["10 a.example.org."], "a.example.org AAAA": ["2600::9"]}, "warning", "no IPv4 address"),
        ({MX: ["10 mx.example.net.", "20 mx.example.net."], **HOST}, "warning", "listed 2 times"),
        ({MX: ["rubbish"]}, "error", "cannot be read"),
        ({MX: ["10 a.example.org."], "a.example.org A": seen.TIMEOUT}, "unknown", "A of a.example.org"),
        (
            {MX: ["10 mx.example.net.", "20 a.example.org."], "a.example.org A": ["8.8.4.6"], **HOST},
            "warning",
            "a.example.org has no IPv6 address (AAAA), as other hosts",
        ),
    ],
)
def test_verdicts(records: dict[str, Entry], status: str, words: str) -> None:
    found = check(records)
    assert found.status == status
    assert any(words in text for text in found.warnings), found.warnings


def test_ipv4_alone_is_only_told() -> None:
    found = check({MX: ["10 a.example.org."], "a.example.org A": ["8.8.4.6"]})
    assert found.status == "success"
    assert found.info == ("a.example.org has no IPv6 address (AAAA)",)


def test_a_private_address_is_only_told() -> None:
    found = check({MX: ["10 a.example.org."], "a.example.org A": ["10.0.0.1"], "a.example.org AAAA": ["fd00::1"]})
    assert found.status == "success"
    assert len(found.info) == 2


def test_a_null_mx() -> None:
    found = check({MX: ["0 ."]})
    assert (found.status, found.info) == ("success", ())
    assert found.message == "example.com takes no mail (null MX)"
    assert found.fields["hosts"] == [{"name": "", "preference": 0, "addresses": []}]
    assert "preference 0" in check({MX: ["10 ."]}).info[0]
    assert check({MX: ["0 ."]}, ("0 .",)).status == "success"


def test_others_than_expected() -> None:
    found = check({MX: ["10 mx.example.net."], **HOST}, ("10 other.example.net.",))
    assert found.status == "error"
    assert "'10 other.example.net.'" in found.message
    assert "'10 mx.example.net.'" in found.message
    assert "found nothing" in check({}, ("10 mx.example.net.",)).message


def test_thousands_of_records() -> None:
    table = Table({MX: [f"{number} m{number}.example.net." for number in range(5000)]})
    found = check_mx("example.com", World(table))
    assert found.status == "error"
    assert any("5000 MX records" in text for text in found.warnings)
    assert len(table.asked) < 60
    assert len(found.record or "") < 9000
