# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ptr: names that lead back to the address they belong to."""

from __future__ import annotations

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.ptr import check_ptr
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply

PTR = "4.4.8.8.in-addr.arpa PTR"
V6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.2.ip6.arpa PTR"


def test_the_addresses_that_are_given() -> None:
    table = Table(
        {
            PTR: ["MX.example.net."],
            V6: ["mx.example.net."],
            "mx.example.net A": ["8.8.4.4"],
            "mx.example.net AAAA": ["2600:0:0::1"],
        }
    )
    found = check_ptr("example.com", World(table, addresses=("8.8.4.4", "2600::1")))
    assert (found.status, found.warnings, found.info) == ("success", (), ())
    assert found.fields["addresses"] == [
        {"address": "8.8.4.4", "names": ["mx.example.net"], "confirmed": True},
        {"address": "2600::1", "names": ["mx.example.net"], "confirmed": True},
    ]
    assert found.record == "8.8.4.4 mx.example.net; 2600::1 mx.example.net"


def test_the_addresses_of_those_that_take_mail() -> None:
    table = Table({PTR: ["mx.example.net."], "mx.example.net A": ["8.8.4.4"], "example.com MX": ["10 mx.example.net."]})
    found = check_ptr("example.com", World(table))
    assert (found.status, len(found.fields["addresses"])) == ("success", 1)


@pytest.mark.parametrize(
    ("records", "status", "words", "confirmed"),
    [
        ({}, "error", "8.8.4.4 has no name, and many receivers", False),
        ({PTR: seen.NO_DATA}, "error", "no such record", False),
        ({PTR: seen.TIMEOUT}, "unknown", "time-out", None),
        ({PTR: seen.SERVFAIL}, "unknown", "SERVFAIL", None),
        ({PTR: Reply(seen.SERVFAIL, bogus=True)}, "error", "bogus", None),
        ({PTR: ["mx.example.net."]}, "error", "leads nowhere", False),
        ({PTR: ["mx.example.net."], "mx.example.net A": ["8.8.4.5"]}, "error", "leads to 8.8.4.5 and not back", False),
        ({PTR: ["mx.example.net."], "mx.example.net A": seen.TIMEOUT}, "unknown", "not known", None),
        ({PTR: ["a.example.", "mx.example.net."], "mx.example.net A": ["8.8.4.4"]}, "success", "", True),
    ],
)
def test_verdicts(records: dict[str, Entry], status: str, words: str, confirmed: bool | None) -> None:
    found = check_ptr("example.com", World(Table(records), addresses=("8.8.4.4",)))
    assert found.status == status
    assert words in found.message
    assert [one["confirmed"] for one in found.fields["addresses"]] == [confirmed]


def test_a_private_address() -> None:
    found = check_ptr("example.com", World(Table({}), addresses=("10.0.0.1",)))
    assert found.status == "warning"
    assert "no address of the internet" in found.message
    named = Table({"1.0.0.10.in-addr.arpa PTR": ["mx.example.net."], "mx.example.net A": ["10.0.0.1"]})
    assert check_ptr("example.com", World(named, addresses=("10.0.0.1",))).status == "success"


def test_no_address_at_all() -> None:
    found = check_ptr("example.com", World(Table({"example.com MX": ["0 ."]})))
    assert (found.status, found.fields["addresses"]) == ("unknown", [])
    assert "give addresses" in found.message
    assert check_ptr("example.com", World(Table({}))).status == "unknown"


def test_another_name_than_expected() -> None:
    table = Table({PTR: ["mx.example.net."], "mx.example.net A": ["8.8.4.4"]})
    expected = {("4.4.8.8.in-addr.arpa", "PTR"): ("other.example.net.",)}
    found = check_ptr("example.com", World(table, expected, ("8.8.4.4",)))
    assert found.status == "error"
    assert "'other.example.net.'" in found.message


def test_thousands_of_names() -> None:
    table = Table({PTR: [f"n{number}.example." for number in range(5000)]})
    found = check_ptr("example.com", World(table, addresses=("8.8.4.4",)))
    assert found.status == "error"
    assert len(table.asked) < 20
