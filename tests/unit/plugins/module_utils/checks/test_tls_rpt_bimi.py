# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks tls_rpt and bimi: TXT records that a domain may have, and what makes them count."""

from __future__ import annotations

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.bimi import check_bimi
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.tls_rpt import check_tls_rpt
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply

TLS = "_smtp._tls.example.com"
BIMI = "default._bimi.example.com"
LOGO = "v=BIMI1; l=https://example.com/logo.svg; a=https://example.com/mark.pem"
STRICT: dict[str, Entry] = {"_dmarc.example.com TXT": ["v=DMARC1; p=reject"]}


def tls_rpt(entry: Entry, expected: str | None = None) -> Check:
    """Return the verdict on the TLS-RPT records ``entry``."""
    wanted = {} if expected is None else {(TLS, "TXT"): (expected,)}
    return check_tls_rpt("example.com", World(Table({f"{TLS} TXT": entry}), wanted))


def bimi(records: dict[str, Entry], expected: str | None = None, domain: str = "example.com") -> Check:
    """Return the verdict on the logo in a world of ``records``."""
    wanted = {} if expected is None else {(f"default._bimi.{domain}", "TXT"): (expected,)}
    return check_bimi(domain, World(Table(records), wanted))


@pytest.mark.parametrize(
    ("text", "rua"),
    [
        # RFC 8460, section 3.1.
        ("v=TLSRPTv1;rua=mailto:reports@example.com", ["mailto:reports@example.com"]),
        ("v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt", ["https://reporting.example.com/v1/tlsrpt"]),
        ("v=TLSRPTv1; rua=mailto:a@example.com , https://example.com/x; 1-ext=y;", None),
    ],
)
def test_where_failures_of_tls_are_reported(text: str, rua: list[str] | None) -> None:
    found = tls_rpt([text, "another text"], text)
    assert (found.status, found.warnings, found.record) == ("success", (), text)
    assert found.fields["rua"] == (rua or ["mailto:a@example.com", "https://example.com/x"])


@pytest.mark.parametrize(
    ("entry", "status", "words"),
    [
        (seen.NXDOMAIN, "warning", "NXDOMAIN"),
        (seen.NO_DATA, "warning", "no such record"),
        (["hello"], "warning", "other TXT only"),
        (["v=TLSRPTv2; rua=mailto:a@example.com"], "warning", "other TXT only"),
        (["V=TLSRPTv1; rua=mailto:a@example.com"], "warning", "other TXT only"),
        (seen.TIMEOUT, "unknown", "time-out"),
        (seen.SERVFAIL, "unknown", "SERVFAIL"),
        (Reply(seen.SERVFAIL, bogus=True), "error", "bogus"),
        (
            ["v=TLSRPTv1; rua=mailto:a@example.com", "v=TLSRPTv1; rua=mailto:b@example.com"],
            "error",
            "2 TLS-RPT records",
        ),
        (["v=TLSRPTv1"], "error", "no rua="),
        (["v=TLSRPTv1; rua="], "error", "neither mailto: nor https:"),
        (["v=TLSRPTv1; rua=a@example.com"], "error", "neither mailto: nor https:"),
        (["v=TLSRPTv1; rua=http://example.com/"], "error", "neither mailto: nor https:"),
        (["v=TLSRPTv1; rua=https://[/"], "error", "is no URI"),
        (["v=TLSRPTv1; rua=mailto:nobody"], "error", "is no mailto:"),
        (["v=TLSRPTv1; rua=mailto:a@example.com; rubbish"], "warning", "is no tag=value"),
        (["v=TLSRPTv1; rua=" + ",".join(["mailto:a@example.com"] * 3000)], "warning", "more than 20"),
    ],
)
def test_verdicts_of_tls_rpt(entry: Entry, status: str, words: str) -> None:
    found = tls_rpt(entry)
    assert found.status == status
    assert words in found.message


