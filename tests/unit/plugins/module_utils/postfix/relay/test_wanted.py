# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken as a relay, and what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue, MailwrightError
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.model import (
    Hop,
    Match,
    default_name,
    from_document,
    to_document,
)
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.wanted import parse_relay, parse_request

HOST = {"host": "smtp.provider.example"}
LOGIN = {"username": "example", "password": "s3cret:with colon"}


def test_what_a_relay_is_without_options() -> None:
    relay = parse_relay(HOST, "")
    assert (relay.name, relay.transport) == ("smtp.provider.example-587", "relay-smtp.provider.example-587")
    assert (relay.hop, relay.tls, relay.implicit_tls) == (Hop("smtp.provider.example", 587), "secure", False)
    assert (relay.match, relay.fallback, relay.mechanisms) == (Match(), (), ())


@pytest.mark.parametrize(
    ("options", "port", "implicit"),
    [
        ({}, 587, False),
        ({"port": 465}, 465, True),
        ({"implicit_tls": True}, 465, True),
        ({"implicit_tls": False, "port": 465}, 465, False),
        ({"implicit_tls": True, "port": 10465}, 10465, True),
        ({"port": 25}, 25, False),
    ],
)
def test_port_and_implicit_tls_go_together(options: dict[str, Any], port: int, implicit: bool) -> None:
    relay = parse_relay({**HOST, **options}, "")
    assert (relay.hop.port, relay.implicit_tls) == (port, implicit)


@pytest.mark.parametrize(
    ("host", "nexthop"),
    [
        ("SMTP.Provider.example.", "[smtp.provider.example]:587"),
        ("[smtp.provider.example]", "[smtp.provider.example]:587"),
        ("bücher.example", "[xn--bcher-kva.example]:587"),
        ("localhost", "[localhost]:587"),
        ("192.0.2.1", "[192.0.2.1]:587"),
        ("2001:DB8::1", "[2001:db8::1]:587"),
    ],
)
def test_hosts_have_one_form(host: str, nexthop: str) -> None:
    assert parse_relay({"host": host, "tls": "encrypt"}, "").hop.nexthop == nexthop


def test_fallbacks_take_the_relays_login_and_port_unless_they_have_their_own() -> None:
    own = {"host": "c.example", "port": 2587, "username": "other", "password": "x"}
    relay = parse_relay({**HOST, **LOGIN, "fallback": [{"host": "b.example"}, own]}, "")
    assert relay.fallback == (
        Hop("b.example", 587, LOGIN["username"], LOGIN["password"]),
        Hop("c.example", 2587, "other", "x"),
    )


def test_matches_are_sorted_and_lower_case() -> None:
    match = {"senders": ["B@Example.com", "a@example.com", "b@example.com"], "recipient_domains": [".Example.ORG"]}
    relay = parse_relay({**HOST, "match": match}, "")
    assert relay.match == Match(False, ("a@example.com", "b@example.com"), (), (".example.org",))


def test_a_document_gives_the_relay_back() -> None:
    relay = parse_relay(
        {
            **HOST,
            **LOGIN,
            "mechanisms": ["plain", "LOGIN"],
            "match": {"senders": ["a@b.example"]},
            "fallback": [HOST | {"port": 1}],
        },
        "",
    )
    assert relay.mechanisms == ("PLAIN", "LOGIN")
    assert from_document(to_document(relay)) == relay


def test_no_password_is_ever_shown() -> None:
    relay = parse_relay({**HOST, **LOGIN, "fallback": [{"host": "b.example"}]}, "")
    assert LOGIN["password"] not in f"{relay!r}{relay.shown()}"


