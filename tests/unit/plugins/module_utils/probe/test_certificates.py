# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are wrong in each way, old versions of TLS, and that no password goes where they are."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from probed.calling import Probe, Serve, failed, names
from probed.certificates import Authority

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue, Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.probe.certificate import covers, read_certificate

_LOGINS = {"smtp": "auth", "imap": "login", "pop3": "login", "sieve": "auth"}
# What is wrong: the certificate, whether it is trusted, whether its name is right, words of the problem.
_WRONG: dict[str, tuple[dict[str, Any], bool, bool, str]] = {
    "other name": ({"names": ("mail.example.net", "192.0.2.1")}, True, False, "not for localhost but for DNS:mail."),
    "no name": ({"names": ()}, True, False, "it is not for localhost and names no host"),
    "expired": ({"begins": -30, "days": -2}, False, True, "it has expired"),
    "not valid yet": ({"begins": 3, "days": 30}, False, True, "it is not valid yet"),
    "self-signed": ({"trusted": False}, False, True, "signed by its own key"),
    "expired, other name": (
        {"names": ("x.example",), "begins": -30, "days": -2},
        False,
        False,
        "it has expired; it is not",
    ),
}


def _certificate(authority: Authority, given: dict[str, Any]) -> Path:
    options = dict(given)
    return authority.certificate(*options.pop("names", ("localhost",)), **options)


@pytest.mark.parametrize("protocol", _LOGINS)
@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("kind", _WRONG)
def test_a_wrong_certificate_ends_the_probe_and_is_told(
    serve: Serve, probe: Probe, authority: Authority, protocol: str, tls: str, kind: str
) -> None:
    given, trusted, name_matches, words = _WRONG[kind]
    server = serve(protocol, certificate=_certificate(authority, given), implicit_tls=tls == "tls")
    result = probe(protocol, server, tls=tls)
    assert failed(result) == "certificate"
    found = result["certificate"]
    assert (found["trusted"], found["name_matches"]) == (trusted, name_matches)
    assert words in found["problem"]
    assert found["problem"] in result["message"]
    assert found["subject"] == "CN=A server"
    assert (found["days_left"] < 0) is ("expired" in kind)
    assert result["tls"]["version"] == "TLSv1.3"
    assert not server.passwords_said()
    assert not server.logins


@pytest.mark.parametrize("protocol", _LOGINS)
@pytest.mark.parametrize("kind", _WRONG)
def test_without_validation_the_probe_goes_on_and_tells_it_all_the_same(
    serve: Serve, probe: Probe, authority: Authority, protocol: str, kind: str
) -> None:
    given, trusted, name_matches, words = _WRONG[kind]
    server = serve(protocol, certificate=_certificate(authority, given))
    result = probe(protocol, server, validate_certs=False)
    assert result["success"], result["message"]
    assert _LOGINS[protocol] in names(result)
    assert (result["certificate"]["trusted"], result["certificate"]["name_matches"]) == (trusted, name_matches)
    assert words in result["certificate"]["problem"]
    assert len(server.logins) == 1


def test_an_authority_that_is_not_given_is_not_trusted(serve: Serve, probe: Probe) -> None:
    result = probe("smtp", serve("smtp"), ca_path=None)
    assert failed(result) == "certificate"
    assert "issuer is not trusted" in result["certificate"]["problem"]


def test_authorities_may_be_a_directory(serve: Serve, probe: Probe, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "one.pem").write_bytes(authority.ca_file.read_bytes())
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True, capture_output=True)
    assert probe("imap", serve("imap"), ca_path=str(tmp_path))["success"]


def test_authorities_may_be_given_as_text(serve: Serve, probe: Probe, authority: Authority) -> None:
    text = authority.ca_file.read_text()
    assert probe("imap", serve("imap"), ca_path=None, ca_pem=text)["success"]
    assert not probe("imap", serve("imap"), ca_path=None, ca_pem="")["success"]
    with pytest.raises(InvalidValue, match=r"ca_pem '\(text\)': holds no certificates"):
        probe("imap", serve("imap"), ca_pem="nothing")


def test_authorities_that_cannot_be_read_are_told_before_anybody_is_asked(
    serve: Serve, probe: Probe, tmp_path: Path
) -> None:
    server = serve("imap")
    with pytest.raises(Unavailable, match=r"ca_path .*missing\.pem cannot be read"):
        probe("imap", server, ca_path=str(tmp_path / "missing.pem"))
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(Unavailable, match="give a file or directory of certificates"):
        probe("imap", server, ca_path=str(tmp_path / "empty.pem"))
    assert not server.said


