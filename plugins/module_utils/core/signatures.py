# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signed a certificate, by the library ``cryptography`` (Debian 12: 38, which has no function for that)."""

from __future__ import annotations

from typing import Any

from .deps import need


def signed_with(public: Any, signed: Any) -> bool:
    """Return whether ``public`` belongs to the key that signed the certificate ``signed``, both the library's objects.

    Of a kind of signature that cannot be verified, it is taken for true: RSA-PSS before version 41 of the library.
    """
    exceptions = need("cryptography.exceptions")
    try:
        _verify(public, signed)
    except exceptions.UnsupportedAlgorithm:
        return True
    # A key of another kind than the signature does not even take its hash or its padding.
    except (exceptions.InvalidSignature, TypeError, ValueError):
        return False
    return True


def _verify(public: Any, signed: Any) -> None:
    asymmetric = "cryptography.hazmat.primitives.asymmetric"
    ec, ed25519, ed448, padding, rsa = (
        need(f"{asymmetric}.{name}") for name in ("ec", "ed25519", "ed448", "padding", "rsa")
    )
    if isinstance(public, rsa.RSAPublicKey):
        how = getattr(signed, "signature_algorithm_parameters", None) or padding.PKCS1v15()
        public.verify(signed.signature, signed.tbs_certificate_bytes, how, signed.signature_hash_algorithm)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(signed.signature, signed.tbs_certificate_bytes, ec.ECDSA(signed.signature_hash_algorithm))
    elif isinstance(public, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        public.verify(signed.signature, signed.tbs_certificate_bytes)
    else:
        raise need("cryptography.exceptions").UnsupportedAlgorithm(type(public).__name__)
