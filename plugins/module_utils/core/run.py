# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where a module's plan is shown, applied or, in check mode, only predicted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .errors import MailwrightError
from .pending import Pending
from .plan import Plan
from .text import readable


@contextmanager
def failing(module: AnsibleModule) -> Iterator[None]:
    """Turn our own exceptions into ``fail_json``; anything else is a fault of ours and keeps its traceback."""
    try:
        yield
    except MailwrightError as error:
        _leave(module, module.fail_json, {"msg": str(error), **getattr(error, "returns", {})})


def warn(module: AnsibleModule, warnings: Iterable[str]) -> None:
    """Show ``warnings`` in a form in which everybody can read them."""
    for warning in warnings:
        module.warn(readable(warning))


def converge(
    module: AnsibleModule,
    plan: Plan,
    apply: Callable[[], Mapping[str, Any] | None],
    pending: Pending | None = None,
    **returns: Any,
) -> None:
    """Apply ``plan`` unless it is empty or check mode is on, and leave the module with ``returns``.

    ``returns`` describe the state *after* the plan, so that check mode returns what a run would return; what only a run
    can know, ``apply`` returns. That services have to read the change is noted in ``pending`` as long as it takes.
    """
    pending = pending or Pending(None)
    result: dict[str, Any] = {"changed": plan.changed or pending.found, **returns}
    if module._diff:
        result["diff"] = _diff(plan, pending)
    if plan.changed and not module.check_mode:
        pending.note()
        try:
            result |= apply() or {}
        except MailwrightError:
            pending.take_back()
            raise
    _leave(module, module.exit_json, result)


def _leave(module: AnsibleModule, leave: Callable[..., None], result: dict[str, Any]) -> None:
    """Leave the module. From ansible-core 2.19 on, the controller takes no result with a byte that is no UTF-8."""
    # Up to 2.19 the options are returned too.
    module.params = readable(module.params)
    leave(**readable(result))


def _diff(plan: Plan, pending: Pending) -> Any:
    diff = plan.diff()
    if not pending.found:
        return diff
    left = {"prepared": f"services have not read what an earlier run changed ({pending.path})\n"}
    return [*(diff if isinstance(diff, list) else [diff]), left]
