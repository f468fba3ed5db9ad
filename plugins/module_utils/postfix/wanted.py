# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a caller wants of main.cf and master.cf, checked value by value before anything is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import Conflict, InvalidValue
from ..core.text import SURROGATE
from .lists import entry_words
from .logical import BLANKS, balanced
from .main_cf import folded
from .master_cf import FIELDS, split_command

TYPES = ("inet", "unix", "fifo", "pass", "unix-dgram")
# Linux takes at most 128 KiB in one argument of a program, and master hands each -o option over in one.
VALUE_LIMIT = 100_000
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_SERVICE = re.compile("[^\\s#={}/,\x00-\x1f\x7f\ud800-\udfff]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BOOLEAN_FIELDS = ("private", "unprivileged", "chroot")
_FLAGS = {"y": "y", "yes": "y", "true": "y", "n": "n", "no": "n", "false": "n", "-": "-"}
_NUMBERS = {"wakeup": re.compile(r"[0-9]{1,9}\??|-"), "maxproc": re.compile(r"[0-9]{1,9}|-")}
_NUMBER_FORMS = {
    "wakeup": "give a number of seconds, with ? behind it for a service that may be missing, or -",
    "maxproc": "give a number of processes, 0 for no limit, or -",
}


@dataclass(frozen=True)
class ListChange:
    """Entries of one parameter that is a list. New ones go to its end, or with ``first`` to its beginning."""

    parameter: str
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    first: bool = False


@dataclass(frozen=True)
class ServiceChange:
    """One service of master.cf; a field, command or option that is not named stays, an option of ``None`` goes."""

    name: str
    type: str
    present: bool
    fields: Mapping[str, str]
    command: str | None
    options: Mapping[str, str | None]

    @property
    def key(self) -> str:
        """``name/type``."""
        return f"{self.name}/{self.type}"


@dataclass(frozen=True)
class Wanted:
    """All of it. ``main`` has values as they are written, ``None`` for a parameter that goes.

    ``restore`` names parameters and services (``name/type``) that are given back the state before us; ``*`` is all
    that ``owner`` holds. ``scope`` is the configuration directory, the ledger's scope.
    """

    scope: str
    owner: str
    main: Mapping[str, str | None]
    lists: tuple[ListChange, ...] = ()
    master: tuple[ServiceChange, ...] = ()
    restore: tuple[str, ...] = ()


def parse_wanted(
    *,
    config_dir: str,
    owner: str,
    main: Mapping[Any, Any] | None = None,
    lists: Sequence[Mapping[str, Any]] | None = None,
    master: Sequence[Mapping[str, Any]] | None = None,
    restore: Sequence[str] | None = None,
) -> Wanted:
    """Return what the module's options of the same names ask for.

    Raises:
        InvalidValue: a name that is none, a value that main.cf or master.cf cannot hold.
        Conflict: two options that contradict each other.
    """
    wanted = Wanted(
        scope=config_dir.rstrip("/") or "/",
        owner=_one_line("owner", owner),
        main={parameter_name(name): parameter_value(str(name), value) for name, value in (main or {}).items()},
        lists=tuple(_list_change(item) for item in lists or ()),
        master=tuple(_service_change(item) for item in master or ()),
        restore=tuple(_one_line("restore", name) for name in restore or ()),
    )
    _refuse_contradictions(wanted)
    return wanted


def parameter_name(name: object, subject: str = "main.cf parameter") -> str:
    """Return ``name``, checked to be one that Postfix can have."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidValue(subject, name, "is not a parameter's name", "names are letters, digits, _, - and .")
    return name


def parameter_value(name: str, value: object) -> str | None:
    """Return ``value`` of the parameter ``name`` as main.cf holds it, ``None`` for ``None``."""
    if isinstance(value, (list, tuple)):
        entries = [_text(name, entry) for entry in value]
        if "" in entries:
            raise InvalidValue(f"value of {name}", list(value), "has an empty entry")
        if any(entry.startswith("#") for entry in entries):
            raise InvalidValue(f"value of {name}", list(value), "has an entry that starts with #, as a comment does")
        return folded(entries)
    return None if value is None else _text(name, value)


def _text(name: str, value: object) -> str:
    subject = f"value of {name}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # YAML reads 3.10 as 3.1, and compatibility_level is such a number.
        raise InvalidValue(subject, value, "is a fraction, whose last zeros YAML drops", f'quote it: "{value}"')
    if not isinstance(value, str):
        raise InvalidValue(subject, value, "is no text", "give text, a number, a boolean, a list of these, or null")
    if "\n" in value or "\r" in value:
        raise InvalidValue(subject, value, "has a line break", "give one line; in YAML, >- folds several into one")
    _check_characters(subject, value)
    if len(value.encode("utf-8")) > VALUE_LIMIT:
        raise InvalidValue(subject, value, f"is longer than {VALUE_LIMIT} bytes", "put long lists into a lookup table")
    return value.strip(BLANKS)


def _one_line(subject: str, value: str) -> str:
    if not value:
        raise InvalidValue(subject, value, "is empty")
    _check_characters(subject, value)
    return value


def _check_characters(subject: str, value: str) -> None:
    if _CONTROL.search(value):
        raise InvalidValue(subject, value, "has a control character")
    if SURROGATE.search(value):
        raise InvalidValue(subject, value, "has a surrogate, which is no character", "give text that is UTF-8")


def _list_change(item: Mapping[str, Any]) -> ListChange:
    parameter = parameter_name(item["parameter"], "parameter in lists")
    present = tuple(_entry(parameter, entry) for entry in item.get("present") or ())
    absent = tuple(_entry(parameter, entry) for entry in item.get("absent") or ())
    return ListChange(parameter, present, absent, item.get("position") == "first")


def _entry(parameter: str, value: object) -> str:
    text = _text(parameter, value).strip(f"{BLANKS},")
    if not text:
        raise InvalidValue(f"entry of {parameter}", value, "is empty")
    if not balanced(text):
        raise InvalidValue(f"entry of {parameter}", value, "has braces that do not match")
    if text.startswith("#"):
        raise InvalidValue(f"entry of {parameter}", value, "starts with #, as a comment does")
    return text


def _service_change(item: Mapping[str, Any]) -> ServiceChange:
    name, kind = str(item["service"]), str(item["type"])
    if not _SERVICE.fullmatch(name):
        raise InvalidValue("master.cf service", name, "is not a service's name", "names have no spaces, # or braces")
    if kind not in TYPES:
        raise InvalidValue(f"type of the service {name}", kind, "is unknown", f"give one of {', '.join(TYPES)}")
    key = f"{name}/{kind}"
    present = item.get("state", "present") == "present"
    fields = {field: _field(key, field, item[field]) for field in FIELDS if item.get(field) is not None}
    command = item.get("command")
    options = {
        parameter_name(option, f"-o option of {key}"): _option(f"{key} -o {option}", value)
        for option, value in (item.get("options") or {}).items()
    }
    if not present and (fields or command or options):
        raise Conflict(f"the service {key} is to be absent, so it takes no fields, command or options")
    return ServiceChange(name, kind, present, fields, None if command is None else _command(key, command), options)


def _field(key: str, field: str, value: object) -> str:
    subject = f"{field} of the service {key}"
    text = ("y" if value else "n") if isinstance(value, bool) else str(value).strip()
    if field in _BOOLEAN_FIELDS:
        if text.lower() not in _FLAGS:
            raise InvalidValue(subject, value, "is neither yes nor no", "give true, false, or - for Postfix's default")
        return _FLAGS[text.lower()]
    if isinstance(value, bool) or not _NUMBERS[field].fullmatch(text):
        raise InvalidValue(subject, value, "is not a number", _NUMBER_FORMS[field])
    return text


def _command(key: str, value: object) -> str:
    subject = f"command of the service {key}"
    text = " ".join(_text(subject.removeprefix("value of "), value).split())
    if not text:
        raise InvalidValue(subject, value, "is empty", "give the daemon's name, such as smtpd")
    if not balanced(text):
        raise InvalidValue(subject, value, "has braces that do not match")
    daemon, flags, rest = split_command(text)
    if daemon.startswith(("-", "#")):
        raise InvalidValue(subject, value, "does not start with a daemon's name")
    if any(flag.startswith("-o") for flag in flags):
        raise InvalidValue(subject, value, "has a -o option", "give it in options")
    if any(word.startswith("#") for word in (*flags, *rest)):
        raise InvalidValue(subject, value, "has a word that starts with #, as a comment does")
    return text


def _option(subject: str, value: object) -> str | None:
    if value is None:
        return None
    entries = value if isinstance(value, (list, tuple)) else [value]
    text = ", ".join(_text(subject, entry) for entry in entries)
    if not balanced(text):
        raise InvalidValue(f"value of {subject}", value, "has braces that do not match")
    return text


def _refuse_contradictions(wanted: Wanted) -> None:
    listed: dict[tuple[str, tuple[str, ...]], bool] = {}
    for change in wanted.lists:
        if change.parameter in wanted.main:
            raise Conflict(f"{change.parameter} stands in main and in lists; a shared list belongs in lists only")
        for entry, present in [*((e, True) for e in change.present), *((e, False) for e in change.absent)]:
            if listed.setdefault((change.parameter, entry_words(entry)), present) != present:
                raise Conflict(f"the entry {entry!r} of {change.parameter} is to be present and absent")
    keys = [change.key for change in wanted.master]
    for key in keys:
        if keys.count(key) > 1:
            raise Conflict(f"the service {key} stands in master twice")
    named = {*wanted.main, *keys, *(change.parameter for change in wanted.lists)}
    for name in wanted.restore:
        if name in named or (name == "*" and named):
            raise Conflict(f"{name} is to be restored and to be set in the same call")
