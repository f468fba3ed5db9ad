# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's options, and the wanted tree that they and the rendered document describe."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ..core.errors import InvalidValue
from ..core.ledger import DEFAULT_PATH
from ..core.owners import Accounts
from ..core.pending import COMMON as PENDING
from .document import Rendered
from .model import Directory, File, Wanted, check_name, parse_mode

ARGUMENT_SPEC: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "src": {"type": "path"},
    "dest": {"type": "path", "required": True},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "validate": {"type": "raw"},
    "needs": {"type": "list", "elements": "path", "default": []},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "raw", "default": "0644"},
    "directory_mode": {"type": "raw", "default": "0755"},
    "secret": {"type": "bool", "default": False},
    "files": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "mode": {"type": "raw"},
            "secret": {"type": "bool"},
        },
    },
    "set_by": {"type": "str"},
    "ledger": {"type": "path", "default": DEFAULT_PATH},
    **PENDING,
    "tree": {"type": "str", "no_log": True},
}


def wanted_tree(params: Mapping[str, Any], rendered: Rendered, accounts: Accounts) -> Wanted:
    """Return the tree that ``params`` and ``rendered`` describe.

    Raises:
        InvalidValue: a mode that is none, or an override for a file that the tree does not have or that occurs twice.
        Unavailable: an owner or group that does not exist (in a run; ``accounts.missing`` has it in check mode).
    """
    overrides: dict[str, Mapping[str, Any]] = {}
    for entry in params["files"]:
        name = check_name(entry["name"], "files")
        if name in overrides:
            raise InvalidValue("files", name, "is named twice", "name each file once")
        if name not in rendered.files and name not in rendered.skipped:
            known = ", ".join(sorted({*rendered.files, *rendered.skipped}))
            raise InvalidValue("files", name, "is not in the tree", f"the tree has: {known}")
        overrides[name] = entry
    mode = parse_mode("mode", params["mode"])
    directory_mode = parse_mode("directory_mode", params["directory_mode"], largest=0o2777)
    files = {}
    secret = set()
    for name, content in rendered.files.items():
        entry = overrides.get(name, {})
        files[name] = File(
            content,
            mode if entry.get("mode") is None else parse_mode(f"mode of {name}", entry["mode"]),
            accounts.uid(entry.get("owner") or params["owner"]),
            accounts.gid(entry.get("group") or params["group"]),
        )
        hidden = entry.get("secret")
        if params["secret"] if hidden is None else hidden:
            secret.add(name)
    directory = Directory(directory_mode, accounts.uid(params["owner"]), accounts.gid(params["group"]))
    return Wanted(files, frozenset(secret), directory)


def validator(value: object) -> list[str]:
    """Return the validation command as a list of arguments; empty where none is given.

    Raises:
        InvalidValue: neither a text nor a list of texts, or without ``%s``, which stands for the staged tree.
    """
    right = "give the command with %s for the staged tree, as in doveconf -n -c %s/dovecot.conf"
    if value is None or value == "" or value == []:
        return []
    if isinstance(value, str):
        try:
            command = shlex.split(value)
        except ValueError as error:
            raise InvalidValue("validate", value, f"cannot be split into arguments ({error})", right) from error
    elif isinstance(value, list) and all(isinstance(part, str) for part in value):
        command = list(value)
    else:
        raise InvalidValue("validate", value, "is neither a text nor a list of texts", right)
    if not any("%s" in part for part in command[1:]):
        raise InvalidValue("validate", value, "has no %s in its arguments, so it would check the live tree", right)
    return command
