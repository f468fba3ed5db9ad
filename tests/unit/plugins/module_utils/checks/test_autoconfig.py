# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check autoconfig: each name by which mail programs find their settings."""

from __future__ import annotations

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.autoconfig import check_autoconfig
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply

RECORDS: dict[str, Entry] = {
    "autoconfig.example.com CNAME": ["mx.example.net."],
    "autodiscover.example.com A": ["192.0.2.1"],
    "_autodiscover._tcp.example.com SRV": ["0 1 443 mx.example.net."],
    "_submissions._tcp.example.com SRV": ["0 1 465 mx.example.net."],
    "_submission._tcp.example.com SRV": ["0 0 0 ."],
    "mx.example.net A": ["192.0.2.1"],
}


def check(records: dict[str, Entry], expected: dict[str, str] | None = None) -> Check:
    """Return the verdict on example.com; ``expected`` is by name and type, as records are."""
    wanted = {(key.split()[0], key.split()[1]): (value,) for key, value in (expected or {}).items()}
    return check_autoconfig("example.com", World(Table(records), wanted))


def test_each_name_is_reported() -> None:
    found = check(RECORDS)
    assert (found.status, found.warnings) == ("success", ())
    names = {one["name"]: (one["type"], one["found"], one["expected"]) for one in found.fields["names"]}
    assert len(names) == 10
    assert names["autoconfig.example.com"] == ("CNAME", ["mx.example.net."], None)
    assert names["autodiscover.example.com"] == ("A", ["192.0.2.1"], None)
    assert names["_submission._tcp.example.com"] == ("SRV", ["0 0 0 ."], None)
    assert names["_sieve._tcp.example.com"] == ("SRV", [], None)
    assert found.message == "mail programs find 5 of 10 names"
    # What is missing and not expected is only told.
    assert len(found.info) == 5
    assert all("NXDOMAIN" in text for text in found.info)


def test_nothing_at_all() -> None:
    found = check({})
    assert (found.status, found.message, found.record) == ("success", "mail programs find no settings", None)


def test_what_is_expected() -> None:
    wanted = {
        "autoconfig.example.com CNAME": "mx.example.net.",
        "_submissions._tcp.example.com SRV": "0 1 465 mx.example.net.",
    }
    assert check(RECORDS, wanted).status == "success"
    other = check(RECORDS, {"_submissions._tcp.example.com SRV": "0 1 465 mail.example.com."})
    assert other.status == "error"
    assert "'0 1 465 mail.example.com.'" in other.message
    assert "'0 1 465 mx.example.net.'" in other.message
    missing = check(RECORDS, {"_imaps._tcp.example.com SRV": "0 1 993 mx.example.net."})
    assert missing.status == "error"
    assert "NXDOMAIN" in missing.message
    kind = check(RECORDS, {"autodiscover.example.com CNAME": "mx.example.net."})
    assert kind.status == "error"


@pytest.mark.parametrize(
    ("records", "status", "words"),
    [
        ({"autoconfig.example.com CNAME": ["gone.example.net."]}, "error", "leads to gone.example.net, which has no"),
        ({"_imaps._tcp.example.com SRV": ["0 1 993 gone.example.net."]}, "error", "has no address"),
        (
            {
                "_imaps._tcp.example.com SRV": ["0 1 993 a.example."],
                "a.example CNAME": ["b.example."],
                "b.example A": ["192.0.2.1"],
            },
            "warning",
            "RFC 2782",
        ),
        ({"_imaps._tcp.example.com SRV": ["0 0 0 .", "0 1 993 mx.example.net."]}, "error", "beside other records"),
        ({"_imaps._tcp.example.com SRV": ["rubbish"]}, "error", "cannot be read"),
        ({"_imaps._tcp.example.com SRV": ["0 1 99999 a.example."]}, "error", "cannot be read"),
        ({"_imaps._tcp.example.com SRV": seen.TIMEOUT}, "unknown", "time-out"),
        ({"_imaps._tcp.example.com SRV": seen.SERVFAIL}, "unknown", "SERVFAIL"),
        ({"_imaps._tcp.example.com SRV": Reply(seen.SERVFAIL, bogus=True)}, "error", "bogus"),
    ],
)
def test_verdicts(records: dict[str, Entry], status: str, words: str) -> None:
    found = check({"mx.example.net A": ["192.0.2.1"], **records})
    assert found.status == status
    assert words in found.message


def test_thousands_of_records() -> None:
    table = Table({"_imaps._tcp.example.com SRV": [f"0 1 993 m{number}.example." for number in range(5000)]})
    found = check_autoconfig("example.com", World(table))
    assert found.status == "error"
    assert len(table.asked) < 60
