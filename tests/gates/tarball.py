# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``ansible-galaxy collection build`` packs what a user needs and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .checkout import listed, mirror
from .repository import Problem

NEEDED = {
    "MANIFEST.json",
    "FILES.json",
    "README.md",
    "LICENSES/GPL-3.0-or-later.txt",
    "meta/runtime.yml",
    "playbooks/site.yml",
}
ALLOWED = {
    "MANIFEST.json": "",
    "FILES.json": "",
    "README.md": "",
    "CHANGELOG.md": "",
    "REUSE.toml": "",
    "requirements.txt": "",
    "LICENSES": ".txt",
    "changelogs": ".yaml",
    "docs": ".md .png .svg",
    "meta": ".yml",
    "playbooks": ".yml",
    "plugins": ".py",
    "roles": ".yml .md .j2 .py .txt .sieve .conf .cf .in",
}
# The path inside its folder that is no user's concern, whatever the suffix.
UNWANTED = {"tests", "molecule", "fragments", "__pycache__", ".git"}


def problems(names: Iterable[str]) -> list[Problem]:
    """Return which of the tarball's files ``names`` do not belong there, and which are missing."""
    present = set(names)
    found = [Problem(name, "is missing from the tarball") for name in sorted(NEEDED - present)]
    for name in sorted(present):
        path = Path(name)
        suffixes = ALLOWED.get(path.parts[0])
        if suffixes is None or UNWANTED & set(path.parts):
            found.append(Problem(name, "is in the tarball and no user needs it; see build_ignore in galaxy.yml"))
        elif len(path.parts) > 1 and path.suffix not in suffixes.split():
            found.append(Problem(name, f"is in the tarball and of no kind that {path.parts[0]}/ holds"))
    return found


def contents(root: Path) -> list[str]:
    """Build the tarball of the work tree ``root`` in a temporary directory and return the names of its files."""
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    with tempfile.TemporaryDirectory() as temporary:
        mirror(root, Path(temporary, "tree"), listed(root))
        command = [str(galaxy), "collection", "build", "--output-path", temporary, f"{temporary}/tree"]
        subprocess.run(command, check=True, capture_output=True)
        (archive,) = Path(temporary).glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            return [member.name for member in tar if member.isfile()]


def check(root: Path) -> list[Problem]:
    """Build the collection of ``root`` and return what is wrong with its contents."""
    return problems(contents(root))
