# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Password hashes, many at once, and judged by passlib, bcrypt and argon2's own verifier."""

from __future__ import annotations

from collections.abc import Callable

import argon2
import bcrypt
import pytest
from passlib.hash import ldap_salted_sha256, ldap_salted_sha512, sha256_crypt, sha512_crypt

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import (
    BadPassword,
    check_password,
    make_hash,
    make_many,
    parse_hash,
    scheme_of,
    verify,
    verify_many,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes import libcrypt
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.known import SCHEMES, make_recipe
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue, Unavailable

USER = "alice@example.com"
JUDGES = {
    "SHA512-CRYPT": sha512_crypt,
    "SHA256-CRYPT": sha256_crypt,
    "SSHA256": ldap_salted_sha256,
    "SSHA512": ldap_salted_sha512,
}
JUDGED = ["ARGON2ID", "ARGON2I", "BLF-CRYPT", "CRYPT", *JUDGES]
PASSWORDS = [
    "secret",
    'o\'brien "quoted" 100% $HOME {{ x }} back\\slash',
    "pässwörd 名前 🐈",
    " spaces ",
    "{SHA512-CRYPT}not a hash",
    "*",
]


def judge(stored: str, password: str) -> bool:
    """Ask another implementation."""
    scheme, body = stored[1:].split("}", 1)
    if scheme.startswith("ARGON2"):
        try:
            return argon2.PasswordHasher().verify(body, password)
        except argon2.exceptions.VerifyMismatchError:
            return False
    if scheme in ("BLF-CRYPT", "CRYPT"):
        return bcrypt.checkpw(password.encode(), body.encode())
    return bool(JUDGES[scheme].verify(password, stored if scheme.startswith("SSHA") else body))


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("scheme", JUDGED)
def test_what_is_made_is_verified_by_others_and_by_us(scheme: str, password: str) -> None:
    stored = make_hash(scheme, password, USER)
    assert judge(stored, password)
    assert not judge(stored, f"{password}x")
    assert verify(stored, password, USER)
    assert not verify(stored, f"{password}x", USER)
    assert parse_hash("hash", stored) == stored
    assert scheme_of(stored) == scheme


def test_the_costs_are_those_that_are_documented() -> None:
    assert make_hash("ARGON2ID", "x", USER).startswith("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$")
    assert make_hash("BLF-CRYPT", "x", USER).startswith("{BLF-CRYPT}$2y$10$")
    assert make_hash("SHA512-CRYPT", "x", USER).startswith("{SHA512-CRYPT}$6$")
    assert make_hash("SCRAM-SHA-256", "x", USER).startswith("{SCRAM-SHA-256}15000,")
    assert make_hash("PBKDF2", "x", USER).split("$")[3] == "100000"


def test_what_others_make_is_verified() -> None:
    hashes = [
        argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=2).hash("secret"),
        bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode(),
        bcrypt.hashpw(b"secret", bcrypt.gensalt(4, b"2a")).decode(),
        sha512_crypt.using(rounds=1000, salt="").hash("secret"),
        sha512_crypt.using(rounds=5000).hash("secret"),
    ]
    for made in hashes:
        stored = parse_hash("hash", made)
        assert stored.endswith(made) and stored.startswith("{")
        assert verify(stored, "secret", USER)
        assert not verify(stored, "other", USER)


@pytest.mark.parametrize("scheme", [name for name, scheme in SCHEMES.items() if scheme.entropy])
def test_every_hash_has_a_salt_of_its_own(scheme: str) -> None:
    made = make_many([(scheme, "secret", USER)] * 3)
    assert len(set(made)) == 3
    assert all(verify(one, "secret", USER) for one in made)


def test_many_are_verified_once_each() -> None:
    good, bad = make_hash("SHA512-CRYPT", "a", USER), make_hash("SHA512-CRYPT", "b", USER)
    assert verify_many([(good, "a", USER), (bad, "a", USER), (good, "a", USER), ("*", "a", USER)]) == {
        (good, "a", USER): True,
        (bad, "a", USER): False,
        ("*", "a", USER): False,
    }
    assert verify_many([]) == {}


