# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account modules' documentation says what their argument specs say, and their family holds together."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mailwright.mail.plugins.doc_fragments.accounts import ModuleDocFragment
from ansible_collections.mailwright.mail.plugins.module_utils.accounts import argspec
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.fields import (
    ALIAS_FIELDS,
    APP_PASSWORD_FIELDS,
    DOMAIN_FIELDS,
    MAILBOX_FIELDS,
)

FAMILY = [
    "accounts",
    "accounts_copy",
    "accounts_info",
    "alias",
    "alias_info",
    "app_password",
    "domain",
    "domain_info",
    "mailbox",
    "mailbox_info",
    "password_info",
]
LISTS = {"domains": "domain", "mailboxes": "mailbox", "aliases": "alias", "app_passwords": "app_password"}
# Options of a single module that lists do not have.
ALONE = {*argspec.DOCUMENT, *argspec.HANDOVER, *argspec.CHECKS, *argspec.MAIL}


def module_file(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{name}")


def documented(name: str) -> dict[str, Any]:
    options: dict[str, Any] = yaml.safe_load(module_file(name).DOCUMENTATION)["options"]
    return options


def spec_of(options: dict[str, Any]) -> dict[str, Any]:
    """Return what of the documentation also stands in an argument spec."""
    return {
        name: {key: option[key] for key in ("type", "required", "default", "choices", "elements") if key in option}
        for name, option in options.items()
    }


def without_secrecy(spec: argspec.Spec) -> dict[str, Any]:
    return {
        name: {key: value for key, value in option.items() if key not in ("no_log", "options")}
        for name, option in spec.items()
    }


def test_the_fragment_documents_the_common_options() -> None:
    options = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert spec_of(options) == without_secrecy(argspec.COMMON)


@pytest.mark.parametrize("name", FAMILY)
def test_the_family_shares_the_fragment(name: str) -> None:
    text = yaml.safe_load(module_file(name).DOCUMENTATION)
    assert text["extends_documentation_fragment"] == ["mailwright.mail.accounts"]
    assert text["module"] == name


def test_the_action_group_is_the_family() -> None:
    runtime = Path(module_file("accounts").__file__).parents[2] / "meta" / "runtime.yml"
    groups = yaml.safe_load(runtime.read_text(encoding="utf-8"))["action_groups"]
    assert groups["accounts"] == FAMILY


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("domain", {**argspec.DOMAIN, **argspec.MAIL}),
        ("mailbox", {**argspec.MAILBOX, **argspec.MAIL, **argspec.DOCUMENT}),
        ("alias", {**argspec.ALIAS, **argspec.CHECKS}),
        ("app_password", {**argspec.APP_PASSWORD, **argspec.HANDOVER, **argspec.DOCUMENT}),
        ("accounts", {**argspec.ACCOUNTS, **argspec.MAIL, **argspec.DOCUMENT}),
        ("accounts_copy", {**argspec.COPY, **argspec.DOCUMENT}),
        ("accounts_info", argspec.ACCOUNTS_FILTER),
        ("domain_info", argspec.DOMAIN_FILTER),
        ("mailbox_info", argspec.MAILBOX_FILTER),
        ("alias_info", argspec.ALIAS_FILTER),
    ],
)
def test_options_are_documented_as_they_are_taken(name: str, spec: argspec.Spec) -> None:
    assert spec_of(documented(name)) == without_secrecy(spec)


@pytest.mark.parametrize(("plural", "single"), LISTS.items())
def test_lists_take_what_the_single_modules_take(plural: str, single: str) -> None:
    entries = documented("accounts")[plural]["suboptions"]
    alone = {name: option for name, option in documented(single).items() if name not in ALONE}
    assert spec_of(entries) == spec_of(alone)
    for name, option in alone.items():
        text = entries[name]["description"]
        words = " ".join(text if isinstance(text, list) else [text]).replace(f"{plural}[].", "")
        told = option["description"]
        assert words == " ".join(told if isinstance(told, list) else [told])


@pytest.mark.parametrize(
    ("fields", "spec", "others"),
    [
        (DOMAIN_FIELDS, argspec.DOMAIN, {"name", "state", "cascade", "mail_data"}),
        (
            MAILBOX_FIELDS,
            argspec.MAILBOX,
            {
                *("address", "state", "cascade", "mail_data", "update_password", "allow_weak_scheme"),
                *("password", "password_hash", "password_scheme", "password_options"),
            },
        ),
        (APP_PASSWORD_FIELDS, argspec.APP_PASSWORD, {"mailbox", "name", "state", *argspec.PASSWORD}),
        (ALIAS_FIELDS, argspec.ALIAS, {"address", "state", "cascade", "exclusive"}),
    ],
)
def test_every_option_is_read(fields: dict[str, Any], spec: argspec.Spec, others: set[str]) -> None:
    assert set(fields) | others == set(spec)


@pytest.mark.parametrize("name", FAMILY)
def test_examples_take_only_options_that_there_are(name: str) -> None:
    for task in yaml.safe_load(module_file(name).EXAMPLES):
        for action, options in task.items():
            if action.startswith("mailwright.mail.") and options:
                known = set(documented(action.rpartition(".")[2])) | set(argspec.COMMON)
                assert set(options) <= known
