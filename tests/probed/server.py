# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail servers for the probes' tests, which behave, and misbehave where they are told to.

`Probed.faults` says, for the name of a command (``GREETING`` before any), what is done in the place of its answer:

``stall``          nothing, until the test ends
``trickle``        a byte now and then, and never the end of the line
``endless_line``   one line as fast as the client takes it
``endless_lines``  line after line of an answer that never ends
``garbage``        bytes that are no protocol at all
``close``          the end of the connection
``reset``          its end by RST
``half``           the first half of a line, and the end
any other text     this text, as the answer; ``%(said)s`` is what the client said, and ``%(tag)s`` its first word

What clients did stands in `said`, ``(encrypted, line)`` each; `logins` are those that succeeded.
"""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import struct
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# How often a server that trickles says a byte, in seconds.
_TRICKLE = 0.02


@dataclass
class Probed:
    """A server of one ``protocol`` (the files beside this one have them) on loopback; use it in a ``with`` block."""

    handler: type[Conversation]
    certificate: Path
    implicit_tls: bool = False
    starttls: bool = True
    faults: dict[str, str] = field(default_factory=dict)
    username: str = "alice@example.com"
    password: str = "correct horse battery"
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    # Offers logins before TLS, too.
    careless: bool = False
    # The newest version of TLS that is spoken.
    newest_tls: ssl.TLSVersion | None = None
    # Recipients that anybody may relay to, and those that are put off with 451.
    relayed: frozenset[str] = frozenset()
    put_off: frozenset[str] = frozenset()
    own_domain: str = "example.com"
    messages: list[bytes] = field(default_factory=list)
    said: list[tuple[bool, str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    def __enter__(self) -> Probed:
        self.ended = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (self.handler,), {"server_state": self}))
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_rest: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def context(self) -> ssl.SSLContext:
        """Return the server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        if self.newest_tls is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = self.newest_tls
        return context

    def passwords_said(self) -> list[str]:
        """Return the lines in which a client has told the password."""
        forms = [self.password, base64.b64encode(self.password.encode()).decode()]
        forms.append(base64.b64encode(f"\0{self.username}\0{self.password}".encode()).decode())
        return [line for _encrypted, line in self.said if any(form in line for form in forms)]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_request: object) -> None:
        """Say nothing: clients leave as they like."""


class Conversation(socketserver.BaseRequestHandler):
    """One connection; the protocols' classes answer."""

    server_state: Probed

    def handle(self) -> None:
        self.encrypted, self.user = False, ""
        self.request.settimeout(20)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.request.makefile("rb")
        try:
            if self.server_state.implicit_tls:
                self.encrypt()
            try:
                self.misbehaves("GREETING", "")
                self.greet()
            except Replaced:
                pass
            self.converse()
        except (OSError, ValueError):
            # The client has gone, which a refused certificate makes it do.
            return

    def greet(self) -> None:
        """Say what comes before any command."""
        raise NotImplementedError

    def converse(self) -> None:
        """Answer commands until the end."""
        raise NotImplementedError

    def lines(self) -> Iterator[str]:
        """Yield what the client says."""
        while line := self._file.readline():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self.server_state.said.append((self.encrypted, text))
            yield text

    def next_line(self) -> str:
        """Return the next line, empty at the end."""
        return next(self.lines(), "")

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes of the client's."""
        return self._file.read(size)

    def say(self, text: str | bytes) -> None:
        """Say a line, or several."""
        self.request.sendall((text.encode() if isinstance(text, str) else text) + b"\r\n")

    def encrypt(self) -> None:
        """Begin TLS."""
        self.request = self.server_state.context().wrap_socket(self.request, server_side=True)
        self._file = self.request.makefile("rb")
        self.encrypted = True

    def misbehaves(self, command: str, line: str) -> None:
        """Do what is wrong with ``command``, if anything is.

        Raises:
            Replaced: its answer was given.
            ConnectionError: the connection is over.
        """
        fault = self.server_state.faults.get(command)
        if fault is None:
            return
        if fault == "stall":
            self.server_state.ended.wait(20)
        elif fault == "trickle":
            while not self.server_state.ended.wait(_TRICKLE):
                self.request.sendall(b"2")
        elif fault == "endless_line":
            self._endless(b"x" * 32768)
        elif fault == "endless_lines":
            self._endless(self.endless * 2000)
        elif fault == "garbage":
            self.request.sendall(bytes(range(256)) * 4 + b"\r\n")
        elif fault == "half":
            self.request.sendall(b"2")
        elif fault == "reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault == "close":
            pass
        else:
            self.say(fault.replace("%(said)s", line).replace("%(tag)s", line.partition(" ")[0]))
            raise Replaced
        self._file.close()
        self.request.close()
        raise ConnectionError

    # One line of an answer that goes on.
    endless = b"* OK more\r\n"

    def _endless(self, piece: bytes) -> None:
        while not self.server_state.ended.is_set():
            self.request.sendall(piece)


class Replaced(Exception):
    """The answer was given already."""
