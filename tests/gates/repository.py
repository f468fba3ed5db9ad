# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work tree as the gates see it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that has to be mended: in which file, and what is wrong."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


def roles(root: Path) -> list[Path]:
    """Return the directories of the roles, by name."""
    return sorted(path for path in root.glob("roles/*") if path.is_dir())


def load_yaml(path: Path) -> Any:
    """Return what the YAML file ``path`` holds, ``None`` where there is no such file."""
    return yaml.safe_load(path.read_text()) if path.is_file() else None
