# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that stall, trickle, hang up, refuse, and say what is no answer: every step of every probe."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from probed.calling import Probe, Serve, failed
from probed.pop3 import Pop3

# Protocol -> command of the client's -> the step that fails with it, in STARTTLS.
_COMMANDS = {
    "smtp": {
        "GREETING": "banner",
        "EHLO": "ehlo",
        "STARTTLS": "starttls",
        "AUTH": "auth",
        "MAIL": "mail",
        "RCPT": "rcpt",
        "RSET": "rset",
        "QUIT": "quit",
    },
    "imap": {
        "GREETING": "banner",
        "STARTTLS": "starttls",
        "AUTHENTICATE": "login",
        "LIST": "folders",
        "GETQUOTAROOT": "quota",
        "EXAMINE": "examine",
        "SEARCH": "search",
        "LOGOUT": "logout",
    },
    "pop3": {
        "GREETING": "banner",
        "STLS": "starttls",
        "USER": "login",
        "PASS": "login",
        "STAT": "stat",
        "QUIT": "quit",
    },
    "sieve": {
        "GREETING": "banner",
        "STARTTLS": "starttls",
        "AUTHENTICATE": "auth",
        "LISTSCRIPTS": "scripts",
        "LOGOUT": "logout",
    },
}
_EVERY = [(protocol, command, step) for protocol, steps in _COMMANDS.items() for command, step in steps.items()]
_GIVEN: dict[str, dict[str, Any]] = {"smtp": {"recipients": ["bob@example.com"]}}


def _probe(serve: Serve, probe: Probe, protocol: str, command: str, fault: str, **given: Any) -> dict[str, Any]:
    server = serve(protocol, faults={command: fault})
    return probe(protocol, server, **_GIVEN.get(protocol, {}), **given)


@pytest.mark.parametrize(("protocol", "command", "step"), _EVERY)
@pytest.mark.parametrize("fault", ["close", "half", "reset"])
def test_it_hangs_up(serve: Serve, probe: Probe, protocol: str, command: str, step: str, fault: str) -> None:
    result = _probe(serve, probe, protocol, command, fault)
    # A connection that is reset at once may count as none.
    assert failed(result) in (step, "connect" if (fault, command) == ("reset", "GREETING") else step)
    assert any(words in result["message"] for words in ("closed the connection", "broke off", "reset by peer"))


@pytest.mark.parametrize(("protocol", "command", "step"), _EVERY)
def test_it_says_garbage(serve: Serve, probe: Probe, protocol: str, command: str, step: str) -> None:
    result = _probe(serve, probe, protocol, command, "garbage")
    assert failed(result) == step
    assert "the server" in result["message"]


@pytest.mark.parametrize(("protocol", "command", "step"), _EVERY)
@pytest.mark.parametrize("fault", ["endless_line", "endless_lines"])
def test_it_never_ends(serve: Serve, probe: Probe, protocol: str, command: str, step: str, fault: str) -> None:
    result = _probe(serve, probe, protocol, command, fault)
    assert failed(result) == step
    assert any(words in result["message"] for words in ("without an end", "too long", "Line too", "is no ", ": more"))


@pytest.mark.parametrize(("tls", "step"), [("starttls", "starttls"), ("tls", "capability")])
def test_a_list_of_pop3_that_never_ends(
    serve: Serve, probe: Probe, monkeypatch: pytest.MonkeyPatch, tls: str, step: str
) -> None:
    monkeypatch.setattr(Pop3, "endless", b"+OK\r\n")
    result = probe("pop3", serve("pop3", faults={"CAPA": "endless_lines"}, implicit_tls=tls == "tls"), tls=tls)
    assert failed(result) == step
    assert "more than the 20000 lines that are taken of it" in result["message"]


def test_pop3_without_capa_is_probed_all_the_same(serve: Serve, probe: Probe) -> None:
    result = probe("pop3", serve("pop3", faults={"CAPA": "-ERR what?"}, implicit_tls=True), tls="tls")
    assert result["success"], result["message"]
    assert result["capabilities"] == []


