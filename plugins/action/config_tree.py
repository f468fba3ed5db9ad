# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of config_tree: render a folder of templates and hand it to the module as one document."""

from __future__ import annotations

import fnmatch
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible import constants
from ansible import template as ansible_template
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.plugins.action import ActionBase
from jinja2 import Environment, Template, TemplateError, TemplateSyntaxError, nodes

from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.document import encode
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.model import check_name
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils.document import plain

_ENDING = ".j2"


class ActionModule(ActionBase):
    """Replace ``src`` by the rendered ``tree`` and run the module."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result; raise AnsibleActionFail for a tree that cannot be rendered."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = dict(self._task.args)
        if "tree" in arguments:
            raise AnsibleActionFail("tree is made here from src; leave it out")
        if not arguments.get("set_by"):
            role = self._task._role
            arguments["set_by"] = role.get_name(include_role_fqcn=False) if role else "config_tree"
        if arguments.get("files"):
            # ansible-core 2.18 leaves its placeholder for omitted values inside lists and dictionaries.
            arguments["files"] = plain(arguments["files"], "files", variables.get("omit"))
        if arguments.get("state", "present") == "present" and arguments.get("src"):
            arguments["tree"] = self._tree(arguments, variables)
        return self._execute_module(
            module_name="mailwright.mail.config_tree", module_args=arguments, task_vars=variables
        )

    def _tree(self, arguments: dict[str, Any], variables: dict[str, Any]) -> str:
        src = to_text(arguments["src"])
        try:
            folder = self._find_needle("templates", src)
        except AnsibleError as error:
            raise AnsibleActionFail(f"src: {error}") from error
        if not Path(folder).is_dir():
            raise AnsibleActionFail(f"src: {folder} is no folder; give the folder that holds the tree's templates")
        renderer = _Renderer(self, folder, to_text(arguments.get("dest", "")), variables)
        files: dict[str, bytes] = {}
        skipped: set[str] = set()
        sources: dict[str, str] = {}
        for source in _names(folder, _patterns(arguments.get("exclude"))):
            name = source[: -len(_ENDING)] if source.endswith(_ENDING) else source
            try:
                check_name(name)
            except MailwrightError as error:
                raise AnsibleActionFail(f"src: {folder}: {error}") from error
            if name in sources:
                raise AnsibleActionFail(
                    f"src: {folder}: {sources[name]} and {source} both make {name}; remove one of them"
                )
            sources[name] = source
            content = renderer.content(source)
            if content is None:
                skipped.add(name)
            else:
                files[name] = content
        if not sources:
            raise AnsibleActionFail(f"src: {folder} holds no file; use state: absent to remove a tree")
        return encode(files, skipped)


class _Renderer:
    """Renders the files of one folder as ansible.builtin.template would."""

    def __init__(self, action: ActionModule, folder: str, dest: str, variables: dict[str, Any]) -> None:
        self.action = action
        self.folder = folder
        self.dest = dest
        self.variables = variables
        outer = [*variables.get("ansible_search_path", []), action._loader.get_basedir()]
        self.search_path = [folder, *(path for place in outer for path in (f"{place}/templates", place))]

    def content(self, source: str) -> bytes | None:
        """Return what the file ``source`` (relative to the folder) becomes; ``None`` for a template without text."""
        path = f"{self.folder}/{source}"
        try:
            # Decrypts vaulted files; binary ones pass unharmed.
            raw = Path(self.action._loader.get_real_file(path)).read_bytes()
        except (AnsibleError, OSError) as error:
            raise AnsibleActionFail(f"src: {path} cannot be read: {error}") from error
        if not source.endswith(_ENDING):
            return raw
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise AnsibleActionFail(
                f"src: {path} is a template that is not UTF-8 ({error}); without {_ENDING} it is copied"
            ) from error
        rendered = self._render(text, path, source)
        return to_bytes(rendered) if rendered.strip() else None

    def _render(self, text: str, path: str, source: str) -> str:
        variables = self.variables.copy()
        variables.update(
            template_path=source,
            template_fullpath=path,
            template_destpath=f"{self.dest}/{source[: -len(_ENDING)]}",
        )
        if "ansible_managed" not in variables:
            variables["ansible_managed"] = _managed(path, source)
        try:
            if hasattr(ansible_template, "trust_as_template"):
                templar = self.action._templar.copy_with_new_env(
                    searchpath=self.search_path, available_variables=variables
                )
                result = templar.template(
                    ansible_template.trust_as_template(text), escape_backslashes=False, overrides={"trim_blocks": True}
                )
            else:
                # ansible-core 2.18: only its own environment returns text where jinja2_native is switched on.
                templar = self.action._templar.copy_with_new_env(
                    environment_class=ansible_template.AnsibleEnvironment,
                    searchpath=self.search_path,
                    available_variables=variables,
                )
                result = templar.do_template(
                    text, preserve_trailing_newlines=True, escape_backslashes=False, overrides={"trim_blocks": True}
                )
        except (AnsibleError, TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise AnsibleActionFail(f"template {path}{_place(error, text)}: {_reason(error)}") from error
        return "" if result is None else to_text(result, nonstring="simplerepr")


def _names(folder: str, exclude: list[str]) -> Iterator[str]:
    """Yield the paths of all files in ``folder``, relative to it and sorted."""
    found = []
    for place, directories, files in os.walk(folder, onerror=_unreadable):
        for directory in directories:
            path = Path(place, directory)
            if path.is_symlink():
                raise AnsibleActionFail(f"src: {path} is a symbolic link to a folder; copy the folder")
        found += [str(Path(place, name).relative_to(folder)) for name in files]
    for name in sorted(found):
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in exclude):
            yield name


def _unreadable(error: OSError) -> None:
    raise AnsibleActionFail(f"src: {error.filename} cannot be read: {error.strerror}") from error


def _patterns(value: object) -> list[str]:
    """Return ``exclude`` as the module's own argument spec would take it."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    if isinstance(value, (list, tuple)):
        return [str(part) for part in value]
    raise AnsibleActionFail(f"exclude: {value!r} is no list of patterns")


