# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, options, salts and strength of the schemes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import (
    is_made_by,
    is_weak,
    make_hash,
    parse_hash,
    verify,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.known import SCHEMES, make_recipe
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue

USER = "alice@example.com"
# Options that make hashing quick.
QUICK: dict[str, dict[str, int]] = {
    "ARGON2ID": {"memory": 64, "passes": 1},
    "ARGON2I": {"memory": 64, "passes": 3},
    "ARGON2": {"memory": 64, "passes": 1},
    "BLF-CRYPT": {"rounds": 4},
    "CRYPT": {"rounds": 4},
    "SHA512-CRYPT": {"rounds": 1000},
    "SHA256-CRYPT": {"rounds": 1000},
    "PBKDF2": {"rounds": 1000},
    "SCRAM-SHA-1": {"rounds": 4096},
    "SCRAM-SHA-256": {"rounds": 4096},
    "OTP": {"rounds": 100},
}
WEAK = {
    *("PLAIN", "CLEAR", "CLEARTEXT", "PLAIN-TRUNC", "SHA", "SHA1", "SHA256", "SHA512", "SSHA", "SMD5", "LDAP-MD5"),
    *("PLAIN-MD4", "PLAIN-MD5", "MD5", "MD5-CRYPT", "DES-CRYPT", "LANMAN", "CRAM-MD5", "HMAC-MD5", "OTP"),
    "DIGEST-MD5",
}


@pytest.mark.parametrize("suffix", ["", ".b64", ".HEX", ".Base64"])
@pytest.mark.parametrize("name", SCHEMES)
def test_what_is_made_is_recognised_verified_and_of_its_cost(name: str, suffix: str) -> None:
    recipe = make_recipe("scheme", name.lower() + suffix, QUICK.get(name), allow_weak=True)
    stored = make_hash(recipe, "Pässwort", USER)
    assert stored.startswith(f"{{{recipe.name}}}")
    assert parse_hash("hash", stored, allow_weak=True) == stored
    assert verify(stored, "Pässwort", USER)
    assert not verify(stored, "x", USER)
    assert is_made_by(stored, recipe)


@pytest.mark.parametrize("name", QUICK)
def test_another_cost_or_encoding_is_not_as_wanted(name: str) -> None:
    quick = make_recipe("scheme", name, QUICK[name], allow_weak=True)
    stored = make_hash(quick, "secret", USER)
    for option in SCHEMES[name].options:
        other = {**QUICK[name], option.name: dict(quick.cost)[option.name] + 1}
        if option.name == "lanes":
            other["memory"] = 64
        assert not is_made_by(stored, make_recipe("scheme", name, other, allow_weak=True))
    assert not is_made_by(stored, make_recipe("scheme", f"{name}.HEX", QUICK[name], allow_weak=True))
    assert not is_made_by(stored, make_recipe("scheme", "SSHA512"))


def test_a_star_and_an_unknown_scheme_are_never_as_wanted() -> None:
    for stored in ("*", "{NTLM}0123456789abcdef0123456789abcdef", "{SSHA512}x"):
        assert not is_made_by(stored, make_recipe("scheme", "SSHA512"))
        assert not is_weak(stored)


def test_weak_schemes_are_refused_unless_they_are_asked_for() -> None:
    assert {name for name, scheme in SCHEMES.items() if scheme.weak} == WEAK
    for name in WEAK:
        with pytest.raises(Conflict, match=rf"scheme of alice: {name} .*; use ARGON2ID, or give allow_weak_scheme"):
            make_recipe("scheme of alice", name)
        stored = make_hash(make_recipe("scheme", name, allow_weak=True), "Secret1", USER)
        assert is_weak(stored)
        with pytest.raises(Conflict, match="allow_weak_scheme") as caught:
            parse_hash("hash of alice", stored)
        assert stored.partition("}")[2] not in str(caught.value)
        assert parse_hash("hash of alice", stored, allow_weak=True) == stored


