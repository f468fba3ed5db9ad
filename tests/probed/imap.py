# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IMAP server of the probes' tests."""

from __future__ import annotations

import base64
import re
import shlex

from .server import Conversation, Replaced

_FOLDERS = (r"(\HasNoChildren) \"/\" INBOX", r"(\HasNoChildren \Drafts) \"/\" \"Entw&APw-rfe\"")


class Imap(Conversation):
    """Answers of a server with one mailbox; the messages of its INBOX have the UIDs 11 and up."""

    def greet(self) -> None:
        self.say("* OK [CAPABILITY IMAP4rev1] imap.test ready")

    def converse(self) -> None:
        self.deleted: set[int] = set()
        for line in self.lines():
            tag, _blank, rest = line.partition(" ")
            command, _blank, arguments = rest.partition(" ")
            if command.upper() == "UID":
                command, _blank, arguments = arguments.partition(" ")
            try:
                self.misbehaves(command.upper(), line)
            except Replaced:
                continue
            if not self._answer(tag, command.upper(), arguments):
                return

    def _answer(self, tag: str, command: str, arguments: str) -> bool:
        state = self.server_state
        if command == "LOGOUT":
            self.say(f"* BYE see you\r\n{tag} OK done")
            return False
        if command == "CAPABILITY":
            self.say(f"* CAPABILITY {' '.join(self._offered())}")
        elif command == "STARTTLS":
            self.say(f"{tag} OK begin")
            self.encrypt()
            return True
        elif command == "AUTHENTICATE":
            self.say("+ ")
            _nothing, user, password = base64.b64decode(self.next_line()).decode().split("\0")
            return self._log_in(tag, "PLAIN", user, password)
        elif command == "LOGIN":
            user, password = shlex.split(arguments)
            return self._log_in(tag, "LOGIN", user, password)
        elif command == "LIST":
            self.say("\r\n".join(f"* LIST {folder}" for folder in _FOLDERS).replace('\\"', '"'))
            self.say(b'* LIST () "/" {6}\r\na "b"c')
        elif command in ("EXAMINE", "SELECT"):
            if "INBOX" not in arguments:
                self.say(f"{tag} NO [NONEXISTENT] no such folder")
                return True
            self.say(f"* {len(self._uids())} EXISTS\r\n* OK [UIDVALIDITY 1] fine")
        elif command == "GETQUOTAROOT":
            self.say('* QUOTAROOT INBOX "User quota"\r\n* QUOTA "User quota" (STORAGE 512 10240)')
        elif command == "SEARCH":
            self.say("* SEARCH " + " ".join(str(uid) for uid in self._uids() if self._meets(uid, arguments)))
        elif command == "FETCH":
            self._fetch(int(arguments.split()[0]))
        elif command == "STORE":
            self.deleted.add(int(arguments.split()[0]))
        elif command == "EXPUNGE":
            for uid in self.deleted:
                state.messages[uid - 11] = b""
        self.say(f"{tag} OK done")
        return True

    def _offered(self) -> list[str]:
        state = self.server_state
        offered = ["IMAP4rev1", "UIDPLUS", "QUOTA"]
        if state.starttls and not self.encrypted and not state.implicit_tls:
            offered.append("STARTTLS")
        if self.encrypted or state.careless:
            return [*offered, *(f"AUTH={name}" for name in state.mechanisms)]
        return [*offered, "LOGINDISABLED"]

    def _log_in(self, tag: str, mechanism: str, user: str, password: str) -> bool:
        if (user, password) == (self.server_state.username, self.server_state.password):
            self.server_state.logins.append((mechanism, user))
            self.say(f"{tag} OK logged in")
        else:
            self.say(f"{tag} NO [AUTHENTICATIONFAILED] Authentication failed.")
        return True

    def _uids(self) -> list[int]:
        return [number for number, message in enumerate(self.server_state.messages, 11) if message]

    def _meets(self, uid: int, criteria: str) -> bool:
        match = re.search(r'HEADER "([^"]*)" "([^"]*)"', criteria)
        return match is None or f"{match[1]}: {match[2]}".encode() in self.server_state.messages[uid - 11]

    def _fetch(self, uid: int) -> None:
        if uid in self._uids():
            message = self.server_state.messages[uid - 11]
            self.say(f"* 1 FETCH (UID {uid} BODY[] {{{len(message)}}}\r\n".encode() + message + b")")
