# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the module: read, plan, stage, validate, and apply unless check mode is on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import Conflict, InvalidValue, Unavailable
from ..core.ledger import Ledger
from .apply import apply
from .archive import originals
from .disk import read_node, read_nodes
from .document import Rendered, decode
from .model import Link, Wanted, check_root
from .options import Accounts, validator, wanted_tree
from .plan import LEDGER_KIND, TreePlan, names_to_read, plan_tree, restorable
from .stage import Stage, ValidationFailed, staged, validate

_NOTHING = Rendered({}, frozenset())


@dataclass
class Result:
    """What a call found out; ``apply`` carries the plan out."""

    plan: TreePlan
    apply: Callable[[], None]
    unchecked: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def prepare(params: Mapping[str, Any], *, check_mode: bool, temporary: str, stack: ExitStack) -> Result:
    """Return the plan for ``params``, staged and validated; ``stack`` holds the staged copy until it is closed.

    ``temporary``: the directory for the staged copy in check mode.

    Raises:
        InvalidValue, Conflict, Unavailable, ValidationFailed: with a message for the user; nothing was changed.
    """
    dest = check_root(params["dest"])
    ledger = params["ledger"]
    set_by = params["set_by"] or "config_tree"
    accounts = Accounts(check_mode)
    wanted = _wanted(params, accounts)
    command = validator(params["validate"])
    _check_dest(dest)
    owned = Ledger.read(ledger).entries(LEDGER_KIND, dest)
    kept, lost = originals(owned, restorable(owned, wanted, set_by))
    found = read_nodes(dest, names_to_read(owned, wanted, set_by))
    plan = plan_tree(dest, found, wanted, owned, kept, set_by)
    result = Result(plan, lambda: None, list(accounts.missing))
    result.warnings += [f"the original of {dest}/{name} is gone from the archive and cannot be brought back" for name in lost]
    if not plan.changed:
        return result
    if wanted.files and not os.path.isdir(os.path.dirname(dest)):
        if not check_mode:
            raise Unavailable(f"{os.path.dirname(dest)} does not exist; create it, or install the package that brings it")
        result.warnings.append(f"{os.path.dirname(dest)} does not exist yet; an earlier task is expected to make it")
    stage = _stage(result, params, dest, command, wanted, temporary if check_mode else None, stack, known=_known(owned, set_by))
    restored = {name: owned[name] for name in kept}
    result.apply = lambda: apply(plan, dest, ledger, set_by, stage, restored)
    return result


def _wanted(params: Mapping[str, Any], accounts: Accounts) -> Wanted:
    if params["state"] == "absent":
        return wanted_tree({**params, "owner": None, "group": None, "files": []}, _NOTHING, accounts)
    if params["tree"] is None:
        raise InvalidValue("src", params["src"], "was not rendered", "call the module from a playbook, where its action plugin does that")
    return wanted_tree(params, decode(params["tree"]), accounts)


def _check_dest(dest: str) -> None:
    node = read_node(dest)
    if isinstance(node, Link):
        raise Conflict(f"{dest} is a symbolic link to {node.target}; give the real directory as dest")


def _known(owned: Mapping[str, Any], set_by: str) -> bool:
    return any(entry.owner == set_by for entry in owned.values())


def _stage(
    result: Result,
    params: Mapping[str, Any],
    dest: str,
    command: list[str],
    wanted: Wanted,
    temporary: str | None,
    stack: ExitStack,
    *,
    known: bool,
) -> Stage | None:
    """Stage and validate; what cannot be judged in check mode goes to ``unchecked``."""
    checking = bool(command) and params["state"] == "present"
    if temporary is not None and not checking:
        return None
    if temporary is not None and shutil.which(command[0]) is None:
        result.unchecked.append(f"validate: {command[0]} is not installed on this host yet")
        return None
    if not result.plan.puts and not checking:
        return None
    stage = stack.enter_context(staged(dest, result.plan, temporary))
    if not checking:
        return stage
    try:
        validate(stage, command, result.plan, wanted.secret)
    except ValidationFailed as error:
        # Before our first run the service may lack what earlier tasks of the same play would bring.
        if temporary is None or known:
            raise
        result.unchecked.append(f"validate: {error}")
        result.warnings.append(f"{error} (earlier tasks, which check mode did not carry out, may be what is missing)")
    return stage
