# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP, from the greeting to a message that is handed over (RFC 5321, 3207, 4954, 6409).

A conversation has the steps ``connect``, ``tls`` (where it comes first), ``banner``, ``ehlo``, ``starttls``,
``certificate``, ``ehlo_tls``, ``auth``, ``mail``, ``rcpt``, ``data`` or ``rset``, ``quit``. Any of them may raise
`steps.StepFailed`, which ends it.
"""

from __future__ import annotations

import base64
import smtplib
import socket
from collections.abc import Sequence
from typing import Any

from .clients import talking, text_of
from .connection import Broken, Connection
from .session import Session
from .target import STARTTLS, TLS, Login

# What is spoken here; both send the password as it is, and so only within TLS.
_SPOKEN = ("PLAIN", "LOGIN")


class _Client(smtplib.SMTP):
    """smtplib's client on a connection that is open."""

    def __init__(self, connection: Connection, name: str) -> None:
        super().__init__(local_hostname=name)
        wire: Any = connection
        self.sock = wire

    def answer(self) -> tuple[int, str]:
        """Return the next answer's code and text."""
        return _checked(self.getreply())

    def ask(self, command: str, argument: str = "") -> tuple[int, str]:
        """Send a command, and return its answer's code and text."""
        return _checked(self.docmd(command, argument))


