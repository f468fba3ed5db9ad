# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter, alone and in a template that ansible-core renders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.filter import dovecot_password as plugin
from ansible_collections.mailwright.mail.plugins.filter.dovecot_password import dovecot_password
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import verify
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.known import SCHEMES

ROOT = Path(__file__).parents[4]
USER = "alice@example.com"
# openssl passwd -6 -salt saltsaltsaltsalt secret
KNOWN = (
    "{SHA512-CRYPT}$6$saltsaltsaltsalt$"
    "ph0yGsyjzqdeFaon7.gJZo8eAG5/rj9/JdzOu1Rl7dKzBYg3xgvl7T2VQ2Rt81bc5AXkdA54r0p8QvC1omD6R1"
)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_same_input_gives_the_same_hash(scheme: str) -> None:
    options = {"seed": USER, "user": USER, "allow_weak_scheme": True}
    made = dovecot_password("Pässw0rd"[:7], scheme, **options)
    assert made == dovecot_password("Pässw0rd"[:7], scheme, **options)
    assert verify(made, "Pässw0rd"[:7], USER)


@pytest.mark.parametrize(
    ("scheme", "salt", "start"),
    [
        ("BLF-CRYPT", "CCCCCCCCCCCCCCCCCCCCC.", "{BLF-CRYPT}$2y$10$CCCCCCCCCCCCCCCCCCCCC."),
        ("sha512-crypt", "saltsaltsaltsalt", "{SHA512-CRYPT}$6$saltsaltsaltsalt$"),
        ("PBKDF2", "saltsalt", "{PBKDF2}$1$saltsalt$100000$"),
        ("ARGON2ID", "somesalt", "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQ$"),
        ("SCRAM-SHA-256", "somesalt", "{SCRAM-SHA-256}15000,c29tZXNhbHQ=,"),
        ("SSHA512.hex", "somesalt", "{SSHA512.HEX}"),
    ],
)
def test_a_salt_stands_in_the_hash(scheme: str, salt: str, start: str) -> None:
    made = dovecot_password("secret", scheme, salt=salt)
    assert made.startswith(start)
    assert verify(made, "secret", USER)


def test_a_scheme_without_a_salt_needs_none() -> None:
    assert dovecot_password("abc", "SHA.hex", allow_weak_scheme=True) == (
        "{SHA.HEX}a9993e364706816aba3e25717850c26c9cd0d89d"
    )


@pytest.mark.parametrize(
    ("password", "arguments", "told"),
    [
        ("secret", {}, "ARGON2ID needs salt or seed, so that a template renders the same twice"),
        ("secret", {"salt": "somesalt", "seed": "x"}, "salt and seed are both given"),
        ("secret", {"seed": ""}, "seed of dovecot_password is empty"),
        ("secret", {"seed": 7}, "seed of dovecot_password is no text but of type int"),
        ("secret", {"salt": "short"}, "salt of dovecot_password has to have at least 8 bytes for ARGON2ID"),
        ("secret", {"seed": "x", "rounds": 3}, "'rounds': is no option of ARGON2ID"),
        ("secret", {"seed": "x", "memory": 3}, "ARGON2ID with memory 3: is out of range; give 8 to 4194304 KiB"),
        ("secret", {"seed": "x", "scheme": "NTLM"}, "'NTLM': is no password scheme known here"),
        ("secret", {"scheme": "DIGEST-MD5", "allow_weak_scheme": True}, "hashes the user's name too; give user"),
        (
            "secret",
            {"scheme": "DIGEST-MD5", "allow_weak_scheme": True, "user": "alice"},
            "user of dovecot_password 'alice'",
        ),
        ("secret", {"scheme": "PLAIN", "allow_weak_scheme": "no"}, "PLAIN stores the password as it is"),
        ("secret", {"scheme": "PLAIN", "allow_weak_scheme": "maybe"}, "allow_weak_scheme .*'maybe': is no boolean"),
        ("secret", {"scheme": "PLAIN"}, "PLAIN stores the password as it is; .*allow_weak_scheme: true"),
        ("", {"seed": "x"}, "the password given to dovecot_password is empty"),
        (83, {"seed": "x"}, "is no text but of type int; write it in quotes"),
        (None, {"seed": "x"}, "is no text but of type NoneType"),
        ("a\nb", {"seed": "x"}, "has a control character or newline"),
        ("x" * 73, {"seed": "x", "scheme": "BLF-CRYPT"}, "has 73 bytes, and BLF-CRYPT reads only 72"),
    ],
)
def test_what_cannot_be_hashed_is_told_without_the_password(
    password: Any, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=told) as caught:
        dovecot_password(password, **arguments)
    assert "secret" not in str(caught.value)


def test_ansible_renders_it(tmp_path: Path) -> None:
    expressions = [
        "'secret' | mailwright.mail.dovecot_password(scheme='SHA512-CRYPT', salt='saltsaltsaltsalt')",
        "password | mailwright.mail.dovecot_password('SHA512-CRYPT', salt=salt)",
        "password | mailwright.mail.dovecot_password(scheme, rounds=rounds, salt=salt)",
    ]
    variables = {"password": "secret", "salt": "saltsaltsaltsalt", "scheme": "SHA512-CRYPT", "rounds": 5000}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": variables,
        "tasks": [{"ansible.builtin.debug": {"msg": [f"{{{{ {expression} }}}}" for expression in expressions]}}],
    }
    told = ansible(tmp_path, play)
    assert told.count(KNOWN) == 3


def test_ansible_tells_what_is_missing(tmp_path: Path) -> None:
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"password": "hidden-one"},
        "tasks": [{"ansible.builtin.debug": {"msg": "{{ password | mailwright.mail.dovecot_password }}"}}],
    }
    told = ansible(tmp_path, play)
    assert "ARGON2ID needs salt or seed" in told
    assert "hidden-one" not in told


def ansible(folder: Path, play: dict[str, Any]) -> str:
    """Return all that ansible-playbook of this interpreter's ansible-core says of a play."""
    (folder / "play.yml").write_text(json.dumps([play]))
    run = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", str(folder / "play.yml")],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build/tree"),
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_FORCE_COLOR": "0",
        },
        check=False,
    )
    return run.stdout + run.stderr


def test_the_documentation_has_every_option_and_its_sample_is_one() -> None:
    options = yaml.safe_load(plugin.DOCUMENTATION)["options"]
    known = {option.name for scheme in SCHEMES.values() for option in scheme.options}
    assert options.keys() == {"_input", "scheme", "salt", "seed", "user", "allow_weak_scheme"} | known
    sample = yaml.safe_load(plugin.RETURN)["_value"]["sample"]
    assert verify(sample, "password", USER)
