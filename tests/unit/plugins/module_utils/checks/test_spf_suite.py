# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole test suite for RFC 7208 of openspf.org."""

from __future__ import annotations

import pytest
from spf_zones.suite import Case, cases

from ansible_collections.mailwright.mail.plugins.module_utils.checks.spf import check_host

CASES = list(cases())


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 203


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case(case: Case) -> None:
    domain = case.mail_from.rpartition("@")[2] or case.helo
    result = check_host(case.host, domain, case.mail_from, case.helo, case.table())
    # Of several right results the suite names the one it prefers first, and it is that one everywhere.
    assert result.result == case.results[0], result
    if case.explanation is not None:
        # DEFAULT is what a receiver says by itself.
        assert (result.explanation or "DEFAULT") == case.explanation
    assert result.lookups <= 11
    assert bool(result.problem) == (result.result in ("none", "temperror", "permerror"))
