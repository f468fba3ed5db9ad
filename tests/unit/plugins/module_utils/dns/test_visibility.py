# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What name servers show, asked of fake ones that misbehave."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from mail_zones.fake_nameserver import FakeNameServer, serving

from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen as words
from ansible_collections.mailwright.mail.plugins.module_utils.dns.seen import Answer, Seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.visibility import NameServers

NAME = "s1._domainkey.example.com"
# Longer than one string of a record.
VALUE = "v=DKIM1; k=rsa; p=" + "A" * 400
TIMEOUT = 0.3


@pytest.fixture
def two() -> Iterator[tuple[FakeNameServer, FakeNameServer]]:
    servers = FakeNameServer("127.0.0.2"), FakeNameServer("127.0.0.3")
    for server in servers:
        server.text(NAME, VALUE)
    with serving(*servers):
        yield servers


def ask(*servers: FakeNameServer, name: str = NAME) -> Seen:
    found = NameServers([], [server.address for server in servers], servers[0].port, TIMEOUT)
    return found.ask({name: VALUE})[name]


def verdicts(seen: Seen) -> list[str]:
    return [answer.verdict for answer in seen.answers]


def test_a_record_that_all_servers_show(two: tuple[FakeNameServer, FakeNameServer]) -> None:
    found = ask(*two)
    assert verdicts(found) == [words.RIGHT, words.RIGHT]
    assert found.everywhere
    assert found.anywhere
    assert found.negative_ttl == found.wait == 300


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ("servfail", "SERVFAIL"),
        ("refused", "REFUSED"),
        ("silent", words.TIMEOUT),
        ("garbage", words.MALFORMED),
        ("lame", words.NOT_AUTHORITATIVE),
        ("closes", words.UNREACHABLE),
        ("truncated", words.RIGHT),
        ("udp silent", words.RIGHT),
    ],
)
def test_one_server_fails(two: tuple[FakeNameServer, FakeNameServer], fault: str, verdict: str) -> None:
    two[1].fault = fault
    found = ask(*two)
    if fault in ("garbage", "closes"):
        # How the library tells a broken answer differs from one version to the next.
        assert verdicts(found)[1] in (words.MALFORMED, words.UNREACHABLE, words.TIMEOUT)
    else:
        assert verdicts(found) == [words.RIGHT, verdict]
    assert found.everywhere == (verdict == words.RIGHT)
    assert found.anywhere
    if not found.everywhere:
        assert found.failing().startswith("127.0.0.3: ")


def test_what_else_a_server_may_show(two: tuple[FakeNameServer, FakeNameServer]) -> None:
    two[1].text(NAME)
    assert verdicts(ask(*two)) == [words.RIGHT, words.NXDOMAIN]
    two[1].text(f"below.{NAME}", "x")
    assert verdicts(ask(*two)) == [words.RIGHT, words.NO_DATA]
    two[1].text(NAME, VALUE + "B")
    found = ask(*two)
    assert verdicts(found) == [words.RIGHT, words.OTHER]
    assert found.wait == two[1].ttl
    # Two records are one too many.
    two[1].text(NAME, VALUE, "v=DKIM1; p=")
    assert verdicts(ask(*two)) == [words.RIGHT, words.OTHER]


def test_a_server_that_is_not_there(two: tuple[FakeNameServer, FakeNameServer]) -> None:
    gone = FakeNameServer("127.0.0.4", two[0].port)
    found = ask(two[0], gone)
    assert verdicts(found)[0] == words.RIGHT
    assert verdicts(found)[1] in (words.UNREACHABLE, words.TIMEOUT)
    assert not found.everywhere


