# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python interpreters from 3.11 up this machine has, on PATH or kept by pyenv.

    python3 tests/gates/interpreters.py                 versions, one line: 3.11 3.12 3.13
    python3 tests/gates/interpreters.py --except 3.11   without that one
    python3 tests/gates/interpreters.py --path 3.13     the program of one version

An interpreter counts only if it answers and can make virtual environments: pyenv leaves programs on PATH that do not
run, and Debian packages venv apart.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

OLDEST = (3, 11)
_NAME = re.compile(r"python3\.[0-9]+")
_PROBE = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"


def directories() -> Iterator[Path]:
    """Yield the directories where interpreters may stand, in the order in which they count."""
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        yield Path(entry)
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(root.glob("versions/3.*/bin"), reverse=True)


def interpreters(places: Iterable[Path]) -> dict[str, Path]:
    """Return ``{"3.11": program}`` for the versions found in ``places``, the first working one of each, in order."""
    found: dict[str, Path] = {}
    for place in places:
        for program in sorted(place.glob("python3.*")):
            version = program.name.removeprefix("python")
            if not _NAME.fullmatch(program.name) or version in found or _key(version) < OLDEST:
                continue
            if _works(program, version):
                found[version] = program
    return dict(sorted(found.items(), key=lambda item: _key(item[0])))


def _works(program: Path, version: str) -> bool:
    try:
        result = subprocess.run([program, "-c", _PROBE], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0 and result.stdout.strip() == version


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def main() -> int:
    """Print what was asked for; fail where ``--path`` names a version that is not there."""
    parser = argparse.ArgumentParser(description="List the Python interpreters of this machine.")
    parser.add_argument("--except", dest="without", default="", metavar="VERSION")
    parser.add_argument("--path", default="", metavar="VERSION")
    arguments = parser.parse_args()
    found = interpreters(directories())
    if arguments.path:
        if arguments.path not in found:
            print(f"no working Python {arguments.path} found", file=sys.stderr)
            return 1
        print(found[arguments.path])
        return 0
    print(" ".join(version for version in found if version != arguments.without))
    return 0


if __name__ == "__main__":
    sys.exit(main())
