# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check mta_sts: every verdict of its document, with policies out of a table."""

from __future__ import annotations

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.mta_sts import check_mta_sts, parse_policy
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import Fetched, World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.policies import mta_sts_text, mta_sts_value
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply

RECORD = "v=STSv1; id=20261122"
POLICY = mta_sts_text("enforce", 604800, ["mx1.example.net"])
NAME = "_mta-sts.example.com"


def check(
    record: Entry | None = (RECORD,),
    policy: Fetched | str = POLICY,
    mx: Entry = ("10 mx1.example.net.",),
    expected: str | None = None,
) -> Check:
    records: dict[str, Entry] = {"example.com MX": mx}
    if record is not None:
        records[f"{NAME} TXT"] = record
    wanted = {(NAME, "TXT"): (expected,)} if expected else {}
    fetched = policy if isinstance(policy, Fetched) else Fetched(policy)
    return check_mta_sts("example.com", World(Table(records), wanted, fetch=lambda _domain: fetched))


def policy(mode: str = "enforce", max_age: str = "604800", mx: str = "mx1.example.net", version: str = "STSv1") -> str:
    return f"version: {version}\nmode: {mode}\nmx: {mx}\nmax_age: {max_age}\n"


def test_all_is_well() -> None:
    found = check()
    assert (found.status, found.record, found.warnings, found.info) == ("success", RECORD, (), ())
    shown = found.shown()
    assert shown["id"] == "20261122"
    assert shown["policy"] == {"mode": "enforce", "max_age": 604800, "mx": ["mx1.example.net"]}
    assert (shown["expected_record"], shown["actual_record"], shown["match"]) == (None, RECORD, None)


@pytest.mark.parametrize(
    ("record", "status", "message"),
    [
        (None, "warning", f"No MTA-STS record at {NAME}"),
        (["hello"], "warning", f"No MTA-STS record at {NAME}"),
        (["v=STSv10; id=1"], "warning", f"No MTA-STS record at {NAME}"),
        (seen.TIMEOUT, "unknown", "no answer came in time (time-out)"),
        (seen.SERVFAIL, "unknown", "SERVFAIL"),
        (Reply(seen.SERVFAIL, bogus=True), "error", "does not validate"),
        ([RECORD, "v=STSv1; id=2"], "error", "Multiple MTA-STS records found (2). Only one is allowed"),
        (["v=STSv1;"], "error", "has no id; it has one"),
        (["v=STSv1"], "error", "has no id; it has one"),
        (["v=STSv1; id=1; id=2"], "error", "has 2 ids; it has one"),
        (["v=STSv1; id=2026-11-22"], "error", "has the id '2026-11-22'; it has 1 to 32 letters and digits"),
        (["v=STSv1; id=" + "1" * 33], "error", "it has 1 to 32 letters and digits"),
        (["v=STSv1; id=1; b\udcffd=x"], "error", "which is none"),
        (["v=STSv1; id=1; " + "x" * 60000], "error", "which is none"),
        (["v=STSv1;id=1;x=y;"], "success", "configured correctly"),
        (["v=STSv1;"] * 5000, "error", "Multiple MTA-STS records found (5000)"),
    ],
)
def test_records(record: Entry | None, status: str, message: str) -> None:
    found = check(record)
    assert found.status == status
    assert message in found.message
    assert len(str(found.shown())) < 100_000


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        (policy("testing"), "warning", "mode testing: failures are reported"),
        (policy("none"), "warning", "mode none: it is switched off"),
        ("version: STSv1\nmode: none\nmax_age: 86400\n", "warning", "mode none: it is switched off"),
        (policy(max_age="3600"), "warning", "kept for 3600 seconds only"),
        (policy("strict"), "error", "has the mode 'strict'; it is enforce, testing or none"),
        (policy(version="STSv2"), "error", "has the version 'STSv2'; it is STSv1"),
        (policy(max_age="99999999"), "error", "has the max_age '99999999'"),
        (policy(max_age="1 week"), "error", "has the max_age '1 week'"),
        (policy(mx="mx1.example.net\nmx: *.*.example"), "error", "has the mx '*.*.example', which is no name"),
        (policy(mx=""), "error", "has the mx '', which is no name"),
        ("version: STSv1\nmode: enforce\nmax_age: 604800\n", "error", "has no mx"),
        ("", "error", "has the version ''"),
        ("<html>\n" * 5000, "error", "has the line '<html>', which is no key and value"),
        (policy(mx="mx2.example.net"), "error", "does not allow mx1.example.net, which example.com has as MX"),
        (policy("testing", mx="mx2.example.net"), "warning", "mode testing"),
        (policy(mx="*.net"), "error", "does not allow mx1.example.net"),
        (policy(mx="*.example.net"), "success", "configured correctly"),
        (policy(mx="MX1.example.NET"), "success", "configured correctly"),
        (policy() + "mode: none\n", "warning", "has mode more than once; the first counts"),
        (policy() + "more: x\n\n", "success", "configured correctly"),
        ("".join(f"mx: mx{number}.example.net\n" for number in range(4000)) + policy(), "success", "configured"),
    ],
)
def test_policies(text: str, status: str, message: str) -> None:
    found = check(policy=text)
    assert (found.status, message in found.message) == (status, True), found.message
    assert len(str(found.shown())) < 100_000


