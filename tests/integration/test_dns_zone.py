# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dns_zone against a real PowerDNS, judged by its answers, its API, and transfers with and without a key."""

from __future__ import annotations

import base64
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.dnssec
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.tsigkeyring
import dns.xfr
import dns.zone
import pytest
from integration.running import Result, run_module
from mail_zones.real_powerdns import PATIENCE_SECONDS, RealPowerDns

D = "example.com"
NAMES = ["ns1.example.net", "ns2.example.net"]
PRIMARY = {"name": D, "kind": "Primary", "nameservers": NAMES}


@pytest.fixture
def server(powerdns: RealPowerDns) -> Iterator[RealPowerDns]:
    yield powerdns
    powerdns.remove_zones()
    powerdns.remove_tsig_keys()


def run(server: RealPowerDns, check: bool = False, **options: Any) -> Result:
    values = {"api_url": server.url, "api_key_file": str(server.key_file), **options}
    return run_module("dns_zone", values, check)


def state(server: RealPowerDns) -> Any:
    """Return all that the API tells of the server's zones and keys."""
    zones = {zone["id"]: server.api("GET", f"/{zone['id']}") for zone in server.api("GET", "")}
    metadata = {zone: server.api("GET", f"/{zone}/metadata") for zone in zones}
    return zones, metadata, server.tsig_keys()


def stable(result: Result) -> Result:
    """Return a result without what only a run knows: the key that it made."""
    zones = [result["zone"]] if "zone" in result else result["zones"]
    for zone in zones:
        zone["ds"] = zone["dnskey"] = "of the key"
    return {**result, "unchecked": []}


def serial(server: RealPowerDns) -> int:
    (record,) = server.ask(D, "SOA")
    return int(record.split()[2])


