# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each of the smaller rules finds what it is there for and leaves good files alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import fragments, layers, leftovers, modules, role_parts, tarball

UTILS = Path("plugins/module_utils")
MODULE = '''
DOCUMENTATION = """
x
"""
EXAMPLES = ""
RETURN = ""
import os


def main():
{body}
'''


def _module(lines: int) -> str:
    return MODULE.format(body="\n".join(["    os.getcwd()"] * lines))


def test_short_module_is_fine() -> None:
    assert modules.problems("m.py", _module(15)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (_module(25), "main() has 26 lines"),
        (_module(3) + "\n\ndef logic():\n" + "    pass\n" * 50, "lines of code"),
        (_module(3).replace('EXAMPLES = ""', ""), "has no EXAMPLES"),
        ("x = 1\n", "has no main()"),
    ],
)
def test_module_with_logic_or_without_documentation(source: str, expected: str) -> None:
    (problem,) = modules.problems("m.py", source)
    assert expected in problem.text


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("accounts/a.py", "from ..core.errors import Conflict\nfrom .b import c\nimport json\n", None),
        ("checks/a.py", "from ..dns.slots import Slot\nfrom .. import probe\n", None),
        ("accounts/a.py", "from ansible.module_utils.basic import AnsibleModule\n", None),
        ("accounts/a.py", "import typing\nif typing.TYPE_CHECKING:\n    import sqlalchemy\n", None),
        ("accounts/a.py", "from ..postfix.plan import Plan\n", "accounts may not import postfix"),
        ("dns/a.py", "from .. import probe\n", "dns may not import probe"),
        ("core/a.py", "from ..accounts import plan\n", "core may not import accounts"),
        (
            "dns/a.py",
            "from ansible_collections.mailwright.mail.plugins.module_utils.dkim.keys import Key\n",
            "dns may not import dkim",
        ),
        ("dns/a.py", "def f():\n    import dns.resolver\n", "imports dns; third-party"),
    ],
)
def test_layers(path: str, source: str, expected: str | None) -> None:
    found = layers.problems(UTILS / path, source)
    if expected is None:
        assert found == []
    else:
        assert len(found) == 1
        assert expected in found[0].text


def test_fragment_differences() -> None:
    spec = {"path": {"type": "path", "default": "/a"}, "port": {"type": "int"}}
    assert fragments.differences({"path": {"type": "path", "default": "/a"}, "port": {"type": "int"}}, spec) == []
    assert fragments.differences({"path": {"type": "str", "default": "/a"}, "host": {"type": "str"}}, spec) == [
        "port is in COMMON and not documented",
        "host is documented and not in COMMON",
        "path is documented with type 'str', COMMON has 'path'",
    ]


# Put together at run time, so that this file is clean itself.
SILENT = "no" + "qa"
IGNORED = "type: " + "ignore"
UNFINISHED = "TO" + "DO"


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("a.py", f"x = 1  # {SILENT}: E501 - the address is one word", None),
        ("a.py", f"import x  # {IGNORED}[import-untyped]  # the library ships no types", None),
        ("a.py", f"x = 1  # {SILENT}: E501", "silences a checker"),
        ("a.py", f"import x  # {IGNORED}[import-untyped]", "silences a checker"),
        ("a.yml", f"  - name: x  # {SILENT}: name[casing] because of a long good reason", "silences ansible-lint"),
        ("a.md", f"{UNFINISHED}: write this", f"has a {UNFINISHED}"),
        ("a.py", f"{UNFINISHED}S = []", None),
    ],
)
def test_leftovers(path: str, line: str, expected: str | None) -> None:
    found = leftovers.problems(path, f"first\n{line}\n")
    if expected is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].path == f"{path}:2"
        assert expected in found[0].text


def test_tarball() -> None:
    good = [*tarball.NEEDED, "plugins/modules/accounts.py", "roles/postfix/templates/a.j2", "docs/dns.md"]
    assert tarball.problems(good) == []
    bad = ["Makefile", "tests/unit/test_x.py", "roles/postfix/molecule/default/molecule.yml", "plugins/modules/a.pyc"]
    assert [problem.path for problem in tarball.problems([*good, *bad])] == sorted(bad)
    assert [problem.path for problem in tarball.problems(set(good) - {"README.md"})] == ["README.md"]


def test_role_parts(tmp_path: Path) -> None:
    for name in (*role_parts.PARTS, "tasks/install.yml"):
        path = tmp_path / "roles/demo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "roles/demo/README.md").unlink()
    assert [problem.text for problem in role_parts.check(tmp_path)] == [
        "has no README.md",
        "has tasks/install.yml, which tasks/main.yml does not include",
        "has no scenario of its own (molecule/role_demo)",
    ]
