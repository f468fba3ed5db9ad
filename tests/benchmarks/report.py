# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench's figures, kept from run to run, and as a page for people."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

from measuring import HERE, ROOT, Figure

RESULTS = HERE / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
# The page carries the same licence lines as this file, which has them once.
_LICENCE = "\n".join(line.removeprefix("# ") for line in Path(__file__).read_text().splitlines()[:2])
_HEAD = f"""\
<!--
{_LICENCE}
-->
# Benchmarks

Written by `make bench`, on hosts of the test bed reached over SSH with pipelining. `make bench PART=dns` measures one
part again. A floor is what was measured in the same run: what a `ping` task costs, or a play that has nothing to do.
"""
# The parts in the order of the page, each with its heading and what there is to know of it.
_PARTS = {
    "accounts": """\
## A mail host and its accounts

Memory is the proportional set size of all processes of the mail host, the one that measures it among them. For
comparison: DebOps 3.3 (its postfix and dovecot roles) took 86 s on a bare host and 56 s for a second run on 2 cores.
""",
    "dns": """\
## DNS records

One host with PowerDNS, its zones in SQLite, is name server and mail host of all domains. Figures are of whole plays.
Each domain has one RSA key of 2048 bits and one Ed25519 key. Making them is measured by itself, before the role `dns`
publishes them and lets them sign; the two modules get them as values. One task for each RRset is what one would write
without the collection; it starts with zones that are there, and is measured beyond the same play without RRsets.
""",
    "signing": """\
## Signing

A complete mail host takes mail from a logged-in user over sessions that stay open. The recipient's domain has the
transport `discard`, so that no mailbox is part of it. The machine's cores serve mail host and client. The mail host's
signatures were counted in a message that was delivered before each measurement.
""",
    "checks": """\
## DNS checks

The host has a signed root with zones below it, the mail and web servers that these lead to, and a resolver that
validates and has just been started. Each of 100 domains is signed and has all records, an MX with TLSA records and an
MTA-STS policy of its own; the others are unsigned and share an MX. checkdmarc's command line asks the same resolver
about the same 100 domains; it looks at fewer records and does not connect to mail hosts.
""",
}

_TABLE = ("| what | Debian | measured | floor | bound | kept |", "|---|---|---|---|---|---|")


def record(part: str, figures: list[Figure]) -> None:
    """Put the figures of a part in the place of its earlier ones, and write the page."""
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"machine": machine(), "figures": []}
    if found["machine"] != machine():
        print(f"what was measured on {found['machine']} does not stand beside this: other parts are left out")
        found["figures"] = []
    kept = [each for each in (Figure(**each) for each in found["figures"]) if each.part != part]
    order = list(_PARTS)
    # Sorting leaves the order within a part.
    together = sorted(kept + [replace(each, part=part) for each in figures], key=lambda each: order.index(each.part))
    RESULTS.write_text(
        json.dumps({"machine": machine(), "figures": [asdict(each) for each in together]}, indent=1) + "\n"
    )
    PAGE.write_text(render(together))


def machine() -> dict[str, object]:
    """Return the size of the machine and the version of Ansible that the figures are for."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": os.cpu_count(), "memory_gib": round(memory / 2**30, 1), "ansible_core": version("ansible-core")}


def render(figures: list[Figure]) -> str:
    size = machine()
    sections = [
        _HEAD,
        f"Machine: {size['cores']} cores, {size['memory_gib']} GiB; ansible-core {size['ansible_core']}.\n",
    ]
    for part, head in _PARTS.items():
        lines = [_line(each) for each in figures if each.part == part]
        if lines:
            sections.append("\n".join([head, *_TABLE, *lines]) + "\n")
    return "\n".join(sections)


def _line(figure: Figure) -> str:
    floor = "" if figure.floor is None else f"{figure.floor:.2f} {figure.floor_unit}"
    kept = {None: "", True: "yes", False: "**no**"}[figure.kept]
    return f"| {figure.name} | {figure.debian} | {figure.value:.2f} {figure.unit} | {floor} | {figure.bound} | {kept} |"
