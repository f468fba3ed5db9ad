# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that shows what the role verify has collected on a terminal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from page.sample import many, sample, spoilt

from ansible_collections.mailwright.mail.plugins.filter import evidence_table as plugin

evidence_table = plugin.FilterModule().filters()["evidence_table"]
MARKS = {"success": "ok", "warning": "WARN", "unknown": "?", "error": "FAIL"}
LABELS = {"mta_sts": "MTA-STS", "tls_rpt": "TLS-RPT", "autoconfig": "AUTOCONF"}


def cells(text: str) -> dict[tuple[str, str], str]:
    """Read the tables of domains by check: what stands under each heading, at its very place."""
    found: dict[tuple[str, str], str] = {}
    heading: list[tuple[str, int]] = []
    for line in text.split("\n\n")[0].splitlines():
        if line.startswith("DOMAIN"):
            heading = [(match[0], match.start()) for match in re.finditer(r"\S+", line)][1:]
        elif heading:
            for label, at in heading:
                found[line.split()[0], label] = line[at:].split()[0]
    return found


@pytest.mark.parametrize("width", [40, 60, 80, 120, 300])
def test_each_check_of_each_domain_stands_under_its_heading(width: int) -> None:
    text = evidence_table(sample(), width)
    wanted = {
        (domain["domain"], LABELS.get(name, name.upper())): MARKS[one["status"]]
        for domain in sample()["domains"]
        for name, one in domain["checks"].items()
    }
    if width == 40:
        wanted = {
            (name.replace("xn--bcher-kva.example", "xn--bcher..a.example"), one): wanted[name, one]
            for name, one in wanted
        }
    assert cells(text) == wanted
    assert max(map(len, text.splitlines())) <= width
    assert text.count("DOMAIN") == (1 if width >= 120 else text.count("\nDOMAIN") + 1)


def test_thirteen_checks_fit_into_120_columns() -> None:
    evidence = sample()
    for domain in evidence["domains"]:
        domain["checks"]["dnsbl"] = {"status": "success", "message": "No list has the addresses."}
    text = evidence_table(evidence)
    assert text.count("DOMAIN") == 1 and text.splitlines()[0].endswith("BIMI  DNSBL")


def test_it_ends_with_what_is_said_of_what_is_not_green() -> None:
    hosts, probes, messages, verdict = evidence_table(sample()).split("\n\n")[1:]
    assert hosts.splitlines()[2].split() == ["mx2.example.net", "FAIL", "3", "FAIL,", "2", "ok", "1", "day", "1"]
    assert "imap imaps 993                      FAIL  mx2.example.net  1" in probes.splitlines()
    heads = [line for line in messages.splitlines() if not line.startswith(" ")]
    assert [head.split()[0] for head in heads] == ["FAIL"] * 5 + ["?"] + ["WARN"] * 3
    assert "     - wanted: v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzfP7Qm4mTgqW" in messages
    assert "     - Look at its log: journalctl -u dovecot -n 50" in messages.splitlines()
    assert verdict == "FAIL: 5 failed, 1 unknown, 3 warnings, 44 passed (2 hosts, 4 probes, 3 domains)"


def test_of_a_thousand_domains_only_those_that_are_not_green_have_a_row() -> None:
    text = evidence_table(many(1000, bad=7))
    rows = [line for line in text.splitlines() if re.match(r"d\d+\.example ", line)]
    assert len(rows) == 7 and all("FAIL" in row for row in rows)
    assert "and 993 domains where all is ok" in text.splitlines()
    names = ", ".join(f"d{at}.example" for at in range(994, 999))
    assert f"FAIL {names} and 2 more: MX: There is no MX record." in text.splitlines()
    assert len(text.splitlines()) < 50
    assert "d12.example" in evidence_table(many(50)) and "d12.example" not in evidence_table(many(51))


def test_a_thousand_different_messages_are_bounded() -> None:
    evidence = many(1000)
    for at, domain in enumerate(evidence["domains"]):
        domain["checks"] = {"spf": {"status": "error", "message": f"Case {at}.", "warnings": ["x" * 5000] * 5000}}
    text = evidence_table(evidence)
    assert "messages more, in the JSON and on the page" in text
    assert len(text) < 3_000_000


def test_no_control_reaches_the_terminal() -> None:
    text = evidence_table(spoilt("a\x1b[31mb\r\nc\u202ed\udcfee\x9b\x07"))
    assert text.isprintable() or not [one for one in text if not one.isprintable() and one != "\n"]
    text.encode("utf-8")
    assert "\\x1b[31mb" in text and "\\xfe" in text


@pytest.mark.parametrize("width", [40, 120])
@pytest.mark.parametrize("word", ["x" * 70000, "x y " * 20000, "\u4e2d" * 70000, ""])
def test_hostile_words_stay_within_the_width(word: str, width: int) -> None:
    text = evidence_table(spoilt(word), width)
    assert max(map(len, text.splitlines())) <= width
    assert len(text) < 100_000


def test_incomplete_evidence_is_shown() -> None:
    text = evidence_table({"hosts": [{"name": "mx1", "unreachable": True}], "domains": [{"domain": "a.example"}]})
    assert "FAIL mx1: reached: the host was not reached" in text.splitlines()
    assert "FAIL the" not in text and "FAIL probes: the evidence has no probes" in text
    assert evidence_table({"made_at": "2026-11-22", "hosts": [], "probes": [], "domains": []}).splitlines()[-1] == (
        "FAIL: 1 failed, 0 unknown, 0 warnings, 0 passed (0 hosts, 0 probes, 0 domains)"
    )


@pytest.mark.parametrize("width", [39, 0, -1, "120", None, True, 80.5])
def test_the_width_has_to_be_one(width: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"width .*give a number from 40 up"):
        evidence_table(sample(), width)


def test_a_wrong_type_is_told_with_its_place() -> None:
    with pytest.raises(AnsibleFilterError, match=r"evidence\.domains\[1\] 'str': is no dictionary"):
        evidence_table({"domains": ["example.com"]})
