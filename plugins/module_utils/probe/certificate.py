# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server's certificate says, read by the library ``cryptography`` (Debian 12: 38, Debian 13: 43)."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..core.deps import need

# Of names that a certificate may hold.
_NAMES = 200


@dataclass(frozen=True)
class Certificate:
    """A certificate as it was presented. Times are in UTC, hashes lower-case hexadecimal of SHA-256.

    ``names`` are written as openssl does: ``DNS:mx1.example.net``, ``IP:192.0.2.1``. ``spki_sha256`` is what a TLSA
    record ``3 1 1`` has (RFC 6698). ``trusted`` is whether it leads to a trusted authority and is valid today,
    ``name_matches`` whether it is for the name that was wanted, ``problem`` what is wrong with it or ``None``.
    """

    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: dt.datetime | None = None
    not_after: dt.datetime | None = None
    spki_sha256: str = ""
    sha256: str = ""
    trusted: bool = False
    name_matches: bool = False
    problem: str | None = None

    @property
    def days_left(self) -> int | None:
        """Whole days until it expires, negative once it has."""
        return None if self.not_after is None else (self.not_after - dt.datetime.now(dt.UTC)).days

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "names": list(self.names),
            "not_before": _shown(self.not_before),
            "not_after": _shown(self.not_after),
            "days_left": self.days_left,
            "spki_sha256": self.spki_sha256,
            "sha256": self.sha256,
            "trusted": self.trusted,
            "name_matches": self.name_matches,
            "problem": self.problem,
        }


def read_certificate(der: bytes, wanted: str, *, trusted: bool, name_matches: bool | None, problem: str) -> Certificate:
    """Return what the certificate ``der`` says, and how it stands to the host or address ``wanted``.

    ``name_matches`` of ``None`` is found out here. ``problem`` is what OpenSSL has against it, but for the name.
    """
    x509 = need("cryptography.x509")
    try:
        handle = x509.load_der_x509_certificate(der)
        names = _names(handle)
        matches = covers(names, wanted) if name_matches is None else name_matches
        problems = [problem] if problem else []
        if not matches:
            held = ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")
            problems.append(f"it is not for {wanted}" + (f" but for {held}" if held else " and names no host"))
        return Certificate(
            handle.subject.rfc4514_string(),
            handle.issuer.rfc4514_string(),
            names,
            _time(handle, "not_valid_before"),
            _time(handle, "not_valid_after"),
            _spki_sha256(handle.public_key()),
            hashlib.sha256(der).hexdigest(),
            trusted,
            matches,
            "; ".join(problems) or None,
        )
    # A certificate that is wrongly made lets the library stumble in as many ways as there are fields.
    except (ValueError, TypeError, LookupError, AttributeError, need("cryptography.exceptions").UnsupportedAlgorithm,
            x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as error:  # fmt: skip
        told = f"it cannot be read ({error})"
        return Certificate(
            sha256=hashlib.sha256(der).hexdigest(),
            trusted=trusted,
            name_matches=bool(name_matches),
            problem=f"{problem}; {told}" if problem else told,
        )


def covers(names: Iterable[str], wanted: str) -> bool:
    """Return whether a certificate for ``names`` is good for ``wanted`` (RFC 9525, section 6.3)."""
    held = set(names)
    try:
        return f"IP:{ipaddress.ip_address(wanted)}" in held
    except ValueError:
        _label, dot, above = wanted.partition(".")
        return f"DNS:{wanted}" in held or (bool(dot) and f"DNS:*.{above}" in held)


def _names(handle: Any) -> tuple[str, ...]:
    x509 = need("cryptography.x509")
    try:
        held = handle.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = [f"DNS:{name.lower()}" for name in held.get_values_for_type(x509.DNSName)]
    return tuple([*hosts, *(f"IP:{address}" for address in held.get_values_for_type(x509.IPAddress))][:_NAMES])


def _time(handle: Any, name: str) -> dt.datetime:
    # The attributes with a time zone came with 42; those without are deprecated since.
    moment: dt.datetime = getattr(handle, f"{name}_utc", None) or getattr(handle, name).replace(tzinfo=dt.UTC)
    return moment


def _spki_sha256(public: Any) -> str:
    serialization = need("cryptography.hazmat.primitives.serialization")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(public.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def _shown(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
