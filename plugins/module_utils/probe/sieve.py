# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ManageSieve, as far as a probe goes: whether scripts can be managed, and which there are (RFC 5804).

The standard library has no client for it. A conversation has the steps ``connect``, ``tls`` (where it comes first),
``banner``, ``starttls``, ``certificate``, ``capability``, ``auth``, ``scripts``, ``logout``. Any of them may raise
`steps.StepFailed`, which ends it.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from .clients import text_of
from .connection import Broken, Connection
from .session import Session
from .target import STARTTLS, TLS, Login

_SCRIPTS = 1000
# A quoted string, a literal's announcement at the end of a line, a bracket, or an atom (section 4).
_WORD = re.compile(rb'[ \t]*(?:"((?:[^"\\]|\\.)*)"|\{(\d{1,12})\+?\}\r?\n\Z|([()])|([^\s"(){}]+))')


@dataclass(frozen=True)
class Script:
    """A script of the user's; one at most is active."""

    name: str
    active: bool

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {"name": self.name, "active": self.active}


@dataclass(frozen=True)
class _Answer:
    """An answer: ``kind`` is ``OK``, ``NO`` or ``BYE``, ``words`` what is said to people, ``lines`` came before."""

    kind: str
    words: str
    lines: tuple[tuple[str, ...], ...]


class Sieve:
    """A conversation with a ManageSieve server in ``session``; `close` the session afterwards."""

    def __init__(self, session: Session) -> None:
        self.session = session
        # As the server told them last, names in capitals.
        self.offered: dict[str, str] = {}

    def open(self) -> None:
        """Connect, read the capabilities that are the greeting, and negotiate TLS, certificate included."""
        session = self.session
        session.connect()
        if session.target.tls == TLS:
            session.encrypt("tls", lambda _connection: None)
        with session.step("banner") as note:
            self._learn(_answer(session.connection))
            note.text = session.greeted(self.offered.get("IMPLEMENTATION", "The server does not tell its name"))
        if session.target.tls != STARTTLS:
            return
        session.encrypt("starttls", _approach, self._ask_for_tls)
        # The server tells them once more, unasked (section 2.2).
        with session.step("capability") as note:
            self._learn(_answer(session.connection))
            note.text = f"The server offers {', '.join(session.capabilities)}"

    def log_in(self, login: Login) -> None:
        """Log in with SASL's PLAIN."""
        with self.session.step("auth") as note:
            self.session.require_safety()
            mechanisms = self.offered.get("SASL", "").upper().split()
            if "PLAIN" not in mechanisms:
                told = f"only {', '.join(mechanisms)}" if mechanisms else "no login at all"
                raise Broken(f"the server offers {told}; PLAIN is needed")
            told = base64.b64encode(f"\0{login.username}\0{login.password}".encode()).decode()
            answer = _ask(self.session.connection, f'AUTHENTICATE "PLAIN" "{told}"')
            if answer.kind != "OK":
                raise Broken(f"login of {login.username} with PLAIN refused: {answer.kind} {answer.words}")
            note.text = f"Login successful with PLAIN: {answer.words}"

    def scripts(self) -> list[Script]:
        """Return the user's scripts, a thousand of them at most."""
        with self.session.step("scripts") as note:
            answer = _ask(self.session.connection, "LISTSCRIPTS")
            if answer.kind != "OK":
                raise Broken(f"LISTSCRIPTS refused: {answer.kind} {answer.words}")
            found = [Script(line[0], "ACTIVE" in (word.upper() for word in line[1:])) for line in answer.lines]
            note.text = f"Found {len(found)} scripts"
        return found[:_SCRIPTS]

    def leave(self) -> None:
        """Say good-bye."""
        with self.session.step("logout") as note:
            answer = _ask(self.session.connection, "LOGOUT")
            if answer.kind == "NO":
                raise Broken(f"LOGOUT refused: {answer.words}")
            note.text = "Connection closed"
        self.session.close()

    def _learn(self, answer: _Answer) -> None:
        if answer.kind != "OK":
            raise Broken(f"the server greets with {answer.kind} {answer.words}")
        self.offered = {line[0].upper(): " ".join(line[1:]) for line in answer.lines}
        self.session.offer([f"{name} {value}".strip() for name, value in self.offered.items()])

    def _ask_for_tls(self) -> None:
        if "STARTTLS" not in self.offered:
            raise Broken("the server does not offer STARTTLS")
        _ask_for_tls(self.session.connection)


def _approach(connection: Connection) -> None:
    _answer(connection)
    _ask_for_tls(connection)


def _ask_for_tls(connection: Connection) -> None:
    answer = _ask(connection, "STARTTLS")
    if answer.kind != "OK":
        raise Broken(f"STARTTLS refused: {answer.kind} {answer.words}")


def _ask(connection: Connection, command: str) -> _Answer:
    connection.sendall(f"{command}\r\n".encode())
    return _answer(connection)


def _answer(connection: Connection) -> _Answer:
    """Read an answer: lines of words, the last of which begins with ``OK``, ``NO`` or ``BYE`` (section 1.2)."""
    lines: list[tuple[str, ...]] = []
    while True:
        words, is_string = _line(connection)
        if not is_string and words[0].upper() in ("OK", "NO", "BYE"):
            # A code in brackets may stand between the two.
            return _Answer(words[0].upper(), " ".join(words[1:]), tuple(lines))
        lines.append(words)


def _line(connection: Connection) -> tuple[tuple[str, ...], bool]:
    """Read one line of words, and return them with whether the first is a string and no atom."""
    words: list[str] = []
    is_string = False
    raw = connection.readline()
    while raw.strip():
        match = _WORD.match(raw)
        if match is None:
            raise Broken(f"the server's answer is no ManageSieve: {text_of(raw)!r}")
        quoted, announced, bracket, atom = match.groups()
        raw = raw[match.end() :]
        if announced is not None:
            word = connection.read(int(announced))
            raw = connection.readline()
        elif quoted is not None:
            word = re.sub(rb"\\(.)", rb"\1", quoted)
        else:
            word = bracket or atom
        is_string = is_string or (not words and bracket is None and atom is None)
        words.append(text_of(word))
    if not words:
        raise Broken("the server's answer is no ManageSieve: an empty line")
    return tuple(words), is_string
