# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A submission server and an IMAP server with one mailbox between them, for the tests of deliveries."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .imap import Imap
from .server import Probed
from .smtp import Smtp


def as_it_is(message: bytes) -> bytes:
    """Return ``message``."""
    return message


@dataclass
class Post:
    """The mailbox: its ``folders`` with messages by UID.

    What is submitted comes after ``delay`` seconds (never, if that is ``None``), ``copies`` times, into ``arrives_in``,
    as ``on_the_way`` changes it. ``expunged`` are the UIDs that were taken away, ``marked`` those marked as deleted.
    """

    arrives_in: str = "INBOX"
    delay: float | None = 0.0
    copies: int = 1
    on_the_way: Callable[[bytes], bytes] = as_it_is
    uidplus: bool = True
    folders: dict[str, dict[int, bytes]] = field(default_factory=lambda: {"INBOX": {7: b"From: x@example.org\r\n\r\n"}})
    marked: list[tuple[str, int]] = field(default_factory=list)
    expunged: list[tuple[str, int]] = field(default_factory=list)

    def submitted(self, message: bytes) -> None:
        """Take ``message``."""
        if self.delay is None:
            return
        timer = threading.Timer(self.delay, self._put, [message])
        timer.daemon = True
        timer.start()

    def _put(self, message: bytes) -> None:
        folder = self.folders.setdefault(self.arrives_in, {})
        for _copy in range(self.copies):
            folder[max([10, *folder]) + 1] = self.on_the_way(message)


@dataclass
class Served(Probed):
    """A server that belongs to a `Post`."""

    post: Post = field(default_factory=Post)


class Submission(Smtp):
    """Hands what it takes to the `Post`."""

    def _take(self) -> None:
        super()._take()
        self.server_state.post.submitted(self.server_state.messages[-1])


class Mailbox(Imap):
    """Shows the `Post`'s folders."""

    def converse(self) -> None:
        self.folder, self.changeable = "", False
        super().converse()

    def _offered(self) -> list[str]:
        offered = super()._offered()
        return offered if self.server_state.post.uidplus else [one for one in offered if one != "UIDPLUS"]

    def _answer(self, tag: str, command: str, arguments: str) -> bool:
        post = self.server_state.post
        if command in ("EXAMINE", "SELECT"):
            self.folder, self.changeable = arguments.strip('"'), command == "SELECT"
            if self.folder not in post.folders:
                self.say(f"{tag} NO [NONEXISTENT] no such folder")
                return True
            self.say(f"* {len(post.folders[self.folder])} EXISTS\r\n* OK [UIDVALIDITY 1] fine")
        elif command == "SEARCH":
            self.say("* SEARCH " + " ".join(str(uid) for uid in self._found(arguments)))
        elif command == "FETCH":
            message = post.folders[self.folder][int(arguments.split()[0])]
            self.say(f"* 1 FETCH (UID {arguments.split()[0]} BODY[] {{{len(message)}}}\r\n".encode() + message + b")")
        elif command in ("STORE", "EXPUNGE") and not self.changeable:
            self.say(f"{tag} NO [READ-ONLY] not here")
            return True
        elif command == "STORE":
            post.marked.append((self.folder, int(arguments.split()[0])))
        elif command == "EXPUNGE":
            # Without UIDPLUS, or without numbers, everything that is marked would go.
            uids = [int(arguments)] if arguments and post.uidplus else list(post.folders[self.folder])
            for uid in uids:
                post.expunged.append((self.folder, uid))
                del post.folders[self.folder][uid]
        else:
            return super()._answer(tag, command, arguments)
        self.say(f"{tag} OK done")
        return True

    def _found(self, criteria: str) -> list[int]:
        messages = self.server_state.post.folders[self.folder]
        header = re.fullmatch(r'HEADER "([^"]*)" "([^"]*)"', criteria)
        bounce = re.fullmatch(r'SINCE \d{1,2}-[A-Z][a-z]{2}-\d{4} FROM "([^"]*)" TEXT "([^"]*)"', criteria)
        if header:
            head = f"{header[1]}: {header[2]}".encode()
            return [uid for uid, message in messages.items() if head in message.partition(b"\r\n\r\n")[0]]
        assert bounce is not None, criteria
        sender, token = bounce[1].encode(), bounce[2].encode()
        return [
            uid
            for uid, message in messages.items()
            if re.search(b"(?im)^from:.*" + sender, message) and token in message
        ]


def serve(protocol: str, post: Post, certificate: Path, **given: object) -> Served:
    """Return the server of ``post`` for ``smtp`` or ``imap``, with ``given`` fields of `Probed`."""
    return Served({"smtp": Submission, "imap": Mailbox}[protocol], certificate, post=post, **given)