class Smtp:
    """A conversation with an SMTP server in ``session``; `close` the session afterwards."""

    def __init__(self, session: Session, helo_name: str | None = None) -> None:
        self.session = session
        # What was offered for logins, before and after TLS.
        self.auth_before_tls: list[str] = []
        self.auth_after_tls: list[str] = []
        self.mechanism: str | None = None
        self._helo_name = helo_name
        self._opened: _Client | None = None

    def open(self) -> None:
        """Connect, greet, and negotiate TLS as the target has it, certificate included."""
        session = self.session
        session.connect()
        if session.target.tls == TLS:
            session.encrypt("tls", lambda _connection: None)
        client = self._opened = self._client(session.connection)
        with session.step("banner") as note, talking("SMTP"):
            note.text = session.greeted(_greeting(client))
        self._ehlo("ehlo")
        if session.target.tls != STARTTLS:
            return
        self._start_tls()
        self._ehlo("ehlo_tls")

    def log_in(self, login: Login) -> None:
        """Log in with what is offered of PLAIN and LOGIN."""
        with self.session.step("auth") as note, talking("SMTP"):
            self.session.require_safety()
            offered = self.auth_before_tls if self.session.secured is None else self.auth_after_tls
            usable = [name for name in _SPOKEN if name in offered]
            if not usable:
                told = f"only {', '.join(offered)} for logins" if offered else "no login at all"
                raise Broken(f"the server offers {told}; PLAIN or LOGIN is needed")
            self.mechanism = usable[0]
            code, words = self._authenticate(usable[0], login)
            if code != 235:
                raise Broken(f"login of {login.username} with {usable[0]} refused: {code} {words}")
            note.text = f"Login successful with {usable[0]}: {code} {words}"

    def envelope(self, sender: str, recipients: Sequence[str]) -> None:
        """Ask whether mail from ``sender`` to ``recipients`` would be taken, and drop it: no message is sent."""
        self._address(sender, recipients)
        with self.session.step("rset") as note, talking("SMTP"):
            code, words = self._client_now.ask("RSET")
            if code != 250:
                raise Broken(f"RSET refused: {code} {words}")
            note.text = "Transaction dropped before any message"

    def submit(self, sender: str, recipients: Sequence[str], message: bytes) -> str:
        """Hand over ``message``, and return the server's words, which tell the queue's id with most of them."""
        self._address(sender, recipients)
        with self.session.step("data") as note, talking("SMTP"):
            code, words = _checked(self._client_now.data(message))
            if code != 250:
                raise Broken(f"message refused: {code} {words}")
            note.text = f"Message taken: {code} {words}"
        return words

    def attempt(self, sender: str, recipient: str) -> tuple[int, str]:
        """Ask for one transaction, drop it, and return the code and words that decided about it. It makes no step.

        Raises:
            Broken: the server does not answer.
        """
        with talking("SMTP"):
            code, words = self._client_now.ask("MAIL", f"FROM:<{sender}>")
            if 200 <= code < 300:
                code, words = self._client_now.ask("RCPT", f"TO:<{recipient}>")
            if code != 421:
                self._client_now.ask("RSET")
        return code, words

    def leave(self) -> None:
        """Say good-bye."""
        with self.session.step("quit") as note, talking("SMTP"):
            code, words = self._client_now.ask("QUIT")
            if code != 221:
                raise Broken(f"QUIT answered with {code} {words}")
            note.text = "Connection closed"
        self.session.close()

    @property
    def _client_now(self) -> _Client:
        if self._opened is None:
            raise Broken("the conversation was not opened")
        return self._opened

    def _client(self, connection: Connection) -> _Client:
        return _Client(connection, self._helo_name or _helo_name(connection))

    def _ehlo(self, name: str) -> None:
        client = self._client_now
        with self.session.step(name) as note, talking("SMTP"):
            code, words = _checked(client.ehlo())
            if code != 250:
                raise Broken(f"EHLO refused: {code} {words}")
            self.session.offer(words.split("\n")[1:])
            mechanisms = list(dict.fromkeys(client.esmtp_features.get("auth", "").upper().split()))
            if self.session.secured is None:
                self.auth_before_tls = mechanisms
            else:
                self.auth_after_tls = mechanisms
            note.text = f"The server offers {', '.join(self.session.capabilities) or 'nothing'}"

    def _start_tls(self) -> None:
        def ask() -> None:
            if not self._client_now.has_extn("starttls"):
                raise Broken("the server does not offer STARTTLS; take tls: tls for a port where TLS comes first")
            with talking("SMTP"):
                _ask_for_tls(self._client_now)

        def approach(connection: Connection) -> None:
            with talking("SMTP"):
                other = self._client(connection)
                _greeting(other)
                other.ehlo()
                _ask_for_tls(other)

        self.session.encrypt("starttls", approach, ask)

    def _authenticate(self, mechanism: str, login: Login) -> tuple[int, str]:
        client = self._client_now
        if mechanism == "PLAIN":
            return client.ask("AUTH", f"PLAIN {_coded(f'{chr(0)}{login.username}{chr(0)}{login.password}')}")
        code, words = client.ask("AUTH", "LOGIN")
        for said in (login.username, login.password):
            if code != 334:
                break
            code, words = client.ask(_coded(said))
        return code, words

    def _address(self, sender: str, recipients: Sequence[str]) -> None:
        for name, command, addresses in (("mail", "MAIL FROM", (sender,)), ("rcpt", "RCPT TO", recipients)):
            for address in addresses:
                with self.session.step(name) as note, talking("SMTP"):
                    verb, _blank, argument = command.partition(" ")
                    code, words = self._client_now.ask(verb, f"{argument}:<{address}>")
                    if code not in (250, 251):
                        raise Broken(f"{command}:<{address}> refused: {code} {words}")
                    note.text = f"{command}:<{address}> taken: {code} {words}"


def _greeting(client: _Client) -> str:
    code, words = client.answer()
    if code != 220:
        raise Broken(f"the server greets with {code} {words}")
    return f"{code} {words}"


def _ask_for_tls(client: _Client) -> None:
    code, words = client.ask("STARTTLS")
    if code != 220:
        raise Broken(f"STARTTLS refused: {code} {words}")


def _checked(reply: tuple[int, bytes]) -> tuple[int, str]:
    code, words = reply
    # smtplib's sign for an answer without a code is -1.
    if not 200 <= code <= 599:
        raise Broken(f"the server's answer is no SMTP: {text_of(words)!r}")
    return code, text_of(words)


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _helo_name(connection: Connection) -> str:
    """Return the host's full name, or its address in brackets (RFC 5321, section 4.1.3); nobody is asked for it."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = connection.local_address
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
