# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What services have not read yet, in the modules that write files: present and absent, check mode and runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mailwright.mail.plugins.doc_fragments.pending import ModuleDocFragment
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.document import encode
from ansible_collections.mailwright.mail.plugins.module_utils.core.pending import COMMON

MODULES = ("postconf", "relay", "config_tree", "certificate")
RunModule = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("name", MODULES)
def test_the_option_is_documented(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{name}")
    assert "mailwright.mail.pending" in yaml.safe_load(module.DOCUMENTATION)["extends_documentation_fragment"]
    assert set(yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]) == set(COMMON)


@pytest.mark.parametrize("name", ["config_tree", "certificate"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_change_is_told_until_services_have_read_it(
    tmp_path: Path, run_module: RunModule, name: str, state: str
) -> None:
    pending = tmp_path / "run" / "pending"
    common = {"ledger": str(tmp_path / "lib" / "owned.json"), "pending": str(pending)}
    own = {
        "config_tree": {"dest": str(tmp_path / "service"), "src": "x", "tree": encode({"a": b"1"}, [])},
        "certificate": {
            "name": "mx1.example.net", "directory": str(tmp_path / "tls"), "ca_directory": str(tmp_path / "ca"),
            "tlsa_ports": [],
        },
    }  # fmt: skip
    options = {**own[name], **common}
    if state == "absent":
        run_module(name, **options)
        pending.unlink()
    assert run_module(name, check=True, **options, state=state)["changed"]
    assert not pending.exists()
    assert run_module(name, **options, state=state)["changed"]
    assert pending.exists()
    for check in (True, False):
        again = run_module(name, check=check, **options, state=state)
        assert again["changed"]
        assert str(pending) in again["diff"][-1]["prepared"]
    pending.unlink()
    for check in (True, False):
        assert not run_module(name, check=check, **options, state=state)["changed"]
    assert not pending.exists()
