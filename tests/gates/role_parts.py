# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role has what a user and the tests look for: README, typed specs, defaults, its stages and a scenario."""

from __future__ import annotations

from pathlib import Path

from .repository import Problem, roles

STAGES = ("preflight", "install", "configure", "service")
PARTS = ("README.md", "defaults/main.yml", "meta/argument_specs.yml", "meta/main.yml", "tasks/main.yml")


def check(root: Path) -> list[Problem]:
    """Return the parts that are missing, a stage only if tasks/main.yml does not do without it."""
    found = []
    for role in roles(root):
        path = str(role.relative_to(root))
        found += [Problem(path, f"has no {part}") for part in PARTS if not (role / part).is_file()]
        found += [
            Problem(path, f"has tasks/{stage}.yml, which tasks/main.yml does not include")
            for stage in STAGES
            if (role / f"tasks/{stage}.yml").is_file() and f"{stage}.yml" not in _text(role / "tasks/main.yml")
        ]
        if not (root / f"molecule/role_{role.name}/molecule.yml").is_file():
            found.append(Problem(path, f"has no scenario of its own (molecule/role_{role.name})"))
    return found


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
