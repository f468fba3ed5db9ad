# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ManageSieve server of the probes' tests."""

from __future__ import annotations

import base64

from .server import Conversation, Replaced


class Sieve(Conversation):
    """Answers of a server with two scripts, one of which it tells as a literal."""

    endless = b'"more"\r\n'

    def greet(self) -> None:
        self._tell()

    def converse(self) -> None:
        for line in self.lines():
            command, _blank, rest = line.partition(" ")
            try:
                self.misbehaves(command.upper(), line)
            except Replaced:
                continue
            if not self._answer(command.upper(), rest):
                return

    def _tell(self) -> None:
        state = self.server_state
        safe = self.encrypted or state.careless
        told = ['"IMPLEMENTATION" "sieve.test"', '"SIEVE" "fileinto vacation"', '"VERSION" "1.0"']
        told.append(f'"SASL" "{" ".join(state.mechanisms) if safe else ""}"')
        if state.starttls and not self.encrypted and not state.implicit_tls:
            told.append('"STARTTLS"')
        self.say("\r\n".join([*told, 'OK "ready"']))

    def _answer(self, command: str, rest: str) -> bool:
        state = self.server_state
        if command == "LOGOUT":
            self.say('OK "bye"')
            return False
        if command == "STARTTLS":
            self.say('OK "begin"')
            self.encrypt()
            self._tell()
        elif command == "AUTHENTICATE":
            told = rest.split('"')[3]
            _nothing, user, password = base64.b64decode(told).decode().split("\0")
            if (user, password) == (state.username, state.password):
                state.logins.append(("PLAIN", user))
                self.say('OK "logged in"')
            else:
                self.say('NO "Authentication failed."')
        elif command == "LISTSCRIPTS":
            self.say('"holi\\"days"\r\n{6}\r\nOK fil ACTIVE\r\nOK (CODE) "listed"')
        else:
            self.say('NO "what?"')
        return True
