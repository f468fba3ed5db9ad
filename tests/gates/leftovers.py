# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No unfinished work and no silenced tool in what is committed.

A checker may be silenced on one line only with the reason beside it, and ansible-lint and the sanity tests never.
"""

from __future__ import annotations

import re
from pathlib import Path

from .checkout import listed
from .repository import Problem

# Written so that this file does not match itself.
_UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
_MARKS = "|".join(["no" + "qa", r"type:\s*ign" + "ore", r"pylint:\s*dis" + "able"])
_SILENCED = re.compile(rf"#\s*({_MARKS})(?::\s*[A-Z0-9, ]+|\[[a-z, -]+\]|=[a-z, -]+)?\s*(.*)")
_LINT_SKIPS = re.compile(r"^\s*(skip_list|warn_list|enable_list):", re.MULTILINE)
_TEXT = {".py", ".yml", ".yaml", ".md", ".j2", ".sh", ".toml", ".txt", ".cfg", ".ini", ""}


def problems(path: str, source: str) -> list[Problem]:
    """Return the leftovers in the file ``path`` with the text ``source``."""
    found = []
    for number, line in enumerate(source.splitlines(), 1):
        place = f"{path}:{number}"
        if match := _UNFINISHED.search(line):
            found.append(Problem(place, f"has a {match[0]}; finish it or file an issue"))
        if match := _SILENCED.search(line):
            if path.endswith((".yml", ".yaml")):
                found.append(Problem(place, f"silences ansible-lint ({match[1]}); mend what it says"))
            elif len(match[2].lstrip("# -")) < 8:
                found.append(Problem(place, f"silences a checker ({match[1]}) without a reason beside it"))
    return found


def check(root: Path) -> list[Problem]:
    """Return the leftovers of the work tree."""
    found = []
    for name in sorted(listed(root)):
        if name.match("tests/sanity/ignore-*.txt"):
            found.append(Problem(str(name), "sanity tests are not ignored; mend what they say"))
        elif name.suffix in _TEXT and name.parts[0] != "LICENSES":
            found += problems(str(name), (root / name).read_text(errors="replace"))
    settings = root / ".ansible-lint"
    if settings.is_file() and _LINT_SKIPS.search(settings.read_text()):
        found.append(Problem(".ansible-lint", "skips or softens rules; the production profile holds as it is"))
    return found
