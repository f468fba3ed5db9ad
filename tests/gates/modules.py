# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module files hold documentation and wiring: a short ``main`` and next to nothing beside it."""

from __future__ import annotations

import ast
from pathlib import Path

from .repository import Problem

LONGEST_MAIN = 20
# Lines of code of the whole file, documentation and imports not counted.
LONGEST_FILE = 40
_DOCUMENTS = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def problems(path: str, source: str) -> list[Problem]:
    """Return what is too much in, or missing from, the module file ``source``."""
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if "main" not in functions:
        return [Problem(path, "has no main()")]
    found = []
    length = _length(functions["main"])
    if length > LONGEST_MAIN:
        found.append(
            Problem(
                path, f"main() has {length} lines, at most {LONGEST_MAIN} are wiring; the rest belongs in module_utils"
            )
        )
    code = sum(_length(node) for node in tree.body if not _is_document(node))
    if code > LONGEST_FILE:
        found.append(
            Problem(
                path, f"has {code} lines of code, at most {LONGEST_FILE} are wiring; the rest belongs in module_utils"
            )
        )
    found += [Problem(path, f"has no {name}") for name in sorted(_DOCUMENTS - _names(tree))]
    return found


def _is_document(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.Assign) and bool(_assigned(node) & _DOCUMENTS)


def _names(tree: ast.Module) -> set[str]:
    return {name for node in tree.body if isinstance(node, ast.Assign) for name in _assigned(node)}


def _assigned(node: ast.Assign) -> set[str]:
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def _length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def check(root: Path) -> list[Problem]:
    """Return the problems of all modules."""
    found = []
    for path in sorted(root.glob("plugins/modules/*.py")):
        found += problems(str(path.relative_to(root)), path.read_text())
    return found
