# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single account module run on hosts of the bed, as a task would run it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from behaviour.bed import Host, ansible

# Where a host of the bed has its accounts: the options that all account modules share, as the inventory has them.
STORE = {
    "backend": "{{ mail_accounts_backend | default('sqlite') }}",
    "login_host": "{{ mail_accounts_database.host | default(omit) }}",
    "login_password": "{{ mail_accounts_database.password | default(omit) }}",
    "ssl_mode": "{{ 'verify-full' if mail_accounts_database.host is defined else omit }}",
    "ca_cert": "{{ mail_accounts_database.ca_cert | default(omit) }}",
}


def run_module(host: Host, module: str, /, *flags: str, fails: bool = False, **options: Any) -> dict[str, Any]:
    """Run an account module and return its result; ``flags`` are ansible's, such as ``--check``.

    Raises:
        AssertionError: it fails and should not, or the other way round.
    """
    answer = _run(host.name, module, flags, options)
    start = answer.stdout.find("=> {")
    assert start >= 0, answer.stdout + answer.stderr
    result: dict[str, Any] = json.JSONDecoder().raw_decode(answer.stdout[start + 3 :])[0]
    assert (answer.returncode != 0) == fails, answer.stdout + answer.stderr
    return result


def run_everywhere(module: str, /, **options: Any) -> str:
    """Run an account module on all mail hosts at once, which must succeed, and return all that is said."""
    answer = _run("mail_hosts", module, (), options)
    output = answer.stdout + answer.stderr
    assert answer.returncode == 0, output
    return output


def _run(hosts: str, module: str, flags: tuple[str, ...], options: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    given = json.dumps({**STORE, **options})
    command = ["ansible", hosts, "--module-name", f"mailwright.mail.{module}", "--args", given, *flags]
    environment = {"ANSIBLE_STDOUT_CALLBACK": "minimal", "ANSIBLE_DEPRECATION_WARNINGS": "false"}
    return ansible(*command, environment=environment)
