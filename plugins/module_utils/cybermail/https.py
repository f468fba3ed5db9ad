# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTPS request, by the HTTP client that ansible-core brings, through a proxy that the environment names."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError, URLError

from ansible.module_utils.urls import open_url

from .errors import NoAnswer, NotSent

# No answer of the platform is longer, in bytes.
LONGEST_ANSWER = 32 * 1024 * 1024


@dataclass(frozen=True)
class Tls:
    """Whom to trust: the system's authorities, or those in the file ``ca_path``; or, without ``validate``, anybody."""

    validate: bool = True
    ca_path: str | None = None


@dataclass(frozen=True)
class Raw:
    """An answer as it came: the status, the headers by lower-case name, and the body."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


def post(url: str, headers: Mapping[str, str], body: bytes, timeout: float, tls: Tls, told: str) -> Raw:
    """Send ``body`` and return the whole answer, whatever its status; redirections are not followed.

    ``timeout``, in seconds, holds for the connection, and again for the whole answer. ``told`` begins each message.

    Raises:
        NotSent: no connection, or the server is not who it should be.
        NoAnswer: no whole answer.
    """
    try:
        try:
            response = open_url(
                url,
                data=body,
                headers=dict(headers),
                method="POST",
                timeout=timeout,
                validate_certs=tls.validate,
                ca_path=tls.ca_path,
                follow_redirects="none",
                decompress=False,
                # A login of ~/.netrc would stand in for the key.
                use_netrc=False,
                http_agent="mailwright.mail",
            )
        except HTTPError as error:
            response = error
        with response:
            found = {name.lower(): value for name, value in response.headers.items()}
            return Raw(int(response.status), found, _whole(response, found, timeout))
    except URLError as error:
        raise _not_connected(error.reason, timeout, told) from error
    except TimeoutError as error:
        raise NoAnswer(f"{told}: no answer within {timeout} seconds") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"{told}: the answer broke off or is no HTTP ({_reason(error)})") from error


def _whole(response: Any, headers: Mapping[str, str], timeout: float) -> bytes:
    """Return the body; a server that sends it drop by drop gets no more time than any other.

    Raises:
        TimeoutError: it is not complete in time.
        HTTPException: it is too short or too long.
    """
    end = time.monotonic() + timeout
    parts: list[bytes] = []
    length = 0
    while part := response.read1(65536):
        parts.append(part)
        length += len(part)
        if length > LONGEST_ANSWER:
            raise http.client.HTTPException(f"more than {LONGEST_ANSWER} bytes")
        if time.monotonic() > end:
            raise TimeoutError
    # Reading piece by piece, http.client does not compare.
    promised = headers.get("content-length", "")
    if promised.isdigit() and length < int(promised):
        raise http.client.HTTPException(f"{length} bytes instead of {promised}")
    return b"".join(parts)


def _not_connected(reason: Any, timeout: float, told: str) -> NotSent | NoAnswer:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return NotSent(
            f"{told}: its certificate is not trusted ({reason.verify_message}); correct api_url, or give in ca_path "
            "the authority that issued it"
        )
    if isinstance(reason, TimeoutError):
        return NoAnswer(f"{told}: no answer within {timeout} seconds")
    if isinstance(reason, (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)):
        return NoAnswer(f"{told}: the connection was closed without an answer")
    if isinstance(reason, (socket.gaierror, ssl.SSLError, OSError)):
        return NotSent(f"{told}: cannot be connected ({_reason(reason)}); check the network, or correct api_url")
    return NotSent(f"{told}: cannot be connected ({reason}); check the network, or correct api_url")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
