# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the database is reached, and what a refused connection means; `tests/integration` provokes the real ones."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql.connection import (
    Server,
    application_name,
    connect_problem,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.store import StoreAbsent
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError

REMOTE = Server(host="db.example.net", password="secret")
LOCAL = Server()


@pytest.mark.parametrize(
    ("server", "location"),
    [
        (LOCAL, "postgresql:///mailwright"),
        (Server(host="/tmp", port=5433), "postgresql://:5433/mailwright"),
        (REMOTE, "postgresql://db.example.net/mailwright"),
        (Server(host="2001:db8::1", port=1, database="mail"), "postgresql://[2001:db8::1]:1/mail"),
    ],
)
def test_a_location_names_the_store_and_no_secret(server: Server, location: str) -> None:
    assert server.location == location
    assert "secret" not in repr(server)


def test_only_what_is_given_is_handed_to_libpq() -> None:
    assert LOCAL.parameters()["host"] == "/run/postgresql"
    assert not {"password", "sslrootcert"} & LOCAL.parameters().keys()
    given = Server("db", 1, "u", "p", "d", "verify-full", "/ca.pem").parameters()
    wanted = {"host": "db", "port": 1, "user": "u", "password": "p", "dbname": "d", "sslmode": "verify-full"}
    assert wanted.items() <= given.items()
    assert given["sslrootcert"] == "/ca.pem"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"port": 0}, "login_port 0: is no port; give a number from 1 to 65535"),
        ({"port": 65536}, "login_port 65536: is no port"),
        ({"user": ""}, "login_user '': is empty"),
        ({"database": ""}, "login_db '': is empty"),
        ({"password": "x\0secret"}, "password has a NUL character"),
        ({"ca_cert": "/ca.pem"}, "ssl_mode 'prefer': does not check the server's certificate, and ca_cert is given"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(MailwrightError) as caught:
        Server(**options)
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_name_of_a_session_fits_and_tells_the_process() -> None:
    assert application_name("mx1", 4711) == "mailwright on mx1 (process 4711)"
    long = application_name("h" * 200, 4711)
    assert (len(long), long.endswith("h (process 4711)")) == (63, True)
    assert application_name("mäx", 1) == "mailwright on m?x (process 1)"


START = 'connection to server at "db.example.net" (192.0.2.1), port 5432 failed: '


@pytest.mark.parametrize(
    ("server", "text", "remedy", "absent"),
    [
        (
            REMOTE,
            'could not translate host name "x" to address: Name not known',
            "look at login_host",
            False,
        ),
        (REMOTE, f"{START}Connection refused\n\tIs the server running on that host?", "start PostgreSQL there", False),
        (REMOTE, f"{START}timeout expired\n", "at the network and its firewalls", False),
        (REMOTE, f"{START}No route to host", "at the network and its firewalls", False),
        (REMOTE, f"{START}SSL error: certificate verify failed", "look at ssl_mode and ca_cert", False),
        (REMOTE, 'root certificate file "/x" does not exist', "look at ssl_mode and ca_cert", False),
        (REMOTE, f"{START}server does not support SSL, but SSL was required", "look at ssl_mode", False),
        (REMOTE, f'{START}FATAL:  password authentication failed for user "mailwright"', "login_password", False),
        (REMOTE, f"{START}fe_sendauth: no password supplied", "look at login_user and login_password", False),
        (REMOTE, f'{START}FATAL:  no pg_hba.conf entry for host "x", SSL off', "let this host, user", False),
        (REMOTE, f'{START}FATAL:  database "mailwright" does not exist\n', "make it, with ENCODING 'UTF8'", True),
        (REMOTE, f'{START}FATAL:  role "mailwright" does not exist\n', "or look at login_user", False),
        (LOCAL, 'socket "/run/x" failed: FATAL:  role "mailwright" does not exist\n', "or look at login_user", True),
        (LOCAL, 'socket "/run/x" failed: No such file or directory', "install and start PostgreSQL", True),
        (LOCAL, 'socket "/run/x" failed: Connection refused', "install and start PostgreSQL", True),
        (LOCAL, 'FATAL:  Peer authentication failed for user "mailwright"', "pg_ident.conf", True),
        (
            REMOTE,
            'FATAL:  permission denied for database "mailwright"',
            "GRANT CONNECT ON DATABASE mailwright TO mailwright",
            False,
        ),
        (REMOTE, "FATAL:  zu viele Clients", "zu viele Clients; look at the server and its log", False),
    ],
)
def test_a_refused_connection_says_what_to_do(server: Server, text: str, remedy: str, absent: bool) -> None:
    problem = connect_problem(server, text)
    assert str(problem).startswith(f"the account store {server.location} cannot be reached as mailwright: ")
    assert remedy in str(problem)
    assert "\n" not in str(problem)
    assert isinstance(problem, StoreAbsent) == absent
