# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting an MTA-STS policy (RFC 8461, section 3.3); the one file of the checks that talks HTTPS."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from typing import Any

from ..core.errors import InvalidValue
from ..dns.reply import Lookup
from .where import where
from .world import Fetched

PATH = "/.well-known/mta-sts.txt"
# Of the policy, and of the headers before it, in bytes; section 3.3 has senders cut at some such length.
LONGEST = 65536


class PolicyFetcher:
    """Gets policies from addresses that ``lookup`` knows."""

    def __init__(
        self, lookup: Lookup, timeout: float, until: float, ca_path: str | None = None, port: int = 443
    ) -> None:
        """``timeout``, in seconds, is for one policy in all, and ``until`` (of time.monotonic) for all of them.

        ``ca_path`` is a file with the authorities to trust, where the system's are not those.

        Raises:
            InvalidValue: no certificates can be read there.
        """
        self._lookup, self._timeout, self._until, self._port = lookup, timeout, until, port
        try:
            self._context = ssl.create_default_context(cafile=ca_path)
        except (OSError, ValueError) as error:
            reason = f"no certificate can be read there ({error})"
            raise InvalidValue("ca_path", ca_path, reason, "give a file with certificates in PEM") from error
        # Python's default from 3.13 on; senders of mail take what is less strict.
        self._context.verify_flags &= ~ssl.VERIFY_X509_STRICT

    def fetch(self, domain: str) -> Fetched:
        """Return the policy of ``domain``, or why there is none."""
        host = f"mta-sts.{domain}"
        found = where(self._lookup, host)
        if found.problem:
            return Fetched(problem=found.problem, reached=found.known)
        until = min(self._until, time.monotonic() + self._timeout)
        problem = Fetched(problem=f"there was no time left to ask {host}", reached=False)
        for number, address in enumerate(found.addresses):
            left = until - time.monotonic()
            if left <= 0:
                break
            own_until = time.monotonic() + left / (len(found.addresses) - number)
            told = f"{host} ({address})"
            try:
                connection = socket.create_connection((address, self._port), timeout=_left(own_until))
            except ConnectionRefusedError:
                problem = Fetched(problem=f"{told} refuses the connection to port {self._port}")
            except OSError as error:
                # What an earlier address was known to do says more.
                text = f"no connection to {told}, port {self._port} ({_reason(error)})"
                problem = Fetched(problem=text, reached=False) if not problem.reached else problem
            else:
                return self._from(connection, host, told, own_until)
        return problem

    def _from(self, connection: socket.socket, host: str, told: str, until: float) -> Fetched:
        with connection:
            try:
                connection.settimeout(_left(until))
                with self._context.wrap_socket(connection, server_hostname=host) as secured:
                    return self._ask(secured, host, until)
            except ssl.SSLCertVerificationError as error:
                return Fetched(problem=f"the certificate of {told} does not stand up: {error.verify_message}")
            except TimeoutError:
                return Fetched(problem=f"{told} does not finish its answer in time")
            except (http.client.HTTPException, ValueError) as error:
                return Fetched(problem=f"the answer of {told} is no HTTP ({_reason(error)})")
            except OSError as error:
                return Fetched(problem=f"the connection to {told} breaks off ({_reason(error)})")

    def _ask(self, secured: ssl.SSLSocket, host: str, until: float) -> Fetched:
        secured.settimeout(_left(until))
        secured.sendall(
            f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\nAccept: text/plain\r\nUser-Agent: mailwright.mail\r\n"
            "Connection: close\r\n\r\n".encode("ascii")
        )
        source: Any = _Source(secured, until)
        response = http.client.HTTPResponse(source, method="GET")
        try:
            response.begin()
            content = response.read(LONGEST + 1)
            if response.length and len(content) <= LONGEST:
                raise http.client.HTTPException(f"it ends {response.length} bytes too early")
        finally:
            response.close()
        url = f"https://{host}{PATH}"
        if response.status != 200:
            # Section 3.3: redirections are not followed.
            more = ", a redirection, which senders do not follow" if 300 <= response.status < 400 else ""
            return Fetched(problem=f"{url} gives the status {response.status}{more}")
        kind = response.headers.get_content_type() if "content-type" in response.headers else "nothing"
        if kind != "text/plain":
            return Fetched(problem=f"{url} is served as {kind[:100]}, and not as text/plain")
        if len(content) > LONGEST:
            return Fetched(problem=f"{url} has more than {LONGEST} bytes")
        return Fetched(content.decode("utf-8", "surrogateescape"))


class _Source(io.RawIOBase):
    """What is read of a connection up to a time and a length; `http.client` takes it for a socket."""

    def __init__(self, secured: ssl.SSLSocket, until: float) -> None:
        super().__init__()
        self._secured, self._until, self._read = secured, until, 0

    def makefile(self, *_how: object) -> io.BufferedReader:
        """Return itself as http.client reads it."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what comes next.

        Raises:
            TimeoutError: it does not come in time.
            HTTPException: it is too much.
        """
        self._secured.settimeout(_left(self._until))
        count = self._secured.recv_into(buffer)
        self._read += count
        if self._read > 3 * LONGEST:
            raise http.client.HTTPException(f"more than {3 * LONGEST} bytes")
        return count


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "time-out"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)[:200] or type(error).__name__
