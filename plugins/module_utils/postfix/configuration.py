# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of a Postfix configuration from reading to writing, as the postconf module and others use it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import MailwrightError, Unavailable
from ..core.ledger import DEFAULT_PATH
from .plan import PostconfPlan, make_plan
from .staging import Inspector, Programs, RealPrograms, Staged, read, staged, write
from .validate import Problem, judge, split_new
from .wanted import Wanted

_NOT_INSTALLED = "Postfix is not installed (there is no postconf): install the package postfix first"


class Rejected(MailwrightError):
    """The configuration would be wrong after the change. Nothing was changed."""

    def __init__(self, config_dir: str, problems: list[str]) -> None:
        self.returns = {"problems": problems}
        told = problems[0] if len(problems) == 1 else "".join(f"\n- {problem}" for problem in problems)
        super().__init__(f"{config_dir} would not be right, nothing was changed: {told}")


@dataclass
class Configuration:
    """A configuration directory and what works on it. ``workdir`` is where staged copies go."""

    config_dir: str
    ledger_path: str = DEFAULT_PATH
    workdir: str | None = None
    programs: Programs = field(default_factory=RealPrograms)

    def plan(self, wanted: Wanted) -> PostconfPlan:
        """Return the change that ``wanted`` asks for, judged on a staged copy.

        Without Postfix nothing is judged, and the plan's ``unchecked`` says so. An unchanged configuration costs
        the reading of three files.

        Raises:
            Rejected: the change would bring a problem that was not there before.
            MailwrightError: as `make_plan` and the reading.
        """
        found = read(self.config_dir, self.ledger_path)
        inspector = Inspector(self.programs)
        plan = make_plan(found, wanted, inspector.default)
        if not plan.changed_files:
            return plan
        if not os.path.isdir(self.config_dir):
            plan.warnings.append(f"{self.config_dir} does not exist; what installs Postfix has to make it")
        if not self.programs.installed():
            plan.unchecked += _unchecked(plan)
            return plan
        self._judge(plan, inspector)
        return plan

    def apply(self, plan: PostconfPlan, prepare: Callable[[], None] = lambda: None) -> list[str]:
        """Carry ``plan`` out and return warnings.

        ``prepare`` is called once nothing is wrong and before anything is written: it makes what the new configuration
        refers to.

        Raises:
            Rejected: ``postfix check`` refuses the staged copy, and not the configuration as it is.
            Unavailable: Postfix is not installed, or a file cannot be written.
        """
        if not self.programs.installed():
            raise Unavailable(_NOT_INSTALLED)
        warnings = self._refused(plan, Inspector(self.programs).check) if plan.changed_files else []
        prepare()
        write(plan, self.ledger_path)
        return warnings

    def _judge(self, plan: PostconfPlan, inspector: Inspector) -> None:
        with staged(self.config_dir, plan.after, self.workdir) as copy:
            after = judge(inspector.evidence(copy, self.config_dir))
        # Only if something is wrong is it worth asking what was wrong before.
        before: list[Problem] = []
        if after:
            with staged(self.config_dir, plan.before, self.workdir) as copy:
                before = judge(inspector.evidence(copy, self.config_dir))
        errors, warnings = split_new(after, before)
        if errors:
            raise Rejected(self.config_dir, [problem.text for problem in errors])
        plan.warnings += [_warning(problem.text, problem in before) for problem in warnings]
        plan.warnings += self._refused(plan, inspector.reading)

    def _refused(self, plan: PostconfPlan, ask: Callable[[Staged, str], str | None]) -> list[str]:
        """Return a warning if a program of Postfix refuses the configuration, and did so before.

        Raises:
            Rejected: it refuses it only now.
        """
        with staged(self.config_dir, plan.after, self.workdir) as copy:
            refusal = ask(copy, self.config_dir)
        if refusal is None:
            return []
        with staged(self.config_dir, plan.before, self.workdir) as copy:
            if ask(copy, self.config_dir) is None:
                raise Rejected(self.config_dir, [refusal])
        return [_warning(refusal, True)]


def results(plan: PostconfPlan, restart_reasons: Sequence[str]) -> dict[str, Any]:
    """Return what the module returns about ``plan`` beside ``changed`` and the diff.

    ``restart_reasons`` are the plan's and those of changes that Postfix has not read yet.
    """
    return {
        "changed_parameters": [change.name for change in plan.changes if change.kind == "parameter"],
        "changed_services": [change.name for change in plan.changes if change.kind == "service"],
        "restart_required": bool(restart_reasons),
        "restart_reasons": list(restart_reasons),
        "unchecked": plan.unchecked,
    }


def _unchecked(plan: PostconfPlan) -> list[str]:
    notes = []
    for name in plan.changed_files:
        notes.append(f"{name}: names, values, map types and daemons, as Postfix is not installed")
        if plan.before[name] is None:
            notes.append(f"{name}: what of it Postfix's package brings itself")
    return notes


def _warning(text: str, was_there: bool) -> str:
    return f"{text} (it was so before)" if was_there else text
