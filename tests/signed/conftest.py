# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the scenario "signed": two mail hosts that write to each other, and the name server of both."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from behaviour.bed import Host, close_connections, open_group
from signed.experiment import Outcome, conduct


@dataclass(frozen=True)
class Hosts:
    """All hosts of the scenario; ``mail`` by name."""

    mail: dict[str, Host]
    server: Host


@pytest.fixture(scope="session")
def hosts() -> Iterator[Hosts]:
    # The path is short, because a socket's name has at most 108 characters.
    with tempfile.TemporaryDirectory(prefix="mw-") as sockets:
        [server] = open_group("name_servers", Path(sockets)).values()
        yield Hosts(open_group("mail_hosts", Path(sockets)), server)
        close_connections(Path(sockets))


@pytest.fixture(scope="session")
def rotated(hosts: Hosts) -> Outcome:
    """What came of the stream of mail under which keys were rotated."""
    return conduct(hosts.mail, hosts.server)
