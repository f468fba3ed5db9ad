# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a relay takes the login: a session as Postfix would open it, ended before any mail (RFC 5321, 3207, 4954).

What the server says is told in its own words. A password that it repeats is taken out of them.
"""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
from dataclasses import dataclass

from ...core.errors import MailwrightError, Unavailable
from .model import VERIFYING, Hop, Relay

_TIMEOUT = 20
# What smtplib speaks, the strongest first, as Cyrus SASL chooses.
_SPOKEN = ("CRAM-MD5", "PLAIN", "LOGIN")
_PLAIN_TEXT = ("PLAIN", "LOGIN")
_LONGEST_REPLY = 500


class Refused(MailwrightError):
    """The relay does not take the session. Nothing was changed."""


@dataclass(frozen=True)
class Outcome:
    """How a session went: the TLS version (``None`` without TLS), the mechanism of the login, what was not judged."""

    tls: str | None
    mechanism: str | None
    notes: tuple[str, ...] = ()


def check_login(relay: Relay, hop: Hop, timeout: float = _TIMEOUT) -> Outcome:
    """Open a session with ``hop`` of ``relay``, negotiate TLS as its level asks, log in, and leave.

    Raises:
        Refused: TLS or the login fails; the message has the server's own words.
        Unavailable: the host cannot be reached, or ``ca_file`` cannot be read.
    """
    place = f"relay {relay.name} ({hop.host}:{hop.port})"
    try:
        return _session(relay, hop, place, timeout)
    except ssl.SSLCertVerificationError as error:
        raise Refused(
            f"{place}: its certificate does not stand up to tls: {relay.tls}: {error.verify_message}; "
            "give the name that is in the certificate, the authority's certificates in ca_file, or another level"
        ) from error
    except ssl.SSLError as error:
        raise Refused(f"{place}: TLS cannot be negotiated: {error.reason or error}") from error
    except smtplib.SMTPServerDisconnected as error:
        if isinstance(error.__context__, TimeoutError):
            raise _silent(place, timeout) from error
        raise Refused(f"{place}: the server closed the connection: {error}") from error
    except smtplib.SMTPResponseException as error:
        raise Refused(f"{place}: the server answers {_words(error.smtp_code, error.smtp_error, hop)}") from error
    except smtplib.SMTPException as error:
        raise Refused(f"{place}: {error}") from error
    except TimeoutError as error:
        raise _silent(place, timeout) from error
    except OSError as error:
        raise Unavailable(
            f"{place}: no connection: {error.strerror or error}; check host, port and firewall"
        ) from error


def _silent(place: str, timeout: float) -> Unavailable:
    return Unavailable(f"{place}: no answer within {timeout:g} s; check host, port and firewall")


def _session(relay: Relay, hop: Hop, place: str, timeout: float) -> Outcome:
    context = _context(relay)
    notes = []
    if relay.tls == "dane":
        notes.append(f"{place}: whether its TLSA records match is only judged by Postfix, not by check_login")
    # EHLO with a name that does not have to be looked up.
    name = socket.gethostname()
    connection: smtplib.SMTP
    if relay.implicit_tls:
        connection = smtplib.SMTP_SSL(hop.host, hop.port, local_hostname=name, timeout=timeout, context=context)
    else:
        connection = smtplib.SMTP(hop.host, hop.port, local_hostname=name, timeout=timeout)
    try:
        connection.ehlo_or_helo_if_needed()
        if not relay.implicit_tls:
            _start_tls(connection, relay, hop, place, context)
        socket_ = connection.sock
        version = socket_.version() if isinstance(socket_, ssl.SSLSocket) else None
        mechanism = None if hop.username is None else _log_in(connection, relay, hop, place, version is not None)
    except BaseException:
        connection.close()
        raise
    _leave(connection)
    return Outcome(version, mechanism, tuple(notes))


def _context(relay: Relay) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if relay.tls in VERIFYING:
        try:
            context.load_verify_locations(cafile=relay.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Unavailable(f"ca_file {relay.ca_file} cannot be read: {error.strerror or error}") from error
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _start_tls(connection: smtplib.SMTP, relay: Relay, hop: Hop, place: str, context: ssl.SSLContext) -> None:
    if not connection.has_extn("starttls"):
        if relay.tls in ("may", "dane"):
            return
        raise Refused(f"{place}: the server does not offer STARTTLS, and tls is {relay.tls}")
    # Unlike smtplib's starttls, all refusals with the server's words.
    code, answer = connection.docmd("STARTTLS")
    if code != 220:
        raise smtplib.SMTPResponseException(code, answer)
    opened = connection.sock
    if opened is None:
        raise smtplib.SMTPServerDisconnected("no connection")
    connection.sock = context.wrap_socket(opened, server_hostname=hop.host)
    connection.file = None
    # RFC 3207, section 4.2: what was said before is forgotten.
    connection.helo_resp = connection.ehlo_resp = None
    connection.esmtp_features = {}
    connection.does_esmtp = False
    connection.ehlo_or_helo_if_needed()


def _log_in(connection: smtplib.SMTP, relay: Relay, hop: Hop, place: str, encrypted: bool) -> str:
    offered = connection.esmtp_features.get("auth", "").upper().split()
    if not offered:
        without = "" if encrypted else " without TLS"
        raise Refused(f"{place}: the server offers no login{without}, and a username is given")
    admitted = [name for name in offered if not relay.mechanisms or name in relay.mechanisms]
    if not admitted:
        raise Refused(
            f"{place}: the server offers {', '.join(offered)}, and mechanisms has {', '.join(relay.mechanisms)}"
        )
    usable = [name for name in _SPOKEN if name in admitted and (encrypted or name not in _PLAIN_TEXT)]
    if not usable:
        reason = (
            f"check_login speaks {', '.join(_SPOKEN)} only"
            if encrypted
            else "a password is not sent in the clear, and the session has no TLS"
        )
        raise Refused(f"{place}: the server offers {', '.join(admitted)}, and {reason}")
    _authenticate(connection, usable[0], hop, place)
    return usable[0]


def _authenticate(connection: smtplib.SMTP, mechanism: str, hop: Hop, place: str) -> None:
    # Where smtplib's own methods look for them.
    connection.user, connection.password = hop.username or "", hop.password or ""
    try:
        if mechanism == "CRAM-MD5":
            connection.auth(mechanism, connection.auth_cram_md5)
        elif mechanism == "PLAIN":
            connection.auth(mechanism, connection.auth_plain)
        else:
            connection.auth(mechanism, connection.auth_login)
    except smtplib.SMTPAuthenticationError as error:
        raise Refused(
            f"{place} refuses the login of {hop.username!r} with {mechanism}: "
            f"{_words(error.smtp_code, error.smtp_error, hop)}"
        ) from error


def _words(code: int, answer: bytes | str, hop: Hop) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    if hop.password:
        plain = f"\0{hop.username}\0{hop.password}".encode()
        for secret in (
            hop.password,
            base64.b64encode(hop.password.encode()).decode(),
            base64.b64encode(plain).decode(),
        ):
            text = text.replace(secret, "(hidden)")
    text = " ".join(text.split())
    return f"{code} {text[:_LONGEST_REPLY]}"


def _leave(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (smtplib.SMTPException, OSError):
        connection.close()
