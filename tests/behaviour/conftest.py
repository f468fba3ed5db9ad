# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the behaviour tests share: the hosts, the client, and the order of the scenarios."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from behaviour.bed import (
    Bed,
    MailHost,
    NoBed,
    close_connections,
    group_names,
    host_variables,
    mail_host_names,
    open_bed,
    with_postgresql,
)
from behaviour.client import Client
from behaviour.logs import begin
from behaviour.messages import compose, new_token
from behaviour.operating import CHANGES, REMOVAL, Pair, run_pair
from behaviour.site import Run, run_site

_SCENARIO = re.compile(r"test_([rsiodx])(\d\d)_")
# Sending and receiving first, then changing the hosts, and the log at the very end: it is judged as a whole.
_ORDER = "rsio"
_OF_POSTGRESQL = ("test_database.py", "test_moving.py")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "last: runs after everything else")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mx" in metafunc.fixturenames:
        try:
            names = mail_host_names()
        except NoBed as error:
            raise pytest.UsageError(str(error)) from error
        metafunc.parametrize("mx", names, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> tuple[bool, int]:
        scenario = _SCENARIO.match(item.name)
        return item.get_closest_marker("last") is not None, _ORDER.find(scenario[1]) if scenario else -1

    items.sort(key=place)
    with contextlib.suppress(NoBed):
        if not with_postgresql():
            left_out = [item for item in items if item.path.name in _OF_POSTGRESQL]
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def bed() -> Iterator[Bed]:
    """The hosts. The socket's path is short, because a socket's name has at most 108 characters."""
    with tempfile.TemporaryDirectory(prefix="mw-") as sockets:
        bed = open_bed(Path(sockets))
        for mail_host in bed.mail_hosts.values():
            begin(mail_host)
        yield bed
        close_connections(Path(sockets))


@pytest.fixture
def mx(request: pytest.FixtureRequest, bed: Bed) -> MailHost:
    """The mail host under test: every scenario runs against each of them."""
    return bed.mail_hosts[request.param]


@pytest.fixture(scope="session")
def client(bed: Bed) -> Client:
    """The host from which mail is sent and read."""
    return Client(next(iter(bed.clients.values())))


@pytest.fixture(scope="session")
def name_server() -> str:
    """The address of the name server that has the domains' records."""
    names = group_names("name_servers")
    if not names:
        pytest.skip("the inventory has no name server, so that nothing is published")
    return str(host_variables(names[0])["ansible_host"])


# The runs that change the hosts, each made once for all of them and in this order: things are added, used, and taken
# out again. Whatever needs a state in between has its test before those that need the next one.


@pytest.fixture(scope="session")
def changed(bed: Bed) -> Pair:
    """The hosts with one domain, two mailboxes and three aliases more, and a setting of each service changed."""
    return run_pair(bed, CHANGES)


@pytest.fixture(scope="session")
def visited(bed: Bed, client: Client, changed: Pair) -> str:
    """The token of a message that lies in the mailbox that will be removed."""
    token, sender = new_token(), "stranger@external.example"
    for mx in bed.mail_hosts.values():
        client.send(mx, sender, ["office@gone.example"], compose(token, sender, "office@gone.example"))
        mx.wait_for_empty_queue()
    return token


@pytest.fixture(scope="session")
def removed(bed: Bed, visited: str) -> Pair:
    """The hosts without them; the services' settings are not looked at yet."""
    return run_pair(bed, REMOVAL, "--tags", "accounts")


@pytest.fixture(scope="session")
def restored(removed: Pair) -> Run:
    """The hosts with the settings as before."""
    return run_site()


@pytest.fixture(scope="session")
def repeated(restored: Run) -> Run:
    """The run after that, of the roles that had something to do: there is nothing left to do."""
    return run_site("--tags", "dovecot,postfix")
