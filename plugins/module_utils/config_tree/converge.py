# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the module: read, plan, stage, validate, and apply unless check mode is on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import Conflict, InvalidValue, Unavailable
from ..core.ledger import Ledger
from ..core.owners import Accounts
from .apply import apply
from .archive import originals
from .disk import read_node, read_nodes
from .document import Rendered, decode
from .model import Link, Wanted, check_root
from .options import validator, wanted_tree
from .plan import LEDGER_KIND, TreePlan, names_to_read, plan_tree, restorable
from .stage import Runner, ValidationError, staged, validate

_NOTHING = Rendered({}, frozenset())


@dataclass
class Result:
    """What a call found out; ``apply`` carries the plan out."""

    plan: TreePlan
    apply: Callable[[], None]
    unchecked: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """The target as this call may use it: ``temporary`` is a directory for the staged copy in check mode."""

    check_mode: bool
    temporary: str
    run: Runner


def prepare(params: Mapping[str, Any], target: Target, stack: ExitStack) -> Result:
    """Return the plan for ``params``, staged and validated; ``stack`` holds the staged copy until it is closed.

    Raises:
        InvalidValue, Conflict, Unavailable, ValidationError: with a message for the user; nothing was changed.
    """
    dest = check_root(params["dest"])
    ledger = params["ledger"]
    set_by = params["set_by"] or "config_tree"
    accounts = Accounts(target.check_mode)
    wanted = _wanted(params, accounts)
    command = validator(params["validate"]) if params["state"] == "present" else []
    _check_dest(dest)
    owned = Ledger.read(ledger).entries(LEDGER_KIND, dest)
    kept, lost = originals(owned, restorable(owned, wanted, set_by))
    found = read_nodes(dest, names_to_read(owned, wanted, set_by))
    plan = plan_tree(dest, found, wanted, owned, kept, set_by)
    result = Result(plan, lambda: None, list(accounts.missing))
    result.warnings += [
        f"the original of {dest}/{name} is gone from the archive and cannot be brought back" for name in lost
    ]
    result.warnings += [
        f"the original of {dest}/{name} stays in the archive, as its directory is gone or something else stands in its "
        "place; mend that and run again"
        for name in plan.stranded
    ]
    if not plan.changed:
        return result
    above = Path(dest).parent
    if wanted.files and not above.is_dir():
        if not target.check_mode:
            raise Unavailable(f"{above} does not exist; create it, or install the package that brings it")
        result.warnings.append(f"{above} does not exist yet; an earlier task is expected to make it")
    known = any(entry.owner == set_by for entry in owned.values())
    if target.check_mode:
        _judge_copy(result, dest, command, params["needs"], wanted, target, known=known)
    else:
        if missing := _missing(params["needs"]):
            raise Unavailable(f"needs: {missing} does not exist; put it there first")
        stage = stack.enter_context(staged(dest, plan)) if plan.puts or command else None
        if stage and command:
            validate(stage, command, wanted, target.run)
        restored = {name: owned[name] for name in kept}
        result.apply = lambda: apply(plan, dest, ledger, set_by, stage, restored)
    return result


def _wanted(params: Mapping[str, Any], accounts: Accounts) -> Wanted:
    if params["state"] == "absent":
        return wanted_tree({**params, "owner": None, "group": None, "files": []}, _NOTHING, accounts)
    if params["tree"] is None:
        right = "call the module from a playbook, where its action plugin does that"
        raise InvalidValue("src", params["src"], "was not rendered", right)
    return wanted_tree(params, decode(params["tree"]), accounts)


def _check_dest(dest: str) -> None:
    node = read_node(dest)
    if isinstance(node, Link):
        raise Conflict(f"{dest} is a symbolic link to {node.target}; give the real directory as dest")


def _missing(needs: Sequence[str]) -> str:
    """Return the first of the files that does not exist, empty if all do."""
    return next((path for path in needs if not Path(path).exists()), "")


def _judge_copy(
    result: Result, dest: str, command: list[str], needs: Sequence[str], wanted: Wanted, target: Target, *, known: bool
) -> None:
    """Validate in check mode, away from the live tree; what cannot be judged yet goes to ``unchecked``."""
    if not command:
        return
    if shutil.which(command[0]) is None:
        result.unchecked.append(f"validate: {command[0]} is not installed on this host yet")
        return
    if missing := _missing(needs):
        result.unchecked.append(f"validate: {missing} does not exist yet")
        return
    with staged(dest, result.plan, target.temporary) as stage:
        try:
            validate(stage, command, wanted, target.run)
        except ValidationError as error:
            # Before our first run the service may lack what earlier tasks of the same play would bring.
            if known:
                raise
            result.unchecked.append(f"validate: {error}")
            result.warnings.append(
                f"{error} (earlier tasks, which check mode did not carry out, may be what is missing)"
            )
