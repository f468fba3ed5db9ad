# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of the inventory's group ``database_hosts``, and a fresh place for a store in each of them.

Tests of name servers need no inventory: they start the servers that this machine has.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from behaviour.bed import Host, NoBed, close_connections, group_names, open_group
from mail_zones.real_powerdns import RealPowerDns, program
from stores.backends import Backend, PostgresqlBackend, SqliteBackend
from stores.databases import DatabaseServer

pytest.register_assert_rewrite("stores.contract")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not {"place", "database_server"} & {*metafunc.fixturenames}:
        # A test of a server that runs on this machine needs no hosts.
        return
    try:
        names = group_names("database_hosts")
    except NoBed as error:
        raise pytest.UsageError(str(error)) from error
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", ["sqlite", *names], indirect=True, scope="session")
    elif "database_server" in metafunc.fixturenames:
        metafunc.parametrize("database_server", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def hosts() -> Iterator[dict[str, Host]]:
    # The path is short, because a socket's name has at most 108 characters.
    with tempfile.TemporaryDirectory(prefix="mw-") as sockets:
        yield open_group("database_hosts", Path(sockets))
        close_connections(Path(sockets))


@pytest.fixture(scope="session")
def servers(hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, DatabaseServer]]:
    """The servers, made when the first test asks for one."""
    files = tmp_path_factory.mktemp("servers")
    made = {name: DatabaseServer(host, files) for name, host in hosts.items()}
    yield made
    for one in made.values():
        one.remove()


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest, servers: dict[str, DatabaseServer]) -> DatabaseServer:
    """The server under test."""
    return servers[request.param]


@pytest.fixture
def database(database_server: DatabaseServer) -> Iterator[PostgresqlBackend]:
    """A database of the test's own there."""
    name = database_server.make_database()
    yield PostgresqlBackend(database_server, name)
    database_server.drop_database(name)


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest, servers: dict[str, DatabaseServer]) -> DatabaseServer | None:
    """The server under test, ``None`` for SQLite."""
    return servers.get(request.param)


@pytest.fixture
def backend(place: DatabaseServer | None, tmp_path: Path) -> Iterator[Backend]:
    """A place for a store in every backend."""
    if place is None:
        yield SqliteBackend(tmp_path / "lib" / "accounts.db")
    else:
        name = place.make_database()
        yield PostgresqlBackend(place, name)
        place.drop_database(name)


@pytest.fixture(scope="module")
def powerdns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPowerDns]:
    """A PowerDNS of this machine, without zones."""
    path = program()
    if path is None:
        pytest.skip("pdns_server with its SQLite backend is not installed here")
    one = RealPowerDns(path, tmp_path_factory.mktemp("pdns"))
    yield one
    one.stop()
