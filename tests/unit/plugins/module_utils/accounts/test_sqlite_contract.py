# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the store in a file has in common with every other; `tests/integration` asks real database servers the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from stores.backends import Backend, SqliteBackend
from stores.contract import StoreContract


class TestSqlite(StoreContract):
    """The contract."""

    @pytest.fixture
    def backend(self, tmp_path: Path) -> Backend:
        return SqliteBackend(tmp_path / "lib" / "accounts.db")
