# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords stored as they are, and LAN Manager's hash, which is hardly better."""

from __future__ import annotations

import hmac
import re

from ...core.deps import need
from .base import Cost, Digest, Encoding, Scheme

_WEAK = "stores the password as it is"


class Plain(Scheme):
    """The password itself."""

    weak = _WEAK
    _form = re.compile(rb"[^\x00-\x1f\x7f]+")

    def __init__(self, name: str) -> None:
        self.name = name

    def recognises(self, raw: bytes) -> bool:
        return self._form.fullmatch(raw) is not None

    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        return password

    def verify(self, password: bytes, raw: bytes) -> bool:
        return hmac.compare_digest(password, raw)


class PlainTrunc(Scheme):
    """``LENGTH-password``, where passwords of at least LENGTH bytes were cut to them: any that starts so is right.

    ``doveadm pw`` makes it without the length and then cannot verify it. Ours has room for one byte more, so that
    nothing but the whole password is right.
    """

    name = "PLAIN-TRUNC"
    weak = _WEAK
    _form = re.compile(rb"([0-9]{1,9})-([^\x00-\x1f\x7f]+)")

    def recognises(self, raw: bytes) -> bool:
        return self._form.fullmatch(raw) is not None

    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        return b"%d-%s" % (len(password) + 1, password)

    def verify(self, password: bytes, raw: bytes) -> bool:
        length, _dash, stored = raw.partition(b"-")
        if len(stored) == int(length):
            password = password[: len(stored)]
        return hmac.compare_digest(password, stored)


class LanMan(Digest):
    """LAN Manager's hash of the first 14 characters in upper case. No Dovecot of Debian 12 or 13 knows it."""

    longest = 14

    def __init__(self) -> None:
        super().__init__("LANMAN", Encoding.HEX, 16, "is built on DES, has no salt and reads 14 characters in one case")

    def digest(self, password: bytes) -> bytes:
        return bytes.fromhex(need("passlib.hash").lmhash.hash(password.decode()))


PLAIN: tuple[Scheme, ...] = (Plain("PLAIN"), Plain("CLEARTEXT"), Plain("CLEAR"), PlainTrunc(), LanMan())
