# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of many domains into PowerDNS: by the roles, and by one task for each RRset."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import Any

from measuring import DATA, Figure, hosts, ping_seconds, play

BED = "bench-dns"
HOST = "benchns"
DOMAINS = 100
# Measured, and extrapolated from there.
LOOP_DOMAINS = 5
# What the domains want, with keys that the roles have made.
WANTED = DATA / "zones_wanted.out.json"


def measure(release: str) -> list[Figure]:
    """Return the figures of one release."""
    with hosts(BED, f"{HOST}={release}"):
        ping = ping_seconds(HOST, BED)
        return [Figure("one ping task", release, ping), *roles(release, ping), *modules(release, ping)]


def roles(release: str, ping: float) -> list[Figure]:
    """All of it by the roles, which make the keys."""
    wanted = domains(DOMAINS)
    # What they install is there before.
    by_role("zones_server.yml", [])
    by_role("zones_records.yml", [])
    zones = by_role("zones_server.yml", wanted)
    zones_unchanged = by_role("zones_server.yml", wanted)
    without = by_role("zones_keys.yml", [])
    keys = by_role("zones_keys.yml", wanted) - without
    floor = min(by_role("zones_records.yml", []) for dummy in range(2))
    new = by_role("zones_records.yml", wanted)
    unchanged = min(by_role("zones_records.yml", wanted) for dummy in range(2))
    return [
        Figure(f"{DOMAINS} zones by the role powerdns, new", release, zones, ping),
        Figure(f"{DOMAINS} zones by the role powerdns, unchanged", release, zones_unchanged, ping),
        Figure(f"{2 * DOMAINS} DKIM keys by the role dkim, half of them RSA, new, beyond none", release, keys, without),
        Figure("the role dns with nothing to do", release, floor, ping),
        Figure(f"{DOMAINS} domains by the role dns, new", release, new, floor, "at most 10 s", new <= 10),
        Figure(
            f"{DOMAINS} domains by the role dns, unchanged", release, unchanged, floor, "at most 5 s", unchanged <= 5
        ),
    ]


def modules(release: str, ping: float) -> list[Figure]:
    """The same records by two tasks, the keys given as values, and by one task for each RRset."""
    by_role("zones_wanted.yml", domains(DOMAINS), bench_file=str(WANTED))
    new = by_module("e", DOMAINS)
    unchanged = min(by_module("e", DOMAINS) for dummy in range(2))
    rrsets = rrsets_of("e", DOMAINS)
    records = sum(len(each["rrset"]["records"]) for each in rrsets)
    loop, tasks = one_by_one()
    one = f"a task of ansible.builtin.uri for each of {tasks} RRsets of {LOOP_DOMAINS} domains"
    today = loop / tasks * len(rrsets)
    what = f"{DOMAINS} domains with {records / DOMAINS:.0f} records each by dns_zone and dns_records"
    return [
        Figure(f"{what}, new", release, new, ping, "at most 10 s", new <= 10),
        Figure(f"{what}, unchanged", release, unchanged, ping, "at most 5 s", unchanged <= 5),
        Figure(one, release, loop, ping),
        Figure(f"the same for the {len(rrsets):,} of {DOMAINS} domains, extrapolated", release, today),
        Figure("that, beside dns_zone and dns_records", release, today / new, unit="times"),
    ]


def domains(count: int) -> list[dict[str, Any]]:
    """Return domains as ``mail_domains`` has them, each with what a site usually says of one."""
    return [_domain(f"d{number}.example", number) for number in range(count)]


def _domain(name: str, number: int) -> dict[str, Any]:
    return {
        "name": name,
        "spf": {"mechanisms": ["include:spf.relay.example"]},
        "dmarc": {"policy": "reject", "rua": [f"dmarc@{name}"]},
        "mta_sts": {"mode": "enforce"},
        "tls_rpt": {"rua": [f"tls@{name}"]},
        "caa": [{"value": "letsencrypt.org"}],
        "records": [
            {"name": f"www.{name}", "type": "A", "value": f"192.0.2.{number % 250 + 1}"},
            {"name": f"www.{name}", "type": "AAAA", "value": f"2001:db8::{number + 1:x}"},
            {"name": name, "type": "TXT", "value": f"site-verification={number:032x}"},
        ],
    }


def by_role(playbook: str, wanted: list[dict[str, Any]], **variables: Any) -> float:
    """Run a playbook with these domains, and return its seconds."""
    zones = [{"name": one["name"]} for one in wanted]
    return run(playbook, mail_domains=wanted, powerdns_zones=zones, **variables)


def by_module(letter: str, count: int) -> float:
    """Run the modules on domains with that letter, and return the playbook's seconds."""
    found = renamed(letter)
    zones = [{"name": one["name"]} for one in found["domains"][:count]]
    return run(
        "zones_modules.yml", bench_zones=zones, bench_domains=found["domains"][:count], bench_hosts=found["mail_hosts"]
    )


def one_by_one() -> tuple[float, int]:
    """What a user does today: a task for each RRset, on zones that are there; its seconds, and how many RRsets."""
    rrsets = rrsets_of("f", LOOP_DOMAINS)
    run("zones_server.yml", powerdns_zones=[{"name": f"f{number}.example"} for number in range(LOOP_DOMAINS)])
    floor = run("zones_rrsets.yml", bench_rrsets=[])
    return run("zones_rrsets.yml", bench_rrsets=rrsets) - floor, len(rrsets)


def rrsets_of(letter: str, count: int) -> list[dict[str, Any]]:
    """Return what the domains with that letter want, as the API of PowerDNS takes it, each RRset with its zone."""
    own = re.compile(rf"(?:^|\.)({letter}(\d+)\.example\.)$")
    lines = [line.split(" ", 4) for line in renamed(letter)["lines"]]
    rrsets = []
    for (name, kind), group in groupby(sorted(lines, key=_rrset), key=_rrset):
        members = list(group)
        zone = own.search(name)
        # The mail host's own records are in another zone.
        if zone and int(zone[2]) < count:
            contents = [{"content": line[4]} for line in members]
            ttl = int(members[0][1])
            rrset = {"name": name, "type": kind, "ttl": ttl, "changetype": "REPLACE", "records": contents}
            rrsets.append({"zone": zone[1], "rrset": rrset})
    return rrsets


def renamed(letter: str) -> dict[str, Any]:
    """Return what the roles published, for domains with another letter: their keys are given, and not made again."""
    found: dict[str, Any] = json.loads(re.sub(r"\bd(\d+\.example)\b", rf"{letter}\1", WANTED.read_text()))
    return found


def run(playbook: str, **variables: Any) -> float:
    """Run a playbook with variables, and return its seconds."""
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / f"{playbook}.json"
    path.write_text(json.dumps(variables))
    return play(playbook, "-i", "zones_inventory.yml", "-e", f"@{path}", bed=BED)


def _rrset(line: list[str]) -> tuple[str, str]:
    return line[0], line[3]
