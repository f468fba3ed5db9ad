# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dns_records by dynamic updates, against a name server that answers what it is told to."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig
import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core import deps
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable

Result = dict[str, Any]
RunModule = Callable[..., Result]
D, NAME, SECRET = "example.com", "test-key", "c2VjcmV0LW9mLWEtdGVzdC1rZXk="
SOA = "ns1.example.net. hostmaster.example.net. 1 3600 600 86400 300"
KEY = dns.tsig.Key(NAME, SECRET, "hmac-sha256")
Query = dns.message.Message


class FakeServer:
    """Serves an empty ``example.com`` by TCP.

    ``misbehave`` maps ``SOA``, ``AXFR`` or ``update`` to an rcode, to bytes, or to ``die`` or ``wait``.
    """

    def __init__(self) -> None:
        self.misbehave: dict[str, Any] = {}
        self.asked: list[str] = []
        self._done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._done.set()
        # Closing alone does not wake who waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                stream, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(stream,), daemon=True).start()

    def _talk(self, stream: socket.socket) -> None:
        # A module leaves its connection open; nobody's thread waits on it for long.
        stream.settimeout(1)
        with stream, suppress(TimeoutError), stream.makefile("rb") as file:
            while len(head := file.read(2)) == 2:
                query = dns.message.from_wire(file.read(struct.unpack("!H", head)[0]), keyring=KEY)
                content = self._answer(query)
                if content is None:
                    return
                stream.sendall(struct.pack("!H", len(content)) + content)

    def _answer(self, query: Query) -> bytes | None:
        kind = "update" if query.opcode() == dns.opcode.UPDATE else dns.rdatatype.to_text(query.question[0].rdtype)
        self.asked.append(kind)
        how = self.misbehave.get(kind)
        if how == "wait":
            self._done.wait(30)
        if how in ("die", "wait"):
            return None
        if isinstance(how, bytes):
            return how
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        if how is not None:
            answer.set_rcode(how)
        elif kind == "SOA":
            answer.authority.append(dns.rrset.from_text(f"{D}.", 300, "IN", "SOA", SOA))
        elif kind == "AXFR":
            soa = dns.rrset.from_text(f"{D}.", 300, "IN", "SOA", SOA)
            answer.answer += [soa, dns.rrset.from_text(f"{D}.", 300, "IN", "NS", "ns1.example.net."), soa]
        return bytes(answer.to_wire())


@pytest.fixture
def server() -> Iterator[FakeServer]:
    one = FakeServer()
    yield one
    one.stop()


@pytest.fixture
def call(server: FakeServer, run_module: RunModule, tmp_path: Path) -> RunModule:
    (tmp_path / "secret").write_text(f"{SECRET}\n")

    def call(**options: Any) -> Result:
        arguments = {
            "provider": "rfc2136",
            "port": server.port,
            "tsig_name": NAME,
            "tsig_secret_file": str(tmp_path / "secret"),
            "ledger": str(tmp_path / "owned.json"),
            "timeout": 1,
            "domains": [{"name": D, "dmarc": {}, "spf": {}}],
            **options,
        }
        result = run_module("dns_records", **arguments)
        assert SECRET not in str(result)
        result.pop("invocation", None)
        return result

    return call


def test_one_transfer_and_at_most_one_update(call: RunModule, server: FakeServer) -> None:
    assert call(check=True)["changed"] is True
    assert "update" not in server.asked
    server.asked.clear()
    assert call()["changed"] is True
    assert server.asked == ["SOA", "SOA", "AXFR", "update"]


@pytest.mark.parametrize(
    ("kind", "how", "told"),
    [
        ("SOA", dns.rcode.SERVFAIL, f"question for _dmarc.{D} SOA: it answers SERVFAIL"),
        ("SOA", dns.rcode.REFUSED, f"_dmarc.{D}: no zone that this server serves holds the name"),
        ("SOA", "die", "the connection broke off"),
        ("SOA", "wait", "no answer within 1 seconds"),
        ("SOA", b"nonsense", "the answer cannot be taken"),
        ("AXFR", dns.rcode.REFUSED, "allow the key to transfer the zone"),
        ("AXFR", "die", "the connection broke off"),
        ("AXFR", "wait", "no answer within 1 seconds"),
        ("update", dns.rcode.REFUSED, "it answers REFUSED, nothing was changed; allow the key"),
        ("update", dns.rcode.NXRRSET, "somebody has changed it meanwhile (NXRRSET)"),
        ("update", dns.rcode.SERVFAIL, "it answers SERVFAIL"),
        ("update", "die", "the connection broke off"),
        ("update", "wait", "no answer within 1 seconds"),
    ],
)
def test_a_server_that_misbehaves(call: RunModule, server: FakeServer, kind: str, how: Any, told: str) -> None:
    server.misbehave = {kind: how}
    result = call()
    assert result["failed"] is True
    assert told in result["msg"]
    server.misbehave = {}
    assert call()["changed"] is True


def test_more_than_goes_into_one_message(call: RunModule, server: FakeServer) -> None:
    records = [{"name": f"x{number}.{D}", "type": "TXT", "value": "x" * 60000} for number in range(2)]
    result = call(domains=[{"name": D, "records": records}])
    assert "do not go into one message" in result["msg"]
    assert "update" not in server.asked


def test_a_bare_host_is_predicted(call: RunModule, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def need(name: str) -> Any:
        raise Unavailable(f"the Python library {name} is not installed")

    providers = "ansible_collections.mailwright.mail.plugins.module_utils.dns.providers"
    done = call(check=True)
    missing = call(check=True, tsig_secret_file=str(tmp_path / "missing"))
    refused = call(check=True, port=1)
    with monkeypatch.context() as patch:
        patch.setattr(f"{providers}.need", need)
        without = call(check=True)
        assert "is not installed" in call()["msg"]
    assert missing["changes"] == refused["changes"] == without["changes"] == done["changes"]
    assert missing["unchecked"] and refused["unchecked"] and without["unchecked"] and not done["unchecked"]


def test_the_package_is_named() -> None:
    assert deps.PACKAGES["dns"] == "python3-dnspython"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"tsig_name": "no name"}, "tsig_name 'no name': is no name of a key"),
        ({"timeout": 0}, "timeout 0: is no time to wait"),
        ({"server": "no-such-host.invalid"}, "does not answer"),
    ],
)
def test_bad_options(call: RunModule, options: dict[str, Any], told: str) -> None:
    assert told in call(**options)["msg"]
