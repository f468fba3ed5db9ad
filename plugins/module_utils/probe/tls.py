# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS with a server whose certificate may be wrong in any way, and what the certificate says.

OpenSSL alone judges. If it does not accept the certificate, the connection is over, and further ones are made to find
out what is wrong: one that leaves the name aside, then one that leaves all aside. What speaks on such a connection has
to know, and `Secured.accepted` says so: no password goes over it unless the caller wants it so.
"""

from __future__ import annotations

import os
import ssl
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import InvalidValue, Unavailable
from .certificate import Certificate, read_certificate
from .connection import Broken, Connection
from .target import Target

# X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL.
_NAME_CODES = (62, 64)
_WORDS = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is signed by its own key, and by nobody who is trusted",
    19: "its chain ends at an authority that is not trusted",
    20: "its issuer is not trusted, or the server does not send the whole chain",
    21: "its issuer is not trusted, and the server sends no chain",
}
_MINIMUM = ssl.TLSVersion.TLSv1_2
# Reasons of OpenSSL that say that something else than TLS came.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNEXPECTED_MESSAGE", "RECORD_TOO_SMALL")

# What brings a new connection to the point where TLS begins.
Approach = Callable[[Connection], None]


@dataclass(frozen=True)
class Secured:
    """A connection's TLS: ``version`` as OpenSSL names it, ``cipher``, its strength in ``bits``, the ``certificate``.

    ``accepted`` is whether the certificate was verified on this very connection, its name included.
    """

    version: str
    cipher: str
    bits: int
    certificate: Certificate
    accepted: bool
    chain: tuple[bytes, ...] = field(repr=False, default=())

    def shown(self) -> dict[str, Any]:
        """Return version, cipher and bits as modules return them."""
        return {"version": self.version, "cipher": self.cipher, "bits": self.bits}


def check_trust(target: Target) -> None:
    """See that the authorities of ``target`` can be read, before anybody is asked.

    Raises:
        Unavailable: they cannot.
    """
    _context(target, ssl.CERT_REQUIRED, named=True)


def secure(connection: Connection, approach: Approach) -> Secured:
    """Negotiate TLS on ``connection``, which is at the point where it begins, and read the certificate.

    If the certificate is not accepted, ``connection`` has become another connection to the same server, which
    ``approach`` brought to the same point.

    Raises:
        Broken: there is no TLS with the server, or none of version 1.2 or newer.
    """
    target = connection.target
    try:
        return _secured(connection, connection.wrap(_context(target, ssl.CERT_REQUIRED, named=True), target.tls_name))
    except ssl.SSLCertVerificationError as error:
        refusal = error
    except ssl.SSLError as error:
        raise _disagreed(error, connection, approach) from error
    if refusal.verify_code in _NAME_CODES:
        connection.connect()
        approach(connection)
        try:
            opened = connection.wrap(_context(target, ssl.CERT_REQUIRED, named=False), target.tls_name)
            return _secured(connection, opened, trusted=True, accepted=False)
        except ssl.SSLCertVerificationError as error:
            refusal = error
        except ssl.SSLError as error:
            raise _disagreed(error, connection, approach) from error
    problem = _WORDS.get(refusal.verify_code, refusal.verify_message)
    connection.connect()
    approach(connection)
    try:
        opened = connection.wrap(_context(target, ssl.CERT_NONE, named=False), target.tls_name)
    except ssl.SSLError as error:
        raise _disagreed(error, connection, approach) from error
    return _secured(connection, opened, trusted=False, accepted=False, problem=problem)


def _secured(
    connection: Connection, opened: ssl.SSLSocket, *, trusted: bool = True, accepted: bool = True, problem: str = ""
) -> Secured:
    der = opened.getpeercert(binary_form=True)
    if not der:
        raise Broken("the server presents no certificate")
    name = connection.target.tls_name
    # Whether the name is right was judged by OpenSSL, unless the chain was wrong already.
    matches = accepted if trusted else None
    certificate = read_certificate(der, name, trusted=trusted, name_matches=matches, problem=problem)
    cipher, _version, bits = opened.cipher() or ("", "", 0)
    return Secured(opened.version() or "", cipher, bits, certificate, accepted, _chain(opened) or (der,))


def _chain(opened: Any) -> tuple[bytes, ...]:
    """Return all certificates that the server sent, in DER. Before Python 3.13 the method is the inner object's."""
    if hasattr(opened, "get_unverified_chain"):
        return tuple(opened.get_unverified_chain())
    # 2 is _ssl.ENCODING_DER.
    return tuple(one.public_bytes(2) for one in opened._sslobj.get_unverified_chain() or ())


def _context(target: Target, mode: ssl.VerifyMode, *, named: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _MINIMUM
    context.check_hostname = named
    context.verify_mode = mode
    path = target.ca_path
    try:
        if path is None:
            context.load_default_certs()
        elif os.path.isdir(path):
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except OSError as error:
        right = "give a file or directory of certificates in PEM"
        raise Unavailable(f"ca_path {path} cannot be read: {error.strerror or error}; {right}") from error
    if target.ca_pem:
        try:
            context.load_verify_locations(cadata=target.ca_pem)
        except (ssl.SSLError, ValueError) as error:
            right = "give certificates from BEGIN CERTIFICATE to END CERTIFICATE"
            # It may be a private key that stands there by mistake.
            raise InvalidValue("ca_pem", "(text)", "holds no certificates that can be read", right) from error
    return context


def _disagreed(error: ssl.SSLError, connection: Connection, approach: Approach) -> Broken:
    reason = error.reason or str(error)
    if reason in _NO_TLS:
        return Broken("the server answers with something that is no TLS; does the port want the other kind of tls?")
    spoken = _older(connection, approach)
    if spoken:
        return Broken(f"the server speaks {spoken} only; clients of today want TLSv1.2 at least")
    return Broken(f"TLS cannot be negotiated: {reason.lower().replace('_', ' ')}")


def _older(connection: Connection, approach: Approach) -> str | None:
    """Return which version of TLS before 1.2 the server speaks, as far as the system's OpenSSL speaks it, too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        except (ssl.SSLError, ValueError):
            return None
    try:
        connection.connect()
        approach(connection)
        version = connection.wrap(context, connection.target.tls_name).version()
    except (ssl.SSLError, Broken):
        return None
    connection.close()
    return version
