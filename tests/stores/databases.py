# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real PostgreSQL servers: a cluster for the tests alone on each host of the inventory's group ``database_hosts``.

Whatever else runs there is left alone. The tests connect over the network with TLS; what they find is judged by psql
on the host.
"""

from __future__ import annotations

import functools
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from behaviour.bed import Host

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql.connection import Server

PASSWORD = "correct horse battery staple"
PORT = 5442
_CLUSTER = "tests"
_SETUP = f"""
set -eu
command -v pg_createcluster >/dev/null || {{
    apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install postgresql python3-psycopg2
}} >&2
version=$(ls /usr/lib/postgresql | sort -V | tail -n 1)
pg_dropcluster --stop $version {_CLUSTER} 2>/dev/null || true
pg_createcluster --port {PORT} $version {_CLUSTER} -- --encoding=UTF8 --locale=C.UTF-8 >&2
cd /etc/postgresql/$version/{_CLUSTER}
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=database -keyout server.key -out server.crt 2>/dev/null \\
    -addext subjectAltName=DNS:$(hostname),IP:$ADDRESS
chown postgres server.key
chmod 0600 server.key
cat > conf.d/tests.conf <<END
listen_addresses = '*'
ssl_cert_file = '$PWD/server.crt'
ssl_key_file = '$PWD/server.key'
fsync = off
log_line_prefix = '%m [%p] %q%u@%d/%a '
END
cat > pg_hba.conf <<END
local all postgres peer
local all all peer map=mailwright
hostssl all all all scram-sha-256
END
echo 'mailwright root mailwright' > pg_ident.conf
pg_ctlcluster $version {_CLUSTER} start
echo $version
"""
_ROLES = f"""
CREATE ROLE mailwright LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE mailwright_postfix LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE mailwright_dovecot LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE poor LOGIN PASSWORD '{PASSWORD}';
"""


class DatabaseServer:
    """The tests' cluster on one host."""

    def __init__(self, host: Host, files: Path) -> None:
        self.host = host
        self.ca = files / f"{host.name}.pem"
        self._made = 0
        address = host.variables["ansible_host"]
        self.version = host.run(f"ADDRESS={address}\n{_SETUP}").strip()
        self.psql(_ROLES)
        self.ca.write_text(host.run(f"cat /etc/postgresql/{self.version}/{_CLUSTER}/server.crt"))

    def remove(self) -> None:
        """Remove the cluster."""
        self.host.run(f"pg_dropcluster --stop {self.version} {_CLUSTER}")

    def address(self, database: str, **other: Any) -> Server:
        """Return how the tests reach a database."""
        usual = Server(
            host=self.host.variables["ansible_host"],
            port=PORT,
            password=PASSWORD,
            database=database,
            ssl_mode="verify-full",
            ca_cert=str(self.ca),
        )
        return replace(usual, **other)

    @functools.cached_property
    def options(self) -> dict[str, Any]:
        """The same for a module, but for ``login_db``."""
        return {
            "login_host": self.host.variables["ansible_host"],
            "login_port": PORT,
            "login_password": PASSWORD,
            "ssl_mode": "verify-full",
            "ca_cert": str(self.ca),
        }

    def make_database(self) -> str:
        """Return the name of a new database, owned by ``mailwright``."""
        self._made += 1
        name = f"test{self._made}"
        self.psql(f"CREATE DATABASE {name} OWNER mailwright")
        return name

    def drop_database(self, name: str) -> None:
        self.psql(f"DROP DATABASE {name} WITH (FORCE)")

    def psql(self, statements: str, database: str = "postgres", check: bool = True) -> str:
        """Run statements as the superuser and return what psql prints, columns separated by ``|``."""
        command = f"psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --port {PORT} {database}"
        return self.host.run(f"cd /; runuser -u postgres -- {command}", statements, check=check)

    def dump(self, database: str) -> str:
        """Return what pg_dump says, without its random keys."""
        command = f"cd /; runuser -u postgres -- pg_dump --port {PORT} {shlex.quote(database)}"
        return "\n".join(line for line in self.host.run(command).splitlines() if not line.startswith("\\"))

    def control(self, what: str) -> None:
        """Run ``pg_ctlcluster``: ``start``, ``stop -m immediate``."""
        self.host.run(f"pg_ctlcluster {self.version} {_CLUSTER} {what}")
