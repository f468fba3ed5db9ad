# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemes against the test vectors of their standards and of their reference implementations."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import make_hash, parse_hash, verify
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.cram_md5 import State, compress
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.known import SCHEMES

USER = "alice@example.com"
VECTORS = [
    # phc-winner-argon2, src/test.c
    (
        "password",
        "{ARGON2ID}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ),
    ("password", "{ARGON2I}$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"),
    # https://www.akkadia.org/drepper/SHA-crypt.txt
    (
        "Hello world!",
        "{SHA512-CRYPT}$6$saltstring$"
        "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ),
    (
        "Hello world!",
        "{SHA512-CRYPT}$6$rounds=10000$saltstringsaltst$"
        "OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ),
    ("Hello world!", "{SHA256-CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
    # crypt_blowfish, wrapper.c
    ("U*U", "{BLF-CRYPT}$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U", "{CRYPT}$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    # openssl-passwd(1)
    ("password", "{MD5-CRYPT}$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a."),
    ("password", "{MD5}$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a."),
    ("password", "{DES-CRYPT}xxj31ZMTZzkVA"),
    ("password", "{CRYPT}xxj31ZMTZzkVA"),
    # RFC 6070
    ("password", "{PBKDF2}$1$salt$1$0c60c80f961f0e71f3a9b524af6012062fe037a6"),
    ("password", "{PBKDF2}$1$salt$4096$4b007901b765489abead49d926f721d065a429c1"),
    (
        "passwordPASSWORDpassword",
        "{PBKDF2}$1$saltSALTsaltSALTsaltSALTsaltSALTsalt$4096$3d2eec4fe41c849b80c8d83662c0e44a8b291a96",
    ),
    # RFC 1321 and RFC 1320, appendix A.5; FIPS 180, the examples for "abc"
    ("abc", "{PLAIN-MD5}900150983cd24fb0d6963f7d28e17f72"),
    ("abc", "{LDAP-MD5}kAFQmDzST7DWlj99KOF/cg=="),
    ("abc", "{PLAIN-MD4}a448017aaf21d8525fc10ae87aa6729d"),
    ("abc", "{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
    ("abc", "{SHA.HEX}a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("abc", "{SHA256}ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    # RFC 2289, appendix C; count 0 is no hash that Dovecot could count down from
    ("This is a test.", "{OTP}sha1 1 test 63d936639734385b"),
    ("This is a test.", "{OTP}sha1 99 test 87fec7768b73ccf9"),
    # passlib's documentation of lmhash
    ("password", "{LANMAN}e52cac67419a9a224a3b108f3fa6cb6d"),
    ("PassWord", "{LANMAN}e52cac67419a9a224a3b108f3fa6cb6d"),
]


@pytest.mark.parametrize(("password", "stored"), VECTORS)
def test_vectors(password: str, stored: str) -> None:
    assert parse_hash("hash", stored, allow_weak=True) == stored
    assert verify(stored, password, USER)
    assert not verify(stored, f"x{password}", USER)


@pytest.mark.parametrize(
    ("algorithm", "salt", "exchange", "proof", "signature"),
    [
        pytest.param(
            "sha1",
            "QSXCR+Q6sek8bf92",
            "n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
            "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "rmF9pqV8S7suAoZWja4dJRkFsKQ=",
            id="RFC 5802, section 5",
        ),
        pytest.param(
            "sha256",
            "W22ZaJ0SNY7soEsUEjb6gQ==",
            "n=user,r=rOprNGfwEbeRWgbNEkqO,"
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            id="RFC 7677, section 3",
        ),
    ],
)
def test_scram_serves_the_exchange_of_its_rfc(
    algorithm: str, salt: str, exchange: str, proof: str, signature: str
) -> None:
    scheme = SCHEMES[{"sha1": "SCRAM-SHA-1", "sha256": "SCRAM-SHA-256"}[algorithm]]
    raw = scheme.make(b"pencil", base64.b64decode(salt), {"rounds": 4096})
    rounds, stored_salt, stored_key, server_key = raw.decode().split(",")
    assert (rounds, stored_salt) == ("4096", salt)
    mask = hmac.digest(base64.b64decode(stored_key), exchange.encode(), algorithm)
    client_key = bytes(one ^ other for one, other in zip(base64.b64decode(proof), mask, strict=True))
    assert hashlib.new(algorithm, client_key).digest() == base64.b64decode(stored_key)
    served = hmac.digest(base64.b64decode(server_key), exchange.encode(), algorithm)
    assert served == base64.b64decode(signature)


def test_cram_md5_answers_the_challenge_of_rfc_2195() -> None:
    raw = bytes.fromhex(make_hash("CRAM-MD5", "tanstaaftanstaaf", USER).removeprefix("{CRAM-MD5}"))
    outer, inner = struct.unpack("<4I", raw[:16]), struct.unpack("<4I", raw[16:])
    digest = finished(inner, b"<1896.697170952@postoffice.reston.mci.net>")
    assert finished(outer, digest).hex() == "b913a602c7eda7a495b4e6e7334d3890"


def test_digest_md5_answers_the_challenge_of_rfc_2831() -> None:
    stored = make_hash("DIGEST-MD5", "secret", "chris@elwood.innosoft.com").removeprefix("{DIGEST-MD5}")
    nonce, cnonce = "OA6MG9tEQGm2hh", "OA6MHXh6VqTrRk"
    first = hashlib.md5(bytes.fromhex(stored) + f":{nonce}:{cnonce}".encode()).hexdigest()
    second = hashlib.md5(b"AUTHENTICATE:imap/elwood.innosoft.com").hexdigest()
    answer = hashlib.md5(f"{first}:{nonce}:00000001:{cnonce}:auth:{second}".encode())
    assert answer.hexdigest() == "d388dad90d4bbd760a152321f2143af7"


def test_digest_md5_is_of_its_user() -> None:
    stored = make_hash("DIGEST-MD5", "secret", USER)
    assert verify(stored, "secret", USER)
    assert not verify(stored, "secret", "bob@example.com")


def finished(state: State, rest: bytes) -> bytes:
    """Return MD5 of a first block, after which ``state`` was kept, and of less than a block after it."""
    padded = rest + b"\x80" + bytes(55 - len(rest)) + struct.pack("<Q", 8 * (64 + len(rest)))
    return struct.pack("<4I", *compress(state, padded))


def test_a_long_password_is_digested_before_its_hmac() -> None:
    password = "p" * 65
    raw = bytes.fromhex(make_hash("CRAM-MD5", password, USER).removeprefix("{CRAM-MD5}"))
    outer, inner = struct.unpack("<4I", raw[:16]), struct.unpack("<4I", raw[16:])
    assert finished(outer, finished(inner, b"x")) == hmac.digest(password.encode(), b"x", "md5")
