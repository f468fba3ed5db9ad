# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole change of one Postfix configuration as plain data: from what is there and what is wanted.

The ledger's kinds, each with the configuration directory as scope:

``postfix.main``
    name: the parameter; before: its value as it stood there, line breaks included.
``postfix.lists``
    name: ``PARAMETER`` alone, for as long as anybody owns an entry; before: the value before, as it stood there,
    ``null`` where main.cf did not set it and Postfix's default was the value before.
    ``PARAMETER ENTRY``; before: ``null`` for an entry that we put in. For one that we took out, and perhaps put in
    again elsewhere, ``{"words": [n, ...]}``: which words of the value before were its own, by number. One that
    somebody else had put in since has ``"of"`` too, the value that its words are counted in.
``postfix.master``
    name: ``SERVICE/TYPE``; before: ``null`` for a service that we added, its entry for one that we took out.
    ``SERVICE/TYPE/WHAT``, with a field, ``command`` or a ``-o`` option: what we changed in somebody else's service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import InvalidValue
from ..core.ledger import Entry, Ledger
from ..core.plan import Change, Plan
from . import lists
from .logical import unfolded
from .main_cf import MainCf
from .master_cf import FIELDS, MasterCf, Service, entry_text
from .restart import restart_reasons
from .wanted import ListChange, ServiceChange, Wanted

MAIN, LISTS, MASTER = "postfix.main", "postfix.lists", "postfix.master"

# Postfix's own default of a parameter, unexpanded; None where it cannot be known (Postfix is not installed).
Defaults = Callable[[str], "str | None"]


@dataclass(frozen=True)
class Found:
    """What is there: the text of both files, ``None`` for a missing one, and the ledger."""

    main: str | None
    master: str | None
    ledger: Ledger


@dataclass(frozen=True)
class LedgerChange:
    """A thing that becomes ours, with its value before, or (``entry`` is ``None``) that is no longer ours."""

    kind: str
    name: str
    entry: Entry | None


@dataclass
class PostconfPlan(Plan):
    """The texts after the change, and all that a caller is told about it."""

    scope: str = ""
    before: dict[str, str | None] = field(default_factory=dict)
    after: dict[str, str | None] = field(default_factory=dict)
    ledger: list[LedgerChange] = field(default_factory=list)
    restart_reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    @property
    def changed_files(self) -> list[str]:
        """``main.cf`` and ``master.cf``, those of them that change."""
        return [name for name, text in self.after.items() if text != self.before[name]]

    def diff(self) -> list[dict[str, str]]:
        """Return Ansible's diff, one part for each file that changes."""
        return [
            {
                "before_header": f"{self.scope}/{name}",
                "after_header": f"{self.scope}/{name}",
                "before": self.before[name] or "",
                "after": self.after[name] or "",
            }
            for name in self.changed_files
        ]


def make_plan(found: Found, wanted: Wanted, defaults: Defaults) -> PostconfPlan:
    """Return what ``wanted`` would change of ``found``.

    Raises:
        InvalidValue: a service that is to be added without a command.
    """
    work = _Work(found, wanted, defaults)
    for name in _to_restore(work):
        _restore(work, name)
    for name, value in wanted.main.items():
        _set_parameter(work, name, value)
    for change in wanted.lists:
        _set_entries(work, change)
    for service in wanted.master:
        _set_service(work, service)
    return work.plan()


