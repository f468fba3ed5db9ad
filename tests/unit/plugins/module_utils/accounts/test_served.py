# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings of hashes with which nobody could log in."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, Domain
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import make_plan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.dovecot import (
    BUILDS,
    DOVECOT_2_3,
    DOVECOT_2_4,
    Build,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.served import installed_builds, login_warnings
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted

REFUSED = (
    "Dovecot 2.4 (Debian 13) refuses logins with SMD5 unless it has auth_allow_weak_schemes = yes "
    "(role dovecot: dovecot_allow_weak_schemes)"
)


def told(*builds: Build, **entry: Any) -> list[str]:
    """Return the warnings for two mailboxes that are made so."""
    names = ("a@example.com", "b@example.com")
    wanted = parse_wanted(mailboxes=[{"address": name, "allow_weak_scheme": True, **entry} for name in names])
    found = Accounts(domains={"example.com": Domain("example.com")})
    return login_warnings(make_plan(found, wanted, now="2026-01-01T00:00:00Z"), wanted, lambda: builds)


def test_what_this_dovecot_refuses_is_told_and_what_it_takes_is_not() -> None:
    weak = {"password": "secret", "password_scheme": "SMD5.hex"}
    assert told(DOVECOT_2_4, **weak) == [f"mailboxes a@example.com, b@example.com: {REFUSED}"]
    assert told(DOVECOT_2_3, **weak) == []
    assert told(*BUILDS, password="secret", password_scheme="LANMAN")[0].count("does not know LANMAN") == 2


def test_a_hash_is_judged_as_a_password_is() -> None:
    md5 = "$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a."
    for stored in (md5, f"{{MD5-CRYPT}}{md5}", f"{{CRYPT}}{md5}"):
        [warning] = told(DOVECOT_2_4, password_hash=stored)
        assert "CRYPT unless it has auth_allow_weak_schemes" in warning
        assert "xxxxxxxx" not in warning
    assert told(DOVECOT_2_4, password_hash="*") == []


def test_dovecot_is_not_asked_where_all_take_it() -> None:
    wanted = parse_wanted(mailboxes=[{"address": "a@example.com", "password": "secret"}])
    found = Accounts(domains={"example.com": Domain("example.com")})

    def asked() -> tuple[Build, ...]:
        raise AssertionError("asked")

    assert login_warnings(make_plan(found, wanted, now="2026-01-01T00:00:00Z"), wanted, asked) == []


@pytest.mark.parametrize(
    ("version", "allowed", "builds"),
    [("2.3.19.1 (9b53102964)", "no", (DOVECOT_2_3,)), ("2.4.1-4 (7d8c0e5759)", "no", (DOVECOT_2_4,)), ("", "", BUILDS)],
)
def test_the_hosts_own_dovecot_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, allowed: str, builds: tuple[Build, ...]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if version:
        install(tmp_path, version, allowed)
    assert installed_builds() == builds


def test_a_dovecot_that_is_told_to_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    install(tmp_path, "2.4.1", "yes")
    [build] = installed_builds()
    assert build.problem("SMD5") == ""
    assert build.problem("LANMAN") != ""


def install(folder: Path, version: str, allowed: str) -> None:
    """Put two programs there that answer as Dovecot's do."""
    for name, answer in (("dovecot", version), ("doveconf", allowed)):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{answer}'\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
