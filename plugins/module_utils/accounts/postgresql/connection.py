# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the database is reached: libpq's parameters, one connection, what a failed one means."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...core.deps import need
from ...core.errors import Conflict, InvalidValue, Unavailable
from ..store import StoreAbsent, StoreError

if TYPE_CHECKING:
    import psycopg2.extensions as pg

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
PORT = 5432
# Debian's, and Debian's PostgreSQL listens there; libpq from elsewhere has another one built in.
SOCKET_DIRECTORY = "/run/postgresql"
# Seconds: for a server that does not answer at all, per address of the host.
_CONNECT_TIMEOUT = 10
# PostgreSQL cuts longer ones off (NAMEDATALEN).
_NAME_LIMIT = 63


@dataclass(frozen=True)
class Server:
    """A database and who asks it. ``host`` is ``""`` or a directory for a local socket."""

    host: str = ""
    port: int = PORT
    user: str = "mailwright"
    # Out of every repr, and so out of every traceback.
    password: str = field(default="", repr=False)
    database: str = "mailwright"
    ssl_mode: str = "prefer"
    ca_cert: str = ""

    def __post_init__(self) -> None:
        """Refuse what libpq would take in another way than it is meant.

        Raises:
            InvalidValue, Conflict: a value that cannot be; never with the password.
        """
        if not 0 < self.port < 65536:
            raise InvalidValue("login_port", self.port, "is no port", "give a number from 1 to 65535")
        for option, value in (("login_user", self.user), ("login_db", self.database)):
            if not value:
                raise InvalidValue(option, value, "is empty", "give a name")
        for option in ("host", "user", "password", "database", "ca_cert"):
            if "\0" in getattr(self, option):
                raise Conflict(f"the option for the database's {option} has a NUL character; leave it out")
        if self.ca_cert and not self.ssl_mode.startswith("verify-"):
            raise InvalidValue(
                "ssl_mode", self.ssl_mode, "does not check the server's certificate, and ca_cert is given",
                "give verify-full, or verify-ca where the certificate has another name",
            )  # fmt: skip

    @property
    def is_local(self) -> bool:
        """Whether it is reached by a socket of this host."""
        return not self.host or self.host.startswith("/")

    @property
    def location(self) -> str:
        """The store's name in messages, without a secret: ``postgresql://db1.example.net/mailwright``."""
        host = "" if self.is_local else f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORT else f":{self.port}"
        return f"postgresql://{host}{port}/{self.database}"

    def parameters(self) -> dict[str, Any]:
        """Return libpq's parameters."""
        # A server whose host loses its power says nothing: 30 s without an answer are the end of the connection.
        given = {
            "host": self.host or SOCKET_DIRECTORY,
            "port": self.port,
            "user": self.user,
            "dbname": self.database,
            "sslmode": self.ssl_mode,
            "application_name": application_name(),
            "client_encoding": "UTF8",
            "connect_timeout": _CONNECT_TIMEOUT,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 4,
            "tcp_user_timeout": 30_000,
        }
        if self.password:
            given["password"] = self.password
        if self.ca_cert:
            given["sslrootcert"] = self.ca_cert
        return given


def application_name(host: str = "", pid: int = 0) -> str:
    """Return what the server's administrator, and whoever waits for a lock, sees of this process."""
    process = f" (process {pid or os.getpid()})"
    name = f"mailwright on {host or socket.gethostname()}".encode("ascii", "replace").decode()
    return name[: _NAME_LIMIT - len(process)] + process


def driver() -> Any:
    """Return psycopg2.

    Raises:
        StoreAbsent: it is not installed.
    """
    try:
        return need("psycopg2")
    except Unavailable as error:
        raise StoreAbsent(str(error)) from error


def connect(server: Server) -> pg.connection:
    """Return a new connection.

    Raises:
        StoreAbsent, StoreError: there is none to be had; the message says why.
    """
    psycopg2 = driver()
    try:
        connection: pg.connection = psycopg2.connect(**server.parameters())
    except psycopg2.OperationalError as error:
        raise connect_problem(server, str(error)) from error
    encoding = connection.get_parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise StoreError(
            f"the database {server.location} has the encoding {encoding}; make it anew with "
            "ENCODING 'UTF8' TEMPLATE template0"
        )
    return connection


def connect_problem(server: Server, text: str) -> StoreError:
    """Return the error for a connection that libpq, or the server through it, has refused with ``text``.

    Both say it in the words of their locale, without a code: what is not recognised is told as it is.
    """
    told = "; ".join(line.strip() for line in text.strip().splitlines())
    absent = False
    if "could not translate host name" in text:
        remedy = "look at login_host"
    elif server.is_local and ("No such file or directory" in text or "Connection refused" in text):
        absent = True
        remedy = "install and start PostgreSQL on this host, or give login_host"
    elif "Connection refused" in text:
        remedy = "start PostgreSQL there, and let it listen on that address (listen_addresses)"
    elif "timeout expired" in text or "No route to host" in text or "unreachable" in text:
        remedy = "look at login_host, at the network and its firewalls"
    elif "ertificate" in text or ("SSL" in text and "pg_hba.conf" not in text):
        remedy = "look at ssl_mode and ca_cert here, and at ssl and its certificate there"
    elif "password authentication failed" in text or "no password supplied" in text:
        remedy = "look at login_user and login_password"
    elif "Peer authentication failed" in text or "Ident authentication failed" in text:
        absent = server.is_local
        remedy = "let pg_hba.conf and pg_ident.conf there map this system user to login_user"
    elif "pg_hba.conf" in text:
        remedy = "let this host, user and database in there"
    elif text.rstrip().endswith(f'database "{server.database}" does not exist'):
        absent = True
        remedy = "make it, with ENCODING 'UTF8' TEMPLATE template0 and login_user as its owner"
    elif text.rstrip().endswith(f'role "{server.user}" does not exist'):
        absent = server.is_local
        remedy = "make it, or look at login_user"
    elif "permission denied for database" in text:
        remedy = f"GRANT CONNECT ON DATABASE {server.database} TO {server.user}"
    else:
        remedy = "look at the server and its log"
    kind = StoreAbsent if absent else StoreError
    return kind(f"the account store {server.location} cannot be reached as {server.user}: {told}; {remedy}")
