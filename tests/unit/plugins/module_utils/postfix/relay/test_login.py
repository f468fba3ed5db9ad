# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions with a real server: its TLS, its logins, its words."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from mail_relay.server import RelayServer

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.login import Outcome, Refused, check_login
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.wanted import parse_relay

SECRET = "correct horse battery"


def check(server: RelayServer, **options: Any) -> Outcome:
    given = {
        "name": "tried",
        "host": "localhost",
        "port": server.port,
        "implicit_tls": server.implicit_tls,
        "ca_file": str(server.ca_file),
        "username": "example",
        "password": SECRET,
        **options,
    }
    relay = parse_relay(given, "")
    return check_login(relay, relay.hop, 10)


@pytest.mark.parametrize("tls", ["may", "encrypt", "verify", "secure", "dane"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_login_with_starttls(tmp_path: Path, tls: str, mechanism: str) -> None:
    with RelayServer(tmp_path, mechanisms=(mechanism,)) as server:
        outcome = check(server, tls=tls)
    assert (outcome.tls, outcome.mechanism) == ("TLSv1.3", mechanism)
    assert len(outcome.notes) == (tls == "dane")
    assert server.logins == [(mechanism, "example", True)]
    assert server.said == ["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"]


@pytest.mark.parametrize("tls", ["encrypt", "secure"])
def test_a_login_with_implicit_tls(tmp_path: Path, tls: str) -> None:
    with RelayServer(tmp_path, implicit_tls=True) as server:
        assert check(server, tls=tls) == Outcome("TLSv1.3", "PLAIN")
    assert server.logins == [("PLAIN", "example", True)]
    assert server.said == ["EHLO", "AUTH", "QUIT"]


def test_a_relay_without_a_login(tmp_path: Path) -> None:
    with RelayServer(tmp_path, mechanisms=(), starttls=False) as server:
        assert check(server, tls="may", username=None, password=None) == Outcome(None, None)
    assert server.said == ["EHLO", "QUIT"]


def test_the_strongest_admitted_mechanism_is_used(tmp_path: Path) -> None:
    with RelayServer(tmp_path, mechanisms=("LOGIN", "PLAIN", "CRAM-MD5")) as server:
        assert check(server).mechanism == "CRAM-MD5"
        assert check(server, mechanisms=["LOGIN"]).mechanism == "LOGIN"


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("tls", ["verify", "secure"])
def test_a_certificate_with_another_name(tmp_path: Path, tls: str, implicit: bool) -> None:
    with (
        RelayServer(tmp_path, names=("other.example",), implicit_tls=implicit) as server,
        pytest.raises(Refused, match=f"certificate does not stand up to tls: {tls}: Hostname mismatch.*'localhost'"),
    ):
        check(server, tls=tls)
    assert server.logins == []
    assert "AUTH" not in server.said


def test_a_certificate_of_an_unknown_authority(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with (
        RelayServer(tmp_path) as server,
        RelayServer(other) as stranger,
        pytest.raises(Refused, match=r"certificate does not stand up.*ca_file"),
    ):
        check(server, ca_file=str(stranger.ca_file))
    assert server.logins == []


def test_any_certificate_will_do_where_none_is_demanded(tmp_path: Path) -> None:
    with RelayServer(tmp_path, names=("other.example",)) as server:
        assert check(server, tls="encrypt").tls == "TLSv1.3"


def test_a_refused_login_is_told_in_the_servers_words(tmp_path: Path) -> None:
    with (
        RelayServer(tmp_path, password="another") as server,
        pytest.raises(Refused) as caught,
    ):
        check(server)
    assert str(caught.value) == (
        f"relay tried (localhost:{server.port}) refuses the login of 'example' with PLAIN: "
        "535 5.7.8 Error: authentication failed: not you"
    )


def test_a_password_that_the_server_repeats_is_hidden(tmp_path: Path) -> None:
    words = f"535 {SECRET} Y29ycmVjdCBob3JzZSBiYXR0ZXJ5 is wrong"
    with RelayServer(tmp_path, password="another", refusal=words) as server, pytest.raises(Refused) as caught:
        check(server)
    assert str(caught.value).endswith(": 535 (hidden) (hidden) is wrong")


@pytest.mark.parametrize(
    ("server", "options", "told"),
    [
        ({"starttls": False}, {"tls": "encrypt"}, "does not offer STARTTLS, and tls is encrypt"),
        ({"starttls": False}, {"tls": "may"}, "a password is not sent in the clear, and the session has no TLS"),
        ({"mechanisms": ()}, {}, "the server offers no login, and a username is given"),
        ({"mechanisms": ()}, {"tls": "may"}, "the server offers no login, and"),
        ({"mechanisms": ("LOGIN",)}, {"mechanisms": ["PLAIN"]}, "the server offers LOGIN, and mechanisms has PLAIN"),
        (
            {"mechanisms": ("SCRAM-SHA-1",)},
            {},
            "offers SCRAM-SHA-1, and check_login speaks CRAM-MD5, PLAIN, LOGIN only",
        ),
        ({"greeting": "554 5.7.1 go away"}, {}, "the server answers 554 5.7.1 go away"),
        ({"greeting": "nonsense"}, {}, "tried"),
        ({"implicit_tls": True}, {"implicit_tls": False, "tls": "may"}, "tried"),
    ],
)
def test_servers_that_will_not_do(tmp_path: Path, server: dict[str, Any], options: dict[str, Any], told: str) -> None:
    with RelayServer(tmp_path, **server) as started, pytest.raises((Refused, Unavailable), match=told):
        relay = parse_relay(
            {
                "name": "tried", "host": "localhost", "port": started.port, "ca_file": str(started.ca_file),
                "username": "example", "password": SECRET, **options,
            },
            "",
        )  # fmt: skip
        check_login(relay, relay.hop, 1)
    assert started.logins == []


def test_starttls_asked_of_a_server_that_speaks_tls_at_once(tmp_path: Path) -> None:
    with RelayServer(tmp_path) as server, pytest.raises(Refused, match="TLS cannot be negotiated"):
        check(server, implicit_tls=True)


def test_nobody_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        relay = parse_relay({"host": "127.0.0.1", "port": port, "tls": "may"}, "")
        with pytest.raises(Unavailable, match=r"no answer within 0.2 s; check host, port and firewall"):
            check_login(relay, relay.hop, 0.2)
    with pytest.raises(Unavailable, match="no connection: Connection refused"):
        check_login(relay, relay.hop, 1)


def test_authorities_that_are_not_there(tmp_path: Path) -> None:
    with RelayServer(tmp_path) as server, pytest.raises(Unavailable, match=r"ca_file .*/none.pem cannot be read"):
        check(server, ca_file=str(tmp_path / "none.pem"))
