# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP server of the probes' tests."""

from __future__ import annotations

import base64

from .server import Conversation, Replaced


class Smtp(Conversation):
    """Answers of a submission server, and of an MX that takes mail for its own domain."""

    endless = b"250-more\r\n"

    def greet(self) -> None:
        self.say("220 mx.test ESMTP at your service")

    def converse(self) -> None:
        for line in self.lines():
            command, _blank, rest = line.partition(" ")
            try:
                self.misbehaves(command.upper(), line)
            except Replaced:
                continue
            if not self._answer(command.upper(), rest):
                return

    def _answer(self, command: str, rest: str) -> bool:
        state = self.server_state
        if command == "QUIT":
            self.say("221 2.0.0 bye")
            return False
        if command == "EHLO":
            offered = ["mx.test", "PIPELINING"]
            if state.starttls and not self.encrypted and not state.implicit_tls:
                offered.append("STARTTLS")
            if state.mechanisms and (self.encrypted or state.careless):
                offered.append(f"AUTH {' '.join(state.mechanisms)}")
            self.say("\r\n".join([*(f"250-{one}" for one in offered), "250 SIZE 10240000"]))
        elif command == "STARTTLS":
            self.say("220 2.0.0 go ahead")
            self.encrypt()
        elif command == "AUTH":
            self._log_in(*rest.split(" "))
        elif command == "MAIL":
            self.say("250 2.1.0 ok")
        elif command == "RCPT":
            self._recipient(rest.partition("<")[2].rpartition(">")[0])
        elif command == "DATA":
            self._take()
        elif command == "RSET":
            self.say("250 2.0.0 ok")
        else:
            self.say("502 5.5.2 what?")
        return True

    def _recipient(self, recipient: str) -> None:
        state = self.server_state
        if recipient in state.put_off:
            self.say("451 4.7.1 later")
        elif self.user or recipient in state.relayed or _is_own(recipient, state.own_domain):
            self.say("250 2.1.5 ok")
        else:
            self.say("554 5.7.1 relay access denied")

    def _take(self) -> None:
        self.say("354 go on")
        lines = []
        for line in self.lines():
            if line == ".":
                break
            lines.append(line.removeprefix("."))
        self.server_state.messages.append("\r\n".join([*lines, ""]).encode())
        self.say("250 2.0.0 queued as 4ABC")

    def _log_in(self, mechanism: str, initial: str = "") -> None:
        state = self.server_state
        if mechanism == "PLAIN":
            _nothing, user, password = _decoded(initial).split("\0")
        else:
            self.say("334 VXNlcm5hbWU6")
            user = _decoded(self.next_line())
            self.say("334 UGFzc3dvcmQ6")
            password = _decoded(self.next_line())
        if (user, password) == (state.username, state.password):
            self.user = user
            state.logins.append((mechanism, user))
            self.say("235 2.7.0 welcome")
        else:
            self.say("535 5.7.8 Error: authentication failed")


def _is_own(recipient: str, domain: str) -> bool:
    local_part, _at, host = recipient.rpartition("@")
    return host == domain and not any(character in local_part for character in '%!@:"')


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
