# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of received messages: the Received chain, Authentication-Results, From and Return-Path."""

from __future__ import annotations

import ipaddress
import time

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.checks.auth_results import noted, parse_results
from ansible_collections.mailwright.mail.plugins.module_utils.checks.header_fields import (
    COMMENT,
    FIELD_LIMIT,
    HEADER_LIMIT,
    QUOTED,
    TEXT,
    parts,
    read_header,
)
from ansible_collections.mailwright.mail.plugins.module_utils.checks.message_from import envelope_sender, from_domain
from ansible_collections.mailwright.mail.plugins.module_utils.checks.received import (
    border,
    chain,
    parse_received,
    shown,
)

# As Postfix 3.10 and Dovecot 2.4 write them for a message that came from another host.
LMTP = (
    "from mx1.example.net ([127.0.0.1]) by mx1.example.net with LMTP id 3xQ7C1b6IWlqCwAA4Bx5yQ (envelope-from "
    "<alice@example.com>) for <bob@example.net>; Sat, 22 Nov 2025 12:00:09 +0000"
)
FROM_OUTSIDE = (
    "from mail.example.com (mail.example.com [192.0.2.7]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 "
    "bits) key-exchange x25519 server-signature ECDSA (prime256v1) server-digest SHA256) (No client certificate "
    "requested) by mx1.example.net (Postfix) with ESMTPS id 4dCkXb2Y1Fz3d for <bob@example.net>; Sat, 22 Nov 2025 "
    "13:00:08 +0100 (CET)"
)
SUBMITTED = (
    "from [IPv6:2001:db8::9] (client.example [IPv6:2001:db8::9]) by mail.example.com (Postfix) with ESMTPSA id "
    "4dCkXb0y5mz3c for <bob@example.net>; Sat, 22 Nov 2025 12:00:05 +0000 (UTC)"
)


def test_a_header_is_taken_apart_as_it_stands() -> None:
    header = read_header(b"From mbox line\r\nA: 1\r\n\t2\r\nno field\r\na : \xff\r\n: x\r\nB:\n C:3\n\nD: body")
    assert [(field.name, field.value) for field in header.fields] == [("a", "1\t2"), ("a", "\udcff"), ("b", "C:3")]
    assert header.whole
    assert header.all("a") == ["1\t2", "\udcff"]
    assert (header.first("b"), header.first("c")) == ("C:3", None)


@pytest.mark.parametrize("message", [b"", b"\n", b"\r\n\r\n", b" x", b"\x00" * 1000])
def test_what_is_no_header_has_no_fields(message: bytes) -> None:
    assert read_header(message).fields == ()


def test_a_header_beyond_the_bounds_is_not_whole() -> None:
    assert not read_header(b"A: 1\r\n" * 6000 + b"\r\n").whole
    assert not read_header(b"A: " + b"x" * HEADER_LIMIT + b"\r\n\r\n").whole
    assert len(read_header(b"A: " + b"x" * 100_000 + b"\r\n\r\n").fields[0].value) == FIELD_LIMIT - 1


def test_comments_hold_comments_and_quoted_strings_hold_anything() -> None:
    assert list(parts(r'a (b (c \) d) e) "f (g \" h" i')) == [
        (TEXT, "a "),
        (COMMENT, "b (c ) d) e"),
        (TEXT, " "),
        (QUOTED, 'f (g " h'),
        (TEXT, " i"),
    ]
    assert list(parts("a (b")) == [(TEXT, "a "), (COMMENT, "b")]
    assert next(iter(parts("(" * 100_000)))[0] == COMMENT