@pytest.mark.parametrize("stored", ["*", "", "{ARGON2ID}", "{MD5}x", "{SHA512-CRYPT}x", "{BLF-CRYPT}$2y$10$short"])
def test_what_is_no_hash_verifies_nothing(stored: str) -> None:
    assert not verify(stored, "secret", USER)


@pytest.mark.parametrize(
    "value",
    ["", "secret", "{}x", "$1$abc$def", "{ARGON2ID}x", "{blf-crypt}$2y$10$x", "{SHA512-CRYPT}$6$a$" + "b" * 85, "**"],
)
def test_what_is_no_hash_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(BadPassword) as caught:
        parse_hash("password_hash of alice", value)
    assert str(caught.value).startswith("password_hash of alice ")
    assert len(value) < 3 or value not in str(caught.value)


def test_a_hash_of_an_unknown_scheme_is_refused_by_the_schemes_name() -> None:
    with pytest.raises(
        InvalidValue, match=r"'NTLM': is no password scheme known here; use one of ARGON2ID, "
    ) as caught:
        parse_hash("password_hash of alice", "{NTLM}secret")
    assert "secret" not in str(caught.value)


def test_a_scheme_is_stored_in_upper_case() -> None:
    body = "$6$abc$" + "a" * 86
    assert parse_hash("hash", f"{{sha512-crypt}}{body}") == f"{{SHA512-CRYPT}}{body}"
    assert make_recipe("scheme", "argon2id").name == "ARGON2ID"


def test_nobody_logs_in_to_a_star() -> None:
    assert parse_hash("hash", "*") == "*"
    assert scheme_of("*") is None


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("", "is empty"),
        ("a\x00b", "control character"),
        ("a\n", "newline"),
        ("a\x7f", "control"),
        ("\ud800", "Unicode"),
    ],
)
def test_passwords_that_cannot_be_served_are_refused(password: str, told: str) -> None:
    with pytest.raises(BadPassword, match=told):
        check_password("password", password)


def test_a_password_longer_than_its_scheme_reads_is_refused() -> None:
    check_password("password", "x" * 72, make_recipe("scheme", "BLF-CRYPT"))
    check_password("password", "x" * 5000, make_recipe("scheme", "ARGON2ID"))
    with pytest.raises(BadPassword, match="has 73 bytes, and BLF-CRYPT reads only 72"):
        check_password("password", "x" * 73, make_recipe("scheme", "BLF-CRYPT"))
    with pytest.raises(BadPassword, match="has 74 bytes"):
        check_password("password", "ü" * 37, make_recipe("scheme", "BLF-CRYPT"))
    longest = "x" * 511
    check_password("password", longest, make_recipe("scheme", "SHA512-CRYPT"))
    assert verify(make_hash("SHA512-CRYPT", longest, USER), longest, USER)
    with pytest.raises(BadPassword, match="has 512 bytes"):
        check_password("password", "x" * 512, make_recipe("scheme", "SHA512-CRYPT"))


def test_argon2_without_memory_says_nothing_of_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(error: type[Exception]) -> Callable[..., None]:
        def call(*_arguments: object, **_options: object) -> None:
            raise error("Memory allocation error")

        return call

    stored = make_hash(make_recipe("scheme", "ARGON2ID", {"memory": 64}), "secret", USER)
    monkeypatch.setattr(argon2.low_level, "hash_secret", fails(argon2.exceptions.HashingError))
    monkeypatch.setattr(argon2.low_level, "verify_secret", fails(argon2.exceptions.VerificationError))
    with pytest.raises(Unavailable, match=r"ARGON2ID with memory 64 \(KiB\) cannot be verified here: Memory"):
        verify(stored, "secret", USER)
    with pytest.raises(Unavailable, match=r"ARGON2ID with memory 65536 \(KiB\) cannot be hashed here: Memory"):
        make_hash("ARGON2ID", "secret", USER)


def test_a_missing_libcrypt_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(libcrypt.ctypes, "CDLL", missing)
    libcrypt._library.cache_clear()
    with pytest.raises(Unavailable, match=r"libcrypt\.so\.1.* install libcrypt1"):
        make_hash("SHA512-CRYPT", "secret", USER)
