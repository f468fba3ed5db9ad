# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mail server presents after STARTTLS, whatever it is worth: nothing is verified here."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import Any

from .connection import Broken, Connection, Limits
from .target import STARTTLS, Target

# What a server may say before TLS begins, in bytes; real ones take some hundred.
_ALLOWANCE = 65536
_REPLY = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class NotReached(Exception):
    """No whole answer came, be it for the server's sake or for the network's; it says how that showed."""


class NoTls(Exception):
    """The server answers, and presents no certificate; it says why."""


@dataclass(frozen=True)
class Chain:
    """The DER forms of the certificates that were presented, the server's own first.

    ``whole``: these are all. Otherwise this Python tells no more than the first.
    """

    certificates: tuple[bytes, ...]
    whole: bool


def starttls_chain(address: str, port: int, name: str, timeout: float) -> Chain:
    """Return what the SMTP server at ``address`` presents to those who ask for ``name`` (RFC 3207; SNI).

    ``timeout``, in seconds, is for all of it.

    Raises:
        NotReached: there is no connection, or no word comes.
        NoTls: it offers no STARTTLS, or the TLS handshake fails.
    """
    target = Target("smtp", address, port, STARTTLS, name, timeout=timeout, budget=timeout)
    # The whole is one step.
    connection = Connection(target, Limits(timeout, 2 * timeout))
    told = f"{address} port {port}"
    try:
        connection.connect()
        connection.allow(_ALLOWANCE)
        # A server that turns this host away may well present one to others.
        _expect(connection, b"220", f"{told} greets", NotReached)
        # A name of its own may need a resolver that is slow.
        connection.sendall(f"EHLO {_literal(connection.local_address)}\r\n".encode("ascii"))
        offered = _expect(connection, b"250", f"{told} answers EHLO")
        if not any(line.strip().upper() == b"STARTTLS" for line in offered[1:]):
            raise NoTls(f"{told} offers no STARTTLS")
        connection.sendall(b"STARTTLS\r\n")
        _expect(connection, b"220", f"{told} answers STARTTLS")
    except Broken as error:
        raise NotReached(f"{told}: {error}") from error
    else:
        return _negotiated(connection, name, told)
    finally:
        connection.close()


def _negotiated(connection: Connection, name: str, told: str) -> Chain:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # The weakest keys are to be seen as well.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    try:
        return _chain(connection.wrap(context, name))
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        raise NoTls(f"the TLS handshake with {told} fails ({reason})") from error
    # ValueError: a name that SNI does not take.
    except (Broken, ValueError) as error:
        raise NoTls(f"the TLS handshake with {told} fails ({error})") from error


def _chain(wrapped: ssl.SSLSocket) -> Chain:
    public = getattr(wrapped, "get_unverified_chain", None)
    if public is not None:
        certificates = tuple(public())
    else:
        # Python 3.10 to 3.12 have it behind the object that OpenSSL's is wrapped in.
        inner: Any = getattr(getattr(wrapped, "_sslobj", None), "get_unverified_chain", None)
        der = 2  # _ssl.ENCODING_DER
        certificates = tuple(bytes(one.public_bytes(der)) for one in (inner and inner()) or ())
    if certificates:
        return Chain(certificates, whole=True)
    own = wrapped.getpeercert(binary_form=True)
    if not own:
        raise ValueError("no certificate is presented")
    return Chain((own,), whole=False)


def _expect(connection: Connection, code: bytes, does: str, otherwise: type[NotReached | NoTls] = NoTls) -> list[bytes]:
    """Return the lines of a reply (RFC 5321, section 4.2) without their codes.

    Raises:
        NoTls: it is none of SMTP's; or, if that is ``otherwise``, another reply.
        NotReached: it is another reply, if that is ``otherwise``.
        Broken: there is none.
    """
    lines: list[bytes] = []
    while True:
        line = connection.readline().rstrip(b"\r\n")
        match = _REPLY.fullmatch(line)
        if match is None:
            raise NoTls(f"{does} with something that is no SMTP ({_readable(line)})")
        lines.append(match[3] or b"")
        if match[2] == b"-":
            continue
        if match[1] != code:
            raise otherwise(f"{does} with {_readable(line)}")
        return lines


def _readable(line: bytes) -> str:
    return repr(line[:200].decode("ascii", "backslashreplace"))


def _literal(address: str) -> str:
    """Return ``address`` as EHLO takes it (RFC 5321, section 4.1.3)."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
