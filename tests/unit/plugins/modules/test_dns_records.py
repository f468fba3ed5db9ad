# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules dns_records and dns_records_info as Ansible calls them."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.zone
import pytest
from mail_zones.calls import HASH, MX1
from mail_zones.fake_powerdns import KEY, FakePowerDns, serving

Result = dict[str, Any]
RunModule = Callable[..., Result]
D = "example.com"
DOMAINS = [
    {
        "name": D,
        "dkim": [{"name": f"s1._domainkey.{D}", "value": "v=DKIM1; k=rsa; p=" + "Q" * 392}],
        "records": [{"name": f"x.{D}", "type": "TXT", "value": 'quotes " and ; and \\ ü'}],
    }
]
HOSTS = [{**MX1, "spki_sha256": [HASH]}]
GONE = {
    "domains": [{"name": D, "state": "absent"}],
    "mail_hosts": [{"name": "mx1.example.net", "state": "absent"}],
}


@pytest.fixture
def api() -> Iterator[FakePowerDns]:
    fake = FakePowerDns({f"{D}.": {}, "example.net.": {}}, signed={"example.net."})
    fake.add(D, "TXT", '"v=spf1 include:elsewhere.example ~all"', '"site" "verification"', disabled=('"off"',))
    with serving(fake):
        yield fake


@pytest.fixture
def call(api: FakePowerDns, run_module: RunModule, tmp_path: Path) -> RunModule:
    """Call dns_records against the fake API."""
    (tmp_path / "key").write_text(f"{KEY}\n")

    def call(**options: Any) -> Result:
        arguments = {
            "provider": "powerdns",
            "api_url": api.url,
            "api_key_file": str(tmp_path / "key"),
            "ledger": str(tmp_path / "owned.json"),
            "timeout": 1,
            "domains": DOMAINS,
            "mail_hosts": HOSTS,
            **options,
        }
        result = run_module("dns_records", **arguments)
        assert KEY not in json.dumps(result)
        result.pop("invocation", None)
        return result

    return call


def test_four_runs_present_and_absent(call: RunModule, api: FakePowerDns, tmp_path: Path) -> None:
    empty = dict(api.zones)
    for options in ({}, GONE):
        before = dict(api.zones)
        predicted = call(check=True, **options)
        assert (api.zones, predicted["changed"]) == (before, True)
        done = call(**options)
        assert done == predicted
        assert done["changes"]
        again = call(check=True, **options)
        assert (again["changed"], again["changes"]) == (False, [])
        assert call(**options)["changed"] is False
    assert api.zones == empty
    assert json.loads((tmp_path / "owned.json").read_text())["owned"] == {}


def test_what_is_published(call: RunModule, api: FakePowerDns) -> None:
    call()
    assert api.contents(D, "TXT") == [
        '"v=spf1 include:elsewhere.example mx ip4:192.0.2.1 ip6:2001:db8::1 ~all"',
        '"site" "verification"',
    ]
    held = api.zones[f"{D}."][f"{D}.", "TXT"]["records"]
    assert [record["content"] for record in held if record["disabled"]] == ['"off"']
    assert api.contents(f"x.{D}", "TXT") == [r'"quotes \" and ; and \\ \195\188"']
    assert api.contents("_25._tcp.mx1.example.net", "TLSA") == [f"3 1 1 {HASH}"]
    key = api.contents(f"s1._domainkey.{D}", "TXT")[0]
    assert [len(string) for string in key.strip('"').split('" "')] == [255, 155]


def test_one_read_and_at_most_one_write_a_zone(call: RunModule, api: FakePowerDns) -> None:
    call()
    reads = ["GET ?dnssec=false", f"GET /{D}.", "GET /example.net."]
    assert api.asked == [*reads, f"PATCH /{D}.", "PATCH /example.net."]
    api.asked.clear()
    call()
    assert api.asked == reads


def test_secondaries_of_a_zone_that_was_written_are_told(call: RunModule, api: FakePowerDns) -> None:
    api.kinds["example.net."] = "Master"
    api.misbehave = {"PUT": 422}
    assert call()["changed"] is True
    assert api.asked[-3:] == [f"PATCH /{D}.", "PATCH /example.net.", "PUT /example.net./notify"]
    api.asked.clear()
    call()
    assert not any(asked.startswith("PUT") for asked in api.asked)


