# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client host as a test uses it: `remote/mailclient.py` with the mail host's name and authority filled in."""

from __future__ import annotations

import base64
import ipaddress
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from behaviour.bed import Host, MailHost

# Further addresses of the client in its network (podman gives out the first ones), so that one test's wrong passwords
# do not slow the next test down: Dovecot delays logins from an address by what failed from it before.
_SPARE = range(100, 180)


@dataclass(frozen=True)
class Request:
    """One thing to do, as mailclient.py takes it."""

    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)


class ClientError(Exception):
    """The network, or a server, got in the way of what the client was asked to do."""


class Client:
    """The client host."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._strangers = self._spare_addresses()
        self._command = host.put("mailclient.py")

    def together(self, requests: list[Request]) -> list[Any]:
        """Do all at the same time and return their values.

        Raises:
            ClientError: one of them failed.
        """
        document = json.dumps([{"do": request.operation, **request.arguments} for request in requests])
        answers = json.loads(self.host.run(self._command, document))
        for request, answer in zip(requests, answers, strict=True):
            if "error" in answer:
                raise ClientError(f"{request.operation}: {answer['error']}")
        return [answer["value"] for answer in answers]

    def do(self, operation: str, **arguments: Any) -> Any:
        """Do one thing and return its value."""
        return self.together([Request(operation, arguments)])[0]

    def stranger(self) -> str:
        """Return one of the client's own addresses that was not used lately."""
        return next(self._strangers)

    def smtp(self, server: MailHost, steps: list[Any], port: int = 25, **arguments: Any) -> dict[str, Any]:
        """Hold an SMTP conversation."""
        conversation: dict[str, Any] = self.together([self.smtp_request(server, steps, port, **arguments)])[0]
        return conversation

    def smtp_request(self, server: MailHost, steps: list[Any], port: int = 25, **arguments: Any) -> Request:
        """Return the request for an SMTP conversation; TLS is what the port is for, and left alone on 25."""
        tls = arguments.pop("tls", {25: "none", 587: "starttls", 465: "implicit"}[port])
        return Request(
            "smtp", {"host": server.fqdn, "port": port, "ca": server.ca, "tls": tls, "steps": steps, **arguments}
        )

    def send(
        self, server: MailHost, sender: str, recipients: list[str], message: bytes, port: int = 25, **arguments: Any
    ) -> None:
        """Send a message that must be accepted, for every recipient."""
        steps = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{recipient}>" for recipient in recipients), encode(message)]
        conversation = self.smtp(server, steps, port, **arguments)
        assert [reply[0] for reply in conversation["replies"]] == [250] * len(steps), conversation

    def read(
        self, server: MailHost, address: str, token: str, folder: str = "INBOX", count: int = 1
    ) -> list[EmailMessage]:
        """Wait for ``count`` messages with ``token`` in their subject, read over IMAPS; return all there are."""
        found = self.do(
            "imap_read",
            host=server.fqdn,
            ca=server.ca,
            login=server.login(address),
            token=token,
            folder=folder,
            count=count,
        )
        return [parse(base64.b64decode(message)) for message in found]

    def program(self, *arguments: str, **options: Any) -> dict[str, Any]:
        """Run one of the client's programs; return its ``status`` and ``output``."""
        result: dict[str, Any] = self.do("program", arguments=list(arguments), **options)
        return result

    def _spare_addresses(self) -> Iterator[str]:
        found = json.loads(self.host.run("ip -json -4 address show dev eth0"))[0]["addr_info"][0]
        network = ipaddress.ip_interface(f"{found['local']}/{found['prefixlen']}").network
        spare = [str(network.network_address + number) for number in _SPARE]
        self.host.run(
            "ip -batch -", "".join(f"address replace {each}/{network.prefixlen} dev eth0\n" for each in spare)
        )
        return itertools.cycle(spare)


def encode(message: bytes) -> dict[str, str]:
    """Return the step that sends ``message``."""
    return {"message": base64.b64encode(message).decode()}


def parse(message: bytes) -> EmailMessage:
    """Return the parsed message."""
    parsed = message_from_bytes(message, policy=policy.SMTP)
    assert isinstance(parsed, EmailMessage)
    return parsed
