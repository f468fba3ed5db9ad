# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PBKDF2 (RFC 8018) as Dovecot writes it, ``$1$salt$rounds$hex``, and SCRAM's keys (RFC 5802, RFC 7677)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from .base import Cost, CostOption, Scheme, exact

_BASE64 = rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_HIGHEST = 10_000_000


class Pbkdf2(Scheme):
    """PBKDF2 with HMAC-SHA-1, whose salt is text.

    100,000 rounds cost Dovecot 0.1 s a login, as much as the default ARGON2ID; ``doveadm pw`` makes 5,000.
    """

    name = "PBKDF2"
    entropy = 12
    options = (CostOption("rounds", 1000, _HIGHEST, 100_000),)
    _form = re.compile(rb"\$1\$([^$\s\x00]+)\$([1-9][0-9]{0,8})\$([0-9a-f]{40})")
    _salt = re.compile(rb"[!-#%-9;-~]{8,64}")

    def recognises(self, raw: bytes) -> bool:
        return self._form.fullmatch(raw) is not None

    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        rounds = cost["rounds"]
        return b"$1$%s$%d$%s" % (salt, rounds, hashlib.pbkdf2_hmac("sha1", password, salt, rounds).hex().encode())

    def verify(self, password: bytes, raw: bytes) -> bool:
        return hmac.compare_digest(self.make(password, exact(raw, self._form)[1], self.cost(raw)), raw)

    def cost(self, raw: bytes) -> Cost:
        return {"rounds": int(exact(raw, self._form)[2])}

    def salt(self, random: bytes) -> bytes:
        return base64.b64encode(random)

    def salt_problem(self, salt: bytes) -> str:
        wanted = "has to be 8 to 64 ASCII characters without space, $ and :"
        return "" if self._salt.fullmatch(salt) else wanted


class Scram(Scheme):
    """``rounds,salt,StoredKey,ServerKey``, the last three in base64. Dovecot takes no fewer than 4,096 rounds.

    ``doveadm pw`` makes these 4,096, the least that RFC 7677 (section 4) allows; it names 15,000 as the rule of thumb.
    Nothing prepares the password here (SASLprep), nor in Dovecot: one in ASCII is the same for every client.
    """

    entropy = 16
    options = (CostOption("rounds", 4096, _HIGHEST, 15_000),)

    def __init__(self, name: str, algorithm: str) -> None:
        self.name = name
        self._algorithm = algorithm
        self._length = hashlib.new(algorithm).digest_size
        self._form = re.compile(rb"([1-9][0-9]{3,8}),(%s),(%s),(%s)" % (_BASE64, _BASE64, _BASE64))

    def recognises(self, raw: bytes) -> bool:
        match = self._form.fullmatch(raw)
        if match is None or int(match[1]) < self.options[0].lowest:
            return False
        return all(len(base64.b64decode(key)) == self._length for key in (match[3], match[4]))

    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        salted = hashlib.pbkdf2_hmac(self._algorithm, password, salt, cost["rounds"])
        client = hmac.digest(salted, b"Client Key", self._algorithm)
        stored = hashlib.new(self._algorithm, client).digest()
        server = hmac.digest(salted, b"Server Key", self._algorithm)
        parts = (base64.b64encode(part) for part in (salt, stored, server))
        return b",".join((b"%d" % cost["rounds"], *parts))

    def verify(self, password: bytes, raw: bytes) -> bool:
        salt = base64.b64decode(exact(raw, self._form)[2])
        return hmac.compare_digest(self.make(password, salt, self.cost(raw)), raw)

    def cost(self, raw: bytes) -> Cost:
        return {"rounds": int(exact(raw, self._form)[1])}


KEY_DERIVATION: tuple[Scheme, ...] = (Pbkdf2(), Scram("SCRAM-SHA-256", "sha256"), Scram("SCRAM-SHA-1", "sha1"))