def test_the_diff_is_a_zone_file(call: RunModule) -> None:
    diff = call(check=True)["diff"]
    assert [part["before_header"] for part in diff] == [f"zone {D}", "zone example.net"]
    assert f'{D}. 300 IN TXT "v=spf1 include:elsewhere.example ~all"\n' in diff[0]["before"]
    assert f'_dmarc.{D}. 3600 IN TXT "v=DMARC1; p=reject"\n' in diff[0]["after"]


def test_a_warning_says_what_gives_way(call: RunModule, api: FakePowerDns) -> None:
    api.add(f"_dmarc.{D}", "TXT", '"v=DMARC1; p=none"')
    result = call()
    told = "there is a record of your own: v=DMARC1; p=none"
    assert result["warnings"] == [f"_dmarc.{D} TXT is not published: {told}"]
    assert told in [note["reason"] for note in result["withheld"]]


@pytest.mark.parametrize(
    ("rule", "how", "told"),
    [
        ("GET ?", 401, "the key is refused (401); correct what api_key_file holds"),
        ("GET ?", 404, "is not there (404: 'because it was told to'); correct server_id or api_url"),
        (f"GET /{D}", 404, "create it with mailwright.mail.dns_zone"),
        ("GET ?", 500, "the server answers 500: 'because it was told to'"),
        (f"GET /{D}", 500, "the server answers 500"),
        ("PATCH", 422, "the change is refused as a whole (422: 'because it was told to'); nothing was changed in it"),
        ("PATCH", 500, "zones converged before that: none"),
        ("PATCH", "die", "the connection was closed without an answer"),
        ("GET", b"<html>Welcome</html>", "the answer is no JSON but '<html>Welcome</html>'"),
        ("GET", b"", "None instead of a list of zones; correct api_url"),
        ("GET", b'{"a": 1}', "instead of a list of zones; correct api_url"),
        ("GET", b"[[]]", "an answer without name"),
        (f"GET /{D}", b"{}", "an answer without kind"),
        (f"GET /{D}", b'{"kind": "Native", "rrsets": 1}', "1 instead of RRsets"),
        ("GET", "die", "the connection was closed without an answer"),
        ("GET", "half", "the answer broke off or is no HTTP"),
        ("GET", "wait", "no answer within 1 seconds"),
        ("PATCH", "wait", "no answer within 1 seconds"),
    ],
)
def test_an_api_that_misbehaves(call: RunModule, api: FakePowerDns, rule: str, how: Any, told: str) -> None:
    before = dict(api.zones)
    api.misbehave = {rule: how}
    result = call()
    assert result["failed"] is True
    assert told in result["msg"]
    assert api.zones == before
    api.misbehave = {}
    assert call()["changed"] is True
    assert call()["changed"] is False


def test_a_zone_that_fails_leaves_those_before_it_converged(call: RunModule, api: FakePowerDns) -> None:
    api.misbehave = {"PATCH /example.net.": 422}
    result = call()
    assert f"zones converged before that: {D}" in result["msg"]
    assert api.contents(D, "MX") and not api.zones["example.net."]
    api.misbehave = {}
    assert {change["zone"] for change in call()["changes"]} == {"example.net"}


def test_a_connection_closed_between_two_requests_is_no_error(call: RunModule, api: FakePowerDns) -> None:
    """A server may close what is idle: reading is tried again, once. Writing is not, as it may have been done."""
    api.misbehave = {f"GET /{D}.": "die once"}
    assert call(check=True)["changed"] is True
    assert api.asked.count(f"GET /{D}.") == 2
    api.misbehave = {f"PATCH /{D}.": "die once"}
    assert "the connection was closed without an answer" in call()["msg"]
    assert api.asked.count(f"PATCH /{D}.") == 1


