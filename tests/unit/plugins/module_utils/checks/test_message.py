# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A received message as a whole: SPF by its border, DMARC by what is aligned, and what the server noted."""

from __future__ import annotations

import ipaddress
import sys
import time
from typing import Any

import pytest
from lookups import Entry, Table
from received_mail.samples import PLAIN, key_record, signed

from ansible_collections.mailwright.mail.plugins.module_utils.checks.alignment import Alignment
from ansible_collections.mailwright.mail.plugins.module_utils.checks.message import judge
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import ERROR, SUCCESS, UNKNOWN, WARNING
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen

WORLD: dict[str, Entry] = {
    "s1._domainkey.example.com TXT": [key_record()],
    "s1._domainkey.mail.example.com TXT": [key_record()],
    "s1._domainkey.example.org TXT": [key_record()],
    "example.com TXT": ["v=spf1 ip4:192.0.2.7 -all"],
    "bounces.example.com TXT": ["v=spf1 ip4:192.0.2.7 ~all"],
    "mail.example.com TXT": ["v=spf1 ip4:192.0.2.7 -all"],
    "_dmarc.example.com TXT": ["v=DMARC1; p=reject; sp=quarantine"],
}
TRACE = b"""\
Return-Path: <alice@example.com>
Delivered-To: bob@example.net
Received: from mx1.example.net ([127.0.0.1]) by mx1.example.net with LMTP id 1; Sat, 22 Nov 2025 12:00:09 +0000
Received: from mail.example.com (mail.example.com [192.0.2.7]) by mx1.example.net (Postfix) with ESMTPS id 2;
 Sat, 22 Nov 2025 12:00:08 +0000 (UTC)
Authentication-Results: mx1.example.net; dkim=pass header.d=example.com; spf=pass smtp.mailfrom=alice@example.com
Received: from client (client [198.51.100.9]) by mail.example.com (Postfix) with ESMTPSA id 3;
 Sat, 22 Nov 2025 12:00:05 +0000 (UTC)
Authentication-Results: mx1.example.net; dmarc=pass header.from=bank.example
""".replace(b"\n", b"\r\n")


def judged(message: bytes, changes: dict[str, Entry] | None = None, **options: Any) -> dict[str, Any]:
    """Return what is shown of ``message``, in the `WORLD` with ``changes``."""
    return judge(message, Table(WORLD | (changes or {})), **options).shown()


def test_a_message_in_order_passes_everything() -> None:
    found = judged(TRACE + signed())
    assert {name: found[name]["status"] for name in ("dkim", "spf", "dmarc")} == dict.fromkeys(
        ("dkim", "spf", "dmarc"), SUCCESS
    )
    assert found["spf"]["client_address"] == "192.0.2.7"
    assert (found["spf"]["helo"], found["spf"]["sender"]) == ("mail.example.com", "alice@example.com")
    assert found["dmarc"]["result"] == "pass"
    assert found["dmarc"]["aligned_by"] == ["dkim", "spf"]
    assert found["dmarc"]["record"] == "v=DMARC1; p=reject; sp=quarantine"
    assert [(row["from"], row["delay_ms"]) for row in found["received"]] == [
        ("client", None),
        ("mail.example.com", 3000),
        ("mx1.example.net", 1000),
    ]
    # What stands below the border's field came with the message.
    assert [(one["method"], one["result"]) for one in found["authentication_results"]] == [
        ("dkim", "pass"),
        ("spf", "pass"),
    ]


@pytest.mark.parametrize(
    ("record", "result", "status"),
    [
        ("v=spf1 -all", "fail", ERROR),
        ("v=spf1 ~all", "softfail", WARNING),
        ("v=spf1 ?all", "neutral", WARNING),
        ("v=spf1 nonsense", "permerror", ERROR),
        ("nothing of it", "none", WARNING),
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass", SUCCESS),
    ],
)
def test_spf_is_judged_by_the_host_at_the_border(record: str, result: str, status: str) -> None:
    spf = judged(TRACE + PLAIN, {"example.com TXT": [record]})["spf"]
    assert (spf["result"], spf["status"], spf["aligned"]) == (result, status, result == "pass")
    assert "192.0.2.7" in spf["message"]


