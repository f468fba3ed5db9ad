# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs: the one file that talks to the library ``cryptography`` (Debian 12: 38, Debian 13: 43).

A private key leaves this file only as the PEM text of a new one, which goes to its file and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from ..core.deps import need
from ..core.errors import InvalidValue

ALGORITHMS = ("rsa", "ed25519")
BITS = (2048, 3072, 4096)
# RFC 8301, section 3.2: signers use at least 1024 bits and should use 2048; verifiers take no less than 1024.
WEAK_BITS = 1024
STRONG_BITS = 2048
# A key of 16384 bits has 13 kB.
SIZE_LIMIT = 64 * 1024
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_FORMS = {b"PRIVATE KEY": "pkcs8", b"RSA PRIVATE KEY": "pkcs1"}
_RIGHT = "give an unencrypted RSA or Ed25519 private key"
_SEED = 32


@dataclass(frozen=True)
class PublicKey:
    """What everybody may know of a key pair.

    ``public`` is what stands after ``p=`` in the record: of RSA the SubjectPublicKeyInfo (RFC 6376, section 3.6.1, and
    its erratum 3017), of Ed25519 the bare 32 bytes (RFC 8463, section 4), in Base64. ``bits`` is ``None`` for Ed25519.
    ``spki_sha256`` is the SHA-256 of the SubjectPublicKeyInfo in DER, lower-case hexadecimal. ``form`` is how the
    private key is written: ``pkcs8``, ``pkcs1``, ``seed`` (Base64 of the 32 bytes of Ed25519's seed) or
    ``seed_and_public`` (Base64 of these and the public key, as rspamadm writes it).
    """

    algorithm: str
    bits: int | None
    public: str
    pem: str
    spki_sha256: str
    form: str

    @property
    def kind(self) -> str:
        """Algorithm and size as people read them: ``rsa 2048``, ``ed25519``."""
        return kind(self.algorithm, self.bits)


def kind(algorithm: str, bits: int | None) -> str:
    """Return algorithm and size as people read them: ``rsa 2048``, ``ed25519``."""
    return f"{algorithm} {bits}" if algorithm == "rsa" else algorithm


def check_library() -> None:
    """Look whether keys can be made and read.

    Raises:
        Unavailable: the library is not installed.
    """
    need("cryptography.hazmat.primitives.asymmetric.rsa")


def make_key(algorithm: str, bits: int) -> tuple[bytes, PublicKey]:
    """Return a new private key in PKCS#8 PEM, and its public one; ``bits`` are for RSA only.

    Raises:
        Unavailable: the library is not installed.
    """
    serialization = need("cryptography.hazmat.primitives.serialization")
    if algorithm == "rsa":
        rsa = need("cryptography.hazmat.primitives.asymmetric.rsa")
        handle = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    else:
        handle = need("cryptography.hazmat.primitives.asymmetric.ed25519").Ed25519PrivateKey.generate()
    pem = handle.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, _describe(handle, "pkcs8")


def load_key(content: bytes, path: str) -> PublicKey:
    """Return the public key of the private key in ``content``, which is told as ``path`` in errors.

    Taken are PKCS#8 and PKCS#1 in PEM (openssl, opendkim-genkey, rspamadm's RSA keys), also with text around or headers
    inside, and Ed25519 in bare Base64 (rspamadm, dkimpy's dknewkey).

    Raises:
        InvalidValue: it is no such key. No part of the content is told.
        Unavailable: the library is not installed.
    """
    block = _read_block(content, path)
    return _load_bare(content, path) if block is None else _load_der(block[0], path, block[1])


def _read_block(content: bytes, path: str) -> tuple[bytes, str] | None:
    """Return the DER of the one private key in PEM and its form, ``None`` where there is no PEM at all."""
    blocks = _BLOCK.findall(content)
    if not blocks:
        return None
    found = [(label, body) for label, body in blocks if label.endswith(b"PRIVATE KEY")]
    if len(found) != 1:
        reason = f"holds {len(found)} private keys" if found else f"holds a {blocks[0][0].decode().lower()} only"
        raise InvalidValue("private key", path, reason, f"{_RIGHT}, one in a file")
    label, body = found[0]
    if label == b"ENCRYPTED PRIVATE KEY" or b"ENCRYPTED" in body:
        raise InvalidValue("private key", path, "is encrypted with a passphrase", _RIGHT)
    if label not in _FORMS:
        raise InvalidValue("private key", path, f"is an {label.decode()}, which DKIM does not know", _RIGHT)
    # Headers such as "Note: ..." stand before an empty line (RFC 1421, section 4.4), and not every library skips them.
    head, empty, rest = body.replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n\n")
    try:
        der = base64.b64decode(b"".join((rest if empty and b":" in head else body).split()), validate=True)
    except binascii.Error as error:
        raise _damaged(path) from error
    return der, _FORMS[label]