def test_a_received_field_is_read() -> None:
    hop = parse_received(FROM_OUTSIDE)
    assert (hop.name, str(hop.address), hop.by, hop.protocol) == (
        "mail.example.com",
        "192.0.2.7",
        "mx1.example.net",
        "ESMTPS",
    )
    assert hop.date is not None
    assert hop.date.isoformat() == "2025-11-22T12:00:08+00:00"
    assert not hop.logged_in
    assert not hop.inside
    assert parse_received(LMTP).inside
    assert parse_received(SUBMITTED).logged_in
    assert str(parse_received(SUBMITTED).address) == "2001:db8::9"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("from client1.football.example.com  [192.0.2.1] by x with SUBMISSION; Fri, 11 Jul 2003", "192.0.2.1"),
        ("from [192.0.2.2] (helo=[203.0.113.9]) by mx.example with esmtp", "192.0.2.2"),
        ("from a.example ([192.0.2.3] helo=[203.0.113.9]) by mx.example with esmtps", "192.0.2.3"),
        ("from unknown (HELO [203.0.113.9]) (192.0.2.4) by mx.example with SMTP", "192.0.2.4"),
        ("from [203.0.113.9] (real.example [192.0.2.5]) by mx.example with SMTP", "192.0.2.5"),
        ("from [203.0.113.9 (real.example [IPv6:2001:db8::1]) by mx.example", "2001:db8::1"),
        ("by mx.example (Postfix, from userid 1000) id 4; Sat, 22 Nov 2025 12:00:00 +0000", None),
        ("from x (y [999.1.1.1]) by z", None),
        ("from x (y [IPv6:::ffff:192.0.2.6]) by z", "192.0.2.6"),
    ],
)
def test_the_clients_address_is_what_the_server_noted(value: str, address: str | None) -> None:
    found = parse_received(value).address
    assert (str(found) if found else None) == address


def test_names_may_be_words_of_the_grammar() -> None:
    hop = parse_received("from by (by [192.0.2.1]) by with with ESMTP id for; Sat, 22 Nov 2025 12:00:00 +0000")
    assert (hop.name, hop.by, hop.protocol) == ("by", "with", "ESMTP")


@pytest.mark.parametrize(
    "value",
    ["", ";", "from", "from;by;with", "x" * 16384, "(" * 16384, '"' * 16384, ";" * 16384, "from " * 3000, "\udcff\x00"]
    + [f"by a; {date}" for date in ("Sat, 99 Nov 2025", "0", "x Jan 1 0:0:0 +2359", "9999999999999", "x" * 10_000)]
    + ["by a; Fri, 31 Dec 9999 23:59:59 -2359", "by a; 1 Jan 99999999999999999999 00:00:00 +0000"],
)
def test_a_hostile_received_field_gives_a_hop_soon(value: str) -> None:
    began = time.monotonic()
    hop = parse_received(value)
    assert hop.date is None
    assert shown([hop])[0]["delay_ms"] is None
    assert time.monotonic() - began < 1


def test_the_chain_is_shown_in_the_order_of_the_way() -> None:
    rows = shown(chain([LMTP, FROM_OUTSIDE, "garbage", SUBMITTED]))
    assert [(row["from"], row["with"], row["date"], row["delay_ms"]) for row in rows] == [
        ("[IPv6:2001:db8::9]", "ESMTPSA", "2025-11-22T12:00:05Z", None),
        ("", "", None, None),
        ("mail.example.com", "ESMTPS", "2025-11-22T12:00:08Z", 3000),
        ("mx1.example.net", "LMTP", "2025-11-22T12:00:09Z", 1000),
    ]
    assert len(chain([LMTP] * 5000)) == 100


def test_the_border_is_where_the_message_came_in() -> None:
    hops = chain([LMTP, FROM_OUTSIDE, SUBMITTED])
    assert border(hops) == hops[1]
    assert border(hops, [ipaddress.ip_network("192.0.2.0/24")]) == hops[2]
    assert border(chain([LMTP, SUBMITTED])) == parse_received(SUBMITTED)
    # Nobody knows where a message of a local user comes from, whatever stands below.
    assert border(chain([LMTP, "by mx1.example.net (Postfix, from userid 0)", FROM_OUTSIDE])) is None
    assert border([]) is None


