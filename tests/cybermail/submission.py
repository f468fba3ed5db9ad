# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP side (RFC 6409): STARTTLS, or TLS from the start; AUTH with the issued credentials; messages are kept."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import socketserver
import ssl
from datetime import UTC, datetime
from email import message_from_string
from typing import Any

from .store import Account, Message, Store

_PATH = re.compile(r"(?:FROM|TO):\s*<([^>]*)>", re.IGNORECASE)
_LONGEST_MESSAGE = 20 * 1024 * 1024


class Submission(socketserver.ThreadingTCPServer):
    """``implicit``: TLS from the start, as on port 465."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], context: ssl.SSLContext, store: Store, *, implicit: bool = False
    ) -> None:
        super().__init__(address, Session)
        self.context = context
        self.store = store
        self.implicit = implicit


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: Submission
    timeout = 60
    _sender: str | None
    _recipients: list[str]

    def handle(self) -> None:
        self._account: Account | None = None
        self._username = self._helo = ""
        self._tls = ""
        self._forget()
        with contextlib.suppress(OSError):
            if self.server.implicit:
                self._encrypt()
            self._say(f"220 {self.server.store.smtp_host} ESMTP")
            while line := self.rfile.readline(4096):
                verb, _blank, rest = line.decode("latin-1").strip().partition(" ")
                if not self._command(verb.upper(), rest):
                    return

    def _command(self, verb: str, rest: str) -> bool:
        """Answer one command, and return whether the session goes on."""
        told = self.server.store.replies.get(verb)
        if told:
            self._say(told)
            return True
        if verb == "QUIT":
            self._say("221 2.0.0 Bye")
            return False
        method = getattr(self, f"_on_{verb.lower()}", None)
        if method is None:
            self._say("500 5.5.2 No such command")
        else:
            method(rest)
        return True

    def _on_ehlo(self, rest: str) -> None:
        self._helo = rest
        self._forget()
        offered = [self.server.store.smtp_host, "8BITMIME", "ENHANCEDSTATUSCODES"]
        offered += ["AUTH PLAIN LOGIN"] if self._tls else ["STARTTLS"]
        for text in offered[:-1]:
            self._say(f"250-{text}")
        self._say(f"250 {offered[-1]}")

    def _on_noop(self, rest: str) -> None:
        self._say("250 2.0.0 OK")

    def _on_rset(self, rest: str) -> None:
        self._forget()
        self._say("250 2.0.0 OK")

    def _on_starttls(self, rest: str) -> None:
        if self._tls:
            self._say("503 5.5.1 TLS is there already")
            return
        self._say("220 2.0.0 Go ahead")
        self._encrypt()

    def _on_auth(self, rest: str) -> None:
        if not self._tls:
            self._say("530 5.7.0 Must issue a STARTTLS command first")
            return
        mechanism, _blank, initial = rest.partition(" ")
        try:
            if mechanism.upper() == "PLAIN":
                _identity, username, password = self._decoded(initial or self._asked("")).split("\0")
            elif mechanism.upper() == "LOGIN":
                username = self._decoded(initial or self._asked("Username:"))
                password = self._decoded(self._asked("Password:"))
            else:
                self._say("504 5.5.4 No such mechanism")
                return
        except (ValueError, binascii.Error):
            self._say("501 5.5.2 Cannot decode that")
            return
        with self.server.store.lock:
            self._account = self.server.store.login(username, password)
        self._username = username if self._account else ""
        self._say("235 2.7.0 Welcome" if self._account else "535 5.7.8 Authentication credentials invalid")

    def _on_mail(self, rest: str) -> None:
        path = _PATH.match(rest)
        if self._account is None:
            self._say("530 5.7.0 Authentication required")
        elif path is None:
            self._say("501 5.5.4 Syntax: MAIL FROM:<address>")
        elif path[1] and not self._may_send(self._account, path[1]):
            self._say("550 5.7.1 Sender domain is not verified for this account")
        else:
            self._forget()
            self._sender = path[1]
            self._say("250 2.1.0 OK")

    def _may_send(self, account: Account, sender: str) -> bool:
        domain = account.domains.get(sender.rpartition("@")[2].lower())
        return domain is not None and domain.status == "verified"

    def _on_rcpt(self, rest: str) -> None:
        path = _PATH.match(rest)
        if self._sender is None:
            self._say("503 5.5.1 MAIL first")
        elif path is None or "@" not in path[1]:
            self._say("501 5.5.4 Syntax: RCPT TO:<address>")
        else:
            self._recipients.append(path[1])
            self._say("250 2.1.5 OK")

    def _on_data(self, rest: str) -> None:
        if not self._recipients:
            self._say("503 5.5.1 RCPT first")
            return
        self._say("354 End with a dot")
        lines, length = [], 0
        while (line := self.rfile.readline(65536)) != b".\r\n":
            length += len(line)
            if not line or length > _LONGEST_MESSAGE:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        self._keep(b"".join(lines).decode("latin-1"))
        self._forget()
        self._say("250 2.0.0 Queued")

    def _keep(self, data: str) -> None:
        store = self.server.store
        port = self.server.server_address[1]
        with store.lock:
            sender, account = self._sender or "", self._account
            message = Message(self._username, sender, self._recipients, data, self._helo, self._tls, port)
            store.messages.append(message)
            subject = message_from_string(data)["Subject"]
            for recipient in self._recipients if account else ():
                entry: dict[str, Any] = {
                    "queued_at": datetime.now(UTC).isoformat(),
                    "from_email": sender,
                    "to_email": recipient,
                    "subject": subject,
                    "status": "delivered",
                }
                if account:
                    account.logs.append(entry)

    def _encrypt(self) -> None:
        connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.connection = connection
        # What came in the clear behind STARTTLS is not read (RFC 3207, section 4.2).
        self.rfile = connection.makefile("rb", -1)
        self.wfile = connection.makefile("wb")
        self._tls = connection.version() or ""
        self._account, self._helo = None, ""
        self._forget()

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []

    def _asked(self, prompt: str) -> str:
        self._say(f"334 {base64.b64encode(prompt.encode()).decode()}")
        return self.rfile.readline(4096).decode("latin-1").strip()

    def _decoded(self, text: str) -> str:
        return base64.b64decode(text, validate=True).decode()

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
        self.wfile.flush()
