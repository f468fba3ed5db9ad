# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pieces below the probes: options, limits, a connection's bytes, folder names, the log."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue, Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.probe.connection import (
    ALLOWANCE,
    Broken,
    Connection,
    Limits,
)
from ansible_collections.mailwright.mail.plugins.module_utils.probe.folders import decode_folder, encode_folder
from ansible_collections.mailwright.mail.plugins.module_utils.probe.target import Target, login_from, target_from

_PARAMS: dict[str, Any] = {"host": "mx1.example.net", "timeout": 10, "budget": 60, "validate_certs": True}


@pytest.mark.parametrize(
    ("protocol", "options", "port", "tls"),
    [
        ("smtp", {}, 587, "starttls"),
        ("smtp", {"port": 465}, 465, "tls"),
        ("smtp", {"port": 25}, 25, "starttls"),
        ("smtp", {"tls": "tls"}, 465, "tls"),
        ("smtp", {"tls": "none"}, 25, "none"),
        ("imap", {}, 993, "tls"),
        ("imap", {"tls": "starttls"}, 143, "starttls"),
        ("imap", {"port": 143}, 143, "starttls"),
        ("pop3", {}, 995, "tls"),
        ("pop3", {"port": 110}, 110, "starttls"),
        ("sieve", {}, 4190, "starttls"),
        ("sieve", {"tls": "tls", "port": 4191}, 4191, "tls"),
    ],
)
def test_port_and_tls_follow_from_each_other(protocol: str, options: dict[str, Any], port: int, tls: str) -> None:
    target = target_from(protocol, {**_PARAMS, **options})
    assert (target.port, target.tls, target.tls_name) == (port, tls, "mx1.example.net")


@pytest.mark.parametrize(
    "options",
    [
        {"host": ""},
        {"host": "two words"},
        {"host": "a..b"},
        {"host": "x" * 64 + ".example"},
        {"host": "a\r\nb"},
        {"port": 0},
        {"port": 65536},
        {"timeout": 0},
        {"budget": -1},
        {"timeout": 1e9},
        {"timeout": float("nan")},
        {"address": "mx1.example.net"},
        {"tls_name": "a/b"},
    ],
)
def test_wrong_targets_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(options))):
        target_from("smtp", {**_PARAMS, **options})


def test_hosts_are_names_or_addresses() -> None:
    assert target_from("smtp", {**_PARAMS, "host": "2001:db8::1"}).host == "2001:db8::1"
    assert target_from("smtp", {**_PARAMS, "host": "müller.example"}).host == "xn--mller-kva.example"
    assert target_from("smtp", {**_PARAMS, "host": "MX1.example.net."}).host == "mx1.example.net"


def _target(**options: Any) -> Target:
    return target_from("smtp", {**_PARAMS, **options})


def test_a_login_is_whole_or_none() -> None:
    assert login_from({}, _target()) is None
    for half in ({"username": "alice"}, {"password": "secret words"}):
        with pytest.raises(Conflict, match="belong together"):
            login_from(half, _target())


def test_without_tls_a_login_wants_a_word() -> None:
    both = {"username": "alice", "password": "secret words"}
    with pytest.raises(Conflict, match="in the clear"):
        login_from(both, _target(tls="none"))
    assert login_from(both, _target(tls="none", validate_certs=False)) is not None