def _load_der(der: bytes, path: str, form: str) -> PublicKey:
    serialization = need("cryptography.hazmat.primitives.serialization")
    exceptions = need("cryptography.exceptions")
    rsa = need("cryptography.hazmat.primitives.asymmetric.rsa")
    ed25519 = need("cryptography.hazmat.primitives.asymmetric.ed25519")
    try:
        handle = _parse(serialization.load_der_private_key, der)
    except (TypeError, ValueError, exceptions.UnsupportedAlgorithm, exceptions.InternalError) as error:
        raise _damaged(path) from error
    if isinstance(handle, rsa.RSAPrivateKey):
        _check_rsa(handle, path)
    elif not isinstance(handle, ed25519.Ed25519PrivateKey):
        name = type(handle).__name__.strip("_").removesuffix("PrivateKey")
        raise InvalidValue("private key", path, f"is of the kind {name}, which DKIM does not know", _RIGHT)
    return _describe(handle, form)


def _parse(load: Any, der: bytes) -> Any:
    # To prove the primes takes 20 ms and more for each key, and a host may have hundreds; the other checks are ours.
    try:
        return load(der, password=None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        # Before version 39, the library had a switch instead.
        backend = need("cryptography.hazmat.backends").default_backend()
        if hasattr(backend, "_rsa_skip_check_key"):
            backend._rsa_skip_check_key = True
        return load(der, password=None)


def _check_rsa(handle: Any, path: str) -> None:
    """Look whether the numbers belong together (RFC 8017, section 3.2), and let the key sign something."""
    exceptions = need("cryptography.exceptions")
    padding = need("cryptography.hazmat.primitives.asymmetric.padding")
    hashes = need("cryptography.hazmat.primitives.hashes")
    if handle.key_size < WEAK_BITS:
        reason = f"is RSA with {handle.key_size} bits"
        raise InvalidValue("private key", path, reason, f"receivers take no less than {WEAK_BITS} (RFC 8301)")
    try:
        if not _related(handle.private_numbers()):
            raise _damaged(path)
        signature = handle.sign(b"mailwright", padding.PKCS1v15(), hashes.SHA256())
        handle.public_key().verify(signature, b"mailwright", padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, exceptions.InvalidSignature, exceptions.InternalError) as error:
        raise _damaged(path) from error


def _related(key: Any) -> bool:
    p, q, e = key.p, key.q, key.public_numbers.e
    if p < 2 or q < 2 or p * q != key.public_numbers.n:
        return False
    return bool(
        key.d * e % (p - 1) == 1 == key.d * e % (q - 1)
        and key.dmp1 == key.d % (p - 1)
        and key.dmq1 == key.d % (q - 1)
        and key.iqmp * q % p == 1
    )


def _load_bare(content: bytes, path: str) -> PublicKey:
    try:
        raw = base64.b64decode(b"".join(content.split()), validate=True)
    except binascii.Error as error:
        raise _damaged(path) from error
    if len(raw) not in (_SEED, 2 * _SEED):
        raise _damaged(path)
    ed25519 = need("cryptography.hazmat.primitives.asymmetric.ed25519")
    described = _describe(
        ed25519.Ed25519PrivateKey.from_private_bytes(raw[:_SEED]),
        "seed" if len(raw) == _SEED else "seed_and_public",
    )
    if len(raw) > _SEED and base64.b64encode(raw[_SEED:]).decode() != described.public:
        raise InvalidValue("private key", path, "has a public key that is not its own", _RIGHT)
    return described


def _damaged(path: str) -> InvalidValue:
    forms = "PKCS#8 or PKCS#1 in PEM, or Base64 of an Ed25519 key"
    return InvalidValue("private key", path, "is no private key that can be read", f"{_RIGHT}: {forms}")


def _describe(handle: Any, form: str) -> PublicKey:
    serialization = need("cryptography.hazmat.primitives.serialization")
    encoding, public_format = serialization.Encoding, serialization.PublicFormat
    public = handle.public_key()
    spki = public.public_bytes(encoding.DER, public_format.SubjectPublicKeyInfo)
    pem = public.public_bytes(encoding.PEM, public_format.SubjectPublicKeyInfo).decode()
    # The library's name of an Ed25519 key has no size.
    bits: int | None = getattr(handle, "key_size", None)
    shown = spki if bits else public.public_bytes(encoding.Raw, public_format.Raw)
    return PublicKey(
        "rsa" if bits else "ed25519",
        bits,
        base64.b64encode(shown).decode(),
        pem,
        hashlib.sha256(spki).hexdigest(),
        form,
    )


def seed_form(content: bytes, path: str) -> bytes:
    """Return an Ed25519 private key as Base64 of its 32 bytes (form ``seed``), which Rspamd reads. It is a secret.

    Raises:
        InvalidValue: it is no Ed25519 key. No part of the content is told.
        Unavailable: the library is not installed.
    """
    public = load_key(content, path)
    if public.algorithm != "ed25519":
        raise InvalidValue("private key", path, f"is {public.kind}", "only Ed25519 has this form")
    block = _read_block(content, path)
    if block is None:
        return base64.b64encode(base64.b64decode(b"".join(content.split()))[:_SEED])
    serialization = need("cryptography.hazmat.primitives.serialization")
    handle = serialization.load_der_private_key(block[0], password=None)
    encoding, private_format = serialization.Encoding.Raw, serialization.PrivateFormat.Raw
    return base64.b64encode(handle.private_bytes(encoding, private_format, serialization.NoEncryption()))
