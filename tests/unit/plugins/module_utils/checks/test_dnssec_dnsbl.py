# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks dnssec and dnsbl: answers that validate, and addresses that lists have."""

from __future__ import annotations

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.dnsbl import check_dnsbl
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dnssec import check_dnssec
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import FOUND, Reply

ZONE: dict[str, Entry] = {
    "example.com SOA": ["ns.example.com. h.example.com. 1 3600 600 86400 300"],
    "example.com MX": ["10 mx.example.net."],
    "mx.example.net A": ["8.8.4.4"],
}
LISTED = "4.4.8.8.bl.example"


def dnssec(records: dict[str, Entry], *, secure: bool) -> Check:
    """Return the verdict in a world that is signed or not."""
    return check_dnssec("example.com", World(Table(records, secure=secure)))


def dnsbl(records: dict[str, Entry], *addresses: str) -> Check:
    """Return what bl.example has of ``addresses``."""
    return check_dnsbl(
        "example.com", World(Table(records), addresses=addresses or ("8.8.4.4",), blocklists=("bl.example.",))
    )


def test_signed_answers() -> None:
    found = dnssec(ZONE, secure=True)
    assert (found.status, found.fields["secure"]) == ("success", True)
    assert [(one["name"], one["type"], one["secure"]) for one in found.fields["names"]] == [
        ("example.com", "SOA", True),
        ("example.com", "MX", True),
        ("mx.example.net", "A", True),
        ("mx.example.net", "AAAA", True),
    ]


def test_unsigned_answers() -> None:
    root: dict[str, Entry] = {". SOA": Reply(FOUND, ("a. b. 1 2 3 4 5",), True)}
    found = dnssec({**ZONE, **root}, secure=False)
    assert (found.status, found.fields["secure"], len(found.warnings)) == ("warning", False, 2)
    assert "no DANE" in found.warnings[1]


def test_an_unsigned_host() -> None:
    table = {**ZONE, "mx.example.net A": Reply(FOUND, ("8.8.4.4",))}
    found = dnssec(table, secure=True)
    assert (found.status, found.fields["secure"]) == ("warning", False)
    assert found.message.startswith("MX mx.example.net: ")


def test_a_resolver_that_does_not_validate() -> None:
    found = dnssec(ZONE, secure=False)
    assert (found.status, found.fields["secure"]) == ("unknown", None)
    assert "does not validate" in found.message


def test_a_bogus_answer() -> None:
    found = dnssec({**ZONE, "example.com MX": Reply(seen.SERVFAIL, bogus=True)}, secure=True)
    assert (found.status, found.fields["secure"]) == ("error", False)
    assert "bogus" in found.message
    assert [one["bogus"] for one in found.fields["names"]] == [False, True]


@pytest.mark.parametrize("outcome", [seen.TIMEOUT, seen.SERVFAIL])
def test_a_question_without_an_answer(outcome: str) -> None:
    found = dnssec({**ZONE, "example.com SOA": outcome}, secure=True)
    assert (found.status, found.fields["secure"]) == ("unknown", None)
    assert outcome in found.message


def test_an_address_that_no_list_has() -> None:
    found = dnsbl({})
    assert (found.status, found.record) == ("success", None)
    assert found.fields["listings"] == [
        {"address": "8.8.4.4", "zone": "bl.example", "listed": False, "answers": [], "reason": None}
    ]


def test_a_listed_address() -> None:
    found = dnsbl({f"{LISTED} A": ["127.0.0.2"], f"{LISTED} TXT": ["seen in a trap"]})
    assert found.status == "error"
    assert found.message == "8.8.4.4 is on the block list bl.example (127.0.0.2): seen in a trap"
    assert found.fields["listings"][0]["listed"] is True
    assert dnsbl({f"{LISTED} A": ["127.0.0.2"]}).message.endswith("no reason is given")


def test_an_ipv6_address() -> None:
    name = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.2.bl.example"
    assert dnsbl({f"{name} A": ["127.0.0.2"]}, "2600::1").status == "error"


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ({f"{LISTED} A": ["127.255.255.254"]}, "does not answer this resolver"),
        ({f"{LISTED} A": ["192.0.2.1"]}, "no block list any more"),
        ({f"{LISTED} A": ["rubbish"]}, "no block list any more"),
        ({f"{LISTED} A": ["127.0.0.2"], "1.0.0.127.bl.example A": ["127.0.0.2"]}, "has every address"),
        ({f"{LISTED} A": seen.TIMEOUT}, "time-out"),
        ({f"{LISTED} A": seen.SERVFAIL}, "SERVFAIL"),
        ({f"{LISTED} A": "REFUSED"}, "REFUSED"),
    ],
)
def test_lists_that_say_nothing(records: dict[str, Entry], words: str) -> None:
    found = dnsbl(records)
    assert (found.status, found.fields["listings"][0]["listed"]) == ("unknown", None)
    assert words in found.message


def test_a_private_address_is_on_no_list() -> None:
    found = dnsbl({}, "10.0.0.1", "8.8.4.4")
    assert found.status == "success"
    assert "10.0.0.1" in found.info[0]
    assert dnsbl({}, "10.0.0.1").status == "unknown"


def test_without_lists_nothing_is_known() -> None:
    assert check_dnsbl("example.com", World(Table({}), addresses=("8.8.4.4",))).status == "unknown"


def test_the_addresses_of_those_that_take_mail_are_looked_up() -> None:
    found = check_dnsbl("example.com", World(Table({**ZONE, f"{LISTED} A": ["127.0.0.2"]}), blocklists=("bl.example",)))
    assert found.status == "error"
