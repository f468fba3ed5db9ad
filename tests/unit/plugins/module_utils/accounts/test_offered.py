# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings of new hashes that do not fit how Dovecot is set up."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, AppPassword, Domain
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.offered import (
    WORKER_MEMORY,
    Settings,
    installed_settings,
    parse_settings,
    setting_warnings,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan, make_plan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted

ARGON2 = "{{ARGON2ID}}$argon2id$v=19$m={},t=3,p=1$bvdeoi2hqRP0Nwx9Lai8dQ$7jSIZdCZxPlgazY/5V9yPH2pmsBjEFW3D5Pa1ZaKSLs"
SCRAM = Settings(frozenset({"PLAIN", "LOGIN", "SCRAM-SHA-256"}))
EMPTY = Accounts(domains={"example.com": Domain("example.com")})
OLD_TEXT = """auth_mechanisms = plain login scram-sha-256
service/auth-worker/vsz_limit = {}
default_vsz_limit = 256 M
"""
NEW_TEXT = """auth_mechanisms {
  plain = yes
  login = yes
  scram-sha-256 = yes
  cram-md5 = no
}
service auth-worker {
  vsz_limit = 1G
}
default_vsz_limit = 256 M
"""


def planned(found: Accounts = EMPTY, **entry: Any) -> AccountsPlan:
    """Return the plan for one mailbox that is to be so."""
    wanted = parse_wanted(mailboxes=[{"address": "a@example.com", **entry}])
    return make_plan(found, wanted, now="2026-01-01T00:00:00Z")


def test_a_mailbox_that_cannot_use_what_is_offered_is_named() -> None:
    for entry in ({"password": "secret"}, {"password_hash": ARGON2.format(65536)}):
        [warning] = setting_warnings(planned(**entry), lambda: SCRAM)
        assert warning.startswith("mailbox a@example.com: Dovecot offers SCRAM-SHA-256, for")
        assert warning.endswith("run the role dovecot again")
    for entry in ({"password": "secret", "password_scheme": "SCRAM-SHA-256"}, {"password_hash": "*"}):
        assert setting_warnings(planned(**entry), lambda: SCRAM) == []


def test_an_app_password_is_named_too() -> None:
    plan = planned(password="secret", password_scheme="SCRAM-SHA-256")
    apps = {"a@example.com/phone": AppPassword("a@example.com", "phone", ARGON2.format(65536))}
    plan.after = replace(plan.after, app_passwords=apps)
    [warning] = setting_warnings(plan, lambda: SCRAM)
    assert warning.startswith("app password a@example.com/phone: Dovecot offers SCRAM-SHA-256")
    plan.found = replace(plan.found, app_passwords=apps)
    assert setting_warnings(plan, lambda: SCRAM) == []


@pytest.mark.parametrize(
    "entry", [{"password_hash": ARGON2.format(262144)}, {"password": "x", "password_options": {"memory": 262144}}]
)
def test_a_hash_that_takes_more_than_a_worker_has_is_named(entry: dict[str, Any]) -> None:
    enough = 262144 + WORKER_MEMORY
    assert setting_warnings(planned(**entry), lambda: Settings(memory=enough)) == []
    [warning] = setting_warnings(planned(**entry), lambda: Settings(memory=enough - 1))
    assert warning.startswith("mailbox a@example.com: a hash of 262144 KiB is more than")
    assert "within the 281 MiB" in warning
    assert setting_warnings(planned(**entry), Settings) == []


def test_dovecot_is_asked_only_where_a_hash_is_new() -> None:
    def asked() -> Settings:
        raise AssertionError("asked")

    stored = planned(password_hash=ARGON2.format(65536)).after
    assert setting_warnings(planned(stored, quota="1G"), asked) == []
    assert setting_warnings(planned(stored, password_hash="*"), asked) == []
    with pytest.raises(AssertionError, match="asked"):
        setting_warnings(planned(stored, password_hash=ARGON2.format(1024)), asked)


def test_both_versions_settings_are_read() -> None:
    assert parse_settings(OLD_TEXT.format("512 M")) == Settings(SCRAM.mechanisms, 512 * 1024)
    assert parse_settings(OLD_TEXT.format("18446744073709551615 B")) == Settings(SCRAM.mechanisms, 256 * 1024)
    assert parse_settings(NEW_TEXT) == Settings(SCRAM.mechanisms, 1024 * 1024)
    assert parse_settings("") == Settings()


def test_the_hosts_own_dovecot_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed_settings() == Settings()
    program = tmp_path / "doveconf"
    program.write_text(f"#!/bin/sh\necho '{NEW_TEXT}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert installed_settings() == Settings(SCRAM.mechanisms, 1024 * 1024)
