# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLSA records and the certificates that they stand for (RFC 6698, section 2.1; RFC 7672, section 3.1)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)
_HASHES = {1: hashlib.sha256, 2: hashlib.sha512}
# DANE-TA and DANE-EE; the other two name authorities that SMTP has not (RFC 7672, section 3.1.3).
ISSUER, OWN = 2, 3


@dataclass(frozen=True)
class Tlsa:
    """One record: certificate usage, selector, matching type, and its data in lower-case hexadecimal."""

    usage: int
    selector: int
    matching: int
    data: str

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data}"

    @property
    def unusable(self) -> str:
        """Why senders pass the record over, and nothing where they do not."""
        if self.usage not in (ISSUER, OWN):
            return f"usage {self.usage} is not for SMTP; 3 or 2 is (RFC 7672)"
        if self.selector not in (0, 1):
            return f"the selector {self.selector} is not known"
        if self.matching not in (0, *_HASHES):
            return f"the matching type {self.matching} is not known"
        if not _HEX.fullmatch(self.data):
            return "its data is not hexadecimal"
        if self.matching and len(self.data) != 2 * _HASHES[self.matching]().digest_size:
            return "its data has another length than its hash"
        return ""

    def matches(self, certificate: bytes) -> bool:
        """Whether a usable record stands for the DER form ``certificate``."""
        try:
            selected = spki(certificate) if self.selector else certificate
        except ValueError:
            return False
        return self.data == (_HASHES[self.matching](selected).hexdigest() if self.matching else selected.hex())


def parse_tlsa(value: str) -> Tlsa:
    """Return the record of the presentation form ``value``; what cannot be read becomes a record that is unusable."""
    words = value.split()
    numbers = [int(word) if word.isascii() and word.isdigit() and len(word) <= 3 else -1 for word in words[:3]]
    usage, selector, matching = (*numbers, -1, -1, -1)[:3]
    return Tlsa(usage, selector, matching, "".join(words[3:]).lower())


def spki(certificate: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a certificate as it stands there (RFC 5280, section 4.1), DER both.

    Raises:
        ValueError: it is none.
    """
    _tag, outer, outer_end = _element(certificate, 0, len(certificate))
    _tag, at, end = _element(certificate, outer, outer_end)
    if _element(certificate, at, end)[0] == 0xA0:  # the version, which has a default
        at = _element(certificate, at, end)[2]
    # Serial number, signature algorithm, issuer, validity, subject.
    for _skipped in range(5):
        at = _element(certificate, at, end)[2]
    tag, _content, key_end = _element(certificate, at, end)
    if tag != 0x30:
        raise ValueError("there is no key where it ought to be")
    return certificate[at:key_end]


def _element(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return tag, begin of the content and end of the DER element that begins at ``at``."""
    if at + 2 > end:
        raise ValueError("it ends too early")
    tag, length, begin = data[at], data[at + 1], at + 2
    if length >= 0x80:
        count = length - 0x80
        if not 1 <= count <= 4 or begin + count > end:
            raise ValueError("it has a bad length")
        length = int.from_bytes(data[begin : begin + count], "big")
        begin += count
    if begin + length > end:
        raise ValueError("it ends too early")
    return tag, begin, begin + length
