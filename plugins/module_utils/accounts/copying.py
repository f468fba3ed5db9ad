# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan that makes one store the copy of another, to the last field: hashes, times, required aliases. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from ..core.errors import Conflict
from ..core.plan import Change
from .model import KINDS, NO_LOGIN, Accounts
from .plan import AccountsPlan

_PLURALS = {"domain": "domains", "mailbox": "mailboxes", "alias": "aliases", "app_password": "app passwords"}
_NAMED = 5


def make_copy_plan(
    source: Accounts, target: Accounts, *, location: str, version: int, replace_others: bool = False
) -> AccountsPlan:
    """Return what has to be changed in ``target`` so that it holds exactly what ``source`` holds.

    Args:
        location, version: what the target is called and which schema version is written.
        replace_others: whether objects of the target may be changed or removed for that.

    Raises:
        Conflict: they would have to be, and may not; the message has their number and some names.
    """
    plan = AccountsPlan(found=target)
    gone: list[Change] = []
    for kind, attribute in KINDS.items():
        before, after = getattr(target, attribute), getattr(source, attribute)
        names = sorted(_differing(before, after))
        plan.touched[kind] = names
        for name in names:
            old, new = before.get(name), after.get(name)
            change = Change(kind, name, old and _shown(old), new and _shown(new, old))
            if new is None:
                gone.insert(0, change)
            else:
                plan.changes.append(change)
    plan.changes += gone
    if not replace_others:
        _refuse_losses(plan, location)
    plan.after = replace(target, **{attribute: getattr(source, attribute) for attribute in KINDS.values()})
    if target.schema_version != version:
        before = {"schema": target.schema_version} if target.schema_version else None
        plan.changes.insert(0, Change("store", location, before, {"schema": version}))
    plan.writes = plan.changed
    return plan


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name, value in after.items():
        if name not in before or _values(before[name]) != _values(value):
            yield name
    yield from before.keys() - after.keys()


def _values(one: Any) -> tuple[Any, ...]:
    """Return all fields: objects themselves are equal whatever their times."""
    return tuple(getattr(one, field.name) for field in fields(one))


def _shown(one: Any, before: Any = None) -> dict[str, Any]:
    """Return the lines of a diff, with ``(set)`` or ``(changed)`` for a hash."""
    result = {field.name: getattr(one, field.name) for field in fields(one)}
    mine = result.pop("password_hash", None)
    if mine is not None:
        differs = before is not None and NO_LOGIN not in (mine, before.password_hash) and mine != before.password_hash
        result["password"] = "(none)" if mine == NO_LOGIN else "(changed)" if differs else "(set)"
    return result


def _refuse_losses(plan: AccountsPlan, location: str) -> None:
    told = []
    for kind, plural in _PLURALS.items():
        for action, what in (("change", "differ"), ("remove", "are not in the source")):
            names = sorted(change.name for change in plan.changes if (change.kind, change.action) == (kind, action))
            if names:
                rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                told.append(f"{len(names)} {plural} that {what} ({', '.join(names[:_NAMED])}{rest})")
    if told:
        raise Conflict(
            f"the account store {location} has {', '.join(told)}; give replace: true to make it the same as the source"
        )
