# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``doveadm pw -s SCHEME`` of both Dovecot versions made, recognised and verified here.

``doveadm_pw.json`` has, by version and scheme, the hash that each made of ``PASSWORD``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import parse_hash, scheme_of, verify
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.dovecot import BUILDS
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.known import SCHEMES

# DIGEST-MD5 hashes it, too.
USER = "alice@example.com"
PASSWORD = "Päss w0rd"
RECORDED: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("doveadm_pw.json").read_text())
HASHES = [
    pytest.param(made, id=f"{version} {name}") for version, hashes in RECORDED.items() for name, made in hashes.items()
]


@pytest.mark.parametrize("made", HASHES)
def test_what_dovecot_makes_is_recognised_and_verified(made: str) -> None:
    stored = parse_hash("hash", made, allow_weak=True)
    # An encoding that a scheme has anyway is not kept in the name.
    assert stored.partition("}")[2] == made.partition("}")[2]
    assert verify(made, PASSWORD, USER) and verify(stored, PASSWORD, USER)
    assert not verify(stored, f"x{PASSWORD}", USER)
    assert not verify(stored, PASSWORD.upper(), USER)


@pytest.mark.parametrize(("version", "hashes"), RECORDED.items())
def test_every_scheme_of_dovecot_is_known_here(version: str, hashes: dict[str, str]) -> None:
    build = next(build for build in BUILDS if version.startswith(build.version))
    # PLAIN-TRUNC is made by doveadm in a form that no Dovecot takes.
    made = {str(scheme_of(one)).partition(".")[0] for one in hashes.values()} | {"PLAIN-TRUNC"}
    assert made == SCHEMES.keys() - build.lacks
    for scheme in made - {"PLAIN-TRUNC"}:
        assert {scheme, f"{scheme}.B64", f"{scheme}.HEX"} <= hashes.keys()
