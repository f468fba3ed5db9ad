# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The app passwords' part of the plan. It comes last: they belong to mailboxes, which are settled by then."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.errors import Conflict
from .model import NO_LOGIN, AppPassword, Mailbox
from .schemes.known import Recipe
from .views import listed
from .wanted_app_password import WantedAppPassword

_NAMED = 10


@dataclass
class AppPasswordsPlan:
    """``after`` has an empty hash where a password is still to be hashed; ``passwords`` has those by key."""

    after: dict[str, AppPassword]
    passwords: dict[str, tuple[Recipe, str, str]] = field(default_factory=dict, repr=False)
    warnings: list[str] = field(default_factory=list)


def plan_app_passwords(
    found: Mapping[str, AppPassword],
    wanted: Mapping[str, WantedAppPassword],
    mailboxes: Mapping[str, Mailbox],
    *,
    gone: Collection[str] = (),
    purged: Collection[str] = (),
    matching: Collection[str] = (),
    now: str,
    predict: bool = False,
) -> AppPasswordsPlan:
    """Return the app passwords as they will be.

    Args:
        found: those that are there, without what a purge takes.
        mailboxes: all mailboxes as they will be. Those that are ``gone`` went in this very task, and ``purged`` names
            the ones of them that were only not listed.
        matching: keys whose stored hash was verified against the wanted password.
        predict: in check mode an unknown mailbox is a warning, since an earlier task would have made it.

    Raises:
        Conflict: a mailbox is not there, or goes in the same task; a new one has no password.
    """
    plan = AppPasswordsPlan({key: one for key, one in found.items() if one.mailbox in mailboxes})
    present = [one for one in wanted.values() if one.present]
    plan.warnings += _check_mailboxes(present, mailboxes, gone, purged, predict)
    for one in wanted.values():
        if one.present:
            _put(plan, one, one.key in matching, now)
        else:
            plan.after.pop(one.key, None)
    plan.warnings += _useless(present, plan.after, mailboxes, now)
    return plan


def _put(plan: AppPasswordsPlan, wanted: WantedAppPassword, matches: bool, now: str) -> None:
    known = plan.after.get(wanted.key)
    if known is None:
        wanted.check_new()
    values: dict[str, Any] = dict(wanted.fields)
    new_hash = wanted.new_hash(known.password_hash if known else None, matches)
    if new_hash is not None:
        values["password_hash"] = new_hash
        if not new_hash and wanted.password is not None:
            plan.passwords[wanted.key] = (wanted.new_recipe, wanted.password, wanted.user)
    if known is None:
        plan.after[wanted.key] = AppPassword(wanted.mailbox, wanted.name, **values, created=now, modified=now)
        return
    changed = {key: value for key, value in values.items() if getattr(known, key) != value}
    if changed:
        plan.after[wanted.key] = replace(known, **changed, modified=now)


def _check_mailboxes(
    present: Collection[WantedAppPassword],
    mailboxes: Mapping[str, Mailbox],
    gone: Collection[str],
    purged: Collection[str],
    predict: bool,
) -> list[str]:
    missing: dict[str, list[str]] = {}
    for one in present:
        if one.mailbox in purged:
            raise Conflict(
                f"app password {one.key} is listed and its mailbox {one.mailbox} is not, so that purge would remove "
                "it; list the mailbox too"
            )
        if one.mailbox in gone:
            raise Conflict(
                f"app password {one.key} is wanted, and its mailbox {one.mailbox} is to be absent; leave one of the "
                "two out"
            )
        if one.mailbox not in mailboxes:
            missing.setdefault(one.mailbox, []).append(one.key)
    told = [
        f"app {_plural('password', keys)} {listed(sorted(keys), _NAMED)}: the mailbox {mailbox} is not in the store"
        for mailbox, keys in sorted(missing.items())
    ]
    if told and not predict:
        raise Conflict(f"{'; '.join(told[:_NAMED])}; add the mailbox first")
    return [f"{one}; a run fails unless an earlier task adds it" for one in told]


def _useless(
    present: Collection[WantedAppPassword],
    after: Mapping[str, AppPassword],
    mailboxes: Mapping[str, Mailbox],
    now: str,
) -> list[str]:
    """Return a warning for each thing that keeps an app password from opening what the task asks for."""
    told: dict[str, list[str]] = {}
    for wanted in present:
        one, mailbox = after[wanted.key], mailboxes.get(wanted.mailbox)
        if one.expires and one.expires <= now:
            told.setdefault(f"has expired ({one.expires}): nobody logs in with it any more", []).append(one.key)
        if mailbox is None:
            continue
        if mailbox.password_hash == NO_LOGIN:
            why = "opens nothing, because the mailbox has password_hash '*' and nobody may log in to it"
            told.setdefault(why, []).append(one.key)
        # A new one that names none has them all, and means those of its mailbox.
        asked = one.protocols if "protocols" in wanted.fields else ()
        lacking = [name for name in asked if name not in mailbox.protocols]
        if lacking or not set(one.protocols) & set(mailbox.protocols):
            why = f"does not open {', '.join(lacking or one.protocols)}, which the mailbox may not use"
            told.setdefault(why, []).append(one.key)
    return [f"app {_plural('password', keys)} {listed(sorted(keys), _NAMED)}: {why}" for why, keys in told.items()]


def _plural(word: str, names: Collection[str]) -> str:
    return word if len(names) == 1 else f"{word}s"
