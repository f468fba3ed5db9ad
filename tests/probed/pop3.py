# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The POP3 server of the probes' tests."""

from __future__ import annotations

from .server import Conversation, Replaced


class Pop3(Conversation):
    """Answers of a server with one mailbox."""

    endless = b"more\r\n"

    def greet(self) -> None:
        self.say("+OK pop3.test ready")

    def converse(self) -> None:
        self.claimed = ""
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
            self.say("+OK bye")
            return False
        if command == "CAPA":
            stls = ["STLS"] if state.starttls and not self.encrypted and not state.implicit_tls else []
            self.say("\r\n".join(["+OK", "TOP", "UIDL", *stls, "SASL PLAIN", "."]))
        elif command == "STLS":
            self.say("+OK begin")
            self.encrypt()
        elif command == "USER":
            self.claimed = rest
            self.say("+OK")
        elif command == "PASS":
            if (self.claimed, rest) == (state.username, state.password):
                state.logins.append(("PASS", self.claimed))
                self.say("+OK logged in")
            else:
                self.say("-ERR [AUTH] Authentication failed.")
        elif command == "STAT":
            self.say(f"+OK {len(state.messages)} {sum(map(len, state.messages))}")
        else:
            self.say("-ERR what?")
        return True
