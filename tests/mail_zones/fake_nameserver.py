# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small name server on the loopback, over UDP and TCP, that misbehaves on demand."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

SOA = "ns1.example.net. hostmaster.example.net. 1 3600 600 86400 300"
_POLL_SECONDS = 0.02


@dataclass
class FakeNameServer:
    """One server at ``address``; ``records`` maps (name, type) to values in presentation form.

    ``fault`` is one of: ``servfail``, ``refused``, ``silent`` (no answer at all), ``udp silent``, ``truncated`` (a cut
    answer over UDP), ``garbage``, ``lame`` (no authority), ``closes`` (TCP ends before the answer, UDP is cut), or
    nothing. ``asked`` are the questions: transport, name and type.
    """

    address: str
    port: int = 0
    zone: str = "example.com"
    ttl: int = 600
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    fault: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def text(self, name: str, *values: str) -> None:
        """Publish TXT records, none where no value is given."""
        quoted = [
            " ".join(f'"{value[start : start + 255]}"' for start in range(0, len(value), 255)) for value in values
        ]
        self.records.pop((name, "TXT"), None)
        if quoted:
            self.records[name, "TXT"] = quoted

    def answer(self, wire: bytes, transport: str) -> bytes | None:
        """Return the answer to a question, ``None`` for none."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, type_ = str(question.name).lower().removesuffix("."), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((transport, name, type_))
        if self.fault == "silent" or (self.fault == "udp silent" and transport == "udp"):
            return None
        if self.fault == "closes" and transport == "tcp":
            return None
        if self.fault == "garbage":
            return wire[:2] + b"\x80\x00 no message at all"
        response = dns.message.make_response(query)
        if self.fault in ("servfail", "refused"):
            response.set_rcode(dns.rcode.from_text(self.fault))
        elif self.fault in ("truncated", "closes") and transport == "udp":
            response.flags |= dns.flags.TC
        else:
            self._fill(response, name, type_)
        return response.to_wire()

    def _fill(self, response: dns.message.Message, name: str, type_: str) -> None:
        if self.fault != "lame":
            response.flags |= dns.flags.AA
        values = self.records.get((name, type_))
        if type_ == "SOA" and name == self.zone:
            values = [SOA]
        if values:
            response.answer.append(dns.rrset.from_text_list(f"{name}.", self.ttl, "IN", type_, values))
            return
        below = any(other == name or other.endswith(f".{name}") for other, _type in self.records)
        if name != self.zone and not below:
            response.set_rcode(dns.rcode.NXDOMAIN)
        response.authority.append(dns.rrset.from_text(f"{self.zone}.", self.ttl, "IN", "SOA", SOA))


@contextlib.contextmanager
def serving(*servers: FakeNameServer) -> Iterator[int]:
    """Let servers answer, each at its address and all on one port, which is returned."""
    with contextlib.ExitStack() as stack:
        stop = threading.Event()
        port = 0
        threads = []
        for server in servers:
            datagram, stream = _sockets(server.address, port)
            port = datagram.getsockname()[1]
            server.port = port
            stack.enter_context(datagram)
            stack.enter_context(stream)
            threads.append(threading.Thread(target=_serve_datagrams, args=(server, datagram, stop)))
            threads.append(threading.Thread(target=_serve_streams, args=(server, stream, stop)))
        for thread in threads:
            thread.start()
        try:
            yield port
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def _sockets(address: str, port: int) -> tuple[socket.socket, socket.socket]:
    # A port that is free for one of the two may be taken for the other.
    for _attempt in range(50):
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            datagram.bind((address, port))
            stream.bind((address, datagram.getsockname()[1]))
            stream.listen()
        except OSError:
            datagram.close()
            stream.close()
            if port:
                raise
            continue
        datagram.settimeout(_POLL_SECONDS)
        stream.settimeout(_POLL_SECONDS)
        return datagram, stream
    raise OSError("no port is free for UDP and TCP")


def _serve_datagrams(server: FakeNameServer, datagram: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            wire, peer = datagram.recvfrom(65535)
        except TimeoutError:
            continue
        answer = server.answer(wire, "udp")
        if answer is not None:
            datagram.sendto(answer, peer)


def _serve_streams(server: FakeNameServer, stream: socket.socket, stop: threading.Event) -> None:
    held = []
    while not stop.is_set():
        try:
            connection, _peer = stream.accept()
        except TimeoutError:
            continue
        connection.settimeout(5)
        with contextlib.suppress(OSError):
            (length,) = struct.unpack("!H", connection.recv(2))
            answer = server.answer(connection.recv(length), "tcp")
            if answer is not None:
                connection.sendall(struct.pack("!H", len(answer)) + answer)
            elif server.fault == "silent":
                # Open, and not a word.
                held.append(connection)
                continue
        connection.close()
    for connection in held:
        connection.close()
