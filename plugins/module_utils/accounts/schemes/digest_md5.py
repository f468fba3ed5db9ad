# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server keeps for DIGEST-MD5 (RFC 2831, 2.1.2.1): a digest of the user's name, the realm and the password.

Dovecot takes what stands behind the @ for the realm, and of the name as the client sent it: who logs in as
Alice@Example.com where the mailbox is alice@example.com is refused.
"""

from __future__ import annotations

import hashlib

from .base import Digest, Encoding, Scheme


class DigestMd5(Digest):
    """MD5 of ``user:realm:password``."""

    of_user = True

    def __init__(self) -> None:
        super().__init__("DIGEST-MD5", Encoding.HEX, 16, "is built on MD5, has no salt, and is as good as the password")

    def secret(self, password: str, user: str) -> bytes:
        name, _at, realm = user.rpartition("@")
        return f"{name}:{realm}:{password}".encode()

    def digest(self, password: bytes) -> bytes:
        return hashlib.md5(password, usedforsecurity=False).digest()


DIGEST_MD5: tuple[Scheme, ...] = (DigestMd5(),)
