# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of each Dovecot build. The behaviour test asks the builds themselves."""

from __future__ import annotations

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.dovecot import (
    BUILDS,
    DOVECOT_2_3,
    DOVECOT_2_4,
    build_of,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.known import SCHEMES


def test_everything_that_is_known_is_of_a_scheme() -> None:
    for build in BUILDS:
        assert build.lacks | build.refuses <= SCHEMES.keys()


def test_what_is_refused_is_weak() -> None:
    assert all(SCHEMES[name].weak for build in BUILDS for name in build.refuses)


def test_a_problem_names_the_version_and_the_way_out() -> None:
    assert DOVECOT_2_3.problem("ARGON2") == "Dovecot 2.3 (Debian 12) does not know ARGON2"
    assert DOVECOT_2_4.problem("SMD5") == (
        "Dovecot 2.4 (Debian 13) refuses logins with SMD5 unless it has auth_allow_weak_schemes = yes "
        "(role dovecot: dovecot_allow_weak_schemes)"
    )
    assert DOVECOT_2_3.problem("SMD5") == ""
    assert DOVECOT_2_4.problem("ARGON2ID") == ""


def test_crypt_is_judged_by_its_hash() -> None:
    assert DOVECOT_2_4.problem("CRYPT") == ""
    assert "refuses logins with CRYPT" in DOVECOT_2_4.problem("CRYPT", weak=True)
    assert DOVECOT_2_3.problem("CRYPT", weak=True) == ""


@pytest.mark.parametrize(
    ("version", "build"),
    [("2.3.19.1", DOVECOT_2_3), ("2.2.36", DOVECOT_2_3), ("2.4.1-4", DOVECOT_2_4), ("3.0", DOVECOT_2_4)],
)
def test_a_version_is_of_the_nearest_build(version: str, build: object) -> None:
    assert build_of(version) is build