CHANGES: dict[str, list[dict[str, Any]]] = {
    "a native zone, and its end": [
        {"name": D, "nameservers": NAMES},
        {"name": D, "state": "absent"},
    ],
    "a secondary": [
        {"name": D, "kind": "Secondary", "primaries": ["192.0.2.1", "[2001:db8::1]:5300"]},
        {"name": D, "kind": "Secondary", "primaries": ["192.0.2.2:54"]},
        {"name": D, "state": "absent"},
    ],
    "SOA and TTL": [
        {**PRIMARY, "soa": {"contact": "dns.admin@example.com", "minimum": 60}, "ttl": 300},
        {"name": D, "soa": {"primary": NAMES[1], "refresh": 7200, "retry": 900, "expire": 1209600}},
        {"name": D, "ttl": 7200},
    ],
    "name servers": [
        PRIMARY,
        {"name": D, "nameservers": ["ns3.example.net", "NS1.example.net."]},
    ],
    "metadata": [
        {
            **PRIMARY,
            "also_notify": ["127.0.0.1:5399"],
            "allow_axfr_from": ["192.0.2.0/24"],
            "metadata": {"X-by": ["us"]},
        },
        {"name": D, "also_notify": [], "allow_axfr_from": ["AUTO-NS", "2001:db8::1"], "metadata": {"IXFR": ["1"]}},
    ],
    "signing, and no more": [
        PRIMARY,
        {"name": D, "dnssec": True},
        {"name": D, "dnssec": False, "force": True},
    ],
    "from primary to secondary and back": [
        {**PRIMARY, "dnssec": True},
        {"name": D, "kind": "Secondary", "primaries": ["192.0.2.1"], "force": True},
        {"name": D, "kind": "Primary", "primaries": []},
    ],
    "many": [
        {"zones": [PRIMARY, {"name": "example.org", "dnssec": True}], "nameservers": NAMES},
        {"zones": [{"name": D}, {"name": "example.org", "force": True}], "state": "absent"},
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_four_runs_of_each_change(server: RealPowerDns, name: str) -> None:
    for options in CHANGES[name]:
        before = state(server)
        predicted = run(server, check=True, **options)
        assert (predicted.get("msg"), predicted["changed"], state(server)) == (None, True, before)
        done = run(server, **options)
        assert stable(done) == stable(predicted)
        after = state(server)
        again = run(server, check=True, **options)
        assert (again["changed"], again["unchecked"], again["diff"]) == (False, [], {"before": "", "after": ""})
        assert run(server, **options)["changed"] is False
        assert state(server) == after != before


def test_records_of_others_survive(server: RealPowerDns) -> None:
    server.make_zone(
        D,
        (f"www.{D}", "A", ["198.51.100.1"]),
        (f"sub.{D}", "NS", ["ns.elsewhere.example."]),
        (D, "TXT", ['"mine"']),
    )
    records = {one for one in server.records(D) if one[:2] != (D, "NS")}
    server.api("PUT", f"/{D}./metadata/X-mine", {"metadata": ["stays"]})
    run(server, **PRIMARY, ttl=60, soa={"minimum": 60}, dnssec=True, metadata={"X-ours": ["1"]})
    assert {one for one in server.records(D) if one[:2] != (D, "NS")} == records
    assert server.api("GET", f"/{D}./metadata/X-mine")["metadata"] == ["stays"]
    assert server.ask(D, "NS") == {f"{name}." for name in NAMES}


def test_the_serial_moves_with_each_change_and_not_without(server: RealPowerDns) -> None:
    run(server, **PRIMARY)
    serials = [serial(server)]
    for options in ({"soa": {"minimum": 60}}, {"soa": {"minimum": 60}}, {"dnssec": True}, {"nameservers": NAMES[:1]}):
        run(server, name=D, **options)
        serials.append(serial(server))
    assert serials[0] < serials[1] == serials[2] < serials[3] < serials[4]


def test_serials_of_a_zone_that_has_none_by_itself(server: RealPowerDns) -> None:
    """As pdnsutil makes them."""
    run(server, **PRIMARY)
    server.api("PUT", f"/{D}.", {"soa_edit_api": ""})
    assert run(server, name=D)["changed"] is True
    assert server.api("GET", f"/{D}.")["soa_edit_api"] == "DEFAULT"


def test_what_is_signed_verifies_with_the_returned_records(server: RealPowerDns) -> None:
    zone = run(server, **PRIMARY, dnssec=True)["zone"]
    assert [record["value"].split()[1:3] for record in zone["ds"]] == [["13", "2"], ["13", "4"]]
    name = dns.name.from_text(D)
    query = dns.message.make_query(name, "DNSKEY", want_dnssec=True)
    answer = dns.query.tcp(query, "127.0.0.1", timeout=PATIENCE_SECONDS, port=server.port)
    keys = answer.find_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.DNSKEY)
    signatures = answer.find_rrset(
        answer.answer, name, dns.rdataclass.IN, dns.rdatatype.RRSIG, covers=dns.rdatatype.DNSKEY
    )
    dns.dnssec.validate(keys, signatures, {name: keys})
    texts = [f"{key.flags:d} 3 13 {base64.b64encode(key.key).decode()}" for key in keys]
    assert [record["value"] for record in zone["dnskey"]] == texts
    found = {dns.dnssec.make_ds(name, key, digest).to_text() for key in keys for digest in ("SHA256", "SHA384")}
    assert {record["value"] for record in zone["ds"]} == found
    # NSEC, and so no NSEC3PARAM.
    assert server.ask(D, "NSEC3PARAM") == set()


def transfer(server: RealPowerDns, secret: str | None) -> dns.zone.Zone:
    keys: dict[str, Any] = {}
    if secret is not None:
        keys = {"keyname": "transfer.", "keyring": dns.tsigkeyring.from_text({"transfer.": secret})}
    return dns.zone.from_xfr(dns.query.xfr("127.0.0.1", D, port=server.port, timeout=PATIENCE_SECONDS, **keys))


def test_a_generated_key_opens_transfers(server: RealPowerDns, tmp_path: Path) -> None:
    file = tmp_path / "keys" / "transfer.secret"
    keys = [{"name": "transfer", "secret_file": str(file)}]
    predicted = run(server, check=True, **PRIMARY, tsig_keys=["transfer"], server_tsig_keys=keys)
    assert not file.exists()
    done = run(server, **PRIMARY, tsig_keys=["transfer"], server_tsig_keys=keys)
    assert done == predicted
    secret = file.read_text().strip()
    assert (stat.S_IMODE(file.stat().st_mode), len(base64.b64decode(secret))) == (0o600, 64)
    assert secret not in str(done)
    assert transfer(server, secret).get_rdataset("@", "NS")
    for other, told in ((None, "REFUSED|NOTAUTH"), (base64.b64encode(b"another").decode(), "NOTAUTH")):
        with pytest.raises(dns.xfr.TransferError, match=told):
            transfer(server, other)
    assert run(server, **PRIMARY, tsig_keys=["transfer"], server_tsig_keys=keys)["changed"] is False


def test_the_secret_of_a_file_wins_and_a_lost_file_comes_back(server: RealPowerDns, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for secret, algorithm in ((b"first", "hmac-sha256"), (b"second", "hmac-sha256"), (b"second", "hmac-sha512")):
        file.write_bytes(base64.b64encode(secret))
        options = {"server_tsig_keys": [{"name": "transfer", "algorithm": algorithm, "secret_file": str(file)}]}
        assert run(server, check=True, **options)["changed"] is True
        assert run(server, **options)["changed"] is True
        assert run(server, **options)["changed"] is False
        assert server.tsig_keys() == [("transfer", algorithm, file.read_text())]
    file.unlink()
    assert run(server, **options)["changed"] is True
    assert file.read_text() == server.tsig_keys()[0][2] + "\n"
    gone = {"server_tsig_keys": [{"name": "transfer", "state": "absent"}]}
    run(server, **PRIMARY, tsig_keys=["transfer"])
    assert f"zones name it ({D})" in run(server, **gone)["msg"]
    run(server, name=D, tsig_keys=[], **gone)
    assert (server.tsig_keys(), file.exists()) == ([], True)
    assert run(server, **gone)["changed"] is False


def test_what_would_be_lost_stays(server: RealPowerDns) -> None:
    server.make_zone(D, (f"www.{D}", "A", ["198.51.100.1"]))
    run(server, name=D, dnssec=True)
    before = state(server)
    for options, told in (
        ({"state": "absent"}, f"its records (www.{D} A) and the keys that sign it would be lost; force: true"),
        ({"dnssec": False}, "take its DS record out of the parent zone"),
        ({"kind": "Secondary", "primaries": ["192.0.2.1"]}, "cannot become a Secondary: its records"),
    ):
        # The zone ahead of it is judged good, and yet not made.
        options = {"zones": [{"name": "example.org", "nameservers": NAMES}, {"name": D, **options}]}
        for check in (True, False):
            assert told in run(server, check=check, **options)["msg"]
    assert state(server) == before
    assert run(server, name=D, state="absent", force=True)["changed"] is True


def test_a_key_that_the_server_has_not(server: RealPowerDns) -> None:
    told = "the server has no TSIG key other; give it in server_tsig_keys"
    assert told in run(server, **PRIMARY, tsig_keys=["other"])["msg"]
    assert state(server)[0] == {}


def test_a_hundred_signed_zones(server: RealPowerDns) -> None:
    options = {"zones": [{"name": f"domain{n}.example"} for n in range(100)], "nameservers": NAMES, "dnssec": True}
    start = time.monotonic()
    assert all(zone["ds"] for zone in run(server, **options)["zones"])
    half = time.monotonic()
    assert run(server, **options)["changed"] is False
    print(f"100 zones: {half - start:.1f} s, unchanged {time.monotonic() - half:.1f} s")


def test_info_reads_zones_as_others_have_made_them(server: RealPowerDns) -> None:
    """Whatever made them: kind and keys as the server has them; what is not there is told, and nothing changes."""
    made = run(server, **PRIMARY, dnssec=True)["zone"]
    run(server, name="secondary.example", kind="Secondary", primaries=["192.0.2.1"])
    before = state(server)
    options = {"api_url": server.url, "api_key_file": str(server.key_file)}
    found = run_module("dns_zone_info", {**options, "names": ["Bücher.Example", D, f"{D}."]})
    assert [zone["name"] for zone in found["zones"]] == ["xn--bcher-kva.example", D]
    missing, signed = found["zones"]
    assert (missing["state"], missing["kind"], missing["ds"]) == ("absent", None, [])
    assert (signed["state"], signed["kind"], signed["dnssec"]) == ("present", "Primary", True)
    assert signed["ds"] == made["ds"] != []
    # The DS record is of the key that the zone is really signed with.
    [key] = [record for record in server.ask(D, "DNSKEY") if record.split()[0] == "257"]
    assert signed["dnskey"] == [{"name": D, "type": "DNSKEY", "value": signed["dnskey"][0]["value"]}]
    assert signed["dnskey"][0]["value"].split()[3] == "".join(key.split()[3:])
    everything = run_module("dns_zone_info", options)
    assert [(zone["name"], zone["kind"]) for zone in everything["zones"]] == [
        (D, "Primary"),
        ("secondary.example", "Secondary"),
    ]
    assert state(server) == before
    refused = run_module("dns_zone_info", {**options, "names": ["no name"]})
    assert refused["failed"] and "names 'no name'" in refused["msg"]


def test_info_on_a_bare_host(server: RealPowerDns, tmp_path: Path) -> None:
    """Check mode finds no zones where the server is still to be set up, and a run says what is missing."""
    options = {"api_url": server.url, "api_key_file": str(tmp_path / "none"), "names": [D]}
    foretold = run_module("dns_zone_info", options, True)
    assert foretold["zones"][0]["state"] == "absent"
    assert foretold["unchecked"]
    assert run_module("dns_zone_info", options)["failed"]
