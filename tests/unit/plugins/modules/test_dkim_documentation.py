# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DKIM modules' documentation says what their argument specs say, and their family holds together."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mailwright.mail.plugins.module_utils.dkim import argspec

FAMILY = ["dkim_key", "dkim_key_info", "dkim_rotation"]
SPECS = {"dkim_key": argspec.KEYS, "dkim_key_info": argspec.FILTER, "dkim_rotation": argspec.ROTATION}
SHARED = ("type", "required", "default", "choices", "elements")


def module_file(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{name}")


def documented(name: str) -> dict[str, Any]:
    options: dict[str, Any] = yaml.safe_load(module_file(name).DOCUMENTATION)["options"]
    return options


def shared(options: dict[str, Any], inner: str) -> dict[str, Any]:
    """Return what documentation and argument spec both say, of the options within options also."""
    found = {}
    for name, option in options.items():
        found[name] = {key: option[key] for key in SHARED if key in option}
        if inner in option:
            found[name]["inner"] = shared(option[inner], inner)
    return found


def test_the_action_group_is_the_family() -> None:
    runtime = Path(module_file("dkim_key").__file__).parents[2] / "meta" / "runtime.yml"
    groups = yaml.safe_load(runtime.read_text(encoding="utf-8"))["action_groups"]
    assert groups["dkim"] == FAMILY


@pytest.mark.parametrize("name", FAMILY)
def test_the_family_shares_the_fragment(name: str) -> None:
    text = yaml.safe_load(module_file(name).DOCUMENTATION)
    assert text["extends_documentation_fragment"] == ["mailwright.mail.dkim"]
    assert text["module"] == name


@pytest.mark.parametrize("name", FAMILY)
def test_options_are_documented_as_they_are_taken(name: str) -> None:
    assert shared(documented(name), "suboptions") == shared(SPECS[name], "options")


@pytest.mark.parametrize("name", argspec.KEY)
def test_an_entry_of_the_list_points_to_the_option_beside_it(name: str) -> None:
    entry = documented("dkim_key")["dkim_keys"]["suboptions"][name]
    assert entry["description"] == f"As O({name})."


@pytest.mark.parametrize("name", argspec.DOMAIN)
def test_an_entry_of_the_domains_points_to_the_option_beside_it(name: str) -> None:
    entry = documented("dkim_rotation")["domains"]["suboptions"][name]
    assert entry["description"] == f"As O({name})."


@pytest.mark.parametrize("name", FAMILY)
def test_examples_take_only_options_that_there_are(name: str) -> None:
    for task in yaml.safe_load(module_file(name).EXAMPLES):
        for action, options in task.items():
            if action.startswith("mailwright.mail."):
                called = action.rpartition(".")[2]
                assert set(options or {}) <= {*SPECS[called], *argspec.COMMON}
