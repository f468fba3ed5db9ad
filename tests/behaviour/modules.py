# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single module run on a host of the bed, as a task would run it."""

from __future__ import annotations

import json
from typing import Any

from behaviour.bed import Host, ansible


def run_module(host: Host, name: str, /, *flags: str, fails: bool = False, **options: Any) -> dict[str, Any]:
    """Run a module of the collection and return its result; ``flags`` are ansible's, such as ``--check``.

    Raises:
        AssertionError: it fails and should not, or the other way round.
    """
    command = ["ansible", host.name, "--module-name", f"mailwright.mail.{name}", "--args", json.dumps(options), *flags]
    environment = {"ANSIBLE_STDOUT_CALLBACK": "minimal", "ANSIBLE_DEPRECATION_WARNINGS": "false"}
    answer = ansible(*command, environment=environment)
    start = answer.stdout.find("=> {")
    assert start >= 0, answer.stdout + answer.stderr
    result: dict[str, Any] = json.JSONDecoder().raw_decode(answer.stdout[start + 3 :])[0]
    assert (answer.returncode != 0) == fails, answer.stdout + answer.stderr
    return result