def test_long_hosts_get_names_that_a_socket_can_have() -> None:
    long = [f"{'a' * 60}.{'b' * 60}.{last}.example" for last in "cd"]
    names = [default_name(host, 587) for host in long]
    assert len(set(names)) == 2
    assert all(len(name) <= 80 and name.endswith("-587") for name in names)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"host": None}, "the relay has no host"),
        ({"host": ""}, "host '': is empty"),
        ({"host": "smtp provider"}, "host 'smtp provider'"),
        ({"host": "smtp.provider.example:587"}, "has a port in it; give the port in the option port"),
        ({"host": "a\nb"}, "host 'a\\\\nb'"),
        ({"port": 0}, "port 0: is no port; give a number from 1 to 65535"),
        ({"port": 65536}, "port 65536: is no port"),
        ({"port": "smtp"}, "port 'smtp': is no port"),
        ({"username": "example"}, "username 'example' has no password; give both or neither"),
        ({"password": "s3cret"}, "there is a password and no username; give both or neither"),
        ({"username": "a:b", "password": "s3cret"}, "'a:b': has a colon, at which Postfix ends a user's name"),
        ({"username": "a\nb", "password": "s3cret"}, r"'a\\nb': has a line break"),
        (
            {"username": "a", "password": "s3cret\nx"},
            "password of host smtp.provider.example '\\(hidden\\)': has a line",
        ),
        ({"username": "a", "password": " s3cret"}, "begins or ends with a space"),
        ({"username": "a", "password": ""}, "password .* is empty"),
        ({"username": "", "password": "s3cret"}, "username .* is empty"),
        ({"username": "a", "password": 123}, "'\\(hidden\\)': is no text but what YAML made of one"),
        ({"username": "a", "password": "\ud800"}, "has a surrogate"),
        ({"tls": "none"}, "tls 'none': is unknown; give one of may, encrypt, dane, verify, secure"),
        ({"tls": "may", "port": 465}, "implicit TLS knows no connection without"),
        ({"host": "192.0.2.1"}, "is an address, and tls: secure judges a name"),
        ({"fallback": [{"host": "192.0.2.1"}]}, r"fallback\[1\] host '192.0.2.1': is an address"),
        ({"fallback": [{"port": 1}]}, r"fallback\[1\] has no host"),
        ({"fallback": [HOST]}, "which is tried already"),
        ({"mechanisms": ["XOAUTH2"]}, "no package of Debian 12 or 13 gives Postfix a SASL mechanism for OAuth2 tokens"),
        ({"mechanisms": ["GSSAPI"]}, "'GSSAPI': is unknown; known are PLAIN"),
        ({"mechanisms": ["PLAIN"]}, "mechanisms are given, and no username"),
        ({"match": {}}, "match names no mail"),
        ({"match": {"senders": ["example.com"]}}, "match.senders 'example.com': has no @"),
        ({"match": {"sender_domains": ["a@example.com"]}}, "match.sender_domains 'a@example.com'"),
        ({"match": {"recipient_domains": ["-"]}}, "match.recipient_domains '-'"),
        ({"name": "A b"}, "name 'A b': is not a name that a service"),
        ({"name": "x.lmdb"}, "not ending in .lmdb"),
        ({"ca_file": "etc/ca.pem"}, "ca_file 'etc/ca.pem': is no absolute path"),
    ],
)
def test_what_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(MailwrightError, match=told) as caught:
        parse_relay({**HOST, **options}, "")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "neither host nor relays is given"),
        ({"state": "absent"}, "neither name nor host says of which"),
        ({"relays": [], "host": "a.example"}, "relays is the whole list, and host is of a single relay"),
        ({"relays": [], "state": "absent"}, "state: absent is of a single relay"),
        ({"relays": [HOST, HOST]}, r"relays\[2\] has the name smtp.provider.example-587 as another one"),
        ({"relays": [HOST, {**HOST, "port": 70000}]}, r"relays\[2\] port 70000: is no port"),
        ({"relays": [{}]}, r"relays\[1\] has no host"),
    ],
)
def test_calls_that_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises((Conflict, InvalidValue), match=told):
        parse_request(options)


def test_relays_are_taken_out_by_name_or_host() -> None:
    first, second = parse_relay(HOST, ""), parse_relay({**HOST, "port": 465}, "")
    for options, gone in (
        ({"name": first.name}, [first]),
        (HOST, [first, second]),
        ({**HOST, "port": 465}, [second]),
        ({"host": "other.example"}, []),
    ):
        selector = parse_request({**options, "state": "absent"}).absent
        assert selector is not None
        assert [relay for relay in (first, second) if selector.matches(relay)] == gone
