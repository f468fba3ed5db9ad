# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""O07: the services' logs ask for nobody's attention."""

from __future__ import annotations

import pytest
from behaviour.bed import MailHost
from behaviour.logs import troubles


def test_o07_nothing_after_provisioning(mx: MailHost) -> None:
    before, _after = troubles(mx)
    assert before == []


@pytest.mark.last
def test_o07_nothing_after_the_scenarios(mx: MailHost) -> None:
    """Less what the scenarios provoked on purpose."""
    _before, after = troubles(mx)
    assert after == []
