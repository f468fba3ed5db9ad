# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every kind of entry has in common on its way from options to a wanted object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ansible.module_utils.common.validation import check_type_dict

from ..core.errors import Conflict, InvalidValue
from .fields import parse_choice, parse_flag, parse_text
from .passwords import DEFAULT_SCHEME, BadPassword, check_password, is_made_by, is_weak, parse_hash
from .schemes.known import Recipe, make_recipe

Given = Mapping[str, Any]

# Options that have a default or choices: for these, an argument spec refuses null.
_NEVER_NULL = ("state", "cascade", "mail_data", "exclusive", "update_password", "protocols", "allow_weak_scheme")

# What `password` reads.
PASSWORD_OPTIONS = (
    *("password", "password_hash", "password_scheme", "password_options", "allow_weak_scheme"),
    "update_password",
)

_Wanted = TypeVar("_Wanted")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPassword:
    """The password of a mailbox or an app password. ``recipe`` is ``None`` where neither scheme nor cost was named."""

    password: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)
    recipe: Recipe | None = None
    allow_weak: bool = False
    update_password: str = "always"

    @property
    def new_recipe(self) -> Recipe:
        """How a hash that has to be made is made."""
        return self.recipe or make_recipe("password_scheme", DEFAULT_SCHEME)

    def new_hash(self, stored: str | None, matches: bool) -> str | None:
        """Return the hash that is to be there, ``""`` where it is still to be made, ``None`` where all stays.

        Args:
            stored: the present hash, ``None`` for a new object.
            matches: whether that was made from the password.
        """
        if stored is not None and self.update_password != "always":
            return None
        if self.password_hash is not None:
            return self.password_hash
        if self.password is None or (stored is not None and matches and self.keeps(stored)):
            return None
        return ""

    def keeps(self, stored: str) -> bool:
        """Whether a ``stored`` hash that matches the password is also of the scheme and cost asked for."""
        if self.recipe is not None:
            return is_made_by(stored, self.recipe)
        return self.allow_weak or not is_weak(stored)


def collect(
    what: str,
    entries: Iterable[Given],
    parse: Callable[[Given, str], _Wanted],
    name_of: Callable[[_Wanted], str],
) -> dict[str, _Wanted]:
    """Return what each of the list's ``entries`` asks for, by name.

    Raises:
        InvalidValue: it is no list, or an entry cannot be taken.
        Conflict: the same object stands in it twice, with different values.
    """
    if isinstance(entries, (str, bytes, Mapping)) or not isinstance(entries, Iterable):
        raise InvalidValue(what, type(entries).__name__, "is no list", f"give a list of {what}")
    result: dict[str, _Wanted] = {}
    for number, entry in enumerate(entries, 1):
        one = parse(entry, f"{what}[{number}]")
        name = name_of(one)
        if result.setdefault(name, one) != one:
            if name.startswith("@"):
                raise Conflict(
                    f"{what}[{number}] {name}: is a second catch-all of {name[1:]}; "
                    "a domain has one, with all its destinations"
                )
            raise Conflict(
                f"{what}[{number}] {name}: stands in the list before, with different values; leave one of the two out"
            )
    return result


def identity(given: Given, key: str, place: str) -> str:
    """Return the option that names the object of an entry."""
    if not isinstance(given, Mapping):
        raise InvalidValue(place, type(given).__name__, "is no dictionary", f"give one with {key}")
    value = given.get(key)
    if value is None:
        raise Conflict(f"{place} has no {key}; give one")
    return value if isinstance(value, str) else parse_text(f"{place} {key}", value)


def parse_fields(
    given: Given,
    parsers: Mapping[str, Callable[[str, Any], Any]],
    subject: str,
    others: tuple[str, ...],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the stored fields that were given, parsed, and the ``others`` that were given, as they are."""
    values: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for key, value in given.items():
        if value is None and key not in _NEVER_NULL:
            continue
        if key in parsers:
            values[key] = parsers[key](f"{key} of {subject}", value)
        elif key in others:
            rest[key] = value
        else:
            raise InvalidValue(
                f"option of {subject}", key, "is not known", f"known are {', '.join(sorted({*parsers, *others}))}"
            )
    return values, rest


def present(rest: Mapping[str, Any], subject: str) -> bool:
    """Return whether the object is to be there."""
    return parse_choice(f"state of {subject}", rest.get("state", "present"), ("present", "absent")) == "present"


def password(rest: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """Return the fields of `WantedPassword` from the options that were given.

    Raises:
        InvalidValue, BadPassword: a value cannot be taken.
        Conflict: password and hash are both given, or one is weak and that was not asked for.
    """
    allow_weak = parse_flag(f"allow_weak_scheme of {subject}", rest.get("allow_weak_scheme", False))
    recipe = _recipe(rest, subject, allow_weak)
    text, stored = _secret(rest, "password", subject), _secret(rest, "password_hash", subject)
    if text is not None and stored is not None:
        raise Conflict(f"{subject}: password and password_hash are both given; give one of them")
    if text is not None:
        check_password(f"password of {subject}", text, recipe)
    if stored is not None:
        stored = parse_hash(f"password_hash of {subject}", stored, allow_weak=allow_weak)
    update = parse_choice(
        f"update_password of {subject}", rest.get("update_password", "always"), ("always", "on_create")
    )
    return {
        "password": text,
        "password_hash": stored,
        "recipe": recipe,
        "allow_weak": allow_weak,
        "update_password": update,
    }


def _secret(rest: Mapping[str, Any], key: str, subject: str) -> str | None:
    value = rest.get(key)
    if value is not None and not isinstance(value, str):
        # 0123 would arrive as 83, 1e3 as 1000.0: what was meant cannot be told any more.
        raise BadPassword(f"{key} of {subject}", "is no text but what YAML made of one; put it in quotes")
    return value


def _recipe(given: Given, subject: str, allow_weak: bool) -> Recipe | None:
    """Return how the password is to be hashed; ``None`` where neither scheme nor options were given."""
    name, options = given.get("password_scheme"), given.get("password_options")
    if options is not None:
        options = _options(f"password_options of {subject}", options)
    if name is None and not options:
        return None
    place = f"password_scheme of {subject}"
    return make_recipe(
        place, DEFAULT_SCHEME if name is None else parse_text(place, name), options, allow_weak=allow_weak
    )


def _options(subject: str, value: object) -> Given:
    """Return a dictionary as an argument spec takes it, ``passes=4`` too."""
    try:
        options: Given = check_type_dict(value)
    except TypeError as error:
        raise InvalidValue(subject, value, "is no dictionary", "give names with numbers") from error
    return options
