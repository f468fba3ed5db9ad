# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules run through their own ``main()``, with what Ansible would hand them and what they would print."""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils import basic

Result = dict[str, Any]
RunModule = Callable[..., Result]


def _arguments(values: dict[str, Any]) -> contextlib.AbstractContextManager[Any]:
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core 2.18
        patch = pytest.MonkeyPatch()
        patch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": values}).encode())
        return contextlib.closing(contextlib.ExitStack())
    return patch_module_args(values)


@contextlib.contextmanager
def _warnings(told: list[str]) -> Iterator[None]:
    """Collect a module's warnings: in a process that has loaded a controller's code, they are not in its result."""
    original = basic.AnsibleModule.warn

    def warn(module: basic.AnsibleModule, warning: str) -> None:
        told.append(warning)
        original(module, warning)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(basic.AnsibleModule, "warn", warn)
        yield


@pytest.fixture
def run_module(capsys: pytest.CaptureFixture[str]) -> RunModule:
    """Run a module of the collection: ``run_module("domain", name="example.com", check=True)`` returns its result."""

    def run(name: str, /, *, check: bool = False, **options: Any) -> Result:
        main = importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{name}").main
        values = {**options, "_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": "/tmp"}
        told: list[str] = []
        with _arguments(values), _warnings(told), pytest.raises(SystemExit) as left:
            main()
        result: Result = json.loads(capsys.readouterr().out)
        if told:
            result["warnings"] = told
        assert bool(left.value.code) == bool(result.get("failed"))
        return result

    return run
