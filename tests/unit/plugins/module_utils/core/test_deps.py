# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries that may be missing."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.deps import PACKAGES, need
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable


@pytest.mark.parametrize("name", ["argon2", "argon2.low_level", "idna", "lmdb"])
def test_a_library_is_returned(name: str) -> None:
    assert need(name).__name__ == name


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_a_missing_library_is_named_with_its_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Unavailable, match=f"{name} is needed .* install {PACKAGES[name]}"):
        need(name)