class _Work:
    """Both files and the ledger in the course of being changed."""

    def __init__(self, found: Found, wanted: Wanted, defaults: Defaults) -> None:
        self.found = found
        self.scope = wanted.scope
        self.owner = wanted.owner
        self.main = MainCf(found.main or "")
        self.master = MasterCf(found.master or "")
        self.default = defaults
        self.restore = wanted.restore
        self.warnings: list[str] = []
        self.unchecked: list[str] = []
        self._owned = {kind: dict(found.ledger.entries(kind, wanted.scope)) for kind in (MAIN, LISTS, MASTER)}

    def owned(self, kind: str) -> dict[str, Entry]:
        """Return a copy of what is owned now, by name."""
        return dict(self._owned[kind])

    def take(self, kind: str, name: str, before: Any) -> None:
        """Own ``name``; what stood there before the first time stays noted."""
        known = self._owned[kind].get(name)
        if known is not None and known.owner != self.owner:
            self.warnings.append(f"{name} belonged to {known.owner} and is now set by {self.owner}")
        self._owned[kind][name] = Entry(known.before if known else before, self.owner)

    def release(self, kind: str, name: str) -> None:
        """Own ``name`` no longer."""
        self._owned[kind].pop(name, None)

    def plan(self) -> PostconfPlan:
        """Return the outcome as a plan."""
        before = {"main.cf": self.found.main, "master.cf": self.found.master}
        after = {
            "main.cf": _text(self.found.main, self.main.dump()),
            "master.cf": _text(self.found.master, self.master.dump()),
        }
        ledger = [change for kind in (MAIN, LISTS, MASTER) for change in self._ledger_changes(kind)]
        parameters = _parameter_changes(MainCf(self.found.main or ""), self.main)
        changes = parameters + _service_changes(MasterCf(self.found.master or ""), self.master)
        if ledger and not changes:
            changes = [Change("ledger", item.name, None, _shown(item)) for item in ledger]
        return PostconfPlan(
            changes,
            self.scope,
            before,
            after,
            ledger,
            restart_reasons(parameters, self.default),
            self.warnings,
            self.unchecked,
        )

    def _ledger_changes(self, kind: str) -> list[LedgerChange]:
        found = self.found.ledger.entries(kind, self.scope)
        owned = self._owned[kind]
        names = sorted({*found, *owned})
        return [LedgerChange(kind, name, owned.get(name)) for name in names if found.get(name) != owned.get(name)]


def _set_parameter(work: _Work, name: str, value: str | None) -> None:
    raw = work.main.raw(name)
    if value is None and raw is None:
        return
    if value is not None and raw is not None and unfolded(raw) == unfolded(value):
        return
    before = _end_sharing(work, name, raw)
    known = work.owned(MAIN).get(name)
    work.take(MAIN, name, before)
    if value is not None:
        work.main.set(name, value)
        return
    work.main.remove(name)
    if (before if known is None else known.before) is None:
        work.release(MAIN, name)


def _end_sharing(work: _Work, name: str, raw: str | None) -> str | None:
    """Own no entry of ``name`` any more, as it becomes one value, and return what it was before all of us."""
    shared = [key for key, entry in _entries_of(work, name).items() if entry.owner != work.owner]
    if shared:
        work.warnings.append(f"{name} is set as a whole, though others own entries of it: {', '.join(shared)}")
    known = work.owned(LISTS).get(name)
    for key in [*_entries_of(work, name), name]:
        work.release(LISTS, key)
    return raw if known is None else known.before


def _set_entries(work: _Work, change: ListChange) -> None:
    name = change.parameter
    raw = work.main.raw(name)
    if raw is None and work.default(name) is None:
        work.unchecked.append(f"{name}: whether Postfix's default has entries that stay")
    base = _or_default(work, name, raw)
    known = work.owned(LISTS).get(name)
    original = base if known is None else _or_default(work, name, known.before)
    value = base
    for entry in change.absent:
        value = _take_out(work, name, original, value, entry)
    missing = [entry for entry in dict.fromkeys(change.present) if lists.position(value, entry) is None]
    for entry in missing:
        work.take(LISTS, _entry_key(name, entry), None)
    if missing:
        value = lists.insert(value, missing, 0 if change.first else None)
    if value == base:
        return
    if known is None:
        work.take(LISTS, name, raw)
    work.main.set_raw(name, value)
    _settle(work, name)


def _take_out(work: _Work, name: str, original: str, value: str, entry: str) -> str:
    """Return ``value`` without ``entry``, and note what it needs to come back to its place in ``original``."""
    if lists.position(value, entry) is None:
        return value
    key = _entry_key(name, entry)
    known = work.owned(LISTS).get(key)
    if known is not None and known.before is None:
        work.release(LISTS, key)
    else:
        numbers = lists.original_words(original, _gone(work, name), value, entry)
        later = {"words": lists.original_words(value, (), value, entry), "of": value}
        work.take(LISTS, key, {"words": numbers} if numbers else later)
    return lists.remove(value, entry)


