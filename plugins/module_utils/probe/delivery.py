# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message on its way: handed to a submission server, waited for in a mailbox, fetched, and deleted again.

The mailbox is opened first, so that nothing is sent that nobody could fetch. The steps of `smtp` and `imap` stand in
one log with ``submission_`` and ``mailbox_`` before their names; ``mailbox_arrival`` is the wait between them.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from .connection import Broken, Limits
from .hiding import forms
from .imap import Imap
from .session import Session
from .smtp import Smtp
from .steps import StepFailed, Steps
from .target import Login, Target

# The field that the message is found by; servers on the way may replace a Message-ID.
HEADER = "X-Mailwright-Probe"
# Pauses between two looks into the mailbox, in seconds: what comes at once is seen at once.
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 0.05, 1.5, 2.0
_DIAGNOSTIC = re.compile(rb"(?im)^(?:diagnostic-code|status):[ \t]*(.{1,300}(?:\n[ \t].{1,300}){0,5})$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Order:
    """What is to be delivered, and how long it may take.

    The message goes from ``sender`` to ``recipient`` through ``submission``, as ``submission_login`` if there is one,
    and is looked for in the ``folders`` of ``mailbox``, for ``wait`` seconds. ``cleanup``: it is deleted afterwards.
    Without ``send``, everything is done but sending: server and mailbox are only asked whether they would take it.
    """

    submission: Target
    submission_login: Login | None
    mailbox: Target
    mailbox_login: Login
    sender: str
    recipient: str
    folders: tuple[str, ...] = ("INBOX", "Junk")
    wait: float = 60
    cleanup: bool = True
    send: bool = True
    helo_name: str | None = None


class Delivery:
    """One delivery of ``order``; `run` it once, and `close` it. What came to light stands in its attributes.

    ``message`` are the bytes as they lie in the mailbox, ``folder`` where it was found, ``latency`` the milliseconds
    from when the submission server had taken it until it was seen, ``copies`` how often it was there; ``cleaned_up``
    whether nothing of it is left. ``None`` is what did not come to light.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.token = secrets.token_hex(16)
        self.message_id = f"<{self.token}@{order.sender.rpartition('@')[2]}>"
        self.message: bytes | None = None
        self.folder: str | None = None
        self.latency: float | None = None
        self.copies = 0
        self.cleaned_up = False
        self.steps = Steps([*forms(order.submission_login), *forms(order.mailbox_login)])
        limits = Limits(order.submission.timeout, order.submission.budget + order.wait)
        self.submission = Session(order.submission, order.submission_login, self.steps, "submission_", limits)
        self.mailbox = Session(order.mailbox, order.mailbox_login, self.steps, "mailbox_", limits)
        self._taken: float | None = None
        self._began = time.monotonic()

    @property
    def sent(self) -> bool:
        """Whether the submission server has taken the message."""
        return self._taken is not None

    def run(self) -> None:
        """Do it all.

        Raises:
            StepFailed: a step did not succeed, which ends it.
        """
        imap = Imap(self.mailbox)
        imap.open()
        imap.log_in(self.order.mailbox_login)
        imap.examine(self.order.folders[0])
        self._submit()
        if self.order.send:
            folder, uids = self._wait(imap)
            self.message = imap.fetch(uids[0])
            if self.order.cleanup:
                self._clean_up(imap, folder)
        imap.leave()

    def close(self) -> None:
        """Close what is open."""
        self.submission.close()
        self.mailbox.close()

    def duration(self) -> float:
        """Return the milliseconds since the begin."""
        return (time.monotonic() - self._began) * 1000

    def text(self, now: datetime) -> bytes:
        """Return the message that is sent. It asks for no answer of a machine (RFC 3834)."""
        lines = [
            f"From: {self.order.sender}",
            f"To: {self.order.recipient}",
            f"Subject: Delivery probe {self.token}",
            f"Date: {format_datetime(now)}",
            f"Message-ID: {self.message_id}",
            f"{HEADER}: {self.token}",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            "This message was sent to see whether mail is delivered. It may be deleted.",
            "",
        ]
        return "\r\n".join(lines).encode("ascii")

    def _submit(self) -> None:
        order = self.order
        smtp = Smtp(self.submission, order.helo_name)
        smtp.open()
        if order.submission_login is not None:
            smtp.log_in(order.submission_login)
        if order.send:
            smtp.submit(order.sender, [order.recipient], self.text(datetime.now(UTC)))
            self._taken = time.monotonic()
        else:
            smtp.envelope(order.sender, [order.recipient])
        try:
            smtp.leave()
        except StepFailed:
            # The log tells it; the message is taken all the same.
            self.submission.close()

    def _wait(self, imap: Imap) -> tuple[str, list[int]]:
        """Look into the folders until the message is there; return the folder and the UIDs of its copies."""
        begin = time.monotonic() if self._taken is None else self._taken
        pause = _FIRST_PAUSE
        with self.mailbox.step("arrival") as note:
            while True:
                for folder in self.order.folders:
                    uids = imap.look_for_header(HEADER, self.token) if imap.enter(folder) else []
                    if uids:
                        self.latency = (time.monotonic() - begin) * 1000
                        self.folder, self.copies = folder, len(uids)
                        times = f" {len(uids)} times" if len(uids) > 1 else ""
                        note.text = f"Message found{times} in {folder} after {self.latency:.0f} ms"
                        return folder, uids
                self._look_for_bounce(imap)
                if time.monotonic() + pause - begin > self.order.wait:
                    raise Broken(
                        f"the message {self.token} did not come to {' or '.join(self.order.folders)} within "
                        f"{self.order.wait:g} s; it may be in a queue, refused later, or sorted elsewhere"
                    )
                time.sleep(pause)
                pause = min(pause * _GROWTH, _LONGEST_PAUSE)

    def _look_for_bounce(self, imap: Imap) -> None:
        """Look whether the message came back, which is seen where the mailbox is the sender's too.

        Raises:
            Broken: it did.
        """
        if not imap.enter(self.order.folders[0]):
            return
        day = datetime.now(UTC) - timedelta(days=1)
        since = f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
        # Dovecot does not take the header of a message within a message for its body, but for its text.
        uids = imap.look_for("SINCE", since, "FROM", '"MAILER-DAEMON"', "TEXT", f'"{self.token}"')
        if uids:
            words = [match[1].decode("utf-8", "replace").strip() for match in _DIAGNOSTIC.finditer(imap.fetch(uids[0]))]
            raise Broken(f"the message came back: {'; '.join(words[:4]) or 'the bounce tells no reason'}")

    def _clean_up(self, imap: Imap, folder: str) -> None:
        """Delete what carries the token in ``folder``, and nothing else."""
        imap.select(folder)
        # The folder was opened anew, and its UIDs may have been given anew as well (RFC 9051, section 2.3.1.1).
        with self.mailbox.step("find_again") as note:
            uids = imap.look_for_header(HEADER, self.token)
            note.text = f"Message there {len(uids)} times"
        gone = [imap.delete(uid) for uid in uids]
        self.cleaned_up = all(gone)

    def shown(self) -> dict[str, Any]:
        """Return what a module returns of it, but for how it ended."""
        submission, mailbox = self.submission.shown(), self.mailbox.shown()
        for session in (submission, mailbox):
            del session["steps"], session["duration_ms"]
        return {
            "host": submission["host"],
            "port": submission["port"],
            "address": submission["address"],
            "duration_ms": round(self.duration(), 1),
            "steps": self.steps.shown(),
            "submission": submission,
            "mailbox": mailbox,
            "token": self.token,
            "message_id": self.message_id,
            "sent": self.sent,
            "latency_ms": None if self.latency is None else round(self.latency, 1),
            "folder": self.folder,
            "copies": self.copies,
            "cleaned_up": self.cleaned_up,
        }


def log_lines(order: Order, steps: Steps, message: str, *, success: bool) -> list[str]:
    """Return the log in lines for a person: who, what each step did, and the end of it."""
    head = [
        "Starting delivery test...",
        f"From: {order.sender}",
        f"To: {order.recipient}",
        f"Submission: {order.submission.host}:{order.submission.port}, TLS: {order.submission.tls}",
        f"Mailbox: {order.mailbox.host}:{order.mailbox.port}, TLS: {order.mailbox.tls}",
    ]
    body = [
        f"{'✓' if step.success else '✗'} {step.name}: {step.message} ({step.duration:.0f} ms)" for step in steps.steps
    ]
    end = "✓ Delivery test completed successfully" if success else f"✗ Delivery test failed: {message}"
    return [steps.clean(line) for line in [*head, *body, end]]
