# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemes of crypt(5): bcrypt, SHA-crypt, MD5-crypt, DES, and ``CRYPT``, which is any of them.

A salt is given as it stands in the hash: in crypt's own alphabet.
"""

from __future__ import annotations

import base64
import hmac
import re
from abc import abstractmethod

from ...core.errors import Unavailable
from .base import Cost, CostOption, Scheme, exact
from .libcrypt import LONGEST, crypt

_ALPHABET = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BCRYPT_ALPHABET = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

_DES = re.compile(rb"[./0-9A-Za-z]{13}")
_MD5 = re.compile(rb"\$1\$[^$:\s\x00]{0,8}\$[./0-9A-Za-z]{22}")


class _Crypt(Scheme):
    """What they share: crypt() both makes and verifies, from a setting that the hash starts with."""

    longest = LONGEST
    marked = True
    _form: re.Pattern[bytes]
    _salt: re.Pattern[bytes]
    _salt_wanted: str

    def recognises(self, raw: bytes) -> bool:
        return self._form.fullmatch(raw) is not None

    @abstractmethod
    def setting(self, salt: bytes, cost: Cost) -> bytes:
        """Return what the hash starts with."""

    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        made = crypt(password, self.setting(salt, cost))
        if made is None:
            raise Unavailable(f"the system's libcrypt does not make {self.name} hashes; choose another password_scheme")
        return made

    def verify(self, password: bytes, raw: bytes) -> bool:
        made = crypt(password, raw)
        return made is not None and hmac.compare_digest(made, raw)

    def salt(self, random: bytes) -> bytes:
        return bytes(_ALPHABET[byte % 64] for byte in random)

    def salt_problem(self, salt: bytes) -> str:
        return "" if self._salt.fullmatch(salt) else f"has to be {self._salt_wanted}"


class Bcrypt(_Crypt):
    """bcrypt, 10 by default. It reads 72 bytes and silently ignores the rest.

    The last of the 22 characters of a salt carries two bits: crypt() writes it with the other four at zero.
    """

    longest = 72
    entropy = 16
    options = (CostOption("rounds", 4, 31, 10),)
    _form = re.compile(rb"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
    _salt = re.compile(rb"[./A-Za-z0-9]{21}[.Oeu]")
    _salt_wanted = "22 characters of ./A-Za-z0-9, the last one of them .Oeu"

    def __init__(self, name: str) -> None:
        self.name = name

    def salt(self, random: bytes) -> bytes:
        return base64.b64encode(random).rstrip(b"=").translate(bytes.maketrans(_BASE64_ALPHABET, _BCRYPT_ALPHABET))

    def setting(self, salt: bytes, cost: Cost) -> bytes:
        return b"$2y$%02d$%s" % (cost["rounds"], salt)

    def cost(self, raw: bytes) -> Cost:
        return {"rounds": int(exact(raw, self._form)[1])}


class ShaCrypt(_Crypt):
    """SHA-256 and SHA-512 crypt: 5,000 rounds by default, which the hash then does not mention."""

    entropy = 16
    options = (CostOption("rounds", 1000, 999_999_999, 5000),)
    _salt = re.compile(rb"[^$:*!\\\s\x00-\x20\x7f-\xff]{1,16}")
    _salt_wanted = "1 to 16 ASCII characters without space, $, :, *, ! and backslash"

    def __init__(self, name: str, marker: bytes, length: int) -> None:
        self.name = name
        self._marker = marker
        self._form = re.compile(
            rb"\$%s\$(?:rounds=([0-9]{1,9})\$)?[^$:\s\x00]{0,16}\$[./A-Za-z0-9]{%d}" % (marker, length)
        )

    def setting(self, salt: bytes, cost: Cost) -> bytes:
        rounds = b"" if cost["rounds"] == 5000 else b"rounds=%d$" % cost["rounds"]
        return b"$%s$%s%s" % (self._marker, rounds, salt)

    def cost(self, raw: bytes) -> Cost:
        return {"rounds": int(exact(raw, self._form)[1] or 5000)}


class Md5Crypt(_Crypt):
    """MD5-crypt, which Dovecot calls ``MD5`` as well."""

    weak = "is built on MD5"
    entropy = 8
    _form = _MD5
    _salt = re.compile(rb"[./0-9A-Za-z]{1,8}")
    _salt_wanted = "1 to 8 characters of ./0-9A-Za-z"

    def __init__(self, name: str, marked: bool) -> None:
        self.name = name
        self.marked = marked

    def setting(self, salt: bytes, cost: Cost) -> bytes:
        return b"$1$" + salt


class DesCrypt(_Crypt):
    """The original crypt(). It reads the lower seven bits of 8 bytes."""

    name = "DES-CRYPT"
    weak = "is built on DES and reads only 8 characters"
    marked = False
    longest = 8
    entropy = 2
    _form = _DES
    _salt = re.compile(rb"[./0-9A-Za-z]{2}")
    _salt_wanted = "2 characters of ./0-9A-Za-z"

    def setting(self, salt: bytes, cost: Cost) -> bytes:
        return salt


class AnyCrypt(Bcrypt):
    """``CRYPT``: whatever the system's crypt() knows (yescrypt, say); made as bcrypt, as ``doveadm pw`` does."""

    marked = False
    _known = re.compile(rb"\$[0-9a-z]{1,3}\$[^:\s\x00]{20,}")

    def recognises(self, raw: bytes) -> bool:
        return any(form.fullmatch(raw) for form in (self._known, _DES))

    def cost(self, raw: bytes) -> Cost:
        return super().cost(raw) if super().recognises(raw) else {}

    def weakness(self, raw: bytes) -> str:
        if _DES.fullmatch(raw):
            return DesCrypt.weak
        return Md5Crypt.weak if raw.startswith(b"$1$") else ""


CRYPT: tuple[Scheme, ...] = (
    Bcrypt("BLF-CRYPT"),
    ShaCrypt("SHA512-CRYPT", b"6", 86),
    ShaCrypt("SHA256-CRYPT", b"5", 43),
    Md5Crypt("MD5-CRYPT", True),
    Md5Crypt("MD5", False),
    DesCrypt(),
    AnyCrypt("CRYPT"),
)
