# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to a server that may be slow, broken or hostile, and gets no more time and memory than is allowed.

`Connection` is what the standard library's clients get in the place of a socket and of the file they read from. They
have no deadline for the whole of an answer, and no bound on its length; here every read and write has both, whether the
server stalls, trickles or never ends its line.
"""

from __future__ import annotations

import errno
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

from .target import Target

# What a server may say within one step, in bytes, and in how many lines.
ALLOWANCE = 1024 * 1024
LINES = 20000
_CHUNK = 16 * 1024
# Addresses of one name that are tried.
_ADDRESSES = 8
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_GONE = (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ENOTCONN, errno.EBADF)


class Broken(Exception):
    """The conversation cannot go on; the text says why, in a sentence for a person."""


class Limits:
    """How long a step and the whole conversation may take, in seconds."""

    def __init__(self, timeout: float, budget: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.timeout, self.budget = timeout, budget
        self._clock = clock
        self._end = clock() + budget
        self._step_end = clock() + timeout

    def begin(self) -> None:
        """Let a step begin."""
        self._step_end = self._clock() + self.timeout

    def left(self) -> float:
        """Return how many seconds the present step has left, always more than none.

        Raises:
            Broken: it has none left, or the whole has none.
        """
        now = self._clock()
        if now >= self._end:
            raise Broken(f"the conversation has used up its budget of {self.budget:g} s")
        if now >= self._step_end:
            raise Broken(
                f"no complete answer within {self.timeout:g} s: the server stalls, or something on the way does"
            )
        return min(self._end, self._step_end) - now


class Connection:
    """One connection to ``target``, in the form that smtplib, imaplib and poplib expect of a socket and of its file.

    All methods that talk raise `Broken` and nothing else, but for `wrap`.
    """

    def __init__(self, target: Target, limits: Limits) -> None:
        self.target, self.limits = target, limits
        self.peer = ""
        self._socket: socket.socket | None = None
        self._read = bytearray()
        self._allowed = self._allowance = ALLOWANCE
        self._lines = LINES

    def connect(self) -> None:
        """Connect to the first of the target's addresses that answers; what was open before is closed."""
        self.close()
        addresses = self._addresses()
        problem = Broken(f"{self.target.host} has no address")
        for number, (family, kind, protocol, _name, address) in enumerate(addresses):
            self.peer = _place(address)
            opened = None
            try:
                opened = socket.socket(family, kind, protocol)
                # A command and what belongs to it go at once, and not after the answer to its first part.
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                # Every address gets its share of what is left.
                opened.settimeout(self.limits.left() / (len(addresses) - number))
                opened.connect(address)
            except OSError as error:
                if opened is not None:
                    opened.close()
                problem = Broken(self._unreachable(error))
                continue
            self._socket = opened
            return
        raise problem

    @property
    def local_address(self) -> str:
        """The own address of the connection."""
        return str(self._opened().getsockname()[0]).partition("%")[0]

    def allow(self, size: int = ALLOWANCE) -> None:
        """Let the server say ``size`` bytes from now on, in at most `LINES` lines."""
        self._allowed = self._allowance = size
        self._lines = LINES

    def wrap(self, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
        """Negotiate TLS as ``context`` has it, naming ``name`` to the server, and go on with it.

        Raises:
            ssl.SSLError: there is no agreement. The connection is closed then.
            Broken: the server closed the connection or stalls, or it said something before TLS that would count
                afterwards (CVE-2011-0411).
        """
        if self._read:
            raise Broken("the server said more than its answer before TLS began; somebody may have put it in")
        plain = self._opened()
        plain.settimeout(self.limits.left())
        try:
            wrapped = context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
            self._socket = wrapped
            wrapped.do_handshake()
        except ssl.SSLEOFError as error:
            self.close()
            raise Broken("the server closed the connection while TLS was negotiated") from error
        except ssl.SSLError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise self._broken(error) from error
        return wrapped

    def sendall(self, data: bytes) -> None:
        """Send ``data``."""
        opened, rest = self._opened(), memoryview(data)
        while rest:
            opened.settimeout(self.limits.left())
            try:
                rest = rest[opened.send(rest[:_CHUNK]) :]
            except OSError as error:
                raise self._broken(error) from error

    def readline(self, size: int = -1) -> bytes:
        """Return the next line with its end, or its first ``size`` bytes."""
        searched = 0
        self._lines -= 1
        if self._lines < 0:
            raise Broken(f"the server says more than the {LINES} lines that are taken of it, without an end")
        while (end := self._read.find(b"\n", searched) + 1) == 0 and not 0 <= size <= len(self._read):
            searched = len(self._read)
            self._receive("the server closed the connection" + (" within a line" if self._read else ""))
        end = end or size
        return self._take(min(end, size) if size >= 0 else end)

    def read(self, size: int) -> bytes:
        """Return exactly ``size`` bytes."""
        if size > self._allowance + len(self._read):
            raise Broken(f"the server announces {size} bytes, more than the {self._allowed} that are taken of it")
        while len(self._read) < size:
            self._receive("the server closed the connection within its answer")
        return self._take(size)

    def makefile(self, *_mode: object) -> Connection:
        """Return what is read from: itself, so that it goes on in TLS."""
        return self

    def shutdown(self, _how: int = 0) -> None:
        """Do nothing: `close` ends it."""

    def close(self) -> None:
        """Close it, without a word to the server."""
        opened, self._socket = self._socket, None
        self._read.clear()
        if opened is not None:
            try:
                opened.close()
            except OSError:
                return

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise Broken("the connection is closed already")
        return self._socket

    def _receive(self, ended: str) -> None:
        opened = self._opened()
        opened.settimeout(self.limits.left())
        try:
            data = opened.recv(_CHUNK)
        except OSError as error:
            raise self._broken(error) from error
        if not data:
            raise Broken(ended)
        self._allowance -= len(data)
        if self._allowance < 0:
            raise Broken(f"the server says more than the {self._allowed} bytes that are taken of it, without an end")
        self._read += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._read[:size])
        del self._read[:size]
        return taken

    def _addresses(self) -> list[Any]:
        """Return what the host's name stands for. The system's resolver has no deadline, so a thread asks it."""
        host, port = self.target.address or self.target.host, self.target.port
        answer: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
            except (OSError, UnicodeError) as error:
                answer.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            found = answer.get(timeout=self.limits.left())
        except queue.Empty as error:
            raise Broken(f"the name {host} was not resolved within {self.limits.timeout:g} s") from error
        if isinstance(found, OSError):
            raise Broken(f"the name {host} has no address: {found.strerror or found}") from found
        if isinstance(found, UnicodeError):
            raise Broken(f"the name {host} is none that can be resolved: {found}") from found
        return found[:_ADDRESSES]

    def _unreachable(self, error: OSError) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer from {self.peer}: the host is down, or a firewall drops the connection"
        if isinstance(error, ConnectionRefusedError):
            return f"{self.peer} refused the connection: nothing listens there, or a firewall"
        if error.errno in _NO_WAY:
            return f"there is no way to {self.peer} ({error.strerror}): look at the routes, or give another address"
        return f"no connection to {self.peer}: {error.strerror or error}"

    def _broken(self, error: OSError) -> Broken:
        if isinstance(error, TimeoutError):
            try:
                self.limits.left()
            except Broken as late:
                return late
            return Broken("no answer in time")
        if isinstance(error, ssl.SSLError):
            return Broken(f"TLS broke off: {error.reason or error}")
        if error.errno in _GONE:
            return Broken("the server broke off the connection")
        return Broken(f"the connection broke: {error.strerror or error}")


def _place(address: Any) -> str:
    """Return an address of the socket module as people write it."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
