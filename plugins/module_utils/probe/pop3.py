# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""POP3, as far as a probe goes: whether the mailbox opens, and how much is in it (RFC 1939, 2449, 2595).

A conversation has the steps ``connect``, ``tls`` (where it comes first), ``banner``, ``starttls``, ``certificate``,
``capability``, ``login``, ``stat``, ``quit``. Any of them may raise `steps.StepFailed`, which ends it.
"""

from __future__ import annotations

import poplib
from typing import Any

from .clients import talking, text_of
from .connection import Broken, Connection
from .session import Session
from .target import STARTTLS, TLS, Login


class _Client(poplib.POP3):
    """poplib's client on a connection that is open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        super().__init__("")

    def _create_socket(self, _timeout: float | None) -> Any:
        """Take the connection as it is; poplib's own POP3_SSL makes its connection here, too."""
        return self._connection


class _Later:
    """What poplib is told to begin TLS with: nothing begins, so that `tls.secure` can do it."""

    def wrap_socket(self, connection: Any, **_name: object) -> Any:
        """Return ``connection`` as it is."""
        return connection


class Pop3:
    """A conversation with a POP3 server in ``session``; `close` the session afterwards."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._opened: _Client | None = None

    def open(self) -> None:
        """Connect, greet, and negotiate TLS as the target has it, certificate included."""
        session = self.session
        session.connect()
        if session.target.tls == TLS:
            session.encrypt("tls", lambda _connection: None)
        with session.step("banner") as note, talking("POP3"):
            self._opened = client = _Client(session.connection)
            note.text = session.greeted(text_of(client.welcome))
        if session.target.tls == STARTTLS:
            session.encrypt("starttls", _approach, lambda: _ask_for_tls(client))
        with session.step("capability") as note, talking("POP3"):
            try:
                offered = client.capa()
            except poplib.error_proto as error:
                # CAPA is an extension; servers without it say so.
                note.text = f"The server does not tell what it offers: {text_of(error.args[0])}"
            else:
                session.offer([" ".join([name, *values]) for name, values in offered.items()])
                note.text = f"The server offers {', '.join(session.capabilities)}"

    def log_in(self, login: Login) -> None:
        """Log in with USER and PASS."""
        with self.session.step("login") as note:
            self.session.require_safety()
            with talking("POP3"):
                self._client.user(login.username)
                note.text = f"Login successful: {text_of(self._client.pass_(login.password))}"

    def stat(self) -> tuple[int, int]:
        """Return how many messages the mailbox has, and their size in bytes."""
        with self.session.step("stat") as note, talking("POP3"):
            messages, size = self._client.stat()
            note.text = f"{messages} messages, {size} bytes"
        return messages, size

    def leave(self) -> None:
        """Say good-bye; nothing was marked, and so nothing is deleted."""
        with self.session.step("quit") as note, talking("POP3"):
            self._client.quit()
            note.text = "Connection closed"
        self.session.close()

    @property
    def _client(self) -> _Client:
        if self._opened is None:
            raise Broken("the conversation was not opened")
        return self._opened


def _approach(connection: Connection) -> None:
    with talking("POP3"):
        client = _Client(connection)
    _ask_for_tls(client)


def _ask_for_tls(client: _Client) -> None:
    later: Any = _Later()
    with talking("POP3"):
        if "STLS" not in client.capa():
            raise Broken("the server does not offer STLS; take tls: tls for a port where TLS comes first")
        client.stls(context=later)
