# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTP client for JSON APIs: one connection that stays open, time limits, and errors that name the remedy."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from ..core.errors import Unavailable
from ..core.json_api import check_url, parse_body
from .zone import NotReached


@dataclass(frozen=True)
class Answer:
    """A status and the body, parsed; ``document`` is ``None`` for an empty body."""

    status: int
    document: Any


class JsonClient:
    """Speaks with the server at ``url``; ``headers`` go with each request and are never shown."""

    def __init__(self, url: str, headers: dict[str, str], timeout: float, subject: str) -> None:
        """Check ``url``; nothing is connected yet. ``timeout`` in seconds holds for each wait.

        Raises:
            InvalidValue: it is no http or https URL of a host.
        """
        parts = check_url("api_url", url, "give a URL such as http://127.0.0.1:8081")
        hostname, port = parts.hostname or "", parts.port
        self.url = url.rstrip("/")
        self._prefix = parts.path.rstrip("/")
        self._headers = headers
        self._subject = subject
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                hostname, port, timeout=timeout, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(hostname, port, timeout=timeout)
        self._timeout = timeout

    def request(self, method: str, path: str, document: Any = None, *, secret: bool = False) -> Answer:
        """Return the answer to one request; ``secret`` says that no part of its body may be shown.

        A request that reads and meets a connection which the server has closed meanwhile is made once more.

        Raises:
            NotReached: the connection is refused, or the host is not known.
            Unavailable: no answer in time, the connection dies, TLS fails, or the body is no JSON.
        """
        body = None if document is None else json.dumps(document).encode()
        headers = {"Accept": "application/json", **self._headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        was_open = self._connection.sock is not None
        try:
            return self._once(method, path, body, headers, secret)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self._connection.close()
            if not (was_open and method == "GET"):
                raise Unavailable(f"{self._told(method, path)}: the connection was closed without an answer") from error
            return self.request(method, path, document, secret=secret)

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str], secret: bool) -> Answer:
        told = self._told(method, path)
        try:
            self._connection.request(method, self._prefix + path, body, headers)
            response = self._connection.getresponse()
            content = response.read()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            raise
        except (ConnectionRefusedError, socket.gaierror) as error:
            raise NotReached(
                f"{self._subject} does not answer at {self.url} ({error.strerror}); start it, or correct api_url"
            ) from error
        except TimeoutError as error:
            self._connection.close()
            raise Unavailable(f"{told}: no answer within {self._timeout} seconds") from error
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unavailable(f"{told}: the answer broke off or is no HTTP ({_reason(error)})") from error
        return Answer(response.status, parse_body(content, response.status, told, self._subject, secret=secret))

    def _told(self, method: str, path: str) -> str:
        return f"{self._subject} at {self.url}: {method} {path}"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
