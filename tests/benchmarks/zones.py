# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of many domains into PowerDNS: by the roles, and by one task for each RRset."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from measuring import DATA, Figure, hosts, ping_seconds, play

BED = "bench-dns"
HOST = "benchns"
DOMAINS = 100
# Measured, and extrapolated from there.
LOOP_DOMAINS = 5


def measure(release: str) -> list[Figure]:
    """Return the figures of one release."""
    with hosts(BED, f"{HOST}={release}"):
        ping = ping_seconds(HOST, BED)
        # PowerDNS, and what the roles install.
        run("zones_site.yml", domains("floor", 1))
        floor = min(run("zones_site.yml", []) for dummy in range(2))
        wanted = domains("d", DOMAINS)
        without = run("zones_keys.yml", [])
        keys = run("zones_keys.yml", wanted) - without
        new = run("zones_site.yml", wanted)
        unchanged = min(run("zones_site.yml", wanted) for dummy in range(2))
        rrsets = rrsets_of(wanted)
        records = sum(len(each["rrset"]["records"]) for each in rrsets)
        loop, tasks = one_by_one()
    what = f"{DOMAINS} domains with {records / DOMAINS:.0f} records each"
    today = loop / tasks * len(rrsets)
    return [
        Figure("one ping task", release, ping),
        Figure(f"making {2 * DOMAINS} DKIM keys, half of them RSA", release, keys, without),
        Figure("the whole playbook with no domain", release, floor, ping),
        Figure(f"the whole playbook, {what} new", release, new, floor, "at most 10 s", new <= 10),
        Figure("the whole playbook, all unchanged", release, unchanged, floor, "at most 5 s", unchanged <= 5),
        Figure(
            f"ansible.builtin.uri, one task for each of {tasks} RRsets of {LOOP_DOMAINS} domains", release, loop, ping
        ),
        Figure(f"the same for the {len(rrsets):,} of {DOMAINS} domains, extrapolated", release, today),
        Figure("that, beside the whole playbook", release, today / new, unit="times"),
    ]


def domains(name: str, count: int) -> list[dict[str, Any]]:
    """Return domains as ``mail_domains`` has them, each with what a site usually says of one."""
    return [_domain(f"{name}{number}.example", number) for number in range(count)]


def _domain(name: str, number: int) -> dict[str, Any]:
    return {
        "name": name,
        "spf": {"mechanisms": ["include:spf.relay.example"]},
        "dmarc": {"policy": "reject", "rua": [f"dmarc@{name}"]},
        "tls_rpt": {"rua": [f"tls@{name}"]},
        "caa": [{"value": "letsencrypt.org"}],
        "records": [
            {"name": f"www.{name}", "type": "A", "value": f"192.0.2.{number % 250 + 1}"},
            {"name": f"www.{name}", "type": "AAAA", "value": f"2001:db8::{number + 1:x}"},
            {"name": name, "type": "TXT", "value": f"site-verification={number:032x}"},
        ],
    }


def run(playbook: str, wanted: list[dict[str, Any]], **variables: Any) -> float:
    """Run a playbook with these domains, and return its seconds."""
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / f"zones-{len(wanted)}.json"
    zones = [{"name": one["name"]} for one in wanted]
    path.write_text(json.dumps({"mail_domains": wanted, "powerdns_zones": zones, **variables}))
    return play(playbook, "-i", "zones_inventory.yml", "-e", f"@{path}", bed=BED)


def one_by_one() -> tuple[float, int]:
    """What a user does today: a task for each RRset, on zones that are there; its seconds, and how many RRsets."""
    wanted = domains("loop", LOOP_DOMAINS)
    run("zones_only.yml", wanted)
    rrsets = rrsets_of(wanted)
    floor = run("zones_rrsets.yml", [], bench_rrsets=[])
    return run("zones_rrsets.yml", wanted, bench_rrsets=rrsets) - floor, len(rrsets)


def rrsets_of(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the domains want, DKIM keys made for it, as the API of PowerDNS takes it, each with its zone."""
    path = DATA / "zones-records.json"
    run("zones_wanted.yml", wanted, bench_file=str(path))
    zones = {f"{one['name']}." for one in wanted}
    lines = [line.split(" ", 4) for line in json.loads(path.read_text()).splitlines()]
    found = []
    for (name, kind), group in groupby(sorted(lines, key=_rrset), key=_rrset):
        members = list(group)
        zone = next((zone for zone in zones if name == zone or name.endswith(f".{zone}")), None)
        # Names of the mail host in another zone.
        if zone is None:
            continue
        contents = [{"content": line[4]} for line in members]
        rrset = {"name": name, "type": kind, "ttl": int(members[0][1]), "changetype": "REPLACE", "records": contents}
        found.append({"zone": zone, "rrset": rrset})
    return found


def _rrset(line: list[str]) -> tuple[str, str]:
    return line[0], line[3]
