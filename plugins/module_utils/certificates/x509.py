# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and certificates: the one file that talks to the library ``cryptography`` (Debian 12: 38, Debian 13: 43)."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.deps import need
from ..core.errors import InvalidValue
from ..core.signatures import signed_with

KEY_TYPES = ("ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096")
# Clocks of clients differ; a certificate that is valid from this very second is refused by some of them.
_BACKDATED = dt.timedelta(hours=1)
_COMMON_NAME_LIMIT = 64  # characters (RFC 5280, appendix A.1, ub-common-name)
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class Key:
    """A private key: ``pem`` as it stands in a file, and what identifies it.

    ``spki_sha256`` is the hash that a TLSA record ``3 1 1`` has (RFC 6698): SHA-256 over the DER form of the
    SubjectPublicKeyInfo, in lower-case hexadecimal. ``kind`` is one of `KEY_TYPES`, or the library's name for others.
    """

    pem: bytes = field(repr=False)
    spki_sha256: str
    kind: str
    handle: Any = field(repr=False, compare=False)


@dataclass(frozen=True)
class Certificate:
    """A certificate: ``pem``, and of its fields those that decisions are made from. Times are in UTC."""

    pem: bytes = field(repr=False)
    names: tuple[str, ...]
    subject: str
    issuer: str
    not_before: dt.datetime
    not_after: dt.datetime
    spki_sha256: str
    handle: Any = field(repr=False, compare=False)


def load_key(pem: bytes, subject: str) -> Key:
    """Return the private key in ``pem``.

    Raises:
        InvalidValue: no unencrypted PEM key of a type that TLS servers use.
        Unavailable: the library is not installed.
    """
    serialization = need("cryptography.hazmat.primitives.serialization")
    unsupported = need("cryptography.exceptions").UnsupportedAlgorithm
    right = "give an unencrypted private key in PEM"
    try:
        handle = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise InvalidValue("private key", subject, "is encrypted with a passphrase", right) from error
    except (ValueError, unsupported) as error:
        raise InvalidValue("private key", subject, "is no private key that can be read", right) from error
    return Key(pem, _spki_sha256(handle.public_key()), _kind(handle), handle)


def public_key_hash(pem: bytes, subject: str) -> str:
    """Return the SPKI hash, as `Key` has it, of the public key in ``pem``.

    Raises:
        InvalidValue: no public key in PEM.
        Unavailable: the library is not installed.
    """
    serialization = need("cryptography.hazmat.primitives.serialization")
    unsupported = need("cryptography.exceptions").UnsupportedAlgorithm
    try:
        return _spki_sha256(serialization.load_pem_public_key(pem))
    except (ValueError, unsupported) as error:
        right = "give a public key in PEM, as openssl pkey -pubout writes it"
        raise InvalidValue("next_public_key", subject, "is no public key that can be read", right) from error


def make_key(kind: str) -> Key:
    """Return a new key of ``kind`` (one of `KEY_TYPES`), its PEM in PKCS#8."""
    ec = need("cryptography.hazmat.primitives.asymmetric.ec")
    rsa = need("cryptography.hazmat.primitives.asymmetric.rsa")
    serialization = need("cryptography.hazmat.primitives.serialization")
    if kind.startswith("rsa-"):
        handle = rsa.generate_private_key(public_exponent=65537, key_size=int(kind[4:]))
    else:
        handle = ec.generate_private_key(ec.SECP384R1() if kind == "ecdsa-p384" else ec.SECP256R1())
    pem = handle.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Key(pem, _spki_sha256(handle.public_key()), kind, handle)


def load_chain(pem: bytes, subject: str) -> list[Certificate]:
    """Return the certificates in ``pem`` in their order.

    Raises:
        InvalidValue: there is none, or one of them cannot be read.
        Unavailable: the library is not installed.
    """
    x509 = need("cryptography.x509")
    # None of these but the first is a ValueError.
    unreadable = (
        ValueError,
        need("cryptography.exceptions").UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    )
    blocks = _BLOCK.findall(pem)
    if not blocks:
        raise InvalidValue(
            "certificate", subject, "holds no certificate", "give the server's certificate and its chain in PEM"
        )
    chain = []
    for number, block in enumerate(blocks, 1):
        try:
            chain.append(_describe(block + b"\n", x509.load_pem_x509_certificate(block)))
        except unreadable as error:
            reason = f"has a certificate (number {number}) that cannot be read ({error})"
            raise InvalidValue("certificate", subject, reason) from error
    return chain


def issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether ``issuer`` signed ``certificate``; of a kind of signature that cannot be verified, names decide.

    So it is with RSA-PSS before version 41 of the library.
    """
    return certificate.issuer == issuer.subject and signed_with(issuer.handle.public_key(), certificate.handle)


def make_authority(
    key: Key, common_name: str, now: dt.datetime, days: int, former: Certificate | None = None
) -> Certificate:
    """Return a self-signed certificate for ``key``, which may sign server certificates and nothing below them.

    With ``former`` it has that one's subject: certificates issued under it still lead to the new one.
    """
    x509 = need("cryptography.x509")
    subject = former.handle.subject if former else _name(common_name[:_COMMON_NAME_LIMIT])
    builder = _builder(key, subject, subject, now, now + dt.timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.handle.public_key()), critical=False)
    return _sign(builder, key)


def make_certificate(
    key: Key, names: Sequence[str], authority: Certificate, authority_key: Key, now: dt.datetime, days: int
) -> Certificate:
    """Return a server certificate for ``key`` and ``names``; it does not outlive ``authority``."""
    x509 = need("cryptography.x509")
    host = names[0].removeprefix("DNS:")
    fits = len(host) <= _COMMON_NAME_LIMIT
    subject = _name(host) if fits else x509.Name([])
    until = min(now + dt.timedelta(days=days), authority.not_after)
    builder = _builder(key, subject, authority.handle.subject, now, until)
    # Without a subject the names are all there is, and so critical (RFC 5280, section 4.2.1.6).
    builder = builder.add_extension(
        x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=not fits
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    usage = _usage(digital_signature=True, key_encipherment=key.kind.startswith("rsa-"))
    builder = builder.add_extension(usage, critical=True)
    server = x509.ExtendedKeyUsage([need("cryptography.x509.oid").ExtendedKeyUsageOID.SERVER_AUTH])
    builder = builder.add_extension(server, critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.handle.public_key()), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.handle.public_key())
    builder = builder.add_extension(issuer, critical=False)
    return _sign(builder, authority_key)


def _builder(key: Key, subject: Any, issuer: Any, now: dt.datetime, until: dt.datetime) -> Any:
    x509 = need("cryptography.x509")
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.handle.public_key()).serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - _BACKDATED).not_valid_after(until)


def _sign(builder: Any, key: Key) -> Certificate:
    hashes = need("cryptography.hazmat.primitives.hashes")
    serialization = need("cryptography.hazmat.primitives.serialization")
    made = builder.sign(key.handle, hashes.SHA384() if key.kind == "ecdsa-p384" else hashes.SHA256())
    return _describe(made.public_bytes(serialization.Encoding.PEM), made)


def _describe(pem: bytes, handle: Any) -> Certificate:
    return Certificate(
        pem,
        _names(handle),
        handle.subject.rfc4514_string(),
        handle.issuer.rfc4514_string(),
        _time(handle, "not_valid_before"),
        _time(handle, "not_valid_after"),
        _spki_sha256(handle.public_key()),
        handle,
    )


def _time(handle: Any, name: str) -> dt.datetime:
    # The attributes with a time zone came with 42; those without are deprecated since.
    if hasattr(handle, f"{name}_utc"):
        moment: dt.datetime = getattr(handle, f"{name}_utc")
        return moment
    naive: dt.datetime = getattr(handle, name)
    return naive.replace(tzinfo=dt.UTC)


def _names(handle: Any) -> tuple[str, ...]:
    x509 = need("cryptography.x509")
    try:
        held = handle.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = [f"DNS:{name.lower()}" for name in held.get_values_for_type(x509.DNSName)]
    return (*hosts, *(f"IP:{address}" for address in held.get_values_for_type(x509.IPAddress)))


def _general_name(name: str) -> Any:
    x509 = need("cryptography.x509")
    kind, _colon, value = name.partition(":")
    return x509.IPAddress(ipaddress.ip_address(value)) if kind == "IP" else x509.DNSName(value)


def _name(common_name: str) -> Any:
    x509 = need("cryptography.x509")
    return x509.Name([x509.NameAttribute(need("cryptography.x509.oid").NameOID.COMMON_NAME, common_name)])


def _usage(**given: bool) -> Any:
    none = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    return need("cryptography.x509").KeyUsage(**{**none, **given})


def _spki_sha256(public: Any) -> str:
    serialization = need("cryptography.hazmat.primitives.serialization")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(public.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def _kind(handle: Any) -> str:
    rsa = need("cryptography.hazmat.primitives.asymmetric.rsa")
    ec = need("cryptography.hazmat.primitives.asymmetric.ec")
    if isinstance(handle, rsa.RSAPrivateKey):
        return f"rsa-{handle.key_size}"
    if isinstance(handle, ec.EllipticCurvePrivateKey):
        return {"secp256r1": "ecdsa-p256", "secp384r1": "ecdsa-p384"}.get(
            handle.curve.name, f"ecdsa-{handle.curve.name}"
        )
    return type(handle).__name__