def test_a_wrong_key_is_refused_and_not_shown(call: RunModule, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("wrong-key")
    result = call()
    assert "the key is refused (401)" in result["msg"]
    assert "wrong-key" not in json.dumps(result)


@pytest.mark.parametrize("content", ["", "two words", "two\nlines", "\x01", "ü"])
def test_a_file_without_a_key(call: RunModule, tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    assert "holds no key" in call()["msg"]


def test_a_zone_that_does_not_exist(call: RunModule) -> None:
    result = call(domains=[*DOMAINS, {"name": "example.org"}])
    assert (
        "example.org: no zone that this server serves holds the name; create the zone with mailwright.mail.dns_zone"
        in result["msg"]
    )


def test_check_mode_takes_a_zone_that_is_not_there_for_one_that_will_be(call: RunModule, api: FakePowerDns) -> None:
    """A task before it would have made the zone: check mode tells what a run will do then, and that it needs it."""
    domains = [*DOMAINS, {"name": "example.org"}]
    foretold = call(check=True, domains=domains)
    assert foretold["unchecked"] == ["the zone example.org, which is still to be made"]
    assert "the zone example.org, which is still to be made: a run needs it" in foretold["warnings"]
    assert D in {change["zone"] for change in foretold["changes"]}
    api.zones["example.org."] = {}
    done = call(domains=domains)
    assert done["changes"] == foretold["changes"]
    assert call(check=True, domains=domains)["unchecked"] == []


def test_a_secondary_is_not_written(call: RunModule, api: FakePowerDns) -> None:
    api.kinds[f"{D}."] = "Slave"
    assert f"zone {D}: this server is only a Slave of it" in call()["msg"]


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_bare_host_is_predicted(call: RunModule, api: FakePowerDns, tmp_path: Path) -> None:
    api.zones = {f"{D}.": {}}
    missing = call(check=True, api_key_file=str(tmp_path / "no-key"))
    refused = call(check=True, api_url=f"http://127.0.0.1:{closed_port()}")
    assert missing["unchecked"] and refused["unchecked"]
    done = call()
    assert missing["changes"] == refused["changes"] == done["changes"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"api_key_file": "/nonexistent/key"}, "api_key_file /nonexistent/key does not exist"),
        ({"api_key_file": None}, "provider powerdns needs api_key_file"),
        ({"api_url": "ftp://127.0.0.1"}, "api_url 'ftp://127.0.0.1': is no http or https URL"),
        ({"api_url": "http://me:secret@127.0.0.1"}, "has a user in it"),
        ({"api_url": "http://127.0.0.1:99999"}, "is no URL"),
        ({"api_url": f"http://127.0.0.1:{closed_port()}"}, "PowerDNS's API does not answer at"),
        ({"server_id": "other"}, "correct server_id or api_url"),
    ],
)
def test_a_server_that_cannot_be_reached(call: RunModule, options: dict[str, Any], told: str) -> None:
    result = call(**options)
    assert told in result["msg"]
    assert "secret" not in result["msg"]


def test_a_file_of_text(run_module: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "records"
    options = {"provider": "zonefile", "path": str(path), "mail_hosts": HOSTS, "ledger": str(tmp_path / "owned.json")}
    for domains, exists in ((DOMAINS, True), ([], False)):
        given = {**options, "domains": domains, "mail_hosts": HOSTS if domains else []}
        assert run_module("dns_records", check=True, **given)["changed"] is True
        assert path.exists() is not exists
        done = run_module("dns_records", **given)
        assert (done["changed"], path.exists()) == (True, exists)
        assert run_module("dns_records", check=True, **given)["changed"] is False
        assert run_module("dns_records", **given)["changed"] is False
        assert (path.read_text() if exists else "") == done["text"]
    without = run_module("dns_records", provider="zonefile", domains=DOMAINS, mail_hosts=HOSTS)
    assert (without["changed"], "v=DMARC1" in without["text"]) == (False, True)


def test_info_returns_what_would_be_published(run_module: RunModule, call: RunModule) -> None:
    info = run_module("dns_records_info", domains=DOMAINS, mail_hosts=HOSTS)
    done = call()
    assert info["changed"] is False
    assert {key: info[key] for key in ("records", "text", "overridden")} == {
        key: done[key] for key in ("records", "text", "overridden")
    }


def test_another_program_reads_the_same_records(run_module: RunModule) -> None:
    info = run_module("dns_records_info", domains=DOMAINS, mail_hosts=HOSTS)
    zone = dns.zone.from_text(info["text"], ".", relativize=False, check_origin=False)
    read = {
        (str(name).rstrip("."), dns.rdatatype.to_text(rdata.rdtype), ttl) for name, ttl, rdata in zone.iterate_rdatas()
    }
    assert read == {(record["name"], record["type"], record["ttl"]) for record in info["records"]}
