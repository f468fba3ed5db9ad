# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small submission server for tests: STARTTLS or TLS from the start, logins, and answers of its own choice.

`RelayServer.logins` has the logins that succeeded, as ``(mechanism, username, encrypted)``, and
`RelayServer.messages` the mail that was taken after one, as ``(login, sender, recipients, text)``.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CHALLENGE = b"<1896.697170952@localhost>"


@dataclass
class RelayServer:
    """What the server does; ``start`` it in a ``with`` block."""

    directory: Path
    username: str = "example"
    password: str = "correct horse battery"
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    names: tuple[str, ...] = ("localhost",)
    implicit_tls: bool = False
    starttls: bool = True
    greeting: str = "220 relay.test ESMTP"
    refusal: str = "535 5.7.8 Error: authentication failed: not you"
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    messages: list[tuple[str, str, tuple[str, ...], str]] = field(default_factory=list)
    address: str = "127.0.0.1"
    port: int = 0

    def __enter__(self) -> RelayServer:
        self.ca_file = self.directory / "ca.pem"
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(_certificate(self.directory, self.names))
        outer = self

        class Handler(_Session):
            server_state = outer

        self._server = socketserver.ThreadingTCPServer((self.address, self.port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_rest: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def context(self) -> ssl.SSLContext:
        """The server's side of TLS."""
        return self._context


class _Session(socketserver.StreamRequestHandler):
    """One session, a command at a time."""

    server_state: RelayServer
    timeout = 10

    def handle(self) -> None:
        self.encrypted, self.user = False, ""
        self.sender, self.recipients = "", list[str]()
        try:
            if self.server_state.implicit_tls:
                self._encrypt()
            self._say(self.server_state.greeting)
            while self._answer(self.rfile.readline().decode(errors="replace").strip()):
                pass
        except (OSError, ValueError):
            # The client has gone, which a refused certificate makes it do.
            return

    def _answer(self, line: str) -> bool:
        state = self.server_state
        command = line.upper()
        state.said.append(line.split(" ")[0].upper())
        if not line or command == "QUIT":
            self._say("221 bye")
            return False
        if command.startswith("EHLO"):
            lines = ["relay.test"]
            if state.starttls and not self.encrypted:
                lines.append("STARTTLS")
            if state.mechanisms:
                lines.append(f"AUTH {' '.join(state.mechanisms)}")
            self._say("\r\n".join([*(f"250-{one}" for one in lines), "250 8BITMIME"]))
        elif command == "STARTTLS":
            self._say("220 go ahead")
            self._encrypt()
        elif command.startswith("AUTH "):
            self._log_in(line.split(" ")[1].upper(), line.split(" ")[2:])
        elif command.startswith(("MAIL ", "RCPT ", "DATA")):
            self._take(command[:4], line)
        else:
            self._say("502 what?")
        return True

    def _take(self, command: str, line: str) -> None:
        if not self.user:
            self._say("530 5.7.0 log in first")
            return
        path = line.partition("<")[2].partition(">")[0]
        if command == "MAIL":
            self.sender, self.recipients = path, []
        elif command == "RCPT":
            self.recipients.append(path)
        else:
            self._say("354 go on")
            lines = []
            while (text := self.rfile.readline().decode(errors="replace").rstrip("\r\n")) != ".":
                lines.append(text)
            self.server_state.messages.append((self.user, self.sender, tuple(self.recipients), "\n".join(lines)))
        self._say("250 2.0.0 taken")

    def _log_in(self, mechanism: str, initial: list[str]) -> None:
        state = self.server_state
        if mechanism == "PLAIN":
            _nothing, user, password = _decoded(initial[0]).split("\0")
            good = (user, password) == (state.username, state.password)
        elif mechanism == "LOGIN":
            user = _decoded(initial[0]) if initial else self._ask(b"Username:")
            good = (user, self._ask(b"Password:")) == (state.username, state.password)
        else:
            user, digest = self._ask(CHALLENGE).split(" ")
            made = hmac.new(state.password.encode(), CHALLENGE, "md5").hexdigest()
            good = (user, digest) == (state.username, made)
        if good:
            self.user = user
            state.logins.append((mechanism, user, self.encrypted))
        self._say("235 2.7.0 welcome" if good else state.refusal)

    def _ask(self, prompt: bytes) -> str:
        self._say(f"334 {base64.b64encode(prompt).decode()}")
        return _decoded(self.rfile.readline().decode())

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()

    def _encrypt(self) -> None:
        self.connection: Any = self.server_state.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")
        self.encrypted = True


def _decoded(text: str) -> str:
    return base64.b64decode(text.strip()).decode()


def _certificate(directory: Path, names: tuple[str, ...]) -> Path:
    """Make an authority, ``ca.pem``, and by it a certificate for ``names``; return the latter with its key."""
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of the tests")])

    def signed(subject: x509.Name, public: Any, extensions: list[tuple[x509.ExtensionType, bool]]) -> x509.Certificate:
        builder = x509.CertificateBuilder().issuer_name(issuer).subject_name(subject).public_key(public)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(hours=1))
        builder = builder.not_valid_after(now + dt.timedelta(hours=1))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(ca_key, hashes.SHA256())

    ca_identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    authority = signed(
        issuer,
        ca_key.public_key(),
        [(x509.BasicConstraints(True, None), True), (ca_identifier, False), (usage, True)],
    )
    own = signed(
        x509.Name([]),
        key.public_key(),
        [
            (x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), True),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_identifier), False),
        ],
    )
    pem = serialization.Encoding.PEM
    (directory / "ca.pem").write_bytes(authority.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = directory / "server.pem"
    path.write_bytes(private + own.public_bytes(pem))
    return path