@pytest.mark.parametrize("body", ["$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a.", "xxj31ZMTZzkVA"])
def test_crypt_is_as_weak_as_its_hash(body: str) -> None:
    with pytest.raises(Conflict, match="CRYPT is built on"):
        parse_hash("hash", f"{{CRYPT}}{body}")
    assert not is_weak(make_hash(make_recipe("scheme", "CRYPT", {"rounds": 4}), "secret", USER))


def test_crypt_takes_what_the_system_knows() -> None:
    stored = "{CRYPT}$y$j9T$aaaaaaaaaaaaaaaaaaaaaa$Ew9tZCIqqvgPTTZbD.T4nYRZ/cdfEvVoMJeKMIBjf/7"
    assert parse_hash("hash", stored) == stored
    assert is_made_by(stored, make_recipe("scheme", "CRYPT"))
    assert not is_made_by(stored, make_recipe("scheme", "CRYPT", {"rounds": 10}))


def test_a_cost_that_nobody_asked_for_is_no_reason_to_replace_a_hash() -> None:
    stored = make_hash(make_recipe("scheme", "ARGON2ID", {"memory": 64, "passes": 5}), "secret", USER)
    assert is_made_by(stored, make_recipe("scheme", "ARGON2ID"))
    assert is_made_by(stored, make_recipe("scheme", "ARGON2ID", {"passes": 5}))
    assert not is_made_by(stored, make_recipe("scheme", "ARGON2ID", {"passes": 3}))


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("BLF-CRYPT", {"rounds": 3}, "alice, BLF-CRYPT with rounds 3: is out of range; give 4 to 31"),
        ("BLF-CRYPT", {"rounds": 32}, "32: is out of range; give 4 to 31"),
        ("BLF-CRYPT", {"rounds": "many"}, "'many': is out of range; give 4 to 31"),
        ("BLF-CRYPT", {"rounds": True}, "True: is out of range"),
        ("BLF-CRYPT", {"rounds": 10.5}, "10.5: is out of range"),
        ("BLF-CRYPT", {"rounds": "-5"}, "'-5': is out of range"),
        ("BLF-CRYPT", {"rounds": [10]}, "is out of range"),
        ("SHA512-CRYPT", {"rounds": 999}, "999: is out of range; give 1000 to 999999999"),
        ("SCRAM-SHA-256", {"rounds": 4095}, "4095: is out of range; give 4096 to 10000000"),
        ("PBKDF2", {"rounds": 10**13}, "is out of range"),
        ("ARGON2ID", {"memory": 7}, "alice, ARGON2ID with memory 7: is out of range; give 8 to 4194304 KiB"),
        ("ARGON2ID", {"memory": 31, "lanes": 4}, "do not fit together; memory has to be at least .*, here 32"),
        ("ARGON2ID", {"rounds": 3}, "'rounds': is no option of ARGON2ID; it has memory and passes and lanes"),
        ("SSHA512", {"rounds": 3}, "'rounds': is no option of SSHA512; it has none"),
    ],
)
def test_options_that_cannot_be_are_told_with_their_range(name: str, options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        make_recipe("alice", name, options)


def test_options_may_be_text_and_may_be_left_out() -> None:
    assert make_recipe("alice", "BLF-CRYPT", {"rounds": " 12 "}).cost == (("rounds", 12),)
    assert make_recipe("alice", "BLF-CRYPT", {"rounds": None}).cost == (("rounds", 10),)
    assert make_recipe("alice", "ARGON2ID", {"passes": 4}).cost == (("memory", 65536), ("passes", 4), ("lanes", 1))
    stored = make_hash(make_recipe("alice", "ARGON2ID", {"memory": 64, "passes": 2, "lanes": 2}), "secret", USER)
    assert stored.startswith("{ARGON2ID}$argon2id$v=19$m=64,t=2,p=2$")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NTLM", "'NTLM': is no password scheme known here; use one of ARGON2ID, .* or a weak one"),
        ("SSHA.b32", "'SSHA.b32': has an encoding that Dovecot does not know; use .b64, .hex or none"),
        ("", "'': is no password scheme"),
    ],
)
def test_names_that_are_no_schemes_are_told(name: str, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        make_recipe("password_scheme of alice", name, allow_weak=True)


def test_an_encoding_that_a_scheme_has_anyway_is_not_written() -> None:
    names = {"SSHA.b64": "SSHA", "SSHA.base64": "SSHA", "SSHA.hex": "SSHA.HEX", "CRAM-MD5.hex": "CRAM-MD5"}
    assert {name: make_recipe("scheme", name, allow_weak=True).name for name in names} == names
    assert make_recipe("scheme", "ARGON2ID.base64").name == "ARGON2ID.B64"


def test_hexadecimal_and_base64_are_told_apart_by_their_length() -> None:
    password, hexadecimal = "abc", "900150983cd24fb0d6963f7d28e17f72"
    assert verify(f"{{LDAP-MD5}}{hexadecimal}", password, USER)
    assert verify("{PLAIN-MD5}kAFQmDzST7DWlj99KOF/cg==", password, USER)
    assert verify("{PLAIN-MD5}kAFQmDzST7DWlj99KOF/cg", password, USER)
    # Where the name says another encoding than the scheme's own, Dovecot does not look.
    assert not verify(f"{{PLAIN-MD5.B64}}{hexadecimal}", password, USER)
    assert not verify("{LDAP-MD5.HEX}kAFQmDzST7DWlj99KOF/cg==", password, USER)


def test_plain_trunc_takes_any_end_only_where_a_password_was_cut() -> None:
    assert verify("{PLAIN-TRUNC}4-secr", "secret", USER)
    assert verify("{PLAIN-TRUNC}4-secr", "secr", USER)
    assert not verify("{PLAIN-TRUNC}4-secr", "sec", USER)
    assert not verify("{PLAIN-TRUNC}9-secret", "secretx", USER)
    assert make_hash(make_recipe("scheme", "PLAIN-TRUNC", allow_weak=True), "secret", USER) == "{PLAIN-TRUNC}7-secret"


@pytest.mark.parametrize("name", [name for name, scheme in SCHEMES.items() if scheme.entropy])
def test_a_seed_gives_the_same_salt_each_time_and_another_for_another_scheme(name: str) -> None:
    recipe = make_recipe("scheme", name, QUICK.get(name), allow_weak=True)
    salt = recipe.salt_of_seed("alice@example.com")
    assert salt == recipe.salt_of_seed("alice@example.com")
    assert salt != recipe.salt_of_seed("bob@example.com")
    assert recipe.scheme.salt_problem(salt) == ""
    made = recipe.make("secret", salt, USER)
    assert made == recipe.make("secret", salt, USER)
    assert verify(made, "secret", USER)


@pytest.mark.parametrize(
    ("name", "salt", "told"),
    [
        ("ARGON2ID", b"1234567", "at least 8 bytes"),
        ("BLF-CRYPT", b"CCCCCCCCCCCCCCCCCCCCCa", "22 characters"),
        ("SHA512-CRYPT", b"", "1 to 16"),
        ("SHA512-CRYPT", b"12345678901234567", "1 to 16"),
        ("SHA512-CRYPT", b"a$b", "1 to 16"),
        ("MD5-CRYPT", b"123456789", "1 to 8"),
        ("DES-CRYPT", b"abc", "2 characters"),
        ("PBKDF2", b"salt$salt", "8 to 64"),
        ("SSHA512", b"", "at least 1 byte"),
        ("OTP", b"TeSt", "a-z0-9"),
    ],
)
def test_a_salt_that_its_scheme_cannot_take_is_told(name: str, salt: bytes, told: str) -> None:
    assert re.search(told, SCHEMES[name].salt_problem(salt))
