# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One suite for all backends: SQLite, and each PostgreSQL server of the inventory."""

from __future__ import annotations

from stores.contract import StoreContract


class TestStores(StoreContract):
    """The contract, with the fixture ``backend`` of all of them."""
