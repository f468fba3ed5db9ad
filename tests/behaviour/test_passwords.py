# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Password schemes, judged by each host's Dovecot: what we make it takes, what it makes we take, and who may log in.

A second Dovecot on the mail host serves the hashes (`remote/dovecot_passwords.py`), so that refused logins stand in no
log of the service.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from behaviour.bed import MailHost

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import (
    make_many,
    parse_hash,
    scheme_of,
    verify,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.dovecot import Build, build_of
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.known import SCHEMES, make_recipe
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.summary import CHALLENGES

# DES-CRYPT reads 8 bytes of it.
# DIGEST-MD5 hashes the user's name, too.
USER = "alice@example.com"
PASSWORD = "Pä ss'w"
NAMES = [f"{name}{encoding}" for name in SCHEMES for encoding in ("", ".b64", ".hex")]
# Made by doveadm without the length that every Dovecot asks for.
NOT_FROM_DOVEADM = {"PLAIN-TRUNC"}


@functools.cache
def made_by_us() -> dict[str, str]:
    """Return a hash of every scheme in every encoding, by user: one set for all hosts, because some take their time."""
    recipes = [make_recipe("scheme", name, allow_weak=True) for name in NAMES]
    users = [f"{name.lower()}@example.com" for name in NAMES]
    made = make_many((recipe, PASSWORD, user) for recipe, user in zip(recipes, users, strict=True))
    hashes = dict(zip(users, made, strict=True))
    for name in ("MD5-CRYPT", "DES-CRYPT"):
        # CRYPT is as good as the hash behind it.
        hashes[f"crypt-{name.lower()}@example.com"] = (
            "{CRYPT}" + hashes[f"{name.lower()}@example.com"].partition("}")[2]
        )
    return hashes


@functools.cache
def asked(mx: MailHost, weak: bool = False) -> dict[str, Any]:
    """Return what the host's Dovecot says to them, with the hashes by user."""
    hashes = made_by_us()
    document = {"password": PASSWORD, "user": USER, "schemes": NAMES, "hashes": hashes, "weak": weak}
    return {"hashes": hashes, **mx.program("dovecot_passwords.py", json.dumps(document))}


def names(hashes: dict[str, str]) -> dict[str, str]:
    """Return the scheme of each user's hash, without its encoding."""
    return {user: str(scheme_of(stored)).partition(".")[0] for user, stored in hashes.items()}


def build(answers: dict[str, Any]) -> Build:
    return build_of(answers["version"])


def test_what_we_make_dovecot_verifies(mx: MailHost) -> None:
    answers = asked(mx)
    wanted = {user for user, name in names(answers["hashes"]).items() if name not in build(answers).lacks}
    assert set(answers["verified"]) == wanted


def test_what_dovecot_makes_we_verify(mx: MailHost) -> None:
    answers = asked(mx)
    lacks = build(answers).lacks
    assert answers["made"].keys() == {name for name in NAMES if name.partition(".")[0] not in lacks}
    for name, made in answers["made"].items():
        if name.partition(".")[0] not in NOT_FROM_DOVEADM:
            assert verify(parse_hash(name, made, allow_weak=True), PASSWORD, USER), name


@pytest.mark.parametrize("weak", [False, True])
def test_who_logs_in_is_known(mx: MailHost, weak: bool) -> None:
    """Everybody whose scheme the table says nothing against, and with weak schemes allowed all that Dovecot knows."""
    answers = asked(mx, weak)
    known = build(answers)
    wanted = {
        user
        for user, name in names(answers["hashes"]).items()
        if (name not in known.lacks if weak else not known.problem(name, weak=user.startswith("crypt-")))
    }
    assert set(answers["logins"]) == wanted


@pytest.mark.parametrize("mechanism", CHALLENGES)
def test_who_can_use_a_challenge_is_known(mx: MailHost, mechanism: str) -> None:
    """Nobody but those whose scheme the table names: to all others the mechanism must not be offered."""
    answers = asked(mx)
    wanted = {user for user, name in names(answers["hashes"]).items() if name in CHALLENGES[mechanism]}
    assert set(answers["challenged"][mechanism]) == wanted
