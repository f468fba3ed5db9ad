# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS side: the API below ``/email/cp/``, and ``/control/`` for tests that run elsewhere.

``POST /control/faults`` takes ``{"endpoint": ..., "how": ...}`` as `faults.Fault` has it, or ``{}`` to end all faults;
``POST /control/published`` ``{"domain": [spf, dkim, dmarc]}``; ``POST /control/replies`` ``{"AUTH": "535 ..."}``;
``POST /control/state`` and ``POST /control/messages`` tell what there is.
"""

from __future__ import annotations

import contextlib
import json
import ssl
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .endpoints import Endpoints, Refused
from .faults import Fault, Faults
from .store import Store

PREFIX = "/email/cp/"
CONTROL = "/control/"


class Web(ThreadingHTTPServer):
    """``asked`` are the endpoints of all requests, in their order."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, store: Store, endpoints: Endpoints) -> None:
        super().__init__(address, Handler)
        self._context = context
        self.store = store
        self.endpoints = endpoints
        self.faults = Faults()
        self.asked: list[str] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Negotiate TLS in the thread of the request, so that a client that is slow, or goes away, hinders nobody."""
        request.settimeout(30)
        with contextlib.suppress(OSError):
            Handler(self._context.wrap_socket(request, server_side=True), client_address, self)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Web

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(content or b"{}")
        except ValueError:
            self.tell(400, {"success": False, "error": "The body is no JSON"})
            return
        if self.path.startswith(CONTROL):
            self.tell(200, self.control(self.path.removeprefix(CONTROL), body))
            return
        endpoint = self.path.removeprefix(PREFIX)
        self.server.asked.append(endpoint)
        fault = self.server.faults.take(endpoint)
        if fault is None:
            self.tell(*self.answer(endpoint, body))
            return
        if fault.done:
            self.answer(endpoint, body)
        self.misbehave(fault)

    def answer(self, endpoint: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Return status and document."""
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            return 200, {"success": True, "data": self.server.endpoints.answer(endpoint, key, body)}
        except Refused as error:
            return error.status, {"success": False, "error": str(error)}

    def control(self, name: str, body: dict[str, Any]) -> Any:
        """Do what a test asks for."""
        store = self.server.store
        with store.lock:
            if name == "faults" and body:
                self.server.faults.put(body.pop("endpoint"), Fault(**body))
            elif name == "faults":
                self.server.faults.clear()
            elif name == "published":
                store.published.update(body)
            elif name == "replies":
                store.replies = body
            elif name == "messages":
                return [asdict(message) for message in store.messages]
            return store.told()

    def tell(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        """Send an answer."""
        self.send_body(status, json.dumps(document).encode(), headers)

    def send_body(self, status: int, content: bytes, headers: dict[str, str] | None = None, length: int = 0) -> None:
        """Send a body; ``length`` is promised instead of its own."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length or len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def misbehave(self, fault: Fault) -> None:
        """Do what the fault says."""
        over = self.server.faults.over
        half = b'{"success": true, "data": {"password": "pw_half'
        if fault.how == "status" and fault.body:
            self.send_body(fault.status, fault.body.encode(), fault.headers)
            return
        if fault.how == "status":
            self.tell(fault.status, {"success": False, "error": "because it was told to"}, fault.headers)
            return
        if fault.how == "echo":
            shown = f"cannot make sense of {self.headers.get('Authorization')}"
            self.tell(fault.status, {"success": False, "error": shown}, fault.headers)
            return
        if fault.how == "body":
            self.send_body(200, fault.body.encode(), fault.headers)
            return
        self.close_connection = True
        if fault.how == "half":
            self.send_body(200, half, length=1000)
        elif fault.how == "wait":
            over.wait(fault.seconds)
        elif fault.how == "drip":
            self.send_body(200, half, length=10_000)
            with contextlib.suppress(OSError):
                while not over.wait(0.2):
                    self.wfile.write(b" ")

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""
