# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a copy of the work tree where ansible-test wants a collection to stand.

    python3 tests/gates/checkout.py build/collections/ansible_collections/mailwright/mail

The copy has what git knows and what it would add (so that changes count before they are committed), and nothing that
is ignored. Files that did not change keep their dates, and the copy's own ``tests/output`` stays: ansible-test's caches
remain warm. The copy is an (empty) repository of its own, or ansible-test would ask the one around it, which ignores
``build``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

KEPT = (Path(".git"), Path("tests/output"))


def listed(root: Path) -> set[Path]:
    """Return the files of the work tree ``root``, relative to it: tracked, or new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.split(b"\0")
    return {Path(name.decode()) for name in names if name and (root / name.decode()).is_file()}


def mirror(root: Path, copy: Path, files: set[Path]) -> None:
    """Make ``copy`` hold exactly ``files`` of ``root``, touching only what differs in size or date."""
    for name in sorted(files):
        source, target = root / name, copy / name
        if not _same(source, target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for path in sorted(copy.rglob("*"), reverse=True):
        name = path.relative_to(copy)
        if any(name.is_relative_to(kept) for kept in KEPT):
            continue
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif name not in files:
            path.unlink()


def _same(source: Path, target: Path) -> bool:
    if not target.is_file():
        return False
    one, other = source.stat(), target.stat()
    return (one.st_size, one.st_mtime_ns, one.st_mode) == (other.st_size, other.st_mtime_ns, other.st_mode)


def main() -> int:
    """Copy the work tree that holds this file to the directory named on the command line."""
    root = Path(__file__).resolve().parents[2]
    copy = Path(sys.argv[1])
    copy.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "--quiet", copy], check=True)
    mirror(root, copy, listed(root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
