# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRAM-MD5 (RFC 2195): MD5's state after the outer and after the inner key block of the HMAC, as Dovecot stores it.

``hashlib`` does not show a state, so MD5's compression of one block (RFC 1321, section 3.4) stands here.
"""

from __future__ import annotations

import hashlib
import math
import struct

from .base import Digest, Encoding, Scheme

State = tuple[int, int, int, int]

_BLOCK = 64
_MASK = 0xFFFFFFFF
_START: State = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_ROTATIONS = ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21))
_SINES = tuple(int(abs(math.sin(step + 1)) * 2**32) for step in range(64))


class CramMd5(Digest):
    """Both states. They stand for the password: who reads them can log in by CRAM-MD5."""

    def __init__(self, name: str) -> None:
        super().__init__(name, Encoding.HEX, 32, "is built on MD5, has no salt and is as good as the password")

    def digest(self, password: bytes) -> bytes:
        if len(password) > _BLOCK:
            password = hashlib.md5(password, usedforsecurity=False).digest()
        key = password.ljust(_BLOCK, b"\0")
        return b"".join(
            struct.pack("<4I", *compress(_START, bytes(byte ^ pad for byte in key))) for pad in (0x5C, 0x36)
        )


def compress(state: State, block: bytes) -> State:
    """Return MD5's state after one more block of 64 bytes."""
    words = struct.unpack("<16I", block)
    a, b, c, d = state
    for step in range(64):
        mixed, word = _mixed(step, b, c, d)
        total = (a + mixed + _SINES[step] + words[word]) & _MASK
        shift = _ROTATIONS[step // 16][step % 4]
        rotated = ((total << shift) | (total >> (32 - shift))) & _MASK
        a, b, c, d = d, (b + rotated) & _MASK, b, c
    first, second, third, fourth = state
    return (first + a) & _MASK, (second + b) & _MASK, (third + c) & _MASK, (fourth + d) & _MASK


def _mixed(step: int, b: int, c: int, d: int) -> tuple[int, int]:
    """Return the auxiliary function of the step's round, and the number of the word that it takes."""
    if step < 16:
        return (b & c) | (~b & d), step
    if step < 32:
        return (b & d) | (c & ~d), (5 * step + 1) % 16
    if step < 48:
        return b ^ c ^ d, (3 * step + 5) % 16
    return c ^ (b | ~d), (7 * step) % 16


CRAM_MD5: tuple[Scheme, ...] = (CramMd5("CRAM-MD5"), CramMd5("HMAC-MD5"))