def test_the_name_may_be_another_than_the_host(serve: Serve, probe: Probe, authority: Authority) -> None:
    certificate = authority.certificate("mail.example.net", "*.wild.example", "192.0.2.7")
    for name in ("mail.example.net", "MAIL.example.net.", "a.wild.example", "192.0.2.7"):
        assert probe("pop3", serve("pop3", certificate=certificate), tls_name=name)["success"], name
    for name in ("example.net", "a.b.wild.example", "wild.example", "192.0.2.8"):
        result = probe("pop3", serve("pop3", certificate=certificate), tls_name=name)
        assert failed(result) == "certificate"
        assert result["certificate"]["trusted"]
        assert not result["certificate"]["name_matches"]


def test_facts_are_those_that_openssl_tells(serve: Serve, probe: Probe, authority: Authority) -> None:
    path = authority.certificate("localhost", days=33)
    told = probe("imap", serve("imap", certificate=path))["certificate"]
    public = subprocess.run(
        f"openssl x509 -in {path} -noout -pubkey | openssl pkey -pubin -outform DER",
        shell=True, check=True, capture_output=True,
    ).stdout  # fmt: skip
    assert told["spki_sha256"] == hashlib.sha256(public).hexdigest()
    shown = subprocess.run(
        ["openssl", "x509", "-in", str(path), "-noout", "-fingerprint", "-sha256", "-enddate", "-dateopt", "iso_8601"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert told["sha256"] == shown.partition("=")[2].partition("\n")[0].replace(":", "").lower()
    assert told["not_after"].replace("T", " ") in shown
    assert (told["names"], told["issuer"], told["days_left"]) == (
        ["DNS:localhost"], "CN=An authority of the tests", 32,
    )  # fmt: skip


@pytest.mark.parametrize("protocol", _LOGINS)
@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize(("newest", "told"), [("TLSv1", "TLSv1 only"), ("TLSv1_1", "TLSv1.1 only")])
def test_old_versions_are_named_and_not_spoken(
    serve: Serve, probe: Probe, protocol: str, tls: str, newest: str, told: str
) -> None:
    server = serve(protocol, newest_tls=ssl.TLSVersion[newest], implicit_tls=tls == "tls")
    result = probe(protocol, server, tls=tls, validate_certs=False)
    assert failed(result) == tls
    assert f"the server speaks {told}; clients of today want TLSv1.2 at least" in result["message"]
    assert not server.passwords_said()


def test_tls_1_2_is_taken(serve: Serve, probe: Probe) -> None:
    assert probe("smtp", serve("smtp", newest_tls=ssl.TLSVersion.TLSv1_2))["tls"]["version"] == "TLSv1.2"


@pytest.mark.parametrize("protocol", _LOGINS)
def test_a_port_without_tls_is_told(serve: Serve, probe: Probe, protocol: str) -> None:
    server = serve(protocol)
    result = probe(protocol, server, tls="tls")
    assert failed(result) == "tls"
    assert "is no TLS; does the port want the other kind of tls?" in result["message"]


@pytest.mark.parametrize("fault", ["close", "stall"])
def test_a_server_that_stops_within_the_handshake(serve: Serve, probe: Probe, fault: str) -> None:
    result = probe("imap", serve("imap", faults={"GREETING": fault}), tls="tls", timeout=1)
    assert failed(result) == "tls"
    # As a server closes, what it has not read makes a reset of it.
    ways = ("closed the connection", "broke off the connection", "no complete answer")
    assert any(way in result["message"] for way in ways), result["message"]


def test_names_are_compared_as_rfc_9525_has_it() -> None:
    names = ("DNS:mail.example.net", "DNS:*.wild.example", "IP:2001:db8::1")
    for name in ("mail.example.net", "a.wild.example", "2001:db8:0::1"):
        assert covers(names, name), name
    for name in ("a.mail.example.net", "wild.example", "a.b.wild.example", "2001:db8::2", "example.net"):
        assert not covers(names, name), name


def test_what_is_no_certificate_is_told_as_such() -> None:
    found = read_certificate(b"nonsense", "localhost", trusted=False, name_matches=None, problem="it has expired")
    assert found.problem is not None
    assert found.problem.startswith("it has expired; it cannot be read")
    assert found.shown()["days_left"] is None
