# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers on the loopback that do what a test wants of them, good or bad."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Handler = Callable[[socket.socket], None]
# Longer than any test waits.
FOREVER_SECONDS = 30


@contextlib.contextmanager
def serving(handler: Handler) -> Iterator[int]:
    """Let ``handler`` talk to everybody who connects to the port that is given."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(connection: socket.socket) -> None:
            with contextlib.suppress(OSError, ValueError), connection:
                connection.settimeout(FOREVER_SECONDS)
                handler(connection)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = listener.accept()
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


def closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def tls(certificate: Path, handler: Handler) -> Handler:
    """Return a handler that presents ``certificate`` (with its key) and lets ``handler`` talk inside TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def secured(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inside:
            handler(inside)

    return secured


def web(response: bytes, pause: float = 0) -> Handler:
    """Return a handler that reads a request and gives ``response``, with ``pause`` seconds before each of its bytes."""

    def answer(connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request and (part := connection.recv(4096)):
            request += part
        trickle(connection, response, pause)

    return answer


def smtp(*replies: bytes, then: Handler | None = None, pause: float = 0) -> Handler:
    """Return a handler that gives one of ``replies`` to each line, the first at once; ``then`` goes on."""

    def answer(connection: socket.socket) -> None:
        for number, reply in enumerate(replies):
            if number:
                while not connection.recv(1).endswith(b"\n"):
                    pass
            trickle(connection, reply, pause)
        (then or silent)(connection)

    return answer


def silent(connection: socket.socket) -> None:
    """Say nothing, and end when the other side does."""
    while connection.recv(4096):
        pass


def trickle(connection: socket.socket, data: bytes, pause: float) -> None:
    """Send ``data``, all at once or byte by byte."""
    if not pause:
        connection.sendall(data)
        return
    for byte in data:
        time.sleep(pause)
        connection.sendall(bytes([byte]))