def test_a_policy_that_cannot_be_had() -> None:
    silent = check(policy=Fetched(problem="nobody answers", reached=False))
    assert (silent.status, silent.message) == ("unknown", "The MTA-STS policy cannot be had: nobody answers")
    assert check(policy=Fetched(problem="it gives the status 404")).status == "error"


@pytest.mark.parametrize(
    ("mx", "status", "message"),
    [
        (seen.TIMEOUT, "unknown", "MX of example.com"),
        (["0 ."], "success", "configured correctly"),
        (["10 mx1.example.net.", "20 mx2.example.net."], "error", "does not allow mx2.example.net"),
    ],
)
def test_exchangers(mx: Entry, status: str, message: str) -> None:
    found = check(mx=mx)
    assert found.status == status
    assert message in found.message


def test_a_domain_without_mx_is_its_own_host() -> None:
    table = Table({f"{NAME} TXT": [RECORD], "example.com A": ["192.0.2.1"]})
    found = check_mta_sts("example.com", World(table, fetch=lambda _domain: Fetched(POLICY)))
    assert found.message == "The MTA-STS policy does not allow example.com, which example.com has as MX"
    assert found.info == ("No MX is allowed by 'mx1.example.net'",)


def test_what_is_expected() -> None:
    right = mta_sts_value(POLICY)
    assert check([right], expected=right).shown()["match"] is True
    other = check(expected=right)
    assert (other.status, other.shown()["match"], other.shown()["expected_record"]) == ("error", False, right)
    assert f"expected {right!r}, found {RECORD!r}" in other.message
    missing = check(None, expected=right)
    assert (missing.status, missing.shown()["actual_record"]) == ("error", None)
    assert f"expected {right!r}, found nothing" in missing.message
    stale = check([right], policy=policy(max_age="1000000"), expected=right)
    assert (stale.status, stale.shown()["match"]) == ("warning", True)
    assert stale.message == "The MTA-STS policy that is served is not the one that the expected id was made of"
    assert check(seen.TIMEOUT, expected=right).shown()["match"] is None
    # The line ends that a web server gives it do not count.
    assert check([right], policy=POLICY.replace("\r\n", "\n"), expected=right).status == "success"


def test_a_policy_by_its_lines() -> None:
    read = parse_policy("version:STSv1\r\nmode:\ttesting \r\nmx: a.example\r\nmx: *.b.example\r\nmax_age: 0\r\n")
    assert (read.mode, read.max_age, list(read.patterns), read.problems) == (
        "testing", 0, ["a.example", "*.b.example"], (),
    )  # fmt: skip
    assert [read.allows(host) for host in ("a.example", "x.b.example", "b.example", "x.y.b.example")] == [
        True, True, False, False,
    ]  # fmt: skip
