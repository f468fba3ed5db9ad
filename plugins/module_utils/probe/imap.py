# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""IMAP, as far as a probe goes: to look into a mailbox, and to find, fetch and delete one message (RFC 9051, 3501).

A conversation has the steps ``connect``, ``tls`` (where it comes first), ``banner``, ``starttls``, ``certificate``,
``capability``, ``login``, ``folders``, ``examine`` or ``select``, ``search``, ``fetch``, ``delete``, ``logout``. Any of
them may raise `steps.StepFailed`, which ends it.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .clients import talking, text_of
from .connection import Broken, Connection
from .folders import decode_folder, encode_folder
from .session import Session
from .target import STARTTLS, TLS, Login

# What a message may have that is fetched, in bytes.
FETCH_LIMIT = 4 * 1024 * 1024
_FOLDERS = 1000
# * LIST (flags) "separator" name (RFC 9051, section 7.3.1)
_LISTED = re.compile(rb'\((?P<flags>[^()]*)\) (?:"(?:\\?.)"|NIL) ?(?P<name>.*)', re.DOTALL)
_QUOTA = re.compile(rb"\bSTORAGE (\d{1,18}) (\d{1,18})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Quota:
    """How much of the mailbox's storage is used, both in KiB (RFC 9208, section 5)."""

    used: int
    limit: int

    def shown(self) -> dict[str, int]:
        """Return it as modules return it."""
        return {"used_kib": self.used, "limit_kib": self.limit}


class _Client(imaplib.IMAP4):
    """imaplib's client on a connection that is open; these are the methods that its documentation lets one replace."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        super().__init__()

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """Take the connection as it is."""
        self.host, self.port = host, port
        wire: Any = self._connection
        self.sock = wire

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes."""
        return self._connection.read(size)

    def readline(self) -> bytes:
        """Return the next line."""
        return self._connection.readline()

    def send(self, data: Any) -> None:
        """Send ``data``."""
        self._connection.sendall(bytes(data))

    def shutdown(self) -> None:
        """Close the connection."""
        self._connection.close()


class Imap:
    """A conversation with an IMAP server in ``session``; `close` the session afterwards."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._opened: _Client | None = None

    def open(self) -> None:
        """Connect, greet, and negotiate TLS as the target has it, certificate included."""
        session = self.session
        session.connect()
        if session.target.tls == TLS:
            session.encrypt("tls", lambda _connection: None)
        with session.step("banner") as note, talking("IMAP"):
            self._opened = client = _Client(session.connection)
            note.text = session.greeted(text_of(client.welcome))
            session.offer(list(client.capabilities))
        if session.target.tls == STARTTLS:
            self._start_tls(client)
        with session.step("capability") as note:
            self._ask_capabilities()
            note.text = f"The server offers {', '.join(session.capabilities)}"

    def log_in(self, login: Login) -> None:
        """Log in with SASL's PLAIN where it is offered, else with LOGIN."""
        session = self.session
        offered = {one.upper() for one in session.capabilities}
        with session.step("login") as note:
            session.require_safety()
            client = self._client
            if client.state != "NONAUTH":
                raise Broken("the server takes everybody for logged in already (PREAUTH); no login can be tried")
            answer: tuple[str, Any]
            with talking("IMAP"):
                if "AUTH=PLAIN" in offered:
                    mechanism, answer = "PLAIN", client.authenticate("PLAIN", _once(login))
                elif "LOGINDISABLED" in offered:
                    raise Broken("the server offers neither AUTH=PLAIN nor LOGIN")
                elif not (login.username + login.password).isascii():
                    raise Broken("username or password is not ASCII, which LOGIN does not take; AUTH=PLAIN is needed")
                else:
                    mechanism, answer = "LOGIN", client.login(_quoted(login.username), login.password)
            note.text = f"Login successful with {mechanism}: {_words(list(answer[1]))}"
            # More may be offered now.
            self._ask_capabilities()

    def folders(self) -> list[str]:
        """Return the names of all folders, a thousand of them at most."""
        with self.session.step("folders") as note, talking("IMAP"):
            names = list(_folder_names(_done("LIST", self._client.list())))
            note.text = f"Found {len(names)} folders"
        return names[:_FOLDERS]

    def examine(self, folder: str) -> int:
        """Look into ``folder`` without changing it (EXAMINE), and return how many messages are in it."""
        return self._select("examine", folder, readonly=True)

    def select(self, folder: str) -> int:
        """Open ``folder`` to change it, and return how many messages are in it."""
        return self._select("select", folder, readonly=False)

    def enter(self, folder: str) -> bool:
        """Do as `examine`, without a step and without minding that there is no such folder: return whether there is.

        Raises:
            Broken: the server does not answer.
        """
        self.session.renew()
        with talking("IMAP"):
            kind, _said = self._client.select(_quoted(encode_folder(folder)), readonly=True)
        return kind == "OK"

    def quota(self, folder: str) -> Quota | None:
        """Return the storage quota of ``folder``, ``None`` where the server has none or knows none."""
        if "QUOTA" not in {one.upper() for one in self.session.capabilities}:
            return None
        with self.session.step("quota") as note, talking("IMAP"):
            _roots, quotas = _done("GETQUOTAROOT", self._client.getquotaroot(_quoted(encode_folder(folder))))
            found = [_QUOTA.search(line) for line in quotas if isinstance(line, bytes)]
            storage = next((Quota(int(match[1]), int(match[2])) for match in found if match), None)
            note.text = f"{storage.used} of {storage.limit} KiB used" if storage else "No storage quota"
        return storage

    def search(self, *criteria: str) -> list[int]:
        """Return the UIDs of the messages in the open folder that meet ``criteria``, as the protocol writes them."""
        with self.session.step("search") as note:
            found = self.look_for(*criteria)
            note.text = f"Found {len(found)} messages"
        return found

    def look_for(self, *criteria: str) -> list[int]:
        """Do as `search`, without a step: for those who look again and again. The step's limits are set anew.

        Raises:
            Broken: the server does not answer, or refuses.
        """
        self.session.renew()
        with talking("IMAP"):
            said = _done("SEARCH", self._client.uid("SEARCH", *criteria))
            return [int(number) for line in said if isinstance(line, bytes) for number in line.split()]

    def look_for_header(self, header: str, value: str) -> list[int]:
        """Return the UIDs of the messages in the open folder with ``value`` in the ``header``; see `look_for`."""
        # NOOP has the server look for new messages.
        self.session.renew()
        with talking("IMAP"):
            _done("NOOP", self._client.noop())
        return self.look_for("HEADER", _quoted(header), _quoted(value))

    def fetch(self, uid: int, limit: int = FETCH_LIMIT) -> bytes:
        """Return the message ``uid`` of the open folder as it is stored, up to ``limit`` bytes; it stays unread."""
        with self.session.step("fetch") as note, talking("IMAP"):
            self.session.connection.allow(limit)
            said = _done("FETCH", self._client.uid("FETCH", str(uid), "(BODY.PEEK[])"))
            bodies = [part[1] for part in said if isinstance(part, tuple) and b"BODY[]" in part[0].upper()]
            if not bodies:
                raise Broken(f"the server gives no message {uid}")
            body = bytes(bodies[0])
            note.text = f"Message fetched: {len(body)} bytes"
        return body

    def delete(self, uid: int) -> bool:
        """Delete the message ``uid`` of the selected folder, and return whether it is gone.

        Without UIDPLUS (RFC 4315) it is only marked: EXPUNGE would take away what others marked, too.
        """
        with self.session.step("delete") as note, talking("IMAP"):
            _done("STORE", self._client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)"))
            gone = "UIDPLUS" in {one.upper() for one in self.session.capabilities}
            if gone:
                _done("EXPUNGE", self._client.uid("EXPUNGE", str(uid)))
            note.text = "Message deleted" if gone else "Message marked as deleted; the server has no UIDPLUS"
        return gone

    def leave(self) -> None:
        """Say good-bye."""
        with self.session.step("logout") as note, talking("IMAP"):
            kind, said = self._client.logout()
            if kind in ("NO", "BAD"):
                raise Broken(f"LOGOUT refused: {kind} {_words(said)}")
            note.text = "Connection closed"
        self.session.close()

    @property
    def _client(self) -> _Client:
        if self._opened is None:
            raise Broken("the conversation was not opened")
        return self._opened

    def _start_tls(self, client: _Client) -> None:
        def ask() -> None:
            if "STARTTLS" not in client.capabilities:
                raise Broken("the server does not offer STARTTLS; take tls: tls for a port where TLS comes first")
            _ask_for_tls(client)

        def approach(connection: Connection) -> None:
            with talking("IMAP"):
                other = _Client(connection)
            _ask_for_tls(other)

        self.session.encrypt("starttls", approach, ask)

    def _ask_capabilities(self) -> None:
        with talking("IMAP"):
            said = _done("CAPABILITY", self._client.capability())
            self.session.offer(" ".join(text_of(line) for line in said if line).split())

    def _select(self, step: str, folder: str, *, readonly: bool) -> int:
        with self.session.step(step) as note, talking("IMAP"):
            said = _done(step.upper(), self._client.select(_quoted(encode_folder(folder)), readonly=readonly))
            messages = int(said[-1] or 0)
            note.text = f"Folder {folder}: {messages} messages"
        return messages


def _done(command: str, answer: tuple[str, list[Any]]) -> list[Any]:
    """Return what the server said to ``command``."""
    kind, said = answer
    if kind != "OK":
        raise Broken(f"{command} refused: {kind} {_words(said)}")
    return said


def _words(said: list[Any]) -> str:
    return text_of(said[-1]) if said and said[-1] else ""


def _ask_for_tls(client: _Client) -> None:
    with talking("IMAP"):
        _done("STARTTLS", client.xatom("STARTTLS"))


def _once(login: Login) -> Callable[[bytes], bytes | None]:
    """Return what answers the first challenge with the login, and any further one with an end."""
    told: list[bytes | None] = [f"\0{login.username}\0{login.password}".encode()]
    return lambda _challenge: told.pop() if told else None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _folder_names(said: list[Any]) -> Iterator[str]:
    for line in said:
        head, name = line if isinstance(line, tuple) else (line, None)
        match = _LISTED.match(head or b"")
        if match is None:
            continue
        # A name as a literal comes by itself.
        raw = match["name"] if name is None else name
        text = text_of(raw)
        if name is None and len(text) > 1 and text[0] == text[-1] == '"':
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        yield decode_folder(text)
