# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the scenario "role_verify": two mail hosts, one of which is the name server of both."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from behaviour.bed import Host, close_connections, open_group


@pytest.fixture(scope="session")
def hosts() -> Iterator[dict[str, Host]]:
    # The path is short, because a socket's name has at most 108 characters.
    with tempfile.TemporaryDirectory(prefix="mw-") as sockets:
        yield open_group("mail_hosts", Path(sockets))
        close_connections(Path(sockets))
