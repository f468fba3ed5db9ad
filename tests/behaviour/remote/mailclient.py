# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail client that runs on the client host and is told on its standard input what to do.

Standard input is JSON: a list of requests, ``{"do": OPERATION, ...its arguments}``, which run side by side. Standard
output is JSON: for each request ``{"value": ...}``, or ``{"error": "TYPE: text"}`` where the network or the server
got in the way. Bytes travel as base64. Nothing secret is ever an argument of a program.

Every operation takes the server as ``host``, and where it speaks TLS the PEM of its authority as ``ca``. ``tls`` is
``none``, ``starttls`` or ``implicit``. ``source`` is the client's own address to speak from, or ``null``.
"""

from __future__ import annotations

import base64
import hashlib
import imaplib
import json
import os
import poplib
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 30.0
QUIET_SECONDS = 1.0
_POLL_SECONDS = 0.05
# A response of IMAP may be one long line: LIST, or a SEARCH with many numbers.
imaplib._MAXLINE = 10_000_000

Reply = tuple[int, str]


def main() -> None:
    requests = json.load(sys.stdin)
    with ThreadPoolExecutor(max(len(requests), 1)) as pool:
        json.dump(list(pool.map(answer, requests)), sys.stdout)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    operation = OPERATIONS[request.pop("do")]
    try:
        return {"value": operation(**request)}
    except (OSError, EOFError, smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto, TimeoutError) as error:
        return {"error": f"{type(error).__name__}: {error}"}


def trust(ca: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=ca)


def plain(login: dict[str, str]) -> str:
    """The initial response of SASL PLAIN (RFC 4616)."""
    return base64.b64encode(f"\0{login['address']}\0{login['password']}".encode()).decode()


# --- one line after another: logins to any protocol ------------------------------------------------------------------


class Lines:
    """A connection spoken line by line."""

    def __init__(self, host: str, port: int, source: str | None) -> None:
        address = (source, 0) if source else None
        self._host = host
        self._socket: socket.socket = socket.create_connection((host, port), PATIENCE_SECONDS, source_address=address)
        self._stream = self._socket.makefile("rb")

    def secure(self, context: ssl.SSLContext) -> None:
        self._socket = context.wrap_socket(self._socket, server_hostname=self._host)
        self._stream = self._socket.makefile("rb")

    def read(self, is_last: Callable[[str], bool]) -> str:
        """Return the lines up to the one that ``is_last``, as one text."""
        lines = []
        while True:
            line = self._stream.readline().decode("utf-8", "replace")
            if not line:
                raise EOFError("the server closed the connection")
            lines.append(line.rstrip("\r\n"))
            if is_last(lines[-1]):
                return "\n".join(lines)

    def ask(self, line: str, is_last: Callable[[str], bool]) -> str:
        self._socket.sendall(f"{line}\r\n".encode())
        return self.read(is_last)


def _always(_line: str) -> bool:
    return True


def _smtp_end(line: str) -> bool:
    return line[3:4] != "-"


def _sieve_end(line: str) -> bool:
    return line.startswith(("OK", "NO", "BYE"))


def _imap_end(line: str) -> bool:
    return line.startswith("a ")


# Protocol -> end of greeting, command before STARTTLS, STARTTLS, command after it, login, end of reply, "accepted".
_PROTOCOLS: dict[str, dict[str, Any]] = {
    "imap": {
        "end": _imap_end,
        "greeting": _always,
        "starttls": "a STARTTLS",
        "login": "a AUTHENTICATE PLAIN {}",
        "good": "a OK",
    },
    "pop3": {"end": _always, "greeting": _always, "starttls": "STLS", "login": "AUTH PLAIN {}", "good": "+OK"},
    "smtp": {"end": _smtp_end, "greeting": _smtp_end, "starttls": "STARTTLS", "login": "AUTH PLAIN {}", "good": "235"},
    "sieve": {
        "end": _sieve_end,
        "greeting": _sieve_end,
        "starttls": "STARTTLS",
        "login": 'AUTHENTICATE "PLAIN" "{}"',
        "good": "OK",
    },
}


def login(
    protocol: str, host: str, port: int, tls: str, ca: str, login: dict[str, str], source: str | None = None
) -> dict[str, Any]:
    """Log in and tell whether the server ``accepted`` it, with its ``answer``."""
    words = _PROTOCOLS[protocol]
    lines = Lines(host, port, source)
    if tls == "implicit":
        lines.secure(trust(ca))
    lines.read(words["greeting"])
    if protocol == "smtp":
        lines.ask("EHLO client.mailwright.test", _smtp_end)
    if tls == "starttls":
        lines.ask(words["starttls"], words["end"])
        lines.secure(trust(ca))
        if protocol == "smtp":
            lines.ask("EHLO client.mailwright.test", _smtp_end)
        if protocol == "sieve":
            # The capabilities come again of themselves (RFC 5804, section 2.2).
            lines.read(_sieve_end)
    text = lines.ask(words["login"].format(plain(login)), words["end"])
    return {"accepted": text.splitlines()[-1].startswith(words["good"]), "answer": text}


# --- SMTP ------------------------------------------------------------------------------------------------------------


def smtp(
    host: str,
    port: int,
    steps: list[Any],
    tls: str = "none",
    ca: str = "",
    login: dict[str, str] | None = None,
    helo: str = "client.mailwright.test",
    source: str | None = None,
) -> dict[str, Any]:
    """Hold a conversation and return ``greeting``, ``ehlo``, ``ehlo_tls``, ``login`` and ``replies`` (code, text).

    A step is a command; or ``{"message": base64}``, which is sent with DATA; or ``{"attachment": bytes, "head":
    base64}``, a message with so large an attachment, whose reply has the attachment's SHA-256 as a third element; or
    ``{"filler": bytes, "head": base64}``, a message of that many bytes; or ``{"raw": base64}``, sent as it is, whose
    replies are all lines until the server is quiet.
    """
    client = _connect(host, port, tls, ca, helo, source)
    result: dict[str, Any] = {"greeting": client.greeting, "ehlo": None, "ehlo_tls": None, "login": None, "replies": []}
    result["ehlo"] = _reply(client.ehlo())
    if tls == "starttls":
        client.starttls(context=trust(ca))
        result["ehlo_tls"] = _reply(client.ehlo())
    if login:
        result["login"] = _reply(client.docmd("AUTH", f"PLAIN {plain(login)}"))
    for step in steps:
        result["replies"].append(_smtp_step(client, step))
    client.close()
    return result


class _Client(smtplib.SMTP):
    """smtplib's client that keeps the server's greeting."""

    greeting: Reply

    def connect(self, *arguments: Any, **options: Any) -> tuple[int, bytes]:
        code, text = super().connect(*arguments, **options)
        self.greeting = (code, text.decode())
        return code, text


class _TLSClient(_Client, smtplib.SMTP_SSL):
    """The same under implicit TLS."""


def _connect(host: str, port: int, tls: str, ca: str, helo: str, source: str | None) -> _Client:
    options: dict[str, Any] = {"local_hostname": helo, "timeout": PATIENCE_SECONDS}
    if source:
        options["source_address"] = (source, 0)
    if tls == "implicit":
        return _TLSClient(host, port, context=trust(ca), **options)
    return _Client(host, port, **options)


def _reply(reply: tuple[int, bytes]) -> Reply:
    return reply[0], reply[1].decode("utf-8", "replace")


def _smtp_step(client: smtplib.SMTP, step: Any) -> Any:
    if isinstance(step, str):
        return _reply(client.docmd(step))
    if "raw" in step:
        return _raw(client, base64.b64decode(step["raw"]))
    digest = None
    if "attachment" in step:
        content, digest = _with_attachment(base64.b64decode(step["head"]), step["attachment"])
    elif "filler" in step:
        head = base64.b64decode(step["head"])
        content = head + (b"x" * 70 + b"\r\n") * ((step["filler"] - len(head)) // 72 + 1)
    else:
        content = base64.b64decode(step["message"])
    try:
        reply = _reply(client.data(content))
    except smtplib.SMTPDataError as error:
        reply = (error.smtp_code, str(error.smtp_error))
    return (*reply, digest) if digest else reply


def _with_attachment(head: bytes, size: int) -> tuple[bytes, str]:
    """Return the message ``head`` begins, with ``size`` random bytes attached, and their SHA-256."""
    content = os.urandom(size)
    message = message_from_bytes(head, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    message.set_content("See the attachment.")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename="large.bin")
    return message.as_bytes(), hashlib.sha256(content).hexdigest()


def _raw(client: smtplib.SMTP, content: bytes) -> list[str]:
    """Send ``content`` and return the lines that come until the server is quiet or closes."""
    connection = client.sock
    assert connection is not None
    connection.sendall(content)
    connection.settimeout(QUIET_SECONDS)
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except (TimeoutError, ConnectionResetError):
        pass
    connection.settimeout(PATIENCE_SECONDS)
    return received.decode("utf-8", "replace").splitlines()


# --- IMAP and POP3 ---------------------------------------------------------------------------------------------------


def _open(host: str, ca: str, login: dict[str, str], folder: str | None = "INBOX") -> imaplib.IMAP4_SSL:
    box = imaplib.IMAP4_SSL(host, 993, ssl_context=trust(ca), timeout=PATIENCE_SECONDS)
    credentials = f"\0{login['address']}\0{login['password']}".encode()
    box.authenticate("PLAIN", lambda _challenge: credentials)
    if folder is not None:
        status, data = box.select(f'"{folder}"')
        if status != "OK":
            raise imaplib.IMAP4.error(f"folder {folder}: {data!r}")
    return box


def imap_read(
    host: str, ca: str, login: dict[str, str], token: str, folder: str = "INBOX", count: int = 1, digest: bool = False
) -> list[str]:
    """Wait until ``count`` messages whose subject holds ``token`` are there; return all such, base64.

    With ``digest``, the SHA-256 of each message's attachment is returned in the place of the message.

    Raises:
        TimeoutError: fewer came.
    """
    with _open(host, ca, login, folder) as box:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(numbers := _search(box, token)) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(numbers)} of {count} messages '{token}' in {folder} of {login['address']}")
            time.sleep(_POLL_SECONDS)
            box.noop()
        messages = [box.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in numbers]
    return [_attachment_digest(message) if digest else base64.b64encode(message).decode() for message in messages]


def _search(box: imaplib.IMAP4_SSL, token: str) -> list[str]:
    _status, data = box.search(None, "SUBJECT", f'"{token}"')
    return data[0].decode().split() if data[0] else []


def _attachment_digest(message: bytes) -> str:
    parts = message_from_bytes(message, policy=policy.SMTP).iter_attachments()
    return hashlib.sha256(next(iter(parts)).get_content()).hexdigest()


def imap_append(host: str, ca: str, login: dict[str, str], message: str, folder: str = "INBOX") -> list[str]:
    """Put a message (base64) into ``folder`` and return the server's status and text."""
    with _open(host, ca, login, None) as box:
        status, data = box.append(f'"{folder}"', None, None, base64.b64decode(message))
        return [status, data[0].decode()]


