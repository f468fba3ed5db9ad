# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dns_zone makes of its options, and what becomes of zones and TSIG keys."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue, Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import ZONES
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zone import Content, RRset
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zones.model import (
    FoundKey,
    FoundZone,
    Soa,
    WantedKey,
    WantedZone,
)
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zones.options import wanted_keys, wanted_zones
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zones.plan import Step, plan_zone
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zones.plan_keys import check_keys, plan_key

D = "example.com"
SOA = "NS1.Example.net. hostmaster.example.com. 2026010101 10800 3600 604800 3600"


def zones(**options: Any) -> list[WantedZone]:
    """Return what the options ask for; they have to pass the argument spec."""
    result = ArgumentSpecValidator(ZONES).validate({"api_key_file": "/key", **options})
    assert not result.error_messages, result.error_messages
    return wanted_zones(result.validated_parameters)


def found(**fields: Any) -> FoundZone:
    """Return a zone as a server has it, with two name servers."""
    rrsets = {
        (D, "SOA"): RRset(3600, (Content.found("SOA", SOA),)),
        (D, "NS"): RRset(3600, tuple(Content.found("NS", f"ns{n}.example.net.") for n in (1, 2))),
        **fields.pop("rrsets", {}),
    }
    return FoundZone(
        **{"name": D, "id": f"{D}.", "kind": "Native", "soa_edit_api": "DEFAULT", **fields, "rrsets": rrsets}
    )


def step(zone: FoundZone | None, **options: Any) -> Step:
    (wanted,) = zones(name=D, **options)
    return plan_zone(wanted, zone)


def test_what_an_entry_leaves_out_stands_beside_the_list() -> None:
    first, second = zones(
        zones=[{"name": "a.example"}, {"name": "b.example", "kind": "Native", "dnssec": False, "also_notify": []}],
        kind="Primary",
        dnssec=True,
        also_notify=["192.0.2.1"],
    )
    assert (first.kind, first.dnssec, first.metadata) == ("Primary", True, {"ALSO-NOTIFY": ("192.0.2.1",)})
    assert (second.kind, second.dnssec, second.metadata) == ("Native", False, {"ALSO-NOTIFY": ()})


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:5300", "192.0.2.1:5300"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]:53", "[2001:db8::1]:53"),
    ],
)
def test_addresses_are_written_as_powerdns_writes_them(given: str, taken: str) -> None:
    assert zones(name=D, kind="Secondary", primaries=[given, given])[0].primaries == (taken,)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"name": "com"}, "has one label only"),
        ({"name": "exa mple.com"}, "label 'exa mple'"),
        ({"name": "a.example/../b"}, "name of a zone"),
        ({"name": "x" * 64 + ".example"}, "name of a zone"),
        ({"primaries": ["ns1.example.net"]}, "primaries of zone example.com 'ns1.example.net': is no address"),
        ({"primaries": ["192.0.2.1:0"]}, "is no address of a server"),
        ({"primaries": ["192.0.2.1:99999"]}, "is no address of a server"),
        ({"primaries": ["[192.0.2.1]:53"]}, "is no address of a server"),
        ({"primaries": ["192.0.2.1\nlaunch=x"]}, "is no address of a server"),
        ({"also_notify": ["all"]}, "also_notify of zone example.com 'all': is no address"),
        ({"allow_axfr_from": ["192.0.2.1/24"]}, "allow_axfr_from of zone example.com '192.0.2.1/24': is no network"),
        ({"nameservers": []}, "nameservers of zone example.com []: is empty"),
        ({"nameservers": ['ns1.example.net" x']}, "nameservers of zone example.com"),
        ({"nameservers": ["192.0.2.1"]}, "nameservers of zone example.com"),
        ({"soa": {"contact": "a b@example.com"}}, "soa.contact of zone example.com"),
        ({"soa": {"contact": "@example.com"}}, "has no local part"),
        ({"soa": {"refresh": 0}}, "soa.refresh of zone example.com 0: is out of range"),
        ({"soa": {"expire": 2**31}}, "is out of range"),
        ({"ttl": -1}, "ttl of zone example.com -1: is out of range; give seconds from 0"),
        ({"tsig_keys": ["a b"]}, "tsig_keys of zone example.com 'a b': is no name of a key"),
        ({"metadata": {"TSIG-ALLOW-AXFR": ["k"]}}, "'TSIG-ALLOW-AXFR': is no kind that the API sets; known are ALLOW-"),
        ({"metadata": {"ALSO-NOTIFY": ["192.0.2.1"]}}, "others have options of their own"),
        ({"metadata": {"X-a": "b"}}, "metadata of zone example.com: X-a 'b': is no list of texts"),
        ({"metadata": {"X-a": [1]}}, "is no list of texts"),
        ({"kind": "Secondary", "nameservers": ["ns1.example.net"]}, "is for no Secondary; leave it out here"),
        ({"kind": "Secondary", "soa": {"minimum": 60}}, "soa of zone example.com {'minimum': 60}: is for no Secondary"),
        ({"kind": "Secondary", "dnssec": False}, "dnssec of zone example.com False: is for no Secondary"),
        ({"kind": "Secondary", "ttl": 60}, "ttl of zone example.com 60: is for no Secondary"),
        ({"kind": "Secondary", "primaries": []}, "primaries of zone example.com []: is empty"),
        ({"kind": "Secondary", "tsig_keys": ["a", "b"]}, "tsig_keys of zone example.com ['a', 'b']: are several"),
    ],
)
def test_what_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidValue) as error:
        zones(**{"name": D, **options})
    assert told in str(error.value)


