# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the playbook "verify", and what they leave on the controller."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from behaviour.bed import ROOT, ansible

BUILD = ROOT / "build" / "verify"


@dataclass(frozen=True)
class Proof:
    """How a run ended, all that it printed, and the evidence as JSON and as a page."""

    code: int
    output: str
    evidence: dict[str, Any]
    page: str

    @property
    def changed(self) -> bool:
        """Whether any host changed."""
        return "changed=0" not in self.output or any(f"changed={digit}" in self.output for digit in range(1, 10))

    def not_green(self) -> dict[str, dict[str, Any]]:
        """Return what is neither green nor a warning, by where it is and what it is called."""
        found = {}
        for host in self.evidence["hosts"]:
            found |= {f"{host['name']} {one['name']}": one for one in host.get("checks", ())}
            found |= {f"{host['name']} {one['subject']}": one for one in host.get("certificates", ())}
        found |= {f"{one['host']} {one['kind']} {one['target']}": one for one in self.evidence["probes"]}
        for domain in self.evidence["domains"]:
            found |= {f"{domain['domain']} {name}": one for name, one in domain["checks"].items()}
        return {name: one for name, one in found.items() if one["status"] not in ("success", "warning")}


def prove(*options: str, playbook: str = "playbooks/verify.yml") -> Proof:
    """Run the playbook with ``options`` and return what came of it."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for old in BUILD.iterdir():
        old.unlink()
    answer = ansible("ansible-playbook", playbook, *options)
    evidence, page = BUILD / "evidence.json", BUILD / "page.html"
    assert evidence.is_file(), answer.stdout + answer.stderr
    return Proof(answer.returncode, answer.stdout + answer.stderr, json.loads(evidence.read_text()), page.read_text())