def _settle(work: _Work, name: str) -> None:
    """Where a list has become what it was before us, write it as it was written and own nothing of it any more."""
    known = work.owned(LISTS).get(name)
    if known is None:
        return
    value = work.main.value(name)
    if value is not None and lists.entry_words(value) == lists.entry_words(_or_default(work, name, known.before)):
        _restore_parameter(work, name, known.before)
        for key in _entries_of(work, name):
            work.release(LISTS, key)
    if not _entries_of(work, name):
        work.release(LISTS, name)


def _or_default(work: _Work, name: str, raw: str | None) -> str:
    """Return ``raw``, for a parameter that main.cf does not set Postfix's default as far as it is known."""
    return raw if raw is not None else work.default(name) or ""


def _gone(work: _Work, name: str) -> set[int]:
    """Return which words of the list ``name`` as it was before us are taken out, or put in again elsewhere."""
    taken = [entry.before for entry in _entries_of(work, name).values() if entry.before is not None]
    return {number for before in taken if "of" not in before for number in before["words"]}


def _set_service(work: _Work, change: ServiceChange) -> None:
    service = work.master.services().get(change.key)
    if not change.present:
        if service is not None:
            _remove_service(work, change.key)
    elif service is None:
        _add_service(work, change)
    else:
        _change_service(work, change, service)


def _add_service(work: _Work, change: ServiceChange) -> None:
    if change.command is None:
        if work.found.master is None:
            work.unchecked.append(f"{change.key}: whether master.cf has this service")
            return
        raise InvalidValue(
            "master.cf service",
            change.key,
            "is not there and cannot be added without a command",
            "give command, such as smtpd",
        )
    options = {name: value for name, value in change.options.items() if value is not None}
    for key in work.owned(MASTER):
        if key.startswith(f"{change.key}/"):
            work.release(MASTER, key)
    work.take(MASTER, change.key, None)
    work.master.put(change.key, entry_text(Service(change.name, change.type, change.fields, change.command, options)))


def _remove_service(work: _Work, key: str) -> None:
    # What stood there before us is the entry without our own changes to it.
    for part in [name for name in work.owned(MASTER) if name.startswith(f"{key}/")]:
        _restore_service_part(work, part)
    known = work.owned(MASTER).get(key)
    if known is not None and known.before is None:
        work.release(MASTER, key)
    else:
        work.take(MASTER, key, work.master.entry(key))
    work.master.remove(key)


def _change_service(work: _Work, change: ServiceChange, service: Service) -> None:
    key = change.key
    whole = work.owned(MASTER).get(key)
    is_ours = whole is not None and whole.before is None and whole.owner == work.owner

    def take(what: str, before: str | None) -> None:
        if not is_ours:
            work.take(MASTER, f"{key}/{what}", before)

    for name, value in change.fields.items():
        if service.fields[name] != value:
            take(name, service.fields[name])
            work.master.set_field(key, name, value)
    if change.command is not None and service.command != change.command:
        take("command", service.command)
        work.master.set_command(key, change.command)
    for name, option in change.options.items():
        found = service.options.get(name)
        if found == option:
            continue
        take(name, found)
        if option is None:
            work.master.remove_option(key, name)
        else:
            work.master.set_option(key, name, option)


def _to_restore(work: _Work) -> list[str]:
    """Return the parameters and services that ``restore`` names; ``*`` is all of the owner's."""
    if "*" not in work.restore:
        return list(dict.fromkeys(work.restore))
    keys = [
        key for kind in (MAIN, LISTS, MASTER) for key, entry in work.owned(kind).items() if entry.owner == work.owner
    ]
    services = work.owned(MASTER)
    names = ["/".join(key.split("/")[:2]) if key in services else key.split(" ", 1)[0] for key in keys]
    return list(dict.fromkeys(names))


def _restore(work: _Work, name: str) -> None:
    """Give ``name`` back the state before its owner took it over; what another owner holds stays, with a warning."""
    for kind in (MAIN, LISTS, MASTER):
        others = {
            entry.owner for key, entry in work.owned(kind).items() if entry.owner != work.owner and _belongs(key, name)
        }
        if others and kind == MAIN:
            work.warnings.append(f"{name} is left as it is: it belongs to {', '.join(sorted(others))}")
    own = {
        kind: {
            key: entry for key, entry in work.owned(kind).items() if entry.owner == work.owner and _belongs(key, name)
        }
        for kind in (MAIN, LISTS, MASTER)
    }
    if own[LISTS]:
        _restore_entries(work, name, {key: entry for key, entry in own[LISTS].items() if key != name})
    if name in own[MAIN]:
        _restore_parameter(work, name, own[MAIN][name].before)
        work.release(MAIN, name)
    for key in own[MASTER]:
        if key != name:
            _restore_service_part(work, key)
    if name in own[MASTER]:
        before = own[MASTER][name].before
        if before is None:
            work.master.remove(name)
        else:
            work.master.put(name, before)
        work.release(MASTER, name)


