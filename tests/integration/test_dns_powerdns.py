# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dns_records against a real PowerDNS, judged by the answers that a resolver gets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.running import Result, run_module
from mail_zones.calls import HASH, MX1
from mail_zones.real_powerdns import RealPowerDns

D = "example.com"
KEY_TEXT = "v=DKIM1; k=rsa; p=" + "Q" * 392
DOMAIN = {
    "name": D,
    "dkim": [{"name": f"s1._domainkey.{D}", "value": KEY_TEXT}],
    "caa": [{"value": "ca.example", "validation_methods": ["dns-01"]}],
    "mta_sts": {},
    "tls_rpt": {"rua": [f"tls@{D}"]},
    "records": [{"name": f"x.{D}", "type": "TXT", "value": 'quotes " and ; and \\ ü'}],
}
HOST = {**MX1, "spki_sha256": [HASH]}
GONE = {"domains": [{"name": D, "state": "absent"}], "mail_hosts": [{"name": HOST["name"], "state": "absent"}]}


@pytest.fixture
def zones(powerdns: RealPowerDns) -> Iterator[RealPowerDns]:
    """A zone with records of somebody else's, a signed one, and a reverse one."""
    powerdns.make_zone(
        D,
        (D, "TXT", ['"v=spf1 include:elsewhere.example ~all"', '"site" "verification"']),
        (D, "CAA", ['0 issue "elsewhere.example"']),
        (f"www.{D}", "A", ["198.51.100.1"]),
    )
    powerdns.make_zone("example.net", signed=True)
    powerdns.make_zone("2.0.192.in-addr.arpa")
    yield powerdns
    powerdns.remove_zones()


def run(server: RealPowerDns, ledger: Path, check: bool = False, **options: Any) -> Result:
    values = {
        "provider": "powerdns",
        "api_url": server.url,
        "api_key_file": str(server.key_file),
        "ledger": str(ledger),
        **options,
    }
    return run_module("dns_records", values, check)


def state(server: RealPowerDns) -> set[tuple[str, str, int, str]]:
    return {line for zone in (D, "example.net", "2.0.192.in-addr.arpa") for line in server.records(zone)}


def test_four_runs_present_and_absent(zones: RealPowerDns, tmp_path: Path) -> None:
    ledger = tmp_path / "owned.json"
    original = state(zones)
    for options in ({"domains": [DOMAIN], "mail_hosts": [HOST]}, GONE):
        before = state(zones)
        predicted = run(zones, ledger, check=True, **options)
        assert (state(zones), predicted["changed"]) == (before, True)
        assert run(zones, ledger, **options) == predicted
        assert run(zones, ledger, check=True, **options)["changed"] is False
        assert run(zones, ledger, **options)["changed"] is False
    assert state(zones) == original


def test_what_is_answered(zones: RealPowerDns, tmp_path: Path) -> None:
    result = run(zones, tmp_path / "owned.json", domains=[DOMAIN], mail_hosts=[HOST])
    assert result["changed"] is True, result
    assert zones.ask(D, "MX") == {"10 mx1.example.net."}
    assert zones.ask(D, "TXT") == {
        '"v=spf1 include:elsewhere.example mx ip4:192.0.2.1 ip6:2001:db8::1 ~all"',
        '"site" "verification"',
    }
    assert zones.ask(D, "CAA") == {'0 issue "elsewhere.example"', '0 issue "ca.example; validationmethods=dns-01"'}
    assert zones.ask(f"s1._domainkey.{D}", "TXT") == {f'"{KEY_TEXT[:255]}" "{KEY_TEXT[255:]}"'}
    assert zones.ask(f"x.{D}", "TXT") == {r'"quotes \" and ; and \\ \195\188"'}
    assert zones.ask(f"_pop3._tcp.{D}", "SRV") == {"0 0 0 ."}
    assert zones.ask(f"mail.{D}", "CNAME") == {"mx1.example.net."}
    assert zones.ask("_25._tcp.mx1.example.net", "TLSA") == {f"3 1 1 {HASH}"}
    assert zones.ask("1.2.0.192.in-addr.arpa", "PTR") == {"mx1.example.net."}
    assert zones.ask(f"www.{D}", "A") == {"198.51.100.1"}


def test_a_change_moves_the_serial_and_no_change_does_not(zones: RealPowerDns, tmp_path: Path) -> None:
    serials = [zones.ask(D, "SOA")]
    for domain in (DOMAIN, DOMAIN, {**DOMAIN, "dmarc": {"policy": "none"}}):
        run(zones, tmp_path / "owned.json", domains=[domain], mail_hosts=[HOST])
        serials.append(zones.ask(D, "SOA"))
    assert serials[0] != serials[1] == serials[2] != serials[3]


def test_a_refused_change_leaves_the_zone_as_it_was(zones: RealPowerDns, tmp_path: Path) -> None:
    before = zones.records(D)
    asked = {"name": D, "records": [{"name": D, "type": "CNAME", "value": "elsewhere.example"}]}
    result = run(zones, tmp_path / "owned.json", domains=[asked])
    assert result["failed"] is True
    assert zones.records(D) == before


def test_a_zone_that_does_not_exist(zones: RealPowerDns, tmp_path: Path) -> None:
    result = run(zones, tmp_path / "owned.json", domains=[{"name": "example.org", "dmarc": {}}])
    assert (
        "no zone that this server serves holds the name; create the zone with mailwright.mail.dns_zone" in result["msg"]
    )


def test_a_wrong_key(zones: RealPowerDns, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("wrong")
    result = run(zones, tmp_path / "owned.json", api_key_file=str(tmp_path / "key"), domains=[{"name": D, "dmarc": {}}])
    assert "the key is refused (401)" in result["msg"]


def test_a_hundred_zones(powerdns: RealPowerDns, tmp_path: Path) -> None:
    names = [f"domain{number}.example" for number in range(100)]
    for name in names:
        powerdns.make_zone(name)
    options = {"domains": [{**DOMAIN, "name": name, "dkim": [], "records": []} for name in names], "mail_hosts": [HOST]}
    start = time.monotonic()
    assert len(run(powerdns, tmp_path / "owned.json", **options)["changes"]) == 1500
    half = time.monotonic()
    assert run(powerdns, tmp_path / "owned.json", **options)["changed"] is False
    print(f"100 zones: {half - start:.1f} s, unchanged {time.monotonic() - half:.1f} s")
    powerdns.remove_zones()
