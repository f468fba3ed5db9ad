# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of many domains by dns_check, and by checkdmarc's command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from measuring import DATA, Figure, hosts, memory, on, ping_seconds, play

BED = "bench-checks"
HOST = "benchchecks"
DOMAINS = 100
MANY = 1000
BOUND_SECONDS = 5
PYTHONS = {"12": "3.11", "13": "3.13"}
ROUNDS = 3


def measure(release: str) -> list[Figure]:
    """Return the figures of one release."""
    with hosts(BED, f"{HOST}={release}"):
        world(release)
        ping = ping_seconds(HOST, BED)
        one = min(checked(1) for dummy in range(2))
        hundred = min(checked(DOMAINS) for dummy in range(ROUNDS))
        other = min(by_checkdmarc() for dummy in range(2))
        with memory(HOST, BED) as figures:
            thousand = checked(MANY)
    what = f"{DOMAINS} domains with all checks but dnsbl by dns_check, the whole play"
    return [
        Figure("1 domain with all checks but dnsbl by dns_check, the whole play", release, one, ping),
        Figure(what, release, hundred, ping, f"at most {BOUND_SECONDS} s", hundred <= BOUND_SECONDS),
        Figure(f"the same {DOMAINS} domains by checkdmarc's command line", release, other),
        Figure("that, beside dns_check", release, other / hundred, unit="times"),
        Figure(f"{MANY:,} domains by dns_check, the whole play", release, thousand, ping),
        Figure(f"the module's memory with {MANY:,} domains", release, figures["program"], unit="MiB"),
    ]


def world(release: str) -> None:
    """Make the host a world of zones, with checkdmarc beside it."""
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / "checks_zones.json"
    path.write_text(json.dumps([zone("good.example", whole=True), *(zone(name(n), n < DOMAINS) for n in range(MANY))]))
    arguments = {"bench_zones_file": str(path), "bench_wheels": str(wheels(release))}
    play("checks_world.yml", "-e", json.dumps(arguments), bed=BED)


def name(number: int) -> str:
    return f"d{number}.example"


def zone(domain: str, whole: bool) -> dict[str, Any]:
    """Return a zone as world.py takes it."""
    txt = {
        "@": "v=spf1 mx -all",
        "dkim._domainkey": "v=DKIM1; k=rsa; p=<rsa-2048>",
        "_dmarc": f"v=DMARC1; p=reject; rua=mailto:reports@{domain}",
        "_smtp._tls": f"v=TLSRPTv1; rua=mailto:reports@{domain}",
    }
    records = [
        '@ CAA 0 issue "ca.example"',
        "autoconfig CNAME mx.good.example.",
        "_imaps._tcp SRV 0 1 993 mx.good.example.",
    ]
    if not whole:
        return {"name": domain, "txt": txt, "records": records}
    return {
        "name": domain,
        "signed": True,
        "txt": {**txt, "_mta-sts": "v=STSv1; id=1"},
        "records": [*records, "@ MX 10 mx", "mx A 192.0.2.11", "_25._tcp.mx TLSA 3 1 1 <own>"],
        "policy": ["version: STSv1", "mode: enforce", f"mx: mx.{domain}", "max_age: 604800"],
    }


def wheels(release: str) -> Path:
    """Return a directory with all that checkdmarc needs on the host, which need not reach a package index."""
    path = DATA / f"wheels-{release}"
    if not path.exists():
        made = path.with_suffix(".new")
        shutil.rmtree(made, ignore_errors=True)
        version = PYTHONS[release]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version", version,
             "--dest", str(made), "checkdmarc"],
            check=True,
        )  # fmt: skip
        made.rename(path)
    return path


def checked(count: int) -> float:
    """Return the seconds of a play that checks so many domains, the resolver knowing nothing yet."""
    forget()
    names = [name(number) for number in range(count)]
    return play("checks_run.yml", "-e", json.dumps({"bench_domains": names}), bed=BED)


def by_checkdmarc() -> float:
    """Return the seconds that checkdmarc takes for the domains on the host itself, and see that it judges them."""
    forget()
    names = [name(number) for number in range(DOMAINS)]
    started = time.monotonic()
    done = subprocess.run(
        on(
            HOST,
            "env",
            "SSL_CERT_FILE=/root/checks/ca.pem",
            "/root/venv/bin/checkdmarc",
            *names,
            "-n",
            "127.0.0.1",
            bed=BED,
        ),
        stdout=subprocess.PIPE,
        check=True,
    )
    seconds = time.monotonic() - started
    judged = json.loads(done.stdout)
    if len(judged) != DOMAINS or not all(each["spf"]["valid"] and each["dmarc"]["valid"] for each in judged):
        sys.exit(f"checkdmarc does not judge all domains: {judged[:1]}")
    print(f"checkdmarc: {seconds:.2f} s", flush=True)
    return seconds


def forget() -> None:
    """Let the resolver know nothing."""
    subprocess.run(on(HOST, "systemctl", "restart", "unbound.service", bed=BED), check=True)