def _managed(path: str, source: str) -> str:
    """Return the text of ``ansible_managed``, with the fields that Ansible's setting for it may name."""
    status = Path(path).stat()
    setting = str(constants.config.get_config_value("DEFAULT_MANAGED_STR"))
    text = setting.replace("{file}", source).replace("{host}", os.uname().nodename).replace("{uid}", str(status.st_uid))
    return time.strftime(text, time.localtime(status.st_mtime))


def _place(error: BaseException, text: str) -> str:
    """Return ``", line 3"`` for the line of template ``text`` that ``error`` arose in, as far as it can be told."""
    line = _line(error)
    if line is not None:
        return f", line {line}"
    lines = _lines_of_undefined(str(error), text)
    if not lines:
        return ""
    return f", line {lines[0]}" if len(lines) == 1 else f", lines {', '.join(map(str, lines))}"


def _line(error: BaseException) -> int | None:
    """Return the line that the error itself or its traceback names.

    A compiled template's frames carry the template in their globals, which maps their lines to its own.
    """
    seen: BaseException | None = error
    while seen is not None:
        # ansible-core 2.18 says line 0 of a filter that it does not know.
        if isinstance(seen, TemplateSyntaxError) and seen.lineno:
            return seen.lineno
        line = None
        step = seen.__traceback__
        while step is not None:
            template = step.tb_frame.f_globals.get("__jinja_template__")
            if isinstance(template, Template) and template.name is None:
                line = template.get_corresponding_lineno(step.tb_lineno)
            step = step.tb_next
        if line is not None:
            return line
        seen = seen.__cause__ or seen.__context__
    return None


def _lines_of_undefined(message: str, text: str) -> list[int]:
    """Return the lines of ``text`` that use what ``message`` says is undefined.

    From ansible-core 2.19 on, undefined values are found when the rendered parts are put together, and no traceback
    tells where they came from.
    """
    match = re.search(r"(?:'(?P<name>\w+)' is undefined|has no attribute '(?P<attribute>\w+)')", message)
    if match is None:
        return []
    tree = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True).parse(text)
    if match["name"]:
        return sorted({node.lineno for node in tree.find_all(nodes.Name) if node.name == match["name"]})
    wanted = match["attribute"]
    found = {node.lineno for node in tree.find_all(nodes.Getattr) if node.attr == wanted}
    items = (node for node in tree.find_all(nodes.Getitem) if isinstance(node.arg, nodes.Const))
    return sorted(found | {node.lineno for node in items if node.arg.value == wanted})


def _reason(error: BaseException) -> str:
    return to_text(getattr(error, "message", None) or error).strip()