def test_a_zone_that_is_named_twice() -> None:
    with pytest.raises(InvalidValue, match=r"'example\.com': is named twice"):
        zones(zones=[{"name": "example.com"}, {"name": "EXAMPLE.com."}])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "is new and has no name servers"),
        ({"kind": "Secondary"}, "is a Secondary without a primary server"),
    ],
)
def test_what_a_new_zone_needs(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        step(None, **options)


def test_a_new_zone_is_made_in_one_request() -> None:
    one = step(None, nameservers=["ns1.example.net"], soa={"contact": "dns.admin@example.com"}, dnssec=True)
    assert one.create
    soa, names = (next(r for r in one.create["rrsets"] if r["type"] == t) for t in ("SOA", "NS"))
    content = r"ns1.example.net. dns\.admin.example.com. 0 10800 3600 604800 3600"
    assert soa["records"] == [{"content": content, "disabled": False}]
    assert [record["content"] for record in names["records"]] == ["ns1.example.net."]
    assert {name: one.create[name] for name in ("kind", "dnssec", "soa_edit", "soa_edit_api")} == {
        "kind": "Native",
        "dnssec": True,
        "soa_edit": "INCEPTION-INCREMENT",
        "soa_edit_api": "DEFAULT",
    }


def test_what_is_not_given_stays() -> None:
    zone = found(kind="Primary", signed=True, allowed=("a",), metadata={"X-a": ("b",)})
    assert step(zone).change() is None
    assert step(zone, kind="Primary", dnssec=True, tsig_keys=["A."], metadata={"X-a": ["b"]}).change() is None
    assert step(zone, nameservers=["NS2.example.net", "ns1.example.net"], ttl=3600).change() is None


def test_the_given_fields_of_the_soa_change_and_no_other() -> None:
    one = step(found(), soa={"minimum": 60})
    (patch,) = one.patches
    assert patch["records"][0]["content"] == (
        "ns1.example.net. hostmaster.example.com. 2026010101 10800 3600 604800 60"
    )
    assert (one.before or {})["SOA"] == "3600 ns1.example.net. hostmaster.example.com. 10800 3600 604800 3600"
    assert (one.after or {})["SOA"] == "3600 ns1.example.net. hostmaster.example.com. 10800 3600 604800 60"


def test_name_servers_are_all_that_are_given_and_disabled_ones_stay_disabled() -> None:
    one = step(found(disabled={(D, "NS"): ["ns9.example.net."]}), nameservers=["ns3.example.net"])
    assert [(record["content"], record["disabled"]) for record in one.patches[0]["records"]] == [
        ("ns3.example.net.", False),
        ("ns9.example.net.", True),
    ]


def test_signing_leaves_a_soa_edit_that_is_set() -> None:
    assert step(found(), dnssec=True).settings == {"dnssec": True, "soa_edit": "INCEPTION-INCREMENT"}
    assert step(found(soa_edit="EPOCH"), dnssec=True).settings == {"dnssec": True}


OTHER = {("www.example.com", "A"): RRset(300, (Content.found("A", "192.0.2.1"),))}


@pytest.mark.parametrize(
    ("zone", "options", "told"),
    [
        ({"rrsets": OTHER}, {"state": "absent"}, r"its records \(www.example.com A\) would be lost; force: true"),
        (
            {"disabled": {("x.example.com", "A"): ["192.0.2.1"]}},
            {"state": "absent"},
            r"its records \(x.example.com A\)",
        ),
        ({"signed": True}, {"state": "absent"}, "the keys that sign it would be lost"),
        ({"signed": True}, {"dnssec": False}, "would take its keys away"),
        ({"rrsets": OTHER}, {"kind": "Secondary", "primaries": ["192.0.2.1"]}, "cannot become a Secondary"),
        ({"kind": "Producer"}, {}, "is a Producer, which this module does not manage"),
    ],
)
def test_what_cannot_be_made_again_is_kept(zone: dict[str, Any], options: dict[str, Any], told: str) -> None:
    with pytest.raises(Conflict, match=told):
        step(found(**zone), **options)
    if zone.get("kind") != "Producer":
        assert step(found(**zone), **options, force=True).changed


def test_an_empty_zone_and_a_copy_go_without_force() -> None:
    assert step(found(), state="absent").removes
    assert step(found(kind="Secondary", rrsets=OTHER, signed=True), state="absent").removes
    assert step(None, state="absent").change() is None


def test_a_secondary_that_is_there_takes_no_data() -> None:
    with pytest.raises(InvalidValue, match="is for no Secondary"):
        step(found(kind="Secondary", primaries=("192.0.2.1",)), ttl=60)


def test_a_copy_with_foreign_signatures_becomes_no_primary() -> None:
    zone = found(kind="Secondary", primaries=("192.0.2.1",), signed=True)
    with pytest.raises(Conflict, match=r"run pdnsutil unset-presigned example\.com first"):
        step(zone, kind="Primary", force=True)
    assert step(found(kind="Secondary"), kind="Primary").settings == {"kind": "Primary"}


def test_a_soa_record_that_is_none() -> None:
    zone = found(rrsets={(D, "SOA"): RRset(60, (Content.found("SOA", "a. b. 1 2"),))})
    with pytest.raises(Unavailable, match="a SOA record that is none"):
        step(zone)


def test_soa_texts() -> None:
    soa = Soa.parse(SOA)
    assert (soa.primary, soa.serial, soa.content) == ("ns1.example.net", 2026010101, SOA.lower())


@pytest.mark.parametrize(
    ("held", "server", "expected"),
    [
        (None, None, (True, True)),
        ("c2VjcmV0", None, (True, False)),
        ("c2VjcmV0", "c2VjcmV0", (False, False)),
        ("c2VjcmV0", "b3RoZXI=", (True, False)),
        (None, "b3RoZXI=", (False, True)),
        # A server that does not tell its secret.
        (None, "", (True, True)),
    ],
)
def test_what_becomes_of_a_tsig_key(held: str | None, server: str | None, expected: tuple[bool, bool]) -> None:
    there = None if server is None else FoundKey("k", "k.", "hmac-sha256", server)
    one = plan_key(WantedKey("k", "hmac-sha256", "/f", secret=held), there)
    assert (one.sets, one.writes) == expected
    shown = repr(one.change())
    assert not any(secret in shown or secret in repr(one) for secret in (held, server) if secret)


def test_keys_that_zones_name_have_to_be_there() -> None:
    (zone,) = zones(name=D, tsig_keys=["a", "b"])
    made = plan_key(WantedKey("a", "hmac-sha256", "/f"), None)
    check_keys([zone], [made], ["b"])
    with pytest.raises(Conflict, match="the server has no TSIG key b"):
        check_keys([zone], [made], [])
    gone = plan_key(WantedKey("b", "hmac-sha256", "", present=False), FoundKey("b", "b.", "hmac-sha256"))
    with pytest.raises(Conflict, match="the server has no TSIG key b"):
        check_keys([zone], [made, gone], ["b"])


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([{"name": "a"}], "has no secret_file"),
        ([{"name": "a b", "secret_file": "/f"}], "is no name of a key"),
        ([{"name": "a", "state": "absent"}, {"name": "A.", "state": "absent"}], "is named twice"),
    ],
)
def test_tsig_keys_that_are_refused(entries: list[dict[str, Any]], told: str) -> None:
    given = [{"algorithm": "hmac-sha256", "secret_file": None, "state": "present", **entry} for entry in entries]
    with pytest.raises(InvalidValue, match=told):
        wanted_keys({"server_tsig_keys": given})


@pytest.mark.parametrize("content", ["", "two words", "nobase64!"])
def test_a_file_without_a_secret_is_not_shown(tmp_path: Any, content: str) -> None:
    (tmp_path / "f").write_text(content)
    given = {"name": "a", "algorithm": "hmac-sha256", "secret_file": str(tmp_path / "f"), "state": "present"}
    with pytest.raises(Unavailable) as error:
        wanted_keys({"server_tsig_keys": [given]})
    assert not content or content not in str(error.value)
