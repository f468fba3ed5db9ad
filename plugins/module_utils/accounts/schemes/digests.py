# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain digests of the password, with a salt behind it or without one."""

from __future__ import annotations

import hashlib
import hmac

from ...core.deps import need
from .base import Cost, Digest, Encoding, Scheme

_UNSALTED = "has no salt"
_SHA1 = "is built on SHA-1"
_MD5 = "is built on MD5"


class Unsalted(Digest):
    """One digest of the password. ``hashlib`` has it, also where a system forbids MD5 for security."""

    def __init__(self, name: str, algorithm: str, native: Encoding) -> None:
        self._algorithm = algorithm
        super().__init__(name, native, hashlib.new(algorithm, usedforsecurity=False).digest_size, _UNSALTED)

    def digest(self, password: bytes) -> bytes:
        return hashlib.new(self._algorithm, password, usedforsecurity=False).digest()


class Md4(Digest):
    """MD4, which OpenSSL 3 no longer has: passlib brings its own."""

    def __init__(self) -> None:
        super().__init__("PLAIN-MD4", Encoding.HEX, 16, "is built on MD4 and has no salt")

    def digest(self, password: bytes) -> bytes:
        return bytes.fromhex(need("passlib.hash").hex_md4.hash(password))


class Salted(Scheme):
    """A digest of password and salt, and then the salt: of any length, as LDAP servers have it."""

    native = Encoding.BASE64
    entropy = 16

    def __init__(self, name: str, algorithm: str, weak: str = "") -> None:
        self.name = name
        self.weak = weak
        self._algorithm = algorithm
        self._length = hashlib.new(algorithm, usedforsecurity=False).digest_size

    def recognises(self, raw: bytes) -> bool:
        return len(raw) > self._length

    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        return hashlib.new(self._algorithm, password + salt, usedforsecurity=False).digest() + salt

    def verify(self, password: bytes, raw: bytes) -> bool:
        return hmac.compare_digest(self.make(password, raw[self._length :], {}), raw)

    def salt_problem(self, salt: bytes) -> str:
        return "" if salt else "has to have at least 1 byte"


DIGESTS: tuple[Scheme, ...] = (
    Salted("SSHA512", "sha512"),
    Salted("SSHA256", "sha256"),
    Salted("SSHA", "sha1", _SHA1),
    Salted("SMD5", "md5", _MD5),
    Unsalted("SHA512", "sha512", Encoding.BASE64),
    Unsalted("SHA256", "sha256", Encoding.BASE64),
    Unsalted("SHA", "sha1", Encoding.BASE64),
    Unsalted("SHA1", "sha1", Encoding.BASE64),
    Unsalted("PLAIN-MD5", "md5", Encoding.HEX),
    Unsalted("LDAP-MD5", "md5", Encoding.BASE64),
    Md4(),
)
