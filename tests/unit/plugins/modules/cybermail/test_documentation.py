# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CyberMail modules' documentation says what their argument specs say, and their family holds together."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mailwright.mail.plugins.module_utils.cybermail import argspec

SPECS = {
    "cybermail_account": argspec.ACCOUNT,
    "cybermail_credential": argspec.CREDENTIAL,
    "cybermail_domain": argspec.DOMAIN,
    "cybermail_info": argspec.INFO,
}
KEYS = ("type", "required", "default", "choices", "elements")


def module_file(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{name}")


def reduced(options: dict[str, Any], inner: str) -> dict[str, Any]:
    """Return what of documentation or spec stands in both, suboptions too."""
    return {
        name: {key: option[key] for key in KEYS if key in option and (key, option[key]) != ("required", False)}
        | ({"options": reduced(option[inner], inner)} if inner in option else {})
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", SPECS)
def test_options_are_documented_as_they_are_taken(name: str) -> None:
    text = yaml.safe_load(module_file(name).DOCUMENTATION)
    own = {option: spec for option, spec in SPECS[name].items() if option not in argspec.COMMON}
    assert reduced(text["options"], "suboptions") == reduced(own, "options")
    assert (text["module"], text["extends_documentation_fragment"]) == (name, ["mailwright.mail.cybermail"])


@pytest.mark.parametrize("name", SPECS)
def test_examples_take_only_options_that_there_are(name: str) -> None:
    for task in yaml.safe_load(module_file(name).EXAMPLES):
        for action, options in task.items():
            if action.startswith("mailwright.mail.cybermail_"):
                assert set(options) <= set(SPECS[action.removeprefix("mailwright.mail.")])


def test_the_action_group_is_the_family() -> None:
    runtime = Path(module_file("cybermail_info").__file__).parents[2] / "meta" / "runtime.yml"
    assert yaml.safe_load(runtime.read_text(encoding="utf-8"))["action_groups"]["cybermail"] == list(SPECS)
