# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP server that answers as PowerDNS's API does, and that misbehaves on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "the-key-nobody-may-see"
ROOT = "/api/v1/servers/localhost/zones"
KEYS = "/api/v1/servers/localhost/tsigkeys"
Rrsets = dict[tuple[str, str], dict[str, Any]]


@dataclass
class FakePowerDns:
    """What it serves, what it was asked, and how it misbehaves.

    ``misbehave`` maps a method, or a method and the beginning of a path, to what happens instead: a status, a body
    (bytes) that is sent with 200, ``"die"`` to close the connection without an answer, ``"die once"`` to do so a single
    time, ``"half"`` to close it in the middle of an answer, ``"wait"`` not to answer in time.
    """

    zones: dict[str, Rrsets] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    signed: set[str] = field(default_factory=set)
    misbehave: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def add(self, name: str, type_: str, *contents: str, ttl: int = 300, disabled: tuple[str, ...] = ()) -> None:
        """Put an RRset into the zone that holds ``name``."""
        zone = max((zone for zone in self.zones if f".{name}.".endswith(f".{zone}")), key=len)
        records = [{"content": content, "disabled": False} for content in contents]
        records += [{"content": content, "disabled": True} for content in disabled]
        self.zones[zone][f"{name}.", type_] = {"name": f"{name}.", "type": type_, "ttl": ttl, "records": records}

    def contents(self, name: str, type_: str) -> list[str]:
        """Return what is answered for a name and type."""
        for rrsets in self.zones.values():
            if (f"{name}.", type_) in rrsets:
                records = rrsets[f"{name}.", type_]["records"]
                return [record["content"] for record in records if not record["disabled"]]
        return []

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Return status and document, as PowerDNS 4.7 and 4.9 do."""
        bare = path.partition("?")[0]
        if bare == ROOT and method == "POST":
            return self._create(json.loads(body))
        if bare == ROOT:
            return 200, [{"id": name, "name": name, "kind": self.kinds.get(name, "Native")} for name in self.zones]
        if bare == KEYS:
            return 200, []
        name, _slash, below = bare.removeprefix(f"{ROOT}/").partition("/")
        if not bare.startswith(ROOT) or name not in self.zones:
            return 404, {"error": "Not Found"}
        if below:
            return 200, [] if method == "GET" else {}
        if method == "PATCH":
            return self._patch(name, json.loads(body)["rrsets"])
        if method == "DELETE":
            del self.zones[name]
            return 204, None
        return 200, {
            "id": name,
            "name": name,
            "kind": self.kinds.get(name, "Native"),
            "dnssec": name in self.signed,
            "masters": [],
            "master_tsig_key_ids": [],
            "slave_tsig_key_ids": [],
            "soa_edit": "",
            "soa_edit_api": "DEFAULT",
            "rrsets": list(self.zones[name].values()),
        }

    def _create(self, document: dict[str, Any]) -> tuple[int, Any]:
        name = document["name"]
        if name in self.zones:
            return 409, {"error": "Conflict"}
        self.zones[name] = {}
        self.kinds[name] = document["kind"]
        if document["dnssec"]:
            self.signed.add(name)
        return self._patch(name, document["rrsets"])

    def _patch(self, zone: str, rrsets: list[dict[str, Any]]) -> tuple[int, Any]:
        changed = dict(self.zones[zone])
        for rrset in rrsets:
            if not f".{rrset['name']}".endswith(f".{zone}"):
                return 422, {"error": f"RRset {rrset['name']} IN {rrset['type']}: Name is out of zone"}
            changed.pop((rrset["name"], rrset["type"]), None)
            if rrset["changetype"] == "REPLACE":
                changed[rrset["name"], rrset["type"]] = {key: rrset[key] for key in ("name", "type", "ttl", "records")}
        self.zones[zone] = changed
        return 204, None


@contextmanager
def serving(fake: FakePowerDns) -> Iterator[FakePowerDns]:
    """Serve ``fake`` on a free port of the loopback."""
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fake.asked.append(f"{self.command} {self.path.removeprefix(ROOT)}")
            for rule, how in list(fake.misbehave.items()):
                if f"{self.command} {self.path.removeprefix(ROOT)}".startswith(rule):
                    if how == "die once":
                        del fake.misbehave[rule]
                    self.badly(how)
                    return
            if self.headers.get("X-API-Key") != KEY:
                self.send(401, b"Unauthorized")
                return
            status, document = fake.answer(self.command, self.path, body)
            self.send(status, b"" if document is None else json.dumps(document).encode())

        do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815  # the names that http.server looks for

        def send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def badly(self, how: Any) -> None:
            if isinstance(how, int):
                self.send(how, b'{"error": "because it was told to"}')
                return
            if isinstance(how, bytes):
                self.send(200, how)
                return
            if how == "half":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'[{"id"')
            elif how == "wait":
                done.wait(30)
            self.close_connection = True

        # A module leaves its connection open; nobody's thread waits on it for long.
        timeout = 1

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield fake
    finally:
        done.set()
        server.shutdown()
        server.server_close()
        thread.join()
