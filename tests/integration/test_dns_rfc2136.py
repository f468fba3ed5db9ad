# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dns_records by dynamic updates against a real BIND and a real Knot, judged by the answers that a resolver gets."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.running import Result, run_module
from mail_zones.calls import HASH, MX1
from mail_zones.real_nameserver import KEY_NAME, RealNameServer, program
from mail_zones.real_powerdns import free_port

from ansible_collections.mailwright.mail.plugins.module_utils.dns.rfc2136 import Rfc2136

D = "example.com"
KEY_TEXT = "v=DKIM1; k=rsa; p=" + "Q" * 392
DOMAIN = {
    "name": D,
    "dkim": [{"name": f"s1._domainkey.{D}", "value": KEY_TEXT}],
    "caa": [{"value": "ca.example"}],
    "records": [{"name": f"x.{D}", "type": "TXT", "value": 'quotes " and ; and \\ ü'}],
}
HOST = {**MX1, "spki_sha256": [HASH]}
GONE = {"domains": [{"name": D, "state": "absent"}], "mail_hosts": [{"name": HOST["name"], "state": "absent"}]}
ZONES = {
    D: """\
@ 300 TXT "v=spf1 include:elsewhere.example ~all"
@ 300 TXT "site" "verification"
alias 300 CNAME mx1.example.net.
sub 300 NS ns.elsewhere.example.
""",
    "example.net": "ns1 300 A 192.0.2.53\n",
    "2.0.192.in-addr.arpa": "",
    "readonly.example": "",
}


