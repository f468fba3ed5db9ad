# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One-time passwords (RFC 2289) as Dovecot stores them: ``sha1 count seed hash``.

With the mechanisms PLAIN and LOGIN the passphrase itself logs in, as often as one likes. The mechanism OTP would make
Dovecot write a new hash into the store at each login, which the collection's stores do not let it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import struct

from .base import Cost, CostOption, Scheme, exact


class Otp(Scheme):
    """SHA-1 folded to 64 bits, ``rounds`` times (``doveadm pw`` makes 1,024)."""

    name = "OTP"
    weak = "is built on SHA-1, folded to 64 bits"
    entropy = 8
    options = (CostOption("rounds", 100, 9999, 1024),)
    _form = re.compile(rb"sha1 ([1-9][0-9]{0,3}) ([a-z0-9]{1,16}) ([0-9a-f]{16})")
    _salt = re.compile(rb"[a-z0-9]{1,16}")

    def recognises(self, raw: bytes) -> bool:
        return self._form.fullmatch(raw) is not None

    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        value = salt + password
        for _round in range(cost["rounds"] + 1):
            value = _folded(value)
        return b"sha1 %d %s %s" % (cost["rounds"], salt, value.hex().encode())

    def verify(self, password: bytes, raw: bytes) -> bool:
        return hmac.compare_digest(self.make(password, exact(raw, self._form)[2], self.cost(raw)), raw)

    def cost(self, raw: bytes) -> Cost:
        return {"rounds": int(exact(raw, self._form)[1])}

    def salt(self, random: bytes) -> bytes:
        return random.hex().encode()

    def salt_problem(self, salt: bytes) -> str:
        return "" if self._salt.fullmatch(salt) else "has to be 1 to 16 characters of a-z0-9"


def _folded(value: bytes) -> bytes:
    """Return SHA-1 folded to 64 bits (RFC 2289, appendix A)."""
    first, second, third, fourth, fifth = struct.unpack(">5I", hashlib.sha1(value, usedforsecurity=False).digest())
    return struct.pack("<2I", first ^ third ^ fifth, second ^ fourth)


OTP: tuple[Scheme, ...] = (Otp(),)