def test_a_tls_rpt_record_that_is_expected() -> None:
    wanted = "v=TLSRPTv1; rua=mailto:a@example.com"
    missing = tls_rpt(seen.NXDOMAIN, wanted)
    assert missing.status == "error"
    assert "NXDOMAIN" in missing.warnings[1]
    other = tls_rpt(["v=TLSRPTv1; rua=mailto:b@example.com"], wanted)
    assert other.status == "error"
    assert "mailto:a@example.com" in other.message
    assert "mailto:b@example.com" in other.message


def test_a_logo() -> None:
    found = bimi({f"{BIMI} TXT": [LOGO], **STRICT}, LOGO)
    assert (found.status, found.warnings, found.info, found.record) == ("success", (), (), LOGO)
    assert dict(found.fields) == {
        "logo": "https://example.com/logo.svg",
        "authority": "https://example.com/mark.pem",
        "declined": False,
        "bimi_domain": "example.com",
        "dmarc_policy": "reject",
    }


def test_no_logo_is_no_fault() -> None:
    found = bimi({})
    assert (found.status, found.message) == ("success", "no logo is published (BIMI)")
    assert "NXDOMAIN" in found.info[0]
    assert bimi({}, LOGO).status == "error"
    declined = bimi({f"{BIMI} TXT": ["v=BIMI1; l=; a=;"]})
    assert (declined.status, declined.fields["declined"]) == ("success", True)


def test_the_logo_of_the_organization() -> None:
    found = bimi({f"{BIMI} TXT": [LOGO], **STRICT}, domain="sub.example.com")
    assert (found.status, found.fields["bimi_domain"]) == ("success", "example.com")


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("v=BIMI1; a=https://example.com/mark.pem", "error", "no l="),
        ("v=BIMI1; l=http://example.com/logo.svg", "error", "no https URL"),
        ("v=BIMI1; l=https://[/logo.svg", "error", "no https URL"),
        ("v=BIMI1; l=https://example.com/logo.png; a=https://example.com/m.pem", "warning", "no .svg"),
        ("v=BIMI1; l=https://example.com/logo.svg; a=mark", "error", "a='mark'"),
        ("v=BIMI1; l=; a=https://example.com/mark.pem", "error", "no logo"),
        (f"{LOGO}; rubbish", "warning", "is no tag=value"),
    ],
)
def test_verdicts_of_a_logo(text: str, status: str, words: str) -> None:
    found = bimi({f"{BIMI} TXT": [text], **STRICT})
    assert found.status == status
    assert words in found.message


def test_a_logo_without_proof_is_only_told() -> None:
    found = bimi({f"{BIMI} TXT": ["v=BIMI1; l=https://example.com/logo.svg"], **STRICT})
    assert (found.status, len(found.info)) == ("success", 1)


@pytest.mark.parametrize(
    ("dmarc", "words"),
    [
        (seen.NXDOMAIN, "no DMARC policy holds"),
        (["v=DMARC1; p=none"], "policy is none"),
        (["v=DMARC1; p=reject; t=y"], "t=y"),
        (["v=DMARC1; p=reject; sp=none"], "sp=none"),
        (["v=DMARC1; p=quarantine; pct=50"], "pct="),
    ],
)
def test_a_logo_needs_dmarc(dmarc: Entry, words: str) -> None:
    found = bimi({f"{BIMI} TXT": [LOGO], "_dmarc.example.com TXT": dmarc})
    assert found.status == "error"
    assert words in found.message


def test_what_nobody_knows_of_a_logo() -> None:
    assert bimi({f"{BIMI} TXT": seen.TIMEOUT}).status == "unknown"
    assert bimi({f"{BIMI} TXT": [LOGO], "_dmarc.example.com TXT": seen.TIMEOUT}).status == "unknown"
    assert bimi({f"{BIMI} TXT": Reply(seen.SERVFAIL, bogus=True)}).status == "error"
    assert bimi({f"{BIMI} TXT": [LOGO, LOGO + ";"], **STRICT}).status == "error"
    assert bimi({f"{BIMI} TXT": ["v=spf1 -all"], **STRICT}).status == "warning"