def test_imap_that_takes_everybody_for_logged_in(serve: Serve, probe: Probe) -> None:
    # Whoever is on the way may say so to keep a client from asking for TLS (RFC 9051, section 11.1).
    greeting = "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome"
    for implicit, step in ((False, "starttls"), (True, "login")):
        server = serve("imap", faults={"GREETING": greeting}, implicit_tls=implicit)
        result = probe("imap", server, tls="tls" if implicit else "starttls")
        assert failed(result) == step
        assert not server.passwords_said()


@pytest.mark.parametrize(
    ("protocol", "command", "step"),
    [one for one in _EVERY if one[1] in ("GREETING", "AUTH", "SEARCH", "PASS", "LISTSCRIPTS")],
)
@pytest.mark.parametrize("fault", ["stall", "trickle"])
def test_it_takes_for_ever(serve: Serve, probe: Probe, protocol: str, command: str, step: str, fault: str) -> None:
    result = _probe(serve, probe, protocol, command, fault, timeout=1)
    assert failed(result) == step
    assert "no complete answer within 1 s" in result["message"]
    assert 900 < result["steps"][-1]["duration_ms"] < 3000


@pytest.mark.parametrize("fault", ["stall", "trickle"])
def test_the_budget_ends_it_too(serve: Serve, probe: Probe, fault: str) -> None:
    result = _probe(serve, probe, "imap", "LIST", fault, timeout=10, budget=1.5)
    assert failed(result) == "folders"
    assert "budget of 1.5 s" in result["message"]
    assert 1400 < result["duration_ms"] < 4000


_REFUSALS = {
    "smtp": ("554 5.7.0 not you", "554 5.7.0 not you"),
    "imap": ("%(tag)s NO not you", "not you"),
    "pop3": ("-ERR not you", "-ERR not you"),
    "sieve": ('NO (TRYLATER) "not you"', "not you"),
}


@pytest.mark.parametrize(("protocol", "command", "step"), [one for one in _EVERY if one[1] != "GREETING"])
def test_it_refuses(serve: Serve, probe: Probe, protocol: str, command: str, step: str) -> None:
    said, words = _REFUSALS[protocol]
    result = _probe(serve, probe, protocol, command, said)
    assert failed(result) == step
    assert words in result["message"]


@pytest.mark.parametrize(
    ("protocol", "greeting", "words"),
    [
        ("smtp", "554 no service here", "554 no service here"),
        ("smtp", "421 too many connections", "421 too many connections"),
        ("smtp", "-ERR this is POP3", "is no SMTP"),
        ("imap", "* BYE too many connections", "too many connections"),
        ("imap", "220 this is SMTP", "220 this is SMTP"),
        ("pop3", "-ERR go away", "-ERR go away"),
        ("pop3", "220 this is SMTP", "220 this is SMTP"),
        ("sieve", 'BYE "go away"', "go away"),
        ("sieve", '"unfinished', "no ManageSieve"),
        ("sieve", "", "empty line"),
    ],
)  # fmt: skip
def test_it_greets_with_something_else(serve: Serve, probe: Probe, protocol: str, greeting: str, words: str) -> None:
    result = _probe(serve, probe, protocol, "GREETING", greeting)
    assert failed(result) == "banner"
    assert words in result["message"]


@pytest.mark.parametrize(
    ("protocol", "step", "words"),
    [
        ("smtp", "auth", "login of alice@example.com with PLAIN refused: 535 5.7.8 Error: authentication failed"),
        ("imap", "login", "[AUTHENTICATIONFAILED] Authentication failed."),
        ("pop3", "login", "-ERR [AUTH] Authentication failed."),
        ("sieve", "auth", "login of alice@example.com with PLAIN refused: NO Authentication failed."),
    ],
)
def test_a_login_is_refused_in_the_servers_words(
    serve: Serve, probe: Probe, protocol: str, step: str, words: str
) -> None:
    result = probe(protocol, serve(protocol), password="Wrong horse 77")
    assert failed(result) == step
    assert words in result["message"]


