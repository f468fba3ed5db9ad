# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check caa: who may issue, by RFC 8659 and 8657."""

from __future__ import annotations

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.caa import check_caa
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply

CAA = "example.com CAA"


def check(records: dict[str, Entry], expected: tuple[str, ...] | None = None, domain: str = "example.com") -> Check:
    """Return the verdict in a world of ``records``."""
    return check_caa(domain, World(Table(records), {} if expected is None else {(domain, "CAA"): expected}))


@pytest.mark.parametrize(
    ("values", "issuers"),
    [
        (['0 issue "ca1.example.net"'], ["ca1.example.net"]),
        (['0 issue "ca1.example.net; account=230123"'], ["ca1.example.net"]),
        (['0 issue "ca1.example.net"', '0 issue "CA2.example.org"'], ["ca1.example.net", "ca2.example.org"]),
        (['0 issue ";"'], []),
        (['0 issue ""'], []),
        (['0 issue "%%%%%"', '0 issue "a.example"'], ["a.example"]),
        (['0 issuewild ";"', '0 issue "a.example"', '0 iodef "mailto:x@example.com"'], ["a.example"]),
        (['128 issue "a.example; accounturi=https://a.example/1; validationmethods=dns-01,ca-x"'], ["a.example"]),
        (["0 issue a.example"], ["a.example"]),
        (['0 tbs "Unknown"', '0 issue "a.example"'], ["a.example"]),
    ],
)
def test_who_may_issue(values: list[str], issuers: list[str]) -> None:
    found = check({CAA: values})
    assert found.fields["issuers"] == issuers
    assert found.fields["caa_domain"] == "example.com"
    assert found.status == ("error" if "%" in values[0] else "success")


@pytest.mark.parametrize(
    ("records", "status", "words"),
    [
        ({}, "warning", "any authority"),
        ({CAA: seen.TIMEOUT}, "unknown", "time-out"),
        ({CAA: seen.SERVFAIL}, "unknown", "SERVFAIL"),
        ({CAA: Reply(seen.SERVFAIL, bogus=True)}, "error", "bogus"),
        ({"com CAA": seen.TIMEOUT}, "unknown", "CAA of com"),
        ({CAA: ['128 tbs "Unknown"', '0 issue "a.example"']}, "error", "tbs is critical"),
        ({CAA: ['0 iodef "mailto:x@example.com"']}, "warning", "no issue"),
        ({CAA: ['0 iodef "x@example.com"', '0 issue "a.example"']}, "warning", "iodef 'x@example.com'"),
        ({CAA: ['1 issue "a.example"']}, "warning", "flags 1"),
        ({CAA: ['0 issue "not a name"']}, "error", "names no authority"),
        ({CAA: ['0 issue "a.example; nonsense"']}, "error", "'nonsense' is no parameter=value"),
        ({CAA: ['0 issue "a.example; accounturi=https://a/1; accounturi=https://a/2"']}, "error", "accounturi twice"),
        ({CAA: ['0 issue "a.example; accounturi=1234"']}, "error", "no URI"),
        ({CAA: ['0 issue "a.example; validationmethods=dns-01;validationmethods=http-01"']}, "error", "twice"),
        ({CAA: ['0 issue "a.example; validationmethods=a b"']}, "error", "no parameter=value"),
        ({CAA: ['0 issue "a.example; validationmethods=a,,b"']}, "error", "no list"),
        ({CAA: ["rubbish"]}, "error", "cannot be read"),
        ({CAA: ['999 issue "a.example"']}, "error", "cannot be read"),
    ],
)
def test_verdicts(records: dict[str, Entry], status: str, words: str) -> None:
    found = check(records)
    assert found.status == status
    assert words in found.message


def test_the_nearest_name_above_counts() -> None:
    records: dict[str, Entry] = {CAA: ['0 issue "a.example"'], "com CAA": ['0 issue "b.example"']}
    found = check(records, domain="x.y.example.com")
    assert (found.fields["issuers"], found.fields["caa_domain"]) == (["a.example"], "example.com")
    assert found.info == ("the CAA records are those of example.com",)
    table = Table({"x.example.com A": ["192.0.2.1"]})
    check_caa("x.example.com", World(table))
    assert table.asked == ["x.example.com CAA", "example.com CAA", "com CAA"]


def test_expected_records_stand_among_others() -> None:
    records: dict[str, Entry] = {CAA: ['0 issue "a.example"', '0 issue "b.example"']}
    found = check(records, ('0 issue "a.example"',))
    assert found.status == "success"
    assert "b.example" in found.info[0]
    missing = check(records, ('0 issue "c.example"',))
    assert missing.status == "error"
    assert "c.example" in missing.message
    assert "a.example" in missing.message
    above = check({"com CAA": ['0 issue "a.example"']}, ('0 issue "a.example"',))
    assert above.status == "error"


def test_thousands_of_records() -> None:
    found = check({CAA: [f'0 issue "c{number}.example"' for number in range(5000)]})
    assert found.status == "warning"
    assert len(found.fields["records"]) == 50
