# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the module: read, judge, plan; ``apply`` writes. Keys are made in memory and only in a run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import Conflict, Unavailable
from ..core.files import locked
from ..core.ledger import Ledger, edit
from ..core.owners import Accounts
from ..core.plan import Plan
from . import place
from .keys import PublicKey, check_library, load_key, make_key
from .owner import Owner, find_owner
from .plan import Step, plan_key
from .views import key_value, record_entry
from .wanted import WantedKey, check_path, wanted_keys

LEDGER_KIND = "dkim.key"
_SETTER = "dkim_key"


@dataclass
class Call:
    """What a call found and wants; ``steps`` are what `apply` does, in the order of the options."""

    directory: str
    ledger: str
    owner: Owner
    many: bool
    steps: list[Step] = field(default_factory=list)
    plan: Plan = field(default_factory=Plan)
    unchecked: list[str] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """What people should know, though nothing is wrong with the call."""
        return [warning for step in self.steps for warning in step.warnings]

    @property
    def returns(self) -> dict[str, Any]:
        """What is returned: ``dkim_key``, or ``dkim_keys`` where a list was given, and ``unchecked``."""
        values = [_value(step) for step in self.steps]
        return {**({"dkim_keys": values} if self.many else {"dkim_key": values[0]}), "unchecked": self.unchecked}

    def apply(self) -> None:
        """Write what the plan says: the ledger before the first key, and after the last one that goes.

        Raises:
            Conflict: another run wrote something since the plan was made; nothing was changed.
            Unavailable: a file cannot be written. Every key is whole, or as it was; running again completes it.
        """
        with locked(Path(self.directory, place.LOCK)):
            for step in self.steps:
                if _read(self.directory, step.wanted) != step.found:
                    raise Conflict(f"the DKIM key {step.wanted.name} was changed during this run; run again")
            steps = [step for step in self.steps if step.changes]
            with edit(self.ledger) as book:
                for step in steps:
                    if step.wanted.present:
                        before = None if step.former is None else step.former.spki_sha256
                        book.take(LEDGER_KIND, self.directory, step.wanted.name, before, _SETTER)
            for step in steps:
                self._carry_out(step)
            with edit(self.ledger) as book:
                for step in steps:
                    if step.removes:
                        book.release(LEDGER_KIND, self.directory, step.wanted.name)

    def _carry_out(self, step: Step) -> None:
        want = step.wanted
        place.remove(self.directory, want.domain, want.selector, step.found.leftovers, key=False)
        if step.archive is not None and step.found.key is not None and not step.archived:
            place.put_archive(self.directory, step.archive, step.found.key.content)
        if step.removes:
            place.remove(self.directory, want.domain, want.selector, (), key=True)
            return
        uid, gid = self.owner.uid, self.owner.gid
        if step.new is not None and uid is not None and gid is not None:
            place.put_key(step.path, step.new, uid, gid)
        elif step.gives and uid is not None and gid is not None:
            place.set_owner(step.path, uid, gid)
        record = step.record_file() if step.makes else step.record
        if record is not None:
            place.put_record(place.record_path(self.directory, want.domain, want.selector), record)


def prepare(params: Mapping[str, Any], *, check_mode: bool) -> Call:
    """Return the plan for ``params`` with all that it needs; in a run, with the new keys.

    Raises:
        InvalidValue, Conflict, Unavailable: with a message for the user; nothing was changed.
    """
    directory = check_path("key_dir", params["key_dir"])
    ledger = check_path("ledger", params["ledger"])
    wanted = wanted_keys(params)
    accounts = Accounts(check_mode)
    owner = find_owner(params, accounts)
    call = Call(directory, ledger, owner, params["dkim_keys"] is not None, unchecked=accounts.missing)
    held = Ledger.read(ledger).entries(LEDGER_KIND, directory)
    found = [_read(directory, want) for want in wanted]
    publics = _public_keys(call, wanted, found, check_mode)
    for want, files, public in zip(wanted, found, publics, strict=True):

        def archive(key: PublicKey, content: bytes, want: WantedKey = want) -> tuple[Path, bool]:
            return place.archive_place(directory, want.domain, want.selector, key.spki_sha256, content)

        step = plan_key(directory, want, files, public, owner, held=want.name in held, archive=archive)
        call.steps.append(step)
        if change := step.change():
            call.plan.changes.append(change)
    if not check_mode:
        _make_keys([step for step in call.steps if step.makes])
    return call


def _read(directory: str, want: WantedKey) -> place.Found:
    return place.read_found(directory, want.domain, want.selector)


def _public_keys(
    call: Call, wanted: Sequence[WantedKey], found: Sequence[place.Found], check_mode: bool
) -> list[PublicKey | None]:
    """Return the pairs that were found, ``None`` for those that are not there or, in check mode, cannot be read yet."""
    needed = any(one.key is not None or want.present for want, one in zip(wanted, found, strict=True))
    try:
        if needed:
            check_library()
    except Unavailable as error:
        # The role installs the library just before; in check mode it may not be there yet.
        if not check_mode:
            raise
        if any(one.key is not None for one in found):
            call.unchecked.append(f"the keys in {call.directory}: {error}")
        return [None for _one in found]

    def load(want: WantedKey, one: place.Found) -> PublicKey | None:
        path = place.key_path(call.directory, want.domain, want.selector)
        return None if one.key is None else load_key(one.key.content, str(path))

    with ThreadPoolExecutor(_cores()) as pool:
        return list(pool.map(load, wanted, found))


def _make_keys(steps: Sequence[Step]) -> None:
    with ThreadPoolExecutor(_cores()) as pool:
        made = pool.map(lambda step: make_key(step.wanted.algorithm, step.wanted.bits or 0), steps)
        for step, (pem, public) in zip(steps, made, strict=True):
            step.new, step.public = pem, public


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _value(step: Step) -> dict[str, Any]:
    want = step.wanted
    value = key_value(want.domain, want.selector, step.path if want.present else None, step.public)
    if step.makes and step.public is None:
        value.update(algorithm=want.algorithm, bits=want.bits, form="pkcs8")
    return {
        **value,
        "record": record_entry(want.name, step.value) if want.present else None,
        "archive": step.archive and str(step.archive),
        "changes": step.changes,
    }
