# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of config_tree, with Ansible's own templar."""

from __future__ import annotations

import base64
import json
import types
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.mailwright.mail.plugins.action.config_tree import ActionModule


class Action(ActionModule):
    """The action with a folder for its templates and without a target: the module's arguments are its result."""

    def __init__(self, top: Path, arguments: dict[str, Any], role: str | None = None) -> None:
        loader = DataLoader()
        loader.set_basedir(str(top))
        named = types.SimpleNamespace(get_name=lambda include_role_fqcn: role) if role else None
        task = types.SimpleNamespace(
            args=arguments,
            _role=named,
            async_val=0,
            get_search_path=lambda: [str(top)],
            check_mode=False,
            diff=False,
            action="mailwright.mail.config_tree",
        )
        self._task: Any = task
        self._loader = loader
        self._templar = Templar(loader=loader, variables={})
        self._connection: Any = None

    def _execute_module(self, **given: Any) -> dict[str, Any]:
        result: dict[str, Any] = given["module_args"]
        return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "templates" / "cfg"
    path.mkdir(parents=True)
    return path


@pytest.fixture(autouse=True)
def plain_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what the base class does with a real task and connection."""
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *_given, **_named: {})


def render(folder: Path, variables: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
    given = {"src": "cfg", "dest": "/etc/service", **arguments}
    result = Action(folder.parent.parent, given).run(task_vars=variables or {})
    document: dict[str, Any] = json.loads(result["tree"])
    return document


def test_templates_are_rendered_and_other_files_copied(folder: Path) -> None:
    (folder / "d").mkdir()
    (folder / "a.conf.j2").write_text("{{ ansible_managed | comment }}\n{% if true %}\nx = {{ x }}\n{% endif %}\n")
    (folder / "d/plain").write_text("{{ x }}\n")
    (folder / "d/binary").write_bytes(b"\0\xff")
    (folder / "empty.j2").write_text("{% if false %}\nx\n{% endif %}\n\n")
    (folder / "number.j2").write_text("{{ 5 }}")
    hostile = "'\"\\n {{ 7 * 7 }} {% raw %} ü $x %s"
    assert render(folder, {"x": wrap_var(hostile)}) == {
        "files": {
            "a.conf": {"text": f"#\n# Ansible managed\n#\nx = {hostile}\n"},
            "d/binary": {"base64": base64.b64encode(b"\0\xff").decode()},
            "d/plain": {"text": "{{ x }}\n"},
            "number": {"text": "5"},
        },
        "skipped": ["empty"],
    }


def test_a_template_knows_where_it_goes_and_keeps_a_managed_text_of_the_users(folder: Path) -> None:
    (folder / "a.j2").write_text("{{ template_path }} {{ template_destpath }} {{ ansible_managed }}")
    assert render(folder, {"ansible_managed": "by us"})["files"] == {"a": {"text": "a.j2 /etc/service/a by us"}}


def test_includes_and_exclusions(folder: Path) -> None:
    (folder / "a.j2").write_text("{% include '_part.j2' %}!")
    (folder / "_part.j2").write_text("part {{ x }}")
    assert render(folder, {"x": 1}, exclude=["_*"])["files"] == {"a": {"text": "part 1!"}}
    assert render(folder, {"x": 1}, exclude="_*, nothing")["files"] == {"a": {"text": "part 1!"}}


def test_the_setter_is_the_role(folder: Path) -> None:
    (folder / "a").write_text("")
    given = {"src": "cfg", "dest": "/etc/x"}
    assert Action(folder.parent.parent, given).run()["set_by"] == "config_tree"
    assert Action(folder.parent.parent, given, role="dovecot").run()["set_by"] == "dovecot"
    assert Action(folder.parent.parent, {**given, "set_by": "me"}, role="dovecot").run()["set_by"] == "me"


def test_absent_renders_nothing(folder: Path) -> None:
    result = Action(folder.parent.parent, {"dest": "/etc/x", "state": "absent"}).run()
    assert result == {"dest": "/etc/x", "state": "absent", "set_by": "config_tree"}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("one\ntwo\n{{ missing_thing }}\n", 3, "missing_thing"),
        ("one\n{% for x in [1] %}\n{{ x.nothing.more }}\n{% endfor %}", 3, "nothing"),
        ("one\n{% if true %}\ntwo\n", 3, "endif"),
        ("one\n{{ 1 / 0 }}\n", 2, "zero"),
        ("one\n{{ {}['item'] }}", 2, "item"),
    ],
)
def test_an_error_names_template_and_line(folder: Path, text: str, line: int, reason: str) -> None:
    (folder / "bad.conf.j2").write_text(text)
    with pytest.raises(AnsibleActionFail) as caught:
        render(folder)
    assert f"template {folder}/bad.conf.j2, line {line}: " in str(caught.value)
    assert reason in str(caught.value)


def test_an_unknown_filter_is_named(folder: Path) -> None:
    (folder / "bad.conf.j2").write_text("{{ 'a' | no_such_filter }}")
    with pytest.raises(AnsibleActionFail, match=r"bad\.conf\.j2.*no_such_filter"):
        render(folder)


def test_folders_that_cannot_be_a_tree(folder: Path) -> None:
    def fails(reason: str, **given: Any) -> None:
        with pytest.raises(AnsibleActionFail, match=reason):
            render(folder, **given)

    fails("holds no file")
    fails("src: .*no-such-folder", src="no-such-folder")
    (folder / "a").write_text("")
    fails("is no folder", src="cfg/a")
    fails("leave it out", tree="{}")
    fails("no list of patterns", exclude={"a": "b"})
    (folder / "a.j2").write_text("")
    fails(r"a and a\.j2 both make a")
    (folder / "a.j2").unlink()
    (folder / "link").symlink_to("/etc")
    fails("link is a symbolic link to a folder")
    (folder / "link").unlink()
    (folder / "line\nbreak").write_text("")
    fails("control characters")
    (folder / "line\nbreak").unlink()
    (folder / "latin.j2").write_bytes(b"\xff")
    fails(r"latin\.j2 is a template that is not UTF-8")
