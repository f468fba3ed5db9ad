# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""R12: STARTTLS is offered, and nothing older than TLS 1.2 or weaker than ECDHE with AEAD is spoken on any port."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest
from behaviour.bed import MailHost, wait_for
from behaviour.client import Client, Request

# Port -> the protocol in which openssl asks for STARTTLS, none where TLS comes first.
PORTS = {25: "smtp", 587: "smtp", 465: "", 993: "", 995: "", 4190: "sieve"}
# Whatever openssl can do, at its lowest level of security, less what is wanted.
WEAK = "ALL:!aNULL:!eNULL:!PSK:!SRP:!ECDHE+AESGCM:!ECDHE+CHACHA20:@SECLEVEL=0"
OLD = "ALL:@SECLEVEL=0"
HANDSHAKES = {
    "tls1.0": ("-tls1", "-cipher", OLD),
    "tls1.1": ("-tls1_1", "-cipher", OLD),
    "weak ciphers": ("-tls1_2", "-cipher", WEAK),
    "finite-field groups": ("-tls1_3", "-groups", "ffdhe2048:ffdhe3072:ffdhe4096"),
    "signatures with SHA-1": ("-tls1_2", "-cipher", OLD, "-sigalgs", "ECDSA+SHA1"),
}
GOOD = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_AES_128_GCM_SHA256",
]
OWN_PORT = 10443


@pytest.fixture(scope="module")
def own_server(client: Client) -> Iterator[None]:
    """A server on the client host that takes everything: what fails against a mail host must work here."""
    client.host.run(
        "umask 077 && mkdir -p /root/tls && cd /root/tls &&"
        " openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=client"
        " -keyout key.pem -out cert.pem && (nohup openssl s_server -accept"
        f" {OWN_PORT} -cert cert.pem -key key.pem -cipher '{OLD}' -min_protocol TLSv1 -quiet"
        " >/dev/null 2>&1 & echo $! > pid)"
    )
    wait_for("openssl's own server", lambda: client.do("connects", host="127.0.0.1", port=OWN_PORT))
    yield
    client.host.run("kill $(cat /root/tls/pid); rm -r /root/tls")


def handshakes(client: Client, host: str, ports: Iterable[int], *options: str) -> dict[int, str]:
    """Return for each port the cipher agreed on, empty where there was no agreement."""
    requests = [Request("program", {"arguments": _command(host, port, *options)}) for port in ports]
    return {port: _cipher(answer["output"]) for port, answer in zip(ports, client.together(requests), strict=True)}


def _command(host: str, port: int, *options: str) -> list[str]:
    starttls = ["-starttls", PORTS[port]] if PORTS.get(port) else []
    return ["openssl", "s_client", "-connect", f"{host}:{port}", "-servername", host, *starttls, *options]


def _cipher(output: str) -> str:
    ciphers = [line.split("Cipher is ")[1].strip() for line in output.splitlines() if "Cipher is " in line]
    # Without a common cipher the line says "(NONE)"; without a connection there is no line, and that is no refusal.
    assert ciphers, output
    return "" if ciphers[0] == "(NONE)" else ciphers[0]


@pytest.mark.parametrize("kind", HANDSHAKES)
@pytest.mark.usefixtures("own_server")
def test_r12_weak_tls_is_refused(mx: MailHost, client: Client, kind: str) -> None:
    assert handshakes(client, "127.0.0.1", [OWN_PORT], *HANDSHAKES[kind])[OWN_PORT], "the client itself cannot do it"
    assert handshakes(client, mx.fqdn, PORTS, *HANDSHAKES[kind]) == dict.fromkeys(PORTS, "")


@pytest.mark.parametrize("cipher", GOOD)
def test_r12_good_tls_is_spoken(mx: MailHost, client: Client, cipher: str) -> None:
    options = ("-tls1_3", "-ciphersuites") if cipher.startswith("TLS_") else ("-tls1_2", "-cipher")
    assert handshakes(client, mx.fqdn, PORTS, *options, cipher) == dict.fromkeys(PORTS, cipher)


def test_r12_ipv6_is_served_alike(mx: MailHost, client: Client) -> None:
    [address] = [
        found["local"]
        for link in json.loads(mx.run("ip -json -6 address show scope global"))
        for found in link["addr_info"]
        if found
    ]
    for port in PORTS:
        options = ("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-connect", f"[{address}]:{port}")
        assert handshakes(client, mx.fqdn, [port], *options) == {port: "TLS_AES_128_GCM_SHA256"}


def test_r12_starttls_is_offered(mx: MailHost, client: Client) -> None:
    """On 25 it may be left alone, on 587 nothing goes without it; the certificate is of the host's own authority."""
    plain = client.smtp(mx, ["MAIL FROM:<bob@example.com>"], 25)
    assert "STARTTLS" in plain["ehlo"][1].split("\n")
    assert plain["replies"][0][0] == 250
    submission = client.smtp(mx, ["MAIL FROM:<bob@example.com>"], 587, tls="none")
    assert "STARTTLS" in submission["ehlo"][1].split("\n")
    assert submission["replies"][0][0] == 530, submission
    secured = client.smtp(mx, ["MAIL FROM:<bob@example.com>"], 25, tls="starttls")
    assert secured["replies"][0][0] == 250
