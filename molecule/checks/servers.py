# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that zones lead to: mail hosts on port 25, web servers on port 443, and two bad name servers."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
import time
from pathlib import Path
from typing import Any

HERE = Path("/root/checks")
POLICIES = json.loads((HERE / "policies.json").read_text())


def context(name: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(HERE / f"{name}.pem")
    return made


class Mail(socketserver.StreamRequestHandler):
    """A mail host that goes as far as STARTTLS."""

    tls: ssl.SSLContext | None = None

    def handle(self) -> None:
        self.wfile.write(b"220 mx.good.example ESMTP\r\n")
        while line := self.rfile.readline(1000):
            verb = line.split()[:1]
            if verb == [b"EHLO"]:
                self.wfile.write(b"250-mx\r\n250-STARTTLS\r\n250 8BITMIME\r\n" if self.tls else b"250 mx\r\n")
            elif verb == [b"STARTTLS"] and self.tls:
                self.wfile.write(b"220 go on\r\n")
                with self.tls.wrap_socket(self.connection, server_side=True) as inside:
                    inside.recv(1000)
                return
            else:
                self.wfile.write(b"250 ok\r\n")


class RightMail(Mail):
    tls = context("right")


class WrongMail(Mail):
    tls = context("wrong")


class Silent(socketserver.BaseRequestHandler):
    """A server that takes a connection and says nothing."""

    def handle(self) -> None:
        time.sleep(60)


class Web(socketserver.BaseRequestHandler):
    """A web server with policies."""

    tls = context("right")

    def handle(self) -> None:
        with self.tls.wrap_socket(self.request, server_side=True) as inside:
            request = inside.recv(4000).decode("ascii", "replace")
            host = request.partition("Host: ")[2].partition("\r\n")[0]
            text = POLICIES.get(host, "").encode()
            kind = "text/html" if host.startswith("mta-sts.html.") else "text/plain"
            status = "301 Moved\r\nLocation: https://good.example/" if host.startswith("mta-sts.moved.") else "200 OK"
            if host.startswith("mta-sts.long."):
                text += b"x: " + b"x" * 100_000
            head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(text)}\r\n\r\n"
            inside.sendall(head.encode() + text)


class WrongWeb(Web):
    tls = context("wrong")


class SilentName(socketserver.BaseRequestHandler):
    """A name server that answers nothing."""

    def handle(self) -> None:
        return


class RefusingName(socketserver.BaseRequestHandler):
    """A name server that is not responsible for anything."""

    def handle(self) -> None:
        question, server = self.request
        refused = 5
        server.sendto(
            question[:2] + bytes([0x80, refused]) + question[4:6] + bytes(6) + question[12:], self.client_address
        )


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 200

    def handle_error(self, *_about: Any) -> None:
        """Clients that go away are no matter."""


def main() -> None:
    servers: list[socketserver.BaseServer] = [
        Server(("192.0.2.11", 25), RightMail),
        Server(("192.0.2.12", 25), WrongMail),
        Server(("192.0.2.13", 25), Mail),
        Server(("192.0.2.14", 25), Silent),
        Server(("192.0.2.20", 443), Web),
        Server(("192.0.2.21", 443), WrongWeb),
        Server(("192.0.2.22", 443), Silent),
        socketserver.UDPServer(("192.0.2.54", 53), SilentName),
        socketserver.UDPServer(("192.0.2.12", 53), RefusingName),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever).start()


main()