def test_spf_without_an_answer_is_unknown() -> None:
    found = judged(TRACE + PLAIN, {"example.com TXT": seen.TIMEOUT})
    assert (found["spf"]["result"], found["spf"]["status"]) == ("temperror", UNKNOWN)
    assert (found["dmarc"]["result"], found["dmarc"]["status"]) == ("temperror", UNKNOWN)


def test_spf_says_nothing_of_a_submission() -> None:
    lines = TRACE.split(b"\r\nReceived: ")
    submitted = lines[0] + b"\r\nReceived: " + lines[3] + PLAIN
    found = judged(submitted)
    assert (found["spf"]["result"], found["spf"]["status"]) == ("none", SUCCESS)
    assert "with a login" in found["spf"]["message"]
    assert judged(PLAIN)["spf"]["message"] == "SPF says nothing of a message that is submitted on the host itself"
    given = judged(submitted, client_address=ipaddress.ip_address("203.0.113.1"))["spf"]
    assert (given["result"], given["client_address"]) == ("fail", "203.0.113.1")


def test_hosts_that_pass_mail_on_may_be_told() -> None:
    found = judged(TRACE + PLAIN, trusted=[ipaddress.ip_network("192.0.2.0/24")])
    assert "with a login" in found["spf"]["message"]


def test_a_bounce_is_judged_by_the_clients_name() -> None:
    bounce = (TRACE + PLAIN).replace(b"Return-Path: <alice@example.com>", b"Return-Path: <>")
    spf = judged(bounce)["spf"]
    assert (spf["result"], spf["domain"], spf["sender"]) == ("pass", "mail.example.com", "")
    missing = judged(TRACE.partition(b"\r\n")[2] + PLAIN)["spf"]
    assert (missing["status"], missing["sender"]) == (UNKNOWN, None)


@pytest.mark.parametrize(
    ("domain", "record", "aligned"),
    [
        ("example.com", "v=DMARC1; p=reject", True),
        ("mail.example.com", "v=DMARC1; p=reject", True),
        ("mail.example.com", "v=DMARC1; p=reject; adkim=r", True),
        ("mail.example.com", "v=DMARC1; p=reject; adkim=s", False),
        ("example.com", "v=DMARC1; p=reject; adkim=s", True),
        ("EXAMPLE.COM", "v=DMARC1; p=reject; adkim=s", True),
        ("example.org", "v=DMARC1; p=reject", False),
        ("com", "v=DMARC1; p=reject", False),
    ],
)
def test_signatures_are_aligned_by_organisation_or_strictly(domain: str, record: str, aligned: bool) -> None:
    alignment = Alignment("example.com", Table({"_dmarc.example.com TXT": [record]}))
    assert alignment.dkim(domain) is aligned
    if "adkim" not in record:
        assert alignment.spf(domain) is aligned


def test_a_subdomain_that_stands_for_itself_is_not_aligned() -> None:
    world = {"_dmarc.example.com TXT": ["v=DMARC1; p=none"], "_dmarc.sub.example.com TXT": ["v=DMARC1; p=none; psd=n"]}
    assert not Alignment("example.com", Table(world)).dkim("sub.example.com")
    assert Alignment("a.sub.example.com", Table(world)).dkim("b.sub.example.com")


def test_domains_below_a_public_suffix_are_strangers() -> None:
    world = {"_dmarc.gov.example TXT": ["v=DMARC1; p=reject; psd=y"]}
    table = Table(world)
    assert not Alignment("a.gov.example", table).dkim("b.gov.example")
    assert Alignment("x.a.gov.example", table).dkim("a.gov.example")
    # Without any record, each name is an organisation of its own.
    assert not Alignment("a.example.com", Table({})).dkim("example.com")
    assert not Alignment("", table).dkim("example.com")


