# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules run as processes of their own, as Ansible runs them."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from behaviour.bed import ROOT
from integration.module import arguments
from stores.backends import Backend

Result = dict[str, Any]

_PROGRAM = Path(__file__).with_name("module.py")


class Process:
    """A module at work on a store."""

    def __init__(self, backend: Backend, module: str, /, check: bool = False, **options: Any) -> None:
        # No pipes: a process whose diff nobody reads yet would wait before its end.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # closed at its end
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed at its end
        self._process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), module],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": str(ROOT / "build" / "tree")},
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(_values(backend, check, options)).encode())
        self._process.stdin.close()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End it as the kernel does that has no memory left."""
        self._process.kill()
        self._end()

    def result(self) -> dict[str, Any]:
        """Wait for its end and return what it says."""
        output, errors = self._end()
        assert output, errors.decode()
        result: dict[str, Any] = json.loads(output)
        return result

    def _end(self) -> tuple[bytes, bytes]:
        self._process.wait()
        written = []
        for file in (self._output, self._errors):
            with file:
                file.seek(0)
                written.append(file.read())
        return written[0], written[1]


def run(backend: Backend, module: str, /, check: bool = False, **options: Any) -> Result:
    """Run a module that works on a store to its end, in this process, and return its result."""
    return run_module(module, {**backend.options, **options}, check)


def run_module(module: str, options: dict[str, Any], check: bool = False) -> Result:
    """Run a module to its end, in this process, and return its result."""
    output = io.StringIO()
    with (
        arguments({**_how(check), **options}),
        contextlib.redirect_stdout(output),
        contextlib.suppress(SystemExit),
    ):
        importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{module}").main()
    result: Result = json.loads(output.getvalue())
    return result


def _how(check: bool) -> dict[str, Any]:
    return {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": "/tmp"}


def _values(backend: Backend, check: bool, options: dict[str, Any]) -> dict[str, Any]:
    return {**_how(check), **backend.options, **options}


def bulk(number: int, domain: str = "bulk.example", quota: str = "1G") -> dict[str, Any]:
    """Return options of ``accounts`` for one domain, with ``number`` mailboxes and as many aliases."""
    return {
        "domains": [{"name": domain}],
        "mailboxes": [
            {"address": f"user{one}@{domain}", "password_hash": "*", "quota": quota} for one in range(number)
        ],
        "aliases": [
            {"address": f"alias{one}@{domain}", "destinations": [f"user{one}@{domain}"]} for one in range(number)
        ],
    }
