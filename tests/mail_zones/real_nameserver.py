# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real BIND or Knot as an ordinary process on the loopback, with zones that a key may transfer and update."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.tsig
import dns.zone
from mail_zones.real_powerdns import PATIENCE_SECONDS, free_port

KEY_NAME, SECRET = "mailwright-test", "c2VjcmV0LW9mLWEtdGVzdC1rZXk="
HEAD = """\
$ORIGIN {zone}.
@ 3600 SOA ns1.example.net. hostmaster.example.net. 1 3600 600 86400 300
@ 3600 NS ns1.example.net.
"""
BIND = """\
options {{
  directory "{directory}"; pid-file "{directory}/pid"; session-keyfile "{directory}/session.key"; lock-file none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no;
}};
controls {{ }};
key "{key}" {{ algorithm hmac-sha256; secret "{secret}"; }};
"""
BIND_ZONE = """\
zone "{zone}" {{
  type primary; file "{directory}/{zone}.zone"; allow-transfer {{ key "{key}"; }}; {more}
}};
"""
KNOT = """\
server:
    listen: 127.0.0.1@{port}
    rundir: "{directory}"
database:
    storage: "{directory}"
key:
  - id: {key}
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: reading
    key: {key}
    action: transfer
  - id: writing
    key: {key}
    action: [transfer, update]
zone:
"""
KNOT_ZONE = """\
  - domain: {zone}
    storage: "{directory}"
    file: "{zone}.zone"
    acl: {acl}
    {more}
"""


def program(kind: str) -> str | None:
    """Return the server program of ``bind`` or ``knot``, ``None`` where it is not installed."""
    return shutil.which({"bind": "named", "knot": "knotd"}[kind])


class RealNameServer:
    """The server. ``zones`` maps names to lines of their data; the secret is in ``secret_file``."""

    def __init__(
        self,
        kind: str,
        directory: Path,
        zones: dict[str, str],
        signed: Iterable[str] = (),
        readonly: Iterable[str] = (),
    ) -> None:
        self.port = free_port()
        self.secret_file = directory / "secret"
        self.secret_file.write_text(SECRET)
        for zone, lines in zones.items():
            (directory / f"{zone}.zone").write_text(HEAD.format(zone=zone) + lines)
        self._log = directory / "log"
        server = program(kind)
        assert server
        configuration = directory / "conf"
        write = self._bind if kind == "bind" else self._knot
        configuration.write_text(write(directory, zones, set(signed), set(readonly)))
        options = ["-g"] if kind == "bind" else []
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [server, *options, "-c", str(configuration)], cwd=directory, stdout=log, stderr=log
            )
        try:
            self._wait({*zones}, {*signed})
        except BaseException:
            self.stop()
            raise

    def _bind(self, directory: Path, zones: Iterable[str], signed: set[str], readonly: set[str]) -> str:
        text = BIND.format(directory=directory, port=self.port, key=KEY_NAME, secret=SECRET)
        for zone in zones:
            more = "" if zone in readonly else f'allow-update {{ key "{KEY_NAME}"; }}; '
            more += "dnssec-policy default;" if zone in signed else ""
            text += BIND_ZONE.format(zone=zone, directory=directory, key=KEY_NAME, more=more)
        return text

    def _knot(self, directory: Path, zones: Iterable[str], signed: set[str], readonly: set[str]) -> str:
        text = KNOT.format(directory=directory, port=self.port, key=KEY_NAME, secret=SECRET)
        for zone in zones:
            acl = "reading" if zone in readonly else "writing"
            more = f"dnssec-signing: {'on' if zone in signed else 'off'}"
            text += KNOT_ZONE.format(zone=zone, directory=directory, acl=acl, more=more)
        return text

    def _wait(self, zones: set[str], signed: set[str]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if all(self.ask(zone, "SOA") for zone in zones) and all(self.ask(zone, "DNSKEY") for zone in signed):
                    return
            except OSError:
                pass
            assert time.monotonic() < end and self._process.poll() is None, self._log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)

    def ask(self, name: str, type_: str) -> set[str]:
        """Return what a resolver would be answered, as dnspython writes it."""
        query = dns.message.make_query(f"{name}.", type_)
        answer = dns.query.tcp(query, "127.0.0.1", timeout=PATIENCE_SECONDS, port=self.port)
        wanted = dns.rdatatype.from_text(type_)
        return {rdata.to_text() for rrset in answer.answer if rrset.rdtype == wanted for rdata in rrset}

    def records(self, zone: str) -> set[tuple[str, str, int, str]]:
        """Return the data of a zone that is not signed, but for its SOA record, whose serial moves."""
        query = dns.message.make_query(f"{zone}.", "AXFR")
        query.use_tsig(dns.tsig.Key(KEY_NAME, SECRET, "hmac-sha256"))
        data = dns.zone.Zone(dns.name.from_text(zone), relativize=False)
        dns.query.inbound_xfr("127.0.0.1", data, query, port=self.port, lifetime=PATIENCE_SECONDS)
        return {
            (str(name).rstrip("."), dns.rdatatype.to_text(rdata.rdtype), ttl, rdata.to_text())
            for name, ttl, rdata in data.iterate_rdatas()
            if rdata.rdtype != dns.rdatatype.SOA
        }