def test_one_aligned_proof_is_enough_for_dmarc() -> None:
    by_dkim = judged(TRACE + signed(), {"example.com TXT": ["v=spf1 -all"]})["dmarc"]
    assert (by_dkim["result"], by_dkim["aligned_by"]) == ("pass", ["dkim"])
    by_spf = judged(TRACE.replace(b"<alice@example.com>", b"<a@bounces.example.com>") + PLAIN)["dmarc"]
    assert (by_spf["result"], by_spf["aligned_by"]) == ("pass", ["spf"])
    strict = judged(
        TRACE.replace(b"<alice@example.com>", b"<a@bounces.example.com>") + PLAIN,
        {"_dmarc.example.com TXT": ["v=DMARC1; p=quarantine; aspf=s"]},
    )["dmarc"]
    assert (strict["result"], strict["status"], strict["policy"]) == ("fail", ERROR, "quarantine")


def test_proofs_of_others_are_none_for_dmarc() -> None:
    found = judged(signed(domain="example.org"))
    assert (found["dkim"]["result"], found["dkim"]["status"]) == ("pass", WARNING)
    assert (found["dmarc"]["result"], found["dmarc"]["policy"]) == ("fail", "reject")
    assert found["dmarc"]["message"] == (
        "DMARC: neither DKIM nor SPF proves the domain 'example.com', whose policy is reject"
    )


def test_without_a_policy_dmarc_says_what_would_be() -> None:
    none: dict[str, Entry] = {"_dmarc.example.com TXT": seen.NXDOMAIN}
    found = judged(signed(), none)["dmarc"]
    assert (found["result"], found["status"], found["policy"]) == ("none", WARNING, None)
    assert found["message"] == "There is no DMARC policy for 'example.com'; DKIM would prove it"
    unknown = judged(signed(), {"_dmarc.example.com TXT": seen.SERVFAIL})["dmarc"]
    assert (unknown["result"], unknown["status"]) == ("temperror", UNKNOWN)


def test_a_policy_from_above_is_none_while_the_own_record_is_not_known() -> None:
    message = TRACE + b"From: a@sub.example.com\r\nSubject: x\r\n\r\nHello\r\n"
    zone = {"_dmarc.example.com TXT": ["v=DMARC1; p=reject"], "_dmarc.sub.example.com TXT": seen.SERVFAIL}
    found = judged(message, zone)["dmarc"]
    assert (found["result"], found["status"], found["policy"]) == ("temperror", UNKNOWN, None)


def test_a_message_without_a_domain_in_from_fails_dmarc() -> None:
    found = judged(PLAIN.replace(b"From: ", b"X-From: "))
    assert (found["dmarc"]["result"], found["dmarc"]["status"]) == ("permerror", ERROR)
    assert "no From field" in found["dmarc"]["message"]


def test_a_missing_library_leaves_the_signatures_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dkim", None)
    found = judged(TRACE + signed())
    assert found["dkim"]["status"] == UNKNOWN
    assert "install python3-dkim" in found["dkim"]["message"]
    assert found["dmarc"]["aligned_by"] == ["spf"]


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x00" * 10_000,
        b"\xff" * 10_000,
        b"Received: (" * 5_000,
        b"From: " + b"<" * 200_000,
        b"From: a@" + b"x." * 5_000 + b"\r\n\r\n",
        b"Return-Path: <" + b"a@b" * 5_000 + b"\r\nReceived: from x (y [192.0.2.1]) by z\r\nFrom: a@b.example\r\n\r\n",
        b"Return-Path: <%{i}@%{d}>\r\nReceived: from \xff (y [192.0.2.1]) by z\r\nFrom: \xff@\xff\r\n\r\n",
        (TRACE * 400 + signed() * 1)[:250_000],
    ],
    ids=range(9),
)
def test_whatever_a_message_is_it_gets_its_verdicts_soon(message: bytes) -> None:
    began = time.monotonic()
    found = judged(message)
    assert all(found[name]["message"] for name in ("dkim", "spf", "dmarc"))
    assert len(found["received"]) <= 100
    assert time.monotonic() - began < 5
    assert not any("\udc80" <= character <= "\udcff" for character in repr(found))
