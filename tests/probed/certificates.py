# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authority of the tests, and the certificates that its servers present: good ones and wrong ones."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)


class Authority:
    """A directory with ``ca.pem``, and what `certificate` has made beside it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ca_file = directory / "ca.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("An authority of the tests")
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        own = _builder(self._name, self._name, self._key.public_key(), -_DAY, 30 * _DAY)
        own = own.add_extension(x509.BasicConstraints(True, None), True).add_extension(usage, True)
        own = own.add_extension(self._identifier, False)
        self.ca_file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def certificate(
        self, *names: str, begins: float = -1, days: float = 20, common_name: str = "A server", trusted: bool = True
    ) -> Path:
        """Return a file with a key and its certificate for ``names``, valid from ``begins`` to ``days`` from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(common_name)
        issuer, signer = (self._name, self._key) if trusted else (subject, key)
        builder = _builder(subject, issuer, key.public_key(), begins * _DAY, days * _DAY)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), False)
        if trusted:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
            builder = builder.add_extension(identifier, False)
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = self.directory / f"{abs(hash((names, begins, days, common_name, trusted)))}.pem"
        path.write_bytes(private + builder.sign(signer, hashes.SHA256()).public_bytes(pem))
        return path


def _builder(subject: x509.Name, issuer: x509.Name, public: Any, start: dt.timedelta, end: dt.timedelta) -> Any:
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now + start).not_valid_after(now + end)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
