# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of variables follows the specs, and a README that is behind is found."""

from __future__ import annotations

from pathlib import Path

import yaml

from gates import role_readme

OPTIONS = {
    "demo_domains": {"type": "list", "elements": "dict", "default": [], "description": ["First.", "See M(a.b.c)."]},
    "demo_mode": {"type": "str", "choices": ["a", "b"], "default": "a", "description": "V(a) or C(x|y)."},
    "demo_name": {"type": "str", "required": True, "description": "The\n name."},
}
DEFAULTS = {"demo_domains": "{{ mail_domains | default([]) }}", "demo_mode": "a"}
TABLE = """\
| variable | type | default | what it is |
|---|---|---|---|
| `demo_domains` | list of dict | `mail_domains`, or `[]` | First. See `a.b.c`. |
| `demo_mode` | str: `a`, `b` | `a` | `a` or `x\\|y`. |
| `demo_name` | str | required | The name. |"""


def _role(root: Path, readme: str) -> Path:
    role = root / "roles/demo"
    for name, content in (
        ("defaults/main.yml", DEFAULTS),
        ("meta/argument_specs.yml", {"argument_specs": {"main": {"options": OPTIONS}}}),
    ):
        (role / name).parent.mkdir(parents=True)
        (role / name).write_text(yaml.safe_dump(content, sort_keys=False))
    (role / "README.md").write_text(readme)
    return role / "README.md"


def test_table() -> None:
    assert role_readme.table(OPTIONS, DEFAULTS) == TABLE


def test_write_fills_the_block_and_leaves_the_rest(tmp_path: Path) -> None:
    readme = _role(tmp_path, "# demo\n\n<!-- variables:start -->\nold\n<!-- variables:end -->\n\nEnd.\n")
    assert [problem.path for problem in role_readme.check(tmp_path)] == ["roles/demo/README.md"]
    role_readme.write(tmp_path)
    assert readme.read_text() == f"# demo\n\n<!-- variables:start -->\n{TABLE}\n<!-- variables:end -->\n\nEnd.\n"
    assert role_readme.check(tmp_path) == []


def test_readme_without_marks_is_reported_and_not_touched(tmp_path: Path) -> None:
    readme = _role(tmp_path, "# demo\n<!-- variables:end --><!-- variables:start -->\n")
    (problem,) = role_readme.check(tmp_path)
    assert "has no table of variables" in problem.text
    role_readme.write(tmp_path)
    assert readme.read_text() == "# demo\n<!-- variables:end --><!-- variables:start -->\n"