@pytest.fixture(params=["bind", "knot"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealNameServer]:
    if program(request.param) is None:
        pytest.skip(f"{request.param} is not installed here")
    directory = tmp_path_factory.mktemp(request.param)
    one = RealNameServer(request.param, directory, ZONES, signed=["example.net"], readonly=["readonly.example"])
    yield one
    one.stop()


def run(server: RealNameServer, ledger: Path, check: bool = False, **options: Any) -> Result:
    values = {
        "provider": "rfc2136",
        "port": server.port,
        "tsig_name": KEY_NAME,
        "tsig_secret_file": str(server.secret_file),
        "ledger": str(ledger),
        "timeout": 5,
        **options,
    }
    result = run_module("dns_records", values, check)
    assert server.secret_file.read_text() not in str(result)
    result.pop("invocation", None)
    return result


def test_four_runs_present_and_absent(server: RealNameServer, tmp_path: Path) -> None:
    ledger = tmp_path / "owned.json"
    original = server.records(D)
    for options in ({"domains": [DOMAIN], "mail_hosts": [HOST]}, GONE):
        before = server.records(D)
        predicted = run(server, ledger, check=True, **options)
        assert (server.records(D), predicted.get("changed")) == (before, True), predicted
        assert run(server, ledger, **options) == predicted
        assert run(server, ledger, check=True, **options)["changed"] is False
        assert run(server, ledger, **options)["changed"] is False
    assert server.records(D) == original
    assert not server.ask("mx1.example.net", "A")


def test_what_is_answered(server: RealNameServer, tmp_path: Path) -> None:
    result = run(server, tmp_path / "owned.json", domains=[DOMAIN], mail_hosts=[HOST])
    assert result.get("changed") is True, result
    assert server.ask(D, "MX") == {"10 mx1.example.net."}
    assert server.ask(D, "TXT") == {
        '"v=spf1 include:elsewhere.example mx ip4:192.0.2.1 ip6:2001:db8::1 ~all"',
        '"site" "verification"',
    }
    assert server.ask(f"s1._domainkey.{D}", "TXT") == {f'"{KEY_TEXT[:255]}" "{KEY_TEXT[255:]}"'}
    assert server.ask(f"x.{D}", "TXT") == {r'"quotes \" and ; and \\ \195\188"'}
    assert server.ask(f"_pop3._tcp.{D}", "SRV") == {"0 0 0 ."}
    assert server.ask("_25._tcp.mx1.example.net", "TLSA") == {f"3 1 1 {HASH}"}
    assert server.ask("1.2.0.192.in-addr.arpa", "PTR") == {"mx1.example.net."}


def test_a_name_that_becomes_an_alias_and_back(server: RealNameServer, tmp_path: Path) -> None:
    own = {"name": f"mail.{D}", "type": "A", "value": "192.0.2.9"}
    for records, type_, value in (
        ([own], "A", "192.0.2.9"),
        ([], "CNAME", "mx1.example.net."),
        ([own], "A", "192.0.2.9"),
    ):
        result = run(server, tmp_path / "owned.json", domains=[{"name": D, "records": records}], mail_hosts=[HOST])
        assert result.get("changed") is True, result
        assert {line[1:2] + line[3:] for line in server.records(D) if line[0] == f"mail.{D}"} == {(type_, value)}


def test_a_zone_that_changes_meanwhile_is_left_untouched(
    server: RealNameServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Rfc2136.read
    state: dict[str, Any] = {}

    def read_and_be_overtaken(self: Rfc2136, zone: str) -> Any:
        found = read(self, zone)
        if zone == D and not state:
            state["busy"] = True
            other = {"name": D, "leave_out": ["mx", "client", "services", "spf"], "dmarc": {"policy": "none"}}
            assert run(server, tmp_path / "other.json", domains=[other])["changed"] is True
            state["zone"] = server.records(D)
        return found

    monkeypatch.setattr(Rfc2136, "read", read_and_be_overtaken)
    result = run(server, tmp_path / "owned.json", domains=[DOMAIN], mail_hosts=[HOST])
    assert "somebody has changed it meanwhile" in result["msg"]
    assert server.records(D) == state["zone"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"tsig_name": "other-key"}, "the key other-key is refused"),
        ({"tsig_algorithm": "hmac-sha512"}, "is refused"),
        ({"tsig_name": None}, "provider rfc2136 needs tsig_name"),
        ({"tsig_secret_file": "/nonexistent/secret"}, "tsig_secret_file /nonexistent/secret does not exist"),
        ({"domains": [{"name": "example.org", "dmarc": {}}]}, "no zone that this server serves holds the name"),
        ({"domains": [{"name": f"sub.{D}", "dmarc": {}}]}, f"sub.{D} is delegated to other name servers"),
        ({"domains": [{"name": "readonly.example", "dmarc": {}}]}, "update of zone readonly.example: "),
        ({"port": free_port()}, "does not answer"),
    ],
)
def test_what_goes_wrong(server: RealNameServer, tmp_path: Path, options: dict[str, Any], told: str) -> None:
    before = server.records(D)
    result = run(server, tmp_path / "owned.json", **{"domains": [DOMAIN], **options})
    assert told in result["msg"]
    assert server.records(D) == before


@pytest.mark.parametrize(
    ("secret", "told"),
    [(base64.b64encode(os.urandom(32)).decode(), "is refused"), ("no-base64!", "it is not base64"), ("", "no key")],
)
def test_a_wrong_secret(server: RealNameServer, tmp_path: Path, secret: str, told: str) -> None:
    path = tmp_path / "secret"
    path.write_text(secret)
    result = run(server, tmp_path / "owned.json", domains=[DOMAIN], tsig_secret_file=str(path))
    assert told in result["msg"]
    assert not secret or secret not in result["msg"]


def test_a_name_that_is_an_alias_already_is_found_in_its_zone(server: RealNameServer, tmp_path: Path) -> None:
    own = {"name": f"alias.{D}", "type": "CNAME", "value": "mx1.example.net"}
    result = run(server, tmp_path / "owned.json", domains=[{"name": D, "records": [own]}])
    assert result.get("changed") is False, result
    assert server.ask(f"alias.{D}", "CNAME") == {"mx1.example.net."}