def test_servers_are_found_through_a_resolver() -> None:
    resolver, first, second = (FakeNameServer(f"127.0.0.{number}") for number in (2, 3, 4))
    resolver.records = {
        ("example.com", "NS"): ["ns1.example.net.", "ns2.example.net."],
        ("ns1.example.net", "A"): ["127.0.0.3"],
        ("ns2.example.net", "A"): ["127.0.0.4"],
    }
    first.text(NAME, VALUE)
    with serving(resolver, first, second) as port:
        found = NameServers([resolver.address], [], port, TIMEOUT).ask({NAME: VALUE})[NAME]
        assert [(one.server, one.address, one.verdict) for one in found.answers] == [
            ("ns1.example.net", "127.0.0.3", words.RIGHT),
            ("ns2.example.net", "127.0.0.4", words.NXDOMAIN),
        ]
        assert found.failing() == "ns2.example.net (127.0.0.4): no such name"
        assert not [one for one in resolver.asked if one[2] == "TXT"]
        # A server whose address nobody knows may be the one that lags.
        del resolver.records["ns2.example.net", "A"]
        found = NameServers([resolver.address], [], port, TIMEOUT).ask({NAME: VALUE})[NAME]
        assert not found.everywhere
        assert "ns2.example.net. of zone example.com has no address" in found.problem
        # The first resolver does not answer, the second one does.
        resolver.records["ns2.example.net", "A"] = ["127.0.0.4"]
        found = NameServers(["127.0.0.9", resolver.address], [], port, TIMEOUT).ask({NAME: VALUE})[NAME]
        assert len(found.answers) == 2
        resolver.fault = "servfail"
        found = NameServers([resolver.address], [], port, TIMEOUT).ask({NAME: VALUE})[NAME]
        assert not found.everywhere
        assert not found.anywhere
        assert "SERVFAIL" in found.failing()


def test_a_dead_server_is_not_waited_for_a_hundred_times(two: tuple[FakeNameServer, FakeNameServer]) -> None:
    two[1].fault = "silent"
    wanted = {f"s{number}._domainkey.example.com": VALUE for number in range(100)}
    for name in wanted:
        two[0].text(name, VALUE)
    begun = time.monotonic()
    found = NameServers([], ["127.0.0.2", "127.0.0.3"], two[0].port, TIMEOUT).ask(wanted)
    assert time.monotonic() - begun < 10 * TIMEOUT + 5
    assert {tuple(verdicts(seen)) for seen in found.values()} == {(words.RIGHT, words.TIMEOUT)}


def test_an_address_without_a_route_says_nothing_of_its_server() -> None:
    right, no_route = (Answer("ns1", "192.0.2.1", words.RIGHT), Answer("ns1", "2001:db8::1", words.NO_ROUTE))
    assert Seen((right, no_route)).everywhere
    assert not Seen((no_route,)).everywhere
    assert not Seen((right, Answer("ns2", "2001:db8::2", words.NO_ROUTE))).everywhere
    assert not Seen().everywhere


def test_nothing_to_ask_asks_nobody() -> None:
    assert NameServers(["127.0.0.9"], [], 1, TIMEOUT).ask({}) == {}


def test_a_tlsa_record_may_stand_beside_others(two: tuple[FakeNameServer, FakeNameServer]) -> None:
    name, key, other = "_25._tcp.mx1.example.com", "ab" * 32, "cd" * 32

    def look() -> Seen:
        found = NameServers([], [server.address for server in two], two[0].port, TIMEOUT, "TLSA")
        return found.ask({name: f"3 1 1 {key}"})[name]

    found = look()
    assert found.nowhere
    assert not found.everywhere
    two[0].records[name, "TLSA"] = [f"3 1 1 {other}", f"3 1 1 {key}"]
    two[1].records[name, "TLSA"] = [f"3 1 1 {other}"]
    two[1].ttl = 7200
    found = look()
    assert verdicts(found) == [words.RIGHT, words.OTHER]
    assert found.ttl == 7200
    assert not found.nowhere
    two[1].records[name, "TLSA"] = [f"3 1 1 {key.upper()}"]
    assert look().everywhere
    # The hash of a certificate is not that of its key.
    two[1].records[name, "TLSA"] = [f"3 0 1 {key}", f"2 1 1 {key}"]
    assert verdicts(look()) == [words.RIGHT, words.OTHER]
    two[1].fault = "silent"
    assert not look().nowhere


def test_nowhere_needs_an_answer_of_each_server() -> None:
    without, no_route = (Answer("ns1", "192.0.2.1", words.NXDOMAIN), Answer("ns1", "2001:db8::1", words.NO_ROUTE))
    assert Seen((without, no_route)).nowhere
    assert not Seen((without, Answer("ns2", "2001:db8::2", words.NO_ROUTE))).nowhere
    assert not Seen((without, Answer("ns2", "192.0.2.2", "SERVFAIL"))).nowhere
    assert not Seen(problem="nobody").nowhere