def imap_command(host: str, ca: str, login: dict[str, str], command: list[str], response: str) -> list[str]:
    """Run one command and return its untagged responses of the kind ``response``."""
    with _open(host, ca, login, None) as box:
        status, data = box.xatom(*command)
        if status != "OK":
            raise imaplib.IMAP4.error(f"{command[0]}: {data!r}")
        lines = box.response(response)[1]
    return [line.decode() for line in lines if line is not None]


def pop3_read(host: str, ca: str, login: dict[str, str], token: str) -> list[str]:
    """Return the messages over POP3S (base64) whose head holds ``token``."""
    box = poplib.POP3_SSL(host, 995, context=trust(ca), timeout=PATIENCE_SECONDS)
    box.user(login["address"])
    box.pass_(login["password"])
    found = []
    for number in range(1, box.stat()[0] + 1):
        content = b"\r\n".join(box.retr(number)[1])
        if token.encode() in content:
            found.append(base64.b64encode(content).decode())
    box.quit()
    return found


# --- the rest --------------------------------------------------------------------------------------------------------


def connects(host: str, port: int) -> bool:
    """Tell whether the port is open."""
    try:
        socket.create_connection((host, port), PATIENCE_SECONDS).close()
    except ConnectionRefusedError:
        return False
    return True


def program(
    arguments: list[str], text: str = "", environment: dict[str, str] | None = None, files: dict[str, str] | None = None
) -> dict[str, Any]:
    """Run a program with ``text`` on its standard input, and ``files`` (name -> text) in its working directory."""
    with tempfile.TemporaryDirectory() as directory:
        for name, content in (files or {}).items():
            Path(directory, name).write_text(content, encoding="utf-8")
        result = subprocess.run(
            arguments,
            input=text.encode(),
            capture_output=True,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            timeout=2 * PATIENCE_SECONDS,
            check=False,
        )
    output = (result.stdout + result.stderr).decode("utf-8", "replace")
    return {"status": result.returncode, "output": output}


OPERATIONS: dict[str, Callable[..., Any]] = {
    operation.__name__: operation
    for operation in (login, smtp, imap_read, imap_append, imap_command, pop3_read, connects, program)
}

if __name__ == "__main__":
    main()
