# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of playbooks against the scenario's hosts."""

from __future__ import annotations

import json
import subprocess
import tempfile
from typing import Any

from behaviour.bed import ansible


def run_playbook(name: str, variables: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook, by its path or its full name in the collection, with further ``variables`` and ``options``."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as extra:
        json.dump(variables, extra)
        extra.flush()
        return ansible("ansible-playbook", name, "--extra-vars", f"@{extra.name}", *options)