@pytest.mark.parametrize("password", ["", "a\r\nQUIT", "nul\0", "x" * 5000, "\udcfc bytes"])
def test_a_password_that_would_end_the_command_is_refused_and_not_told(password: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        login_from({"username": "alice", "password": password}, _target())
    assert not password or password not in str(refused.value)


def test_the_file_of_a_password(tmp_path: Path) -> None:
    path = tmp_path / "password"
    given_ = {"username": "alice", "password_file": str(path)}
    with pytest.raises(Unavailable, match="no such file"):
        login_from(given_, _target())
    for content in (b"", b"\n", b"secret one\nsecret two\n", b"\xff\xfe"):
        path.write_bytes(content)
        with pytest.raises(Unavailable, match="password_file") as refused:
            login_from(given_, _target())
        assert "secret" not in str(refused.value)
    path.write_bytes(b" with blanks \r\n")
    login = login_from(given_, _target())
    assert login is not None
    assert login.password == " with blanks "
    assert "blanks" not in repr(login)


def test_limits_count_steps_and_the_whole() -> None:
    now = [0.0]
    limits = Limits(2, 5, lambda: now[0])
    assert limits.left() == 2
    now[0] = 1.5
    assert limits.left() == 0.5
    now[0] = 2
    with pytest.raises(Broken, match="within 2 s"):
        limits.left()
    limits.begin()
    now[0] = 3.9
    limits.begin()
    # The whole ends before the step.
    assert limits.left() == pytest.approx(1.1)
    now[0] = 5
    with pytest.raises(Broken, match="budget of 5 s"):
        limits.left()


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    """A connection, and the server's side of it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        target = _target(host="127.0.0.1", port=listening.getsockname()[1])
        connection = Connection(target, Limits(2, 5))
        connection.connect()
        other, _address = listening.accept()
        yield connection, other
        other.close()
        connection.close()


def test_lines_and_pieces_come_as_they_were_sent(pair: tuple[Connection, socket.socket]) -> None:
    connection, other = pair
    other.sendall(b"one\r\ntwo\nthree")
    assert connection.readline() == b"one\r\n"
    assert connection.readline(2) == b"tw"
    assert connection.readline(100) == b"o\n"
    assert connection.read(5) == b"three"
    assert connection.read(0) == b""
    other.sendall(b"half")
    other.close()
    with pytest.raises(Broken, match="closed the connection within a line"):
        connection.readline()


def test_the_end_is_an_end(pair: tuple[Connection, socket.socket]) -> None:
    connection, other = pair
    other.close()
    with pytest.raises(Broken, match="the server closed the connection"):
        connection.readline()
    connection.close()
    connection.close()
    for use in (connection.readline, lambda: connection.read(1), lambda: connection.sendall(b"x")):
        with pytest.raises(Broken, match="closed"):
            use()


def test_an_announced_size_is_not_waited_for(pair: tuple[Connection, socket.socket]) -> None:
    connection, _other = pair
    with pytest.raises(Broken, match="announces 99999999 bytes"):
        connection.read(99999999)


def test_no_more_is_taken_than_allowed(pair: tuple[Connection, socket.socket]) -> None:
    connection, other = pair

    def flood() -> None:
        try:
            while True:
                other.sendall(b"x" * 65536)
        except OSError:
            return

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    with pytest.raises(Broken, match="without an end"):
        connection.readline()
    assert len(connection._read) <= ALLOWANCE
    connection.close()
    thread.join(5)
    assert not thread.is_alive()


def test_a_client_that_is_not_listened_to_gives_up(pair: tuple[Connection, socket.socket]) -> None:
    connection, _other = pair
    connection.limits.timeout = 0.3
    connection.limits.begin()
    with pytest.raises(Broken, match=r"no complete answer within 0\.3 s"):
        connection.sendall(b"x" * 50_000_000)


def test_all_addresses_of_a_name_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: found)
        connection = Connection(_target(host="mx1.example.net", port=port), Limits(2, 5))
        connection.connect()
        assert connection.peer == f"127.0.0.1:{port}"
        connection.close()


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", "INBOX"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("a & b", "a &- b"),
        ("台北", "&U,BTFw-"),
        ("~peter/mail", "~peter/mail"),
    ],
)
def test_folder_names_on_the_wire(name: str, wire: str) -> None:
    # "&U,BTFw-" is RFC 3501's own example.
    assert encode_folder(name) == wire
    assert decode_folder(wire) == name


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_folder_names_come_back(name: str) -> None:
    wire = encode_folder(name)
    assert wire.isascii()
    assert decode_folder(wire) == name


@given(st.text(max_size=40))
def test_any_folder_name_is_shown(wire: str) -> None:
    assert isinstance(decode_folder(wire), str)
