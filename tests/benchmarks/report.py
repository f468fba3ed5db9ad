# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench's figures as a page for people."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

# The page carries the same licence lines as this file, which has them once.
_LICENCE = "\n".join(line.removeprefix("# ") for line in Path(__file__).read_text().splitlines()[:2])
_HEAD = f"""\
<!--
{_LICENCE}
-->
# Benchmarks

Written by `make bench`, on hosts of the test bed reached over SSH with pipelining. A bound is compared with what was
measured in the same run: how many `ping` tasks a run costs, and how much longer a play takes than one that only reads
its variables. Memory is the proportional set size of all processes of the mail host, the one that measures it among
them. For comparison: DebOps 3.3 (its postfix and dovecot roles) took 86 s on a bare host and 56 s for a second run on
2 cores.
"""


def machine() -> dict[str, object]:
    """Return the size of the machine and the version of Ansible that the figures are for."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": os.cpu_count(), "memory_gib": round(memory / 2**30, 1), "ansible_core": version("ansible-core")}


def render(results: dict) -> str:
    size = results["machine"]
    lines = [
        _HEAD,
        f"Machine: {size['cores']} cores, {size['memory_gib']} GiB; ansible-core {size['ansible_core']}.",
        "",
        "| what | Debian | measured | floor | bound | kept |",
        "|---|---|---|---|---|---|",
    ]
    for figure in results["figures"]:
        floor = "" if figure["floor"] is None else f"{figure['floor']:.2f} s"
        kept = {None: "", True: "yes", False: "**no**"}[figure["kept"]]
        lines.append(
            f"| {figure['name']} | {figure['debian']} | {figure['value']:.2f} {figure['unit']} | {floor} "
            f"| {figure['bound']} | {kept} |"
        )
    return "\n".join(lines) + "\n"
