# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mail servers on the loopback present after STARTTLS, good ones and bad ones."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest
from checked.loopback import Handler, closed_port, serving, silent, smtp, tls
from probed.certificates import Authority

from ansible_collections.mailwright.mail.plugins.module_utils.probe import presented
from ansible_collections.mailwright.mail.plugins.module_utils.probe.presented import NoTls, NotReached, starttls_chain

NAME = "mx1.example.net"
GREETING, EHLO, READY = b"220 mx1\r\n", b"250-mx1\r\n250-SIZE 1000\r\n250 STARTTLS\r\n", b"220 2.0.0 go on\r\n"
SECONDS = 1.0


def chain(handler: Handler) -> presented.Chain:
    with serving(handler) as port:
        begin = time.monotonic()
        try:
            return starttls_chain("127.0.0.1", port, NAME, SECONDS)
        finally:
            assert time.monotonic() - begin < 2 * SECONDS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def with_issuer(authority: Authority, certificate: Path) -> Path:
    certificate.write_bytes(certificate.read_bytes() + authority.ca_file.read_bytes())
    return certificate


def der(path: Path) -> list[bytes]:
    blocks = path.read_text().split("-----BEGIN CERTIFICATE-----")[1:]
    return [ssl.PEM_cert_to_DER_cert(f"-----BEGIN CERTIFICATE-----{block}") for block in blocks]


@pytest.mark.parametrize("trusted", [True, False])
def test_the_whole_chain_is_shown_whoever_trusts_it(authority: Authority, trusted: bool) -> None:
    certificate = with_issuer(authority, authority.certificate("other.example.net", days=5, trusted=trusted))
    found = chain(smtp(GREETING, EHLO, READY, then=tls(certificate, silent)))
    assert list(found.certificates) == der(certificate)
    assert found.whole is True


def test_a_python_that_shows_the_own_certificate_alone(authority: Authority) -> None:
    class Old:
        def getpeercert(self, *, binary_form: bool) -> bytes:
            assert binary_form
            return b"own"

    assert presented._chain(Old()) == presented.Chain((b"own",), whole=False)  # type: ignore[arg-type] # only the old part


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ((GREETING, b"250 mx1\r\n"), "offers no STARTTLS"),
        ((GREETING, b"250-mx1\r\n250 STARTTLSX\r\n"), "offers no STARTTLS"),
        ((GREETING, EHLO, b"454 4.7.0 later\r\n"), "answers STARTTLS with '454 4.7.0 later'"),
        ((GREETING, b"502 what\r\n"), "answers EHLO with '502 what'"),
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), "greets with something that is no SMTP ('SSH-2.0-OpenSSH_9.2')"),
        ((b"220 \xff\xfe\r\n", b"\xff\x00\x1b[2J\r\n"), r"no SMTP ('\\xff\x00\x1b[2J')"),
        ((GREETING, EHLO, READY + b"250 put in\r\n"), "said more than its answer before TLS began"),
        ((GREETING, EHLO, READY, b""), "the TLS handshake"),
    ],
    ids=["no starttls", "another word", "454", "502", "ssh", "bytes", "more", "no handshake"],
)
def test_a_server_without_tls(replies: tuple[bytes, ...], told: str) -> None:
    with pytest.raises(NoTls) as raised:
        chain(smtp(*replies))
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (silent, "no complete answer within 1 s"),
        (smtp(GREETING, EHLO, pause=0.2), "no complete answer within 1 s"),
        (smtp(GREETING), "no complete answer within 1 s"),
        (lambda _connection: None, "the server closed the connection"),
        (smtp(b"554 5.7.1 go away\r\n"), "greets with '554 5.7.1 go away'"),
        (smtp(b"220-x\r\n" * 100_000), "says more than the 65536 bytes that are taken of it"),
        (smtp(b"220 " + b"x" * 1_000_000), "says more than the 65536 bytes that are taken of it"),
    ],
    ids=["silent", "trickles", "stalls", "closes", "554", "lines", "one line"],
)
def test_a_server_that_is_not_heard(handler: Handler, told: str) -> None:
    with pytest.raises(NotReached) as raised:
        chain(handler)
    assert told in str(raised.value)


def test_a_handshake_that_does_not_end() -> None:
    with pytest.raises(NoTls, match=r"the TLS handshake with .* fails"):
        chain(smtp(GREETING, EHLO, READY, then=silent))


def test_nobody_listens() -> None:
    port = closed_port()
    with pytest.raises(NotReached, match=rf"127.0.0.1 port {port}: .*refused the connection"):
        starttls_chain("127.0.0.1", port, NAME, SECONDS)
