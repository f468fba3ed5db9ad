# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS modules' documentation says what their argument specs say, and their family holds together."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mailwright.mail.plugins.doc_fragments.dns import ModuleDocFragment
from ansible_collections.mailwright.mail.plugins.module_utils.dns import argspec

FAMILY = ["dns_records", "dns_records_info"]
KEYS = ("type", "required", "default", "choices", "elements")


def module_file(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{name}")


def documented(options: dict[str, Any]) -> dict[str, Any]:
    """Return what of the documentation also stands in an argument spec, suboptions too."""
    return {
        name: {key: option[key] for key in KEYS if key in option}
        | ({"options": documented(option["suboptions"])} if "suboptions" in option else {})
        for name, option in options.items()
    }


def specified(spec: argspec.Spec) -> dict[str, Any]:
    return {
        name: {key: option[key] for key in KEYS if key in option}
        | ({"options": specified(option["options"])} if "options" in option else {})
        for name, option in spec.items()
    }


def test_the_fragment_documents_the_common_options() -> None:
    options = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert documented(options) == specified(argspec.COMMON)


@pytest.mark.parametrize("name", FAMILY)
def test_the_family_shares_the_fragment(name: str) -> None:
    text = yaml.safe_load(module_file(name).DOCUMENTATION)
    assert text["extends_documentation_fragment"] == ["mailwright.mail.dns"]
    assert text["module"] == name


def test_the_action_group_is_the_family() -> None:
    runtime = Path(module_file("dns_records").__file__).parents[2] / "meta" / "runtime.yml"
    assert yaml.safe_load(runtime.read_text(encoding="utf-8"))["action_groups"]["dns"] == FAMILY


def test_options_are_documented_as_they_are_taken() -> None:
    own = {name: option for name, option in argspec.RECORDS.items() if name not in argspec.COMMON}
    assert documented(yaml.safe_load(module_file("dns_records").DOCUMENTATION)["options"]) == specified(own)


@pytest.mark.parametrize("name", FAMILY)
def test_examples_take_only_options_that_there_are(name: str) -> None:
    for task in yaml.safe_load(module_file(name).EXAMPLES):
        for action, options in task.items():
            if action.startswith("mailwright.mail."):
                assert set(options) <= set(argspec.RECORDS)
