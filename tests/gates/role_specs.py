# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role's argument_specs.yml says what its defaults/main.yml says: the same variables with the same defaults.

One difference is meant. A default that takes over a site-wide input, ``{{ mail_domains | default([]) }}``, stands in
the specs as the literal that is left without that input: documentation tools read a default by its type. The filters
that take a role's part out of ``mail_domains`` and ``mail_relays`` leave an empty list as it is.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from .repository import Problem, load_yaml, roles

_INPUT = re.compile(
    r"\{\{ (mail_[a-z0-9_.]+) \| default\((.+?)\)(?: \| mailwright\.mail\.(?:domains|relays)_for\('\w+'\))? \}\}"
)
_YAML_NAMES = {"true": True, "false": False, "none": None}
_TYPES = {"str", "list", "dict", "bool", "int", "float", "path", "raw", "jsonarg", "json", "bytes", "bits"}


def site_input(default: Any) -> tuple[str, Any] | None:
    """Return the site-wide input that ``default`` takes over and the literal left without it; ``None`` if neither."""
    match = _INPUT.fullmatch(default) if isinstance(default, str) else None
    if match is None:
        return None
    if match[2].lower() in _YAML_NAMES:
        return match[1], _YAML_NAMES[match[2].lower()]
    try:
        return match[1], ast.literal_eval(match[2])
    except (ValueError, SyntaxError):
        return None


def options(role: Path) -> dict[str, Any]:
    """Return the options of the role's entry point ``main``, by name; empty where there are none."""
    specs = load_yaml(role / "meta/argument_specs.yml") or {}
    return dict(specs.get("argument_specs", {}).get("main", {}).get("options", {}))


def defaults(role: Path) -> dict[str, Any]:
    """Return the role's default variables."""
    return dict(load_yaml(role / "defaults/main.yml") or {})


def differences(name: str, wanted: dict[str, Any], specified: dict[str, Any]) -> list[str]:
    """Return in which ways the specs of the role ``name`` differ from its defaults, one sentence each."""
    found = []
    for variable in sorted(wanted.keys() - specified.keys()):
        found.append(f"{variable} has a default and is not in argument_specs.yml")
    for variable, option in sorted(specified.items()):
        if option.get("type") not in _TYPES:
            found.append(f"{variable} has no type in argument_specs.yml")
        if option.get("type") == "list" and "elements" not in option:
            found.append(f"{variable} is a list and has no elements in argument_specs.yml")
        if not variable.startswith(f"{name}_"):
            found.append(f"{variable} does not start with the role's name")
        if variable in wanted:
            found += _default_differs(variable, wanted[variable], option)
        elif "default" in option:
            found.append(f"{variable} has a default in argument_specs.yml and none in defaults/main.yml")
    return found


def _default_differs(variable: str, default: Any, option: dict[str, Any]) -> list[str]:
    if option.get("required"):
        return [f"{variable} is required in argument_specs.yml and has a default in defaults/main.yml"]
    site = site_input(default)
    expected = site[1] if site else default
    given = option.get("default")
    # 1 == True in Python; in a document they differ.
    if given != expected or type(given) is not type(expected):
        return [f"{variable} has the default {given!r} in argument_specs.yml; defaults/main.yml makes it {expected!r}"]
    return []


def check(root: Path) -> list[Problem]:
    """Return the differences of all roles."""
    found = []
    for role in roles(root):
        path = str((role / "meta/argument_specs.yml").relative_to(root))
        found += [Problem(path, text) for text in differences(role.name, defaults(role), options(role))]
    return found