def test_authentication_results_are_read() -> None:
    # As Rspamd writes them.
    name, results = parse_results(
        "mx1.example.net;\r\n\tdkim=pass header.d=example.com header.s=s1 header.b=AbC+/d=;\r\n\tdmarc=pass "
        '(policy=reject) reason="all; is \\"well\\"" header.from=example.com;\r\n\tspf=pass (mx1.example.net: domain '
        'of a@example.com designates 192.0.2.1 (x) as permitted sender) smtp.mailfrom="a b"@example.com'
    )
    assert name == "mx1.example.net"
    assert [result.shown() for result in results] == [
        {
            "authserv_id": "mx1.example.net",
            "method": "dkim",
            "result": "pass",
            "reason": "",
            "properties": {"header.d": "example.com", "header.s": "s1", "header.b": "AbC+/d="},
        },
        {
            "authserv_id": "mx1.example.net",
            "method": "dmarc",
            "result": "pass",
            "reason": 'all; is "well"',
            "properties": {"header.from": "example.com"},
        },
        {
            "authserv_id": "mx1.example.net",
            "method": "spf",
            "result": "pass",
            "reason": "",
            "properties": {"smtp.mailfrom": '"a b"@example.com'},
        },
    ]


def test_examples_of_rfc_8601_are_read() -> None:
    assert parse_results("example.org 1; none") == ("example.org", [])
    _name, results = parse_results(
        "foo.example.net (foobar) 1 (baz);\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\n policy (A "
        "dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462"
    )
    assert [(each.method, each.result) for each in results] == [("dkim", "fail")]
    assert results[0].properties == {"policy.expired": "1362471462"}


def test_only_what_the_named_server_noted_is_returned() -> None:
    values = ["MX1.example.net; spf=pass", "evil.example; dkim=pass", "mx1.example.net; dkim=fail"]
    assert [(each.method, each.result) for each in noted(values)] == [("spf", "pass"), ("dkim", "fail")]
    assert [each.method for each in noted(values, "evil.example")] == ["dkim"]
    assert noted(values, "other.example") == []
    assert noted([]) == []


@pytest.mark.parametrize(
    "value",
    [
        "",
        ";",
        "(" * 16384,
        '"' * 16384,
        '"\\' * 8000,
        "a; " * 5000,
        "a;" + "b=c " * 4000,
        "\udcff; \udcff=\udcff",
        "a; =",
        "a; b=" + '"\\"' * 5000,
        "a; " + "b" * 16000,
        "a; " + "b. " * 5000,
        "a; b" + " " * 16000 + "=",
    ],
)
def test_hostile_authentication_results_are_read_soon(value: str) -> None:
    began = time.monotonic()
    assert len(noted([value] * 100)) <= 100
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        ("alice@example.com", "example.com"),
        ("Alice <alice@EXAMPLE.com>", "example.com"),
        ('"evil@evil.example" <alice@example.com>', "example.com"),
        ("evil@evil.example <alice@example.com>", "example.com"),
        ("(evil@evil.example) alice@example.com (x)", "example.com"),
        ('"a, b <c@d.example>"@example.com', "example.com"),
        ("a@example.com, b@example.com", "example.com"),
        ("Group: a@example.com;", "example.com"),
        ("alice@m\u00fcnchen.example", "xn--mnchen-3ya.example"),
        ("<@route.example:alice@example.com>", ""),
        ("a@example.com, b@example.org", ""),
        ("Alice", ""),
        ("", ""),
        ("<@example.com>", ""),
        ("a@-", ""),
        ("a@\udcff", ""),
        ("(" * 10_000, ""),
        ("a@b.example," * 1000 + "c@d.example", ""),
    ],
)
def test_the_domain_in_from_is_found(value: str, domain: str) -> None:
    message = b"From: " + value.encode("utf-8", "surrogateescape") + b"\r\n\r\n"
    found, problem = from_domain(read_header(message))
    assert found == domain
    assert bool(problem) is not bool(domain)


def test_a_message_has_one_from_field() -> None:
    assert from_domain(read_header(b"X: y\r\n\r\n")) == ("", "the message has no From field")
    assert from_domain(read_header(b"From: a@b.example\r\nFrom: a@b.example\r\n\r\n"))[1] == (
        "the message has 2 From fields"
    )


def test_the_envelope_sender_stands_in_return_path() -> None:
    assert envelope_sender(read_header(b"Return-Path: <alice@example.com>\r\n\r\n")) == "alice@example.com"
    assert envelope_sender(read_header(b"Return-Path: <>\r\n\r\n")) == ""
    assert envelope_sender(read_header(b"Return-Path: (x) alice@example.com\r\n\r\n")) == "alice@example.com"
    assert envelope_sender(read_header(b"\r\n")) is None