def _restore_parameter(work: _Work, name: str, before: str | None) -> None:
    if before is None:
        if work.main.raw(name) is not None:
            work.main.remove(name)
    elif work.main.raw(name) != before:
        work.main.set_raw(name, before)


def _restore_entries(work: _Work, name: str, own: Mapping[str, Entry]) -> None:
    """Take out of the list ``name`` what we put in, then put back what we took out, by its places before us."""
    raw = work.main.raw(name)
    # A parameter that somebody has taken out as a whole is not brought back for some entries.
    if raw is not None:
        texts = {key.removeprefix(f"{name} "): entry.before for key, entry in own.items()}
        value = raw
        for text in [text for text, before in texts.items() if before is None]:
            value = lists.remove(value, text)
        taken = {text: before for text, before in texts.items() if before is not None}
        value = _with_taken_back(work, name, value, taken)
        if value != raw:
            work.main.set_raw(name, value)
    for key in own:
        work.release(LISTS, key)
    _settle(work, name)


def _with_taken_back(work: _Work, name: str, value: str, taken: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the list ``value`` with the entries ``taken``, by their text, where they stood before us."""
    before_us = _or_default(work, name, work.owned(LISTS)[name].before)
    gone = _gone(work, name)
    away = []
    # In the order of the value before us, so that each has its neighbours when its turn comes.
    for text, before in sorted(taken.items(), key=lambda item: ("of" in item[1], item[1]["words"])):
        original, missing = (before["of"], set()) if "of" in before else (before_us, gone)
        if lists.stands_as_in(original, missing, value, text, before["words"]):
            missing -= set(before["words"])
        else:
            value = lists.remove(value, text)
            away.append((text, before["words"], original, missing))
    for text, numbers, original, missing in away:
        value = lists.put_back(value, original, missing, text, numbers)
        missing -= set(numbers)
    return value


def _restore_service_part(work: _Work, part: str) -> None:
    service_name, kind, what = part.split("/", 2)
    key = f"{service_name}/{kind}"
    before = work.owned(MASTER)[part].before
    work.release(MASTER, part)
    if key not in work.master.services():
        return
    if what in FIELDS:
        work.master.set_field(key, what, before)
    elif what == "command":
        work.master.set_command(key, before)
    elif before is None:
        work.master.remove_option(key, what)
    else:
        work.master.set_option(key, what, before)


def _belongs(key: str, name: str) -> bool:
    return key == name or key.startswith((f"{name} ", f"{name}/"))


def _entry_key(name: str, entry: str) -> str:
    return f"{name} {' '.join(lists.entry_words(entry))}"


def _entries_of(work: _Work, name: str) -> dict[str, Entry]:
    return {key: entry for key, entry in work.owned(LISTS).items() if key.startswith(f"{name} ")}


def _text(found: str | None, after: str) -> str | None:
    # A file that is missing and stays empty stays missing.
    return None if found is None and not after else after


def _parameter_changes(before: MainCf, after: MainCf) -> list[Change]:
    old, new = before.values(), after.values()
    return [
        Change("parameter", name, _value(old.get(name)), _value(new.get(name)))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _service_changes(before: MasterCf, after: MasterCf) -> list[Change]:
    old, new = before.services(), after.services()
    return [
        Change("service", key, _service(old.get(key)), _service(new.get(key)))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]


def _value(value: str | None) -> dict[str, Any] | None:
    return None if value is None else {"value": value}


def _service(service: Service | None) -> dict[str, Any] | None:
    return None if service is None else {**service.fields, "command": service.command, **service.options}


def _shown(change: LedgerChange) -> dict[str, Any]:
    return {"owner": change.entry.owner if change.entry else "nobody"}
