# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A documentation fragment says what the argument-spec piece of its package says.

Fragment ``plugins/doc_fragments/NAME.py`` documents ``COMMON`` of the package ``module_utils/NAME`` (``argspec.py``)
or of ``module_utils/core/NAME.py``.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import yaml

from .repository import Problem

_PLUGINS = "ansible_collections.mailwright.mail.plugins"
COMPARED = ("type", "elements", "choices", "default", "required")


def differences(documented: dict[str, Any], spec: dict[str, Any]) -> list[str]:
    """Return in which ways the options ``documented`` differ from the argument ``spec``, one sentence each."""
    found = [f"{name} is in COMMON and not documented" for name in sorted(spec.keys() - documented.keys())]
    found += [f"{name} is documented and not in COMMON" for name in sorted(documented.keys() - spec.keys())]
    for name in sorted(spec.keys() & documented.keys()):
        for key in COMPARED:
            if documented[name].get(key) != spec[name].get(key):
                found.append(
                    f"{name} is documented with {key} {documented[name].get(key)!r}, COMMON has {spec[name].get(key)!r}"
                )
    return found


def check(root: Path) -> list[Problem]:
    """Return the differences of all fragments."""
    found = []
    for path in sorted(root.glob("plugins/doc_fragments/[a-z]*.py")):
        fragment = importlib.import_module(f"{_PLUGINS}.doc_fragments.{path.stem}").ModuleDocFragment
        options = yaml.safe_load(fragment.DOCUMENTATION).get("options", {})
        core = (root / "plugins/module_utils/core" / path.name).exists()
        place = f"core.{path.stem}" if core else f"{path.stem}.argspec"
        piece = importlib.import_module(f"{_PLUGINS}.module_utils.{place}").COMMON
        found += [Problem(str(path.relative_to(root)), text) for text in differences(options, piece)]
    return found
