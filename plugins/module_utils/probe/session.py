# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a conversation is told with: its log, its limits, its connection, and what came to light."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .connection import Broken, Connection, Limits
from .hiding import forms
from .steps import Note, Steps
from .target import Login, Target
from .tls import Approach, Secured, secure

# Of what a server offers.
_CAPABILITIES = 200


class Session:
    """One conversation with ``target``.

    ``steps`` and ``limits`` may be another conversation's, so that both stand in one log and share one budget;
    ``prefix`` then tells them apart. Such steps have to know the passwords of both (`hiding.forms`).

    Whatever goes wrong in a step is raised as `StepFailed`, and stands in the log.
    """

    def __init__(
        self,
        target: Target,
        login: Login | None = None,
        steps: Steps | None = None,
        prefix: str = "",
        limits: Limits | None = None,
    ) -> None:
        self.target, self.login, self.prefix = target, login, prefix
        self.steps = Steps(forms(login)) if steps is None else steps
        self.limits = Limits(target.timeout, target.budget) if limits is None else limits
        self.connection = Connection(target, self.limits)
        self.secured: Secured | None = None
        self.banner: str | None = None
        self.capabilities: list[str] = []
        self._begin = time.monotonic()

    @contextmanager
    def step(self, name: str) -> Iterator[Note]:
        """Let a step of ``name`` begin, with time and bytes of its own.

        Raises:
            StepFailed: the conversation broke in it.
        """
        self.renew()
        with self.steps.step(self.prefix + name, (Broken,)) as note:
            yield note

    def renew(self) -> None:
        """Give what follows the time and the bytes of a step."""
        self.limits.begin()
        self.connection.allow()

    def connect(self) -> None:
        """Connect, in a step."""
        with self.step("connect") as note:
            self.connection.connect()
            note.text = f"Connected to {self.connection.peer}"

    def encrypt(self, name: str, approach: Approach, ask: Callable[[], None] | None = None) -> None:
        """Negotiate TLS in a step of ``name``, and judge the certificate in the next.

        ``ask`` asks the server for it within the step, and ``approach`` brings a further connection to the same point
        (`tls.secure`).
        """
        with self.step(name) as note:
            if ask is not None:
                ask()
            self.secured = secured = secure(self.connection, approach)
            note.text = f"TLS established: {secured.version}, {secured.cipher}, {secured.bits} bits"
        with self.step("certificate") as note:
            note.text = self._judged(secured)

    def may_send_password(self) -> bool:
        """Return whether a password may go over the connection: its certificate was accepted, or nobody minds."""
        return not self.target.validate_certs or (self.secured is not None and self.secured.accepted)

    def require_safety(self) -> None:
        """See that a password may go over the connection.

        Raises:
            Broken: it may not.
        """
        if not self.may_send_password():
            raise Broken("the password is not sent: this connection has no TLS with a certificate that was accepted")

    def offer(self, capabilities: list[str]) -> None:
        """Note what the server offers now."""
        self.capabilities = [self.steps.clean(one) for one in capabilities[:_CAPABILITIES]]

    def greeted(self, banner: str) -> str:
        """Note the server's greeting, and return it as it may be shown."""
        self.banner = self.steps.clean(banner)
        return self.banner

    def shown(self) -> dict[str, Any]:
        """Return what every probe returns of its conversation, but for how it ended."""
        return {
            "host": self.target.host,
            "port": self.target.port,
            "address": _host(self.connection.peer) or self.target.address,
            "duration_ms": round((time.monotonic() - self._begin) * 1000, 1),
            "banner": self.banner,
            "capabilities": self.capabilities,
            "tls": self.secured.shown() if self.secured else None,
            "certificate": self.secured.certificate.shown() if self.secured else None,
            "steps": self.steps.shown(),
        }

    def close(self) -> None:
        """Close the connection, if it still is open."""
        self.connection.close()

    def _judged(self, secured: Secured) -> str:
        certificate = secured.certificate
        if not secured.accepted and self.target.validate_certs:
            self.connection.close()
            raise Broken(f"the certificate is not accepted: {certificate.problem}")
        until = f"valid for {certificate.days_left} more days"
        if secured.accepted:
            return f"The certificate is trusted, for {self.target.tls_name}, and {until}"
        return f"The certificate would not be accepted ({certificate.problem}), and validate_certs is false"


def _host(peer: str) -> str:
    return peer.rpartition(":")[0].strip("[]")