@pytest.mark.parametrize("protocol", _COMMANDS)
def test_it_offers_no_tls(serve: Serve, probe: Probe, protocol: str) -> None:
    server = serve(protocol, starttls=False, careless=True)
    result = probe(protocol, server)
    assert failed(result) == "starttls"
    assert "does not offer" in result["message"]
    assert not server.passwords_said()


@pytest.mark.parametrize("protocol", ["smtp", "imap", "sieve"])
def test_it_offers_no_login(serve: Serve, probe: Probe, protocol: str) -> None:
    server = serve(protocol, mechanisms=("SCRAM-SHA-256",), faults={"LOGIN": "%(tag)s NO no"})
    result = probe(protocol, server)
    if protocol != "imap":
        assert "only SCRAM-SHA-256" in result["message"]
    assert not result["success"]


@pytest.mark.parametrize(
    ("protocol", "command", "answer"),
    [
        ("imap", "LIST", '* LIST () "/" {99999999}'),
        ("imap", "LIST", '* LIST () "/" {' + "9" * 5000 + "}"),
        ("imap", "EXAMINE", "* " + "9" * 5000 + " EXISTS\r\n%(tag)s OK done"),
        ("imap", "SEARCH", "* SEARCH one two\r\n%(tag)s OK done"),
        ("pop3", "STAT", "+OK"),
        ("pop3", "STAT", "+OK many messages"),
        ("sieve", "LISTSCRIPTS", "{999999999999}"),
    ],
)
def test_its_numbers_are_lies(serve: Serve, probe: Probe, protocol: str, command: str, answer: str) -> None:
    result = _probe(serve, probe, protocol, command, answer)
    assert failed(result) == _COMMANDS[protocol][command]
    assert len(result["message"]) < 600


@pytest.mark.parametrize("protocol", _COMMANDS)
def test_words_said_before_tls_do_not_count_within(serve: Serve, probe: Probe, protocol: str) -> None:
    begin = {"smtp": "220 go", "imap": "%(tag)s OK begin", "pop3": "+OK", "sieve": 'OK "begin"'}[protocol]
    behind = {"smtp": "250 injected", "imap": "* OK x", "pop3": "+OK injected", "sieve": 'OK "injected"'}[protocol]
    command = "STLS" if protocol == "pop3" else "STARTTLS"
    server = serve(protocol, faults={command: f"{begin}\r\n{behind}"})
    result = probe(protocol, server)
    assert failed(result) == "starttls"
    assert "before TLS began" in result["message"]
    assert not server.passwords_said()


def test_nothing_listens(probe: Probe) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = probe("smtp", port)
    assert failed(result) == "connect"
    assert result["message"] == (
        f"connect: 127.0.0.1:{port} refused the connection: nothing listens there, or a firewall"
    )


def test_nobody_takes_the_connection(probe: Probe) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _each in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        result = probe("imap", full.getsockname()[1], timeout=1, tls="tls")
        for one in waiting:
            one.close()
    # Some systems take it into the queue, where nobody answers it.
    assert failed(result) in ("connect", "tls")
    assert "no answer from" in result["message"] or "no complete answer" in result["message"]


def test_the_name_has_no_address(probe: Probe) -> None:
    result = probe("pop3", 995, host="nowhere.invalid", address=None)
    assert failed(result) == "connect"
    assert "nowhere.invalid" in result["message"]
    assert result["address"] is None


def test_a_resolver_that_stalls_is_not_waited_for(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: ended.wait(20) and [])
    try:
        result = probe("sieve", 4190, host="mx1.example.net", address=None, timeout=0.5)
    finally:
        ended.set()
    assert failed(result) == "connect"
    assert "mx1.example.net was not resolved within 0.5 s" in result["message"]
