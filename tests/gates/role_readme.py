# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of variables in a role's README, made from its argument specs and defaults.

    python3 -m gates.role_readme --check     fail where a README is behind (also part of "make rules")
    python3 -m gates.role_readme --write     write the tables ("make roles-readme")

The table stands between the two marks; everything else in a README is written by people.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from .repository import ROOT, Problem, roles
from .role_specs import defaults, options, site_input

START = "<!-- variables:start -->"
END = "<!-- variables:end -->"
_CODE = re.compile(r"\b(?:C|V|O|RV|M|P|E)\(((?:\\.|[^\\)])*)\)")
_LINK = re.compile(r"\bL\(([^,)]+),\s*([^)]+)\)")
_PLAIN = re.compile(r"\b(B|I|U)\(((?:\\.|[^\\)])*)\)")


def table(specified: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Return the Markdown table of a role's variables, in the order of its argument specs."""
    lines = ["| variable | type | default | what it is |", "|---|---|---|---|"]
    for variable, option in specified.items():
        cells = (f"`{variable}`", _type(option), _default(option, wanted.get(variable)), _description(option))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def replaced(readme: str, content: str) -> str | None:
    """Return ``readme`` with ``content`` between its marks, ``None`` where it does not have both, in order."""
    before, start, rest = readme.partition(START)
    end, after = rest.partition(END)[1:]
    if not start or not end:
        return None
    return f"{before}{START}\n{content}\n{END}{after}"


def check(root: Path) -> list[Problem]:
    """Return the READMEs whose tables are missing or behind."""
    found = []
    for readme, present, wanted in _readmes(root):
        path = str(readme.relative_to(root))
        if wanted is None:
            found.append(Problem(path, f"has no table of variables between {START} and {END}"))
        elif wanted != present:
            found.append(Problem(path, "its table of variables is behind argument_specs.yml; run: make roles-readme"))
    return found


def write(root: Path) -> None:
    """Bring the tables of all READMEs that have the marks up to date."""
    for readme, present, wanted in _readmes(root):
        if wanted is not None and wanted != present:
            readme.write_text(wanted)
            print(f"wrote {readme.relative_to(root)}")


def _readmes(root: Path) -> list[tuple[Path, str, str | None]]:
    """Return each README that is there, with its text as it is and as it should be."""
    result = []
    for role in roles(root):
        readme = role / "README.md"
        if not readme.is_file():
            continue
        present = readme.read_text()
        result.append((readme, present, replaced(present, table(options(role), defaults(role)))))
    return result


def _type(option: dict[str, Any]) -> str:
    name = str(option.get("type", ""))
    text = f"list of {option['elements']}" if name == "list" and "elements" in option else name
    if "choices" in option:
        text += ": " + ", ".join(f"`{choice}`" for choice in option["choices"])
    return text


def _default(option: dict[str, Any], default: Any) -> str:
    if option.get("required"):
        return "required"
    site = site_input(default)
    if site:
        return f"`{site[0]}`, or `{_literal(site[1])}`"
    return "" if default is None else f"`{_literal(default)}`"


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return value or '""'
    return json.dumps(value, ensure_ascii=False)


def _description(option: dict[str, Any]) -> str:
    """Return the description in one line, Ansible's markup turned into Markdown."""
    text = option.get("description", "")
    joined = " ".join(text) if isinstance(text, list) else str(text)
    joined = _CODE.sub(lambda match: f"`{_unescape(match[1])}`", joined)
    joined = _LINK.sub(r"[\1](\2)", joined)
    joined = _PLAIN.sub(lambda match: {"B": "**{}**", "I": "*{}*", "U": "<{}>"}[match[1]].format(match[2]), joined)
    return " ".join(joined.split())


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def main() -> int:
    """Check or write, as the command line says."""
    parser = argparse.ArgumentParser(description="Tables of variables in the roles' READMEs.")
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--check", action="store_true")
    group.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        write(ROOT)
        return 0
    found = check(ROOT)
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
