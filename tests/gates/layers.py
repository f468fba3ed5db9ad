# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package of ``module_utils`` may import which, and where third-party libraries may be imported.

Every package may import ``core``, which imports none of ours; the further leave is in ``ALLOWED``. Libraries beyond
Python's own and ansible-core's come through ``core/deps.py``: AnsiballZ ships none of them, and a target may lack them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from .repository import Problem

ALLOWED = {"dkim": {"dns"}, "checks": {"dns", "dkim", "probe"}}
_UTILS = Path("plugins/module_utils")
_PREFIX = ["ansible_collections", "mailwright", "mail", "plugins", "module_utils"]


def problems(path: Path, source: str) -> list[Problem]:
    """Return the imports that the file ``path`` (relative to the root) may not have."""
    package = path.relative_to(_UTILS).parts[0]
    found = []
    for line, module in _imports(path, ast.parse(source)):
        place = f"{path}:{line}"
        if module[: len(_PREFIX)] == _PREFIX:
            other = module[len(_PREFIX)] if len(module) > len(_PREFIX) else ""
            if other not in {package, "core"} | ALLOWED.get(package, set()):
                found.append(Problem(place, f"{package} may not import {other or 'module_utils itself'}"))
        elif module[0] != "ansible" and module[0] not in sys.stdlib_module_names:
            found.append(Problem(place, f"imports {module[0]}; third-party libraries come through core/deps.py"))
    return found


def _imports(path: Path, tree: ast.Module) -> Iterator[tuple[int, list[str]]]:
    """Yield line and absolute name, split at its dots, of all that is imported when the file runs."""
    here = ["ansible_collections", "mailwright", "mail", *path.with_suffix("").parts]
    for node in _at_run_time(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")
        elif isinstance(node, ast.ImportFrom):
            base = here[: -node.level] if node.level else []
            module = base + (node.module.split(".") if node.module else [])
            # "from .. import core" names packages after the import.
            for name in [[]] if node.module else [[alias.name] for alias in node.names]:
                yield node.lineno, module + name


def _at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from _at_run_time(child)


def check(root: Path) -> list[Problem]:
    """Return the problems of all of module_utils."""
    found = []
    for path in sorted((root / _UTILS).rglob("*.py")):
        found += problems(path.relative_to(root), path.read_text())
    return found
