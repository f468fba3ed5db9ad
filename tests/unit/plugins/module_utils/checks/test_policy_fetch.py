# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting MTA-STS policies of web servers on the loopback, most of which misbehave."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from checked.loopback import Handler, closed_port, serving, silent, smtp, tls, web
from lookups import Table
from probed.certificates import Authority

from ansible_collections.mailwright.mail.plugins.module_utils.checks.policy_fetch import LONGEST, PolicyFetcher
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import Fetched
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen

NAME = "mta-sts.example.com"
POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mx1.example.net\r\nmax_age: 604800\r\n"
SECONDS = 1.0


def response(body: bytes = POLICY, status: str = "200 OK", kind: str = "text/plain", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def fetch(port: int, authority: Path | None, zone: Table | None = None) -> Fetched:
    """Return what is fetched, and see that it does not take longer than it may."""
    table = zone or Table({f"{NAME} A": ["127.0.0.1"]})
    fetcher = PolicyFetcher(table, SECONDS, time.monotonic() + 60, str(authority) if authority else None, port)
    begin = time.monotonic()
    fetched = fetcher.fetch("example.com")
    assert time.monotonic() - begin < 2 * SECONDS
    return fetched


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_a_policy_is_fetched_from_the_address_that_the_resolver_gives(authority: Authority) -> None:
    with serving(tls(authority.certificate(NAME), web(response()))) as port:
        fetched = fetch(port, authority.ca_file)
    assert fetched == Fetched(POLICY.decode())


def test_a_policy_in_pieces_without_a_length_and_with_parameters(authority: Authority) -> None:
    pieces = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces += b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in POLICY.splitlines(keepends=True)) + b"0\r\n\r\n"
    with serving(tls(authority.certificate(NAME), web(pieces))) as port:
        assert fetch(port, authority.ca_file).text == POLICY.decode()


def test_bytes_that_are_no_text_come_through(authority: Authority) -> None:
    with serving(tls(authority.certificate(NAME), web(response(b"version: \xff\r\n")))) as port:
        assert fetch(port, authority.ca_file).text == "version: \udcff\r\n"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (response(status="302 Found", more="Location: https://www.example.com/\r\n"), "the status 302, a redirection"),
        (response(status="404 Not Found"), "gives the status 404"),
        (response(kind="text/html"), "is served as text/html, and not as text/plain"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + POLICY, "is served as nothing, and not as text/plain"),
        (response(b"x" * (LONGEST + 1)), "has more than 65536 bytes"),
        (response()[:-5], "it ends 5 bytes too early"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", "is no HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n", "is no HTTP"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, "is no HTTP"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "is no HTTP"),
        (b"", "is no HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\nzz\r\n", "is no HTTP"),
    ],
    ids=["redirects", "404", "html", "no type", "too long", "too short", "long header", "headers", "100", "ssh",
         "nothing", "bad pieces"],
)  # fmt: skip
def test_an_answer_that_is_none(authority: Authority, answer: bytes, told: str) -> None:
    with serving(tls(authority.certificate(NAME), web(answer))) as port:
        fetched = fetch(port, authority.ca_file)
    assert told in fetched.problem
    assert (fetched.text, fetched.reached) == ("", True)


@pytest.mark.parametrize("late", ["at once", "in TLS", "byte by byte"])
def test_a_server_that_never_finishes(authority: Authority, late: str) -> None:
    certificate = authority.certificate(NAME)
    handlers: dict[str, Handler] = {
        "at once": silent,
        "in TLS": tls(certificate, silent),
        "byte by byte": tls(certificate, web(response(), pause=0.1)),
    }
    with serving(handlers[late]) as port:
        fetched = fetch(port, authority.ca_file)
    assert "does not finish its answer in time" in fetched.problem


def test_certificates_that_do_not_stand_up(authority: Authority) -> None:
    wrong = {
        authority.certificate("www.example.com"): "Hostname mismatch",
        authority.certificate(NAME, trusted=False): "self-signed certificate",
        authority.certificate(NAME, begins=-3, days=-1): "certificate has expired",
    }
    for certificate, told in wrong.items():
        with serving(tls(certificate, web(response()))) as port:
            fetched = fetch(port, authority.ca_file)
        assert told in fetched.problem
        assert fetched.reached
    with serving(tls(authority.certificate(NAME), web(response()))) as port:
        assert "does not stand up" in fetch(port, None).problem


def test_a_server_that_is_not_there(authority: Authority) -> None:
    refused = fetch(closed_port(), authority.ca_file)
    assert "refuses the connection" in refused.problem
    assert refused.reached
    for zone, reached, told in [
        (Table({}), True, "NXDOMAIN"),
        (Table({f"{NAME} {type_}": seen.TIMEOUT for type_ in ("A", "AAAA")}), False, "time-out"),
    ]:
        fetched = fetch(1, authority.ca_file, zone)
        assert told in fetched.problem
        assert fetched.reached is reached


def test_a_server_that_speaks_no_tls(authority: Authority) -> None:
    with serving(smtp(b"220 mx1.example.net ESMTP\r\n")) as port:
        fetched = fetch(port, authority.ca_file)
    assert "breaks off (wrong version number" in fetched.problem
    assert fetched.reached


def test_the_next_address_is_tried(authority: Authority) -> None:
    # Nobody listens at the first one.
    table = Table({f"{NAME} A": ["127.0.0.2", "127.0.0.1"]})
    with serving(tls(authority.certificate(NAME), web(response()))) as port:
        assert fetch(port, authority.ca_file, table).text == POLICY.decode()


def test_no_time_is_left(authority: Authority) -> None:
    table = Table({f"{NAME} A": ["127.0.0.1"]})
    fetched = PolicyFetcher(table, SECONDS, time.monotonic() - 1, str(authority.ca_file)).fetch("example.com")
    assert fetched == Fetched(problem=f"there was no time left to ask {NAME}", reached=False)


def test_authorities_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (tmp_path / "nobody", tmp_path / "empty"):
        with pytest.raises(InvalidValue, match="no certificate can be read there"):
            PolicyFetcher(Table({}), 1, 1, str(path))
