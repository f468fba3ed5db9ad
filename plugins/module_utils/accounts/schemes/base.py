# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all password schemes share: encodings, cost options, and the interface of a scheme.

A scheme works on *raw* bytes: the text of a hash where Dovecot writes text, the digest where Dovecot writes hexadecimal
or base64. Which of these a stored hash has stands in its name: ``{SSHA256}`` is base64, ``{SSHA256.HEX}`` hexadecimal.
Source: https://doc.dovecot.org/main/core/config/auth/schemes.html, and ``doveadm pw`` of Dovecot 2.3.19 and 2.4.1.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

Cost = Mapping[str, int]

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)


class Encoding(Enum):
    """How raw bytes are written. The value is the suffix in the scheme's name."""

    TEXT = ""
    HEX = "HEX"
    BASE64 = "B64"

    def encode(self, raw: bytes) -> str:
        """Return ``raw`` as it is stored."""
        if self is Encoding.HEX:
            return raw.hex()
        return base64.b64encode(raw).decode() if self is Encoding.BASE64 else raw.decode()

    def decode(self, body: str) -> bytes | None:
        """Return the raw bytes of a stored ``body``; ``None`` where it has not this encoding."""
        if self is Encoding.HEX:
            return bytes.fromhex(body) if _HEX.fullmatch(body) else None
        try:
            if self is Encoding.BASE64:
                # LDAP exports leave the padding out, and Dovecot takes that.
                return base64.b64decode(body.rstrip("=") + "=" * (-len(body.rstrip("=")) % 4), validate=True)
            return body.encode()
        except (UnicodeEncodeError, ValueError, binascii.Error):
            return None


@dataclass(frozen=True, slots=True)
class CostOption:
    """One number of ``password_options``, with its range (both ends belong to it) and its default."""

    name: str
    lowest: int
    highest: int
    default: int
    unit: str = ""

    @property
    def range(self) -> str:
        """The range as it is told to the user."""
        return f"{self.lowest} to {self.highest}{self.unit and f' {self.unit}'}"


class Scheme(ABC):
    """One of Dovecot's password schemes."""

    name: str
    # How Dovecot writes it where its name says nothing.
    native = Encoding.TEXT
    # Bytes of a raw hash, where all have the same number.
    size: int | None = None
    # The longest password in bytes that counts as a whole; None where there is no such limit.
    longest: int | None = None
    # Why it is weak, as the rest of a sentence that starts with its name; "" where it is not.
    weak = ""
    # Whether a hash shows its scheme without its name before it.
    marked = False
    options: tuple[CostOption, ...] = ()
    # Bytes of randomness that a salt takes; 0 where there is none.
    entropy = 0
    # Whether a hash is of its user's name too, and of no use to anybody else.
    of_user = False

    @abstractmethod
    def recognises(self, raw: bytes) -> bool:
        """Whether ``raw`` has the form of this scheme."""

    def secret(self, password: str, user: str) -> bytes:
        """Return what ``make`` and ``verify`` take for the ``password`` of ``user``, a mailbox's address."""
        return password.encode()

    @abstractmethod
    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        """Return a new raw hash. ``salt`` passed ``salt_problem``, ``cost`` has all options and ``cost_problem``."""

    @abstractmethod
    def verify(self, password: bytes, raw: bytes) -> bool:
        """Whether ``raw``, which the scheme recognises, was made from ``password``."""

    def salt(self, random: bytes) -> bytes:
        """Return the salt, as ``make`` takes it, for ``entropy`` bytes of randomness."""
        return random

    def salt_problem(self, salt: bytes) -> str:
        """Return what a salt has to be where ``salt`` is not; "" where it can be taken."""
        return "" if not self.entropy or len(salt) >= 8 else "has to have at least 8 bytes"

    def cost_problem(self, cost: Cost) -> str:
        """Return what is wrong between options that are each in their range; "" where nothing is."""
        return ""

    def cost(self, raw: bytes) -> Cost:
        """Return the cost of a hash that the scheme recognises, under the names of ``options``."""
        return {}

    def weakness(self, raw: bytes) -> str:
        """Return why this one hash is weak; "" where it is not."""
        return self.weak

    def decode(self, body: str, encoding: Encoding) -> bytes | None:
        """Return the raw bytes of ``body``; ``None`` where it is no hash of this scheme in this encoding.

        Like Dovecot, tells hexadecimal from base64 by the length where the name does not say and the size is known.
        """
        if self.size is not None and encoding is self.native is not Encoding.TEXT:
            encoding = Encoding.HEX if len(body) == 2 * self.size else Encoding.BASE64
        raw = encoding.decode(body)
        return raw if raw is not None and self.recognises(raw) else None


class Digest(Scheme):
    """A scheme whose raw hash is computed from the password alone."""

    def __init__(self, name: str, native: Encoding, size: int, weak: str) -> None:
        self.name = name
        self.native = native
        self.size = size
        self.weak = weak

    def recognises(self, raw: bytes) -> bool:
        return len(raw) == self.size

    @abstractmethod
    def digest(self, password: bytes) -> bytes:
        """Return the raw hash."""

    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        return self.digest(password)

    def verify(self, password: bytes, raw: bytes) -> bool:
        return hmac.compare_digest(self.digest(password), raw)


def exact(raw: bytes, form: re.Pattern[bytes]) -> re.Match[bytes]:
    """Return the match of a hash that its scheme recognises."""
    match = form.fullmatch(raw)
    if match is None:
        raise ValueError("not a hash of this scheme")
    return match
