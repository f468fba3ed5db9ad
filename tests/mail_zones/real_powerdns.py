# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PowerDNS as an ordinary process on the loopback, with a database of its own, where it is installed."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import dns.rdatatype

KEY = "key-of-a-test"
PATIENCE_SECONDS = 20


def free_port() -> int:
    """Return a port that nobody uses, neither by UDP nor by TCP."""
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        stream.bind(("127.0.0.1", 0))
        port = int(stream.getsockname()[1])
        datagram.bind(("127.0.0.1", port))
        return port


def program() -> Path | None:
    """Return ``pdns_server``, ``None`` where it or its SQLite backend is not installed."""
    found = shutil.which("pdns_server")
    return Path(found) if found and _schema(Path(found)) else None


def _schema(server: Path) -> Path | None:
    schema = server.parents[1] / "share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
    return schema if schema.is_file() else None


class RealPowerDns:
    """The server. Its key is in ``key_file``, its API at ``url``, and it answers queries at ``port``."""

    def __init__(self, server: Path, directory: Path) -> None:
        self.port, api = free_port(), free_port()
        self.url = f"http://127.0.0.1:{api}"
        self.key_file = directory / "api.key"
        self.key_file.write_text(KEY)
        schema = _schema(server)
        assert schema
        database = sqlite3.connect(directory / "pdns.sqlite3")
        database.executescript(schema.read_text())
        database.close()
        settings = {
            "module-dir": next((server.parents[1] / "lib").glob("*/pdns")),
            "launch": "gsqlite3",
            "gsqlite3-database": directory / "pdns.sqlite3",
            "gsqlite3-dnssec": "yes",
            "local-address": "127.0.0.1",
            "local-port": self.port,
            "api": "yes",
            "api-key": KEY,
            "webserver-address": "127.0.0.1",
            "webserver-port": api,
            "socket-dir": directory,
            "primary": "yes",
            "secondary": "yes",
            # Loopback would be allowed to transfer zones without a key.
            "allow-axfr-ips": "192.0.2.1",
            # Answers show a change at once.
            "cache-ttl": 0,
            "query-cache-ttl": 0,
            "negquery-cache-ttl": 0,
        }
        (directory / "pdns.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        with (directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(server), f"--config-dir={directory}", "--daemon=no", "--guardian=no"], stdout=log, stderr=log
            )
        self._log = directory / "log"
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.api("GET", "")
                return
            except OSError as error:
                assert time.monotonic() < end and self._process.poll() is None, (error, self._log.read_text())
                time.sleep(0.05)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)

    def api(self, method: str, path: str, document: Any = None, kind: str = "zones") -> Any:
        """Ask the API below ``zones``, or below another ``kind`` of objects."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/servers/localhost/{kind}{path}",
            None if document is None else json.dumps(document).encode(),
            {"X-API-Key": KEY, "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def make_zone(self, name: str, *rrsets: tuple[str, str, list[str]], signed: bool = False) -> None:
        """Make a zone with RRsets of ``(name, type, contents)``."""
        document = {
            "name": f"{name}.",
            "kind": "Native",
            "nameservers": ["ns1.example.net."],
            "dnssec": signed,
            "soa_edit_api": "DEFAULT",
            "rrsets": [
                {"name": f"{owner}.", "type": type_, "ttl": 300, "records": [{"content": one} for one in contents]}
                for owner, type_, contents in rrsets
            ],
        }
        self.api("POST", "", document)

    def remove_zones(self) -> None:
        """Remove all zones."""
        for zone in self.api("GET", ""):
            self.api("DELETE", f"/{zone['id']}")

    def tsig_keys(self) -> list[tuple[str, str, str]]:
        """Return name, algorithm and secret of all TSIG keys."""
        keys = [self.api("GET", f"/{key['id']}", kind="tsigkeys") for key in self.api("GET", "", kind="tsigkeys")]
        return [(key["name"], key["algorithm"], key["key"]) for key in keys]

    def remove_tsig_keys(self) -> None:
        """Remove all TSIG keys."""
        for key in self.api("GET", "", kind="tsigkeys"):
            self.api("DELETE", f"/{key['id']}", kind="tsigkeys")

    def records(self, zone: str) -> set[tuple[str, str, int, str]]:
        """Return what the API has of a zone, but for its SOA record, whose serial moves."""
        return {
            (rrset["name"].rstrip("."), rrset["type"], rrset["ttl"], record["content"])
            for rrset in self.api("GET", f"/{zone}.")["rrsets"]
            for record in rrset["records"]
            if rrset["type"] != "SOA"
        }

    def ask(self, name: str, type_: str) -> set[str]:
        """Return what a resolver would be answered, as dnspython writes it."""
        query = dns.message.make_query(f"{name}.", type_)
        answer = dns.query.tcp(query, "127.0.0.1", timeout=PATIENCE_SECONDS, port=self.port)
        wanted = dns.rdatatype.from_text(type_)
        return {rdata.to_text() for rrset in answer.answer if rrset.rdtype == wanted for rdata in rrset}
