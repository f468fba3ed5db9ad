# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options -> wanted objects: every value parsed and judged by itself, before the store is looked at.

Only what was given stands in ``fields``, under the names of `model`: the rest keeps what is stored. An option that is
missing was not given, and neither was one that is ``None``, as far as an argument spec takes that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ansible.module_utils.common.validation import check_type_dict

from ..core.addresses import parse_address, parse_mailbox_address, parse_own_address
from ..core.errors import Conflict, InvalidValue
from .fields import ALIAS_FIELDS, DOMAIN_FIELDS, MAILBOX_FIELDS, known_domain, parse_choice, parse_flag, parse_text
from .passwords import DEFAULT_SCHEME, BadPassword, check_password, is_made_by, is_weak, parse_hash
from .schemes.known import Recipe, make_recipe

Given = Mapping[str, Any]

# Options that have a default or choices: for these, an argument spec refuses null.
_NEVER_NULL = ("state", "cascade", "mail_data", "exclusive", "update_password", "protocols", "allow_weak_scheme")
_MAILBOX_OPTIONS = (
    *("address", "state", "cascade", "mail_data", "update_password"),
    *("password", "password_hash", "password_scheme", "password_options", "allow_weak_scheme"),
)
PURGES = ("none", "domains", "all")
MAIL_DATA = ("keep", "archive", "delete")
_LIMIT = re.compile(r"([0-9]{1,9})\s*(%?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class WantedDomain:
    """A domain as asked for."""

    name: str
    present: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)
    cascade: bool = False
    # What becomes of its mail when it is to be absent, one of `MAIL_DATA`.
    mail_data: str = "keep"


@dataclass(frozen=True, slots=True)
class WantedMailbox:
    """A mailbox as asked for. ``recipe`` is ``None`` where neither scheme nor cost was named."""

    address: str
    present: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)
    password: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)
    recipe: Recipe | None = None
    allow_weak: bool = False
    update_password: str = "always"
    cascade: bool = False
    mail_data: str = "keep"

    @property
    def new_recipe(self) -> Recipe:
        """How a hash that has to be made is made."""
        return self.recipe or make_recipe("password_scheme", DEFAULT_SCHEME)

    def keeps(self, stored: str) -> bool:
        """Whether a ``stored`` hash that matches the password is also of the scheme and cost asked for."""
        if self.recipe is not None:
            return is_made_by(stored, self.recipe)
        return self.allow_weak or not is_weak(stored)

    def check_new(self) -> None:
        """Refuse to make the mailbox without a word about its password."""
        if self.password is None and self.password_hash is None:
            raise Conflict(
                f"mailbox {self.address} is new and has neither password nor password_hash; give one of them, "
                "or password_hash '*' for a mailbox that nobody logs in to"
            )


@dataclass(frozen=True, slots=True)
class WantedAlias:
    """An alias as asked for."""

    address: str
    present: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)
    exclusive: bool = True
    cascade: bool = False

    @property
    def destinations(self) -> tuple[str, ...]:
        """The destinations that were given."""
        given: tuple[str, ...] = self.fields.get("destinations", ())
        return given

    def check_new(self) -> None:
        """Refuse to make the alias without destinations."""
        if not self.destinations:
            raise Conflict(f"alias {self.address} is new and has no destinations; give at least one")


@dataclass(frozen=True, slots=True)
class WantedRequired:
    """Whether the required aliases are to be there, and who receives them, ``""`` for the first mailbox listed."""

    present: bool
    destination: str = ""


@dataclass(frozen=True, slots=True)
class WantedPurge:
    """What of the rest is to go, and how much of it at most: ``limit`` percent of the store, or that many objects."""

    scope: str = "none"
    limit: int = 10
    is_share: bool = True

    @property
    def shown(self) -> str:
        """The limit as a user writes it."""
        return f"{self.limit}%" if self.is_share else str(self.limit)


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that one task asks for, by name and address. Without ``required``, required aliases stay as they are."""

    domains: Mapping[str, WantedDomain] = field(default_factory=dict)
    mailboxes: Mapping[str, WantedMailbox] = field(default_factory=dict)
    aliases: Mapping[str, WantedAlias] = field(default_factory=dict)
    required: WantedRequired | None = None
    purge: WantedPurge = WantedPurge()

    def present_addresses(self) -> Iterator[tuple[str, str]]:
        """Yield (kind, address) of the mailboxes and aliases that are to be there."""
        yield from (("mailbox", box.address) for box in self.mailboxes.values() if box.present)
        yield from (("alias", alias.address) for alias in self.aliases.values() if alias.present)

    def wants(self, address: str) -> bool:
        """Whether ``address`` is to be there."""
        box, alias = self.mailboxes.get(address), self.aliases.get(address)
        return (box is not None and box.present) or (alias is not None and alias.present)


def parse_wanted(
    domains: Iterable[Given] = (),
    mailboxes: Iterable[Given] = (),
    aliases: Iterable[Given] = (),
    *,
    required: bool | None = None,
    required_destination: str = "",
    purge: str = "none",
    purge_limit: str = "10%",
) -> Wanted:
    """Return all that is asked for; ``required`` and what follows are the options of ``accounts``.

    Raises:
        InvalidValue, BadPassword: a value cannot be taken.
        Conflict: the same object stands twice in a list, with different values.
    """
    return Wanted(
        _collect("domains", domains, parse_wanted_domain, lambda one: one.name),
        _collect("mailboxes", mailboxes, parse_wanted_mailbox, lambda one: one.address),
        _collect("aliases", aliases, parse_wanted_alias, lambda one: one.address),
        None if required is None else parse_wanted_required(required, required_destination),
        parse_wanted_purge(purge, purge_limit),
    )


def parse_wanted_domain(given: Given, place: str = "domain") -> WantedDomain:
    """Return the domain asked for; ``place`` says where it stands as long as its name is not known."""
    name = known_domain(_identity(given, "name", place), f"{place} name")
    subject = f"domain {name}"
    values, rest = _parse_fields(given, DOMAIN_FIELDS, subject, ("name", "state", "cascade", "mail_data"))
    return WantedDomain(
        name,
        _present(rest, subject),
        values,
        parse_flag(f"cascade of {subject}", rest.get("cascade", False)),
        parse_choice(f"mail_data of {subject}", rest.get("mail_data", "keep"), MAIL_DATA),
    )


def parse_wanted_mailbox(given: Given, place: str = "mailbox") -> WantedMailbox:
    """Return the mailbox asked for."""
    address = str(parse_mailbox_address(_identity(given, "address", place), f"{place} address"))
    subject = f"mailbox {address}"
    values, rest = _parse_fields(given, MAILBOX_FIELDS, subject, _MAILBOX_OPTIONS)
    allow_weak = parse_flag(f"allow_weak_scheme of {subject}", rest.get("allow_weak_scheme", False))
    recipe = _recipe(rest, subject, allow_weak)
    password, password_hash = _secret(rest, "password", subject), _secret(rest, "password_hash", subject)
    if password is not None and password_hash is not None:
        raise Conflict(f"{subject}: password and password_hash are both given; give one of them")
    if password is not None:
        check_password(f"password of {subject}", password, recipe)
    return WantedMailbox(
        address,
        _present(rest, subject),
        values,
        password,
        None
        if password_hash is None
        else parse_hash(f"password_hash of {subject}", password_hash, allow_weak=allow_weak),
        recipe,
        allow_weak,
        parse_choice(f"update_password of {subject}", rest.get("update_password", "always"), ("always", "on_create")),
        parse_flag(f"cascade of {subject}", rest.get("cascade", False)),
        parse_choice(f"mail_data of {subject}", rest.get("mail_data", "keep"), MAIL_DATA),
    )


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


def parse_wanted_alias(given: Given, place: str = "alias") -> WantedAlias:
    """Return the alias or catch-all asked for."""
    address = str(parse_own_address(_identity(given, "address", place), f"{place} address", catch_all=True))
    subject = f"alias {address}"
    values, rest = _parse_fields(given, ALIAS_FIELDS, subject, ("address", "state", "cascade", "exclusive"))
    present = _present(rest, subject)
    exclusive = parse_flag(f"exclusive of {subject}", rest.get("exclusive", True))
    destinations = values.get("destinations")
    if present and exclusive and destinations == ():
        raise InvalidValue(
            f"destinations of {subject}", [], "is empty", "give at least one; state absent removes the alias"
        )
    if not present and not exclusive and not destinations:
        raise Conflict(f"{subject}: exclusive false with state absent needs the destinations that are to be taken out")
    if present and destinations and address in destinations:
        raise InvalidValue(
            f"destinations of {subject}",
            address,
            "is the alias itself",
            "mail to it would never arrive; name a mailbox",
        )
    return WantedAlias(
        address, present, values, exclusive, parse_flag(f"cascade of {subject}", rest.get("cascade", False))
    )


def parse_wanted_required(present: bool, destination: str = "") -> WantedRequired:
    """Return the required aliases asked for; an empty ``destination`` names nobody."""
    return WantedRequired(present, str(parse_address(destination, "required_destination")) if destination else "")


def parse_wanted_purge(scope: str, limit: str) -> WantedPurge:
    """Return the purge asked for, with a limit such as ``10%`` or ``250``."""
    match = _LIMIT.fullmatch(limit.strip())
    if match is None or (match[2] and int(match[1]) > 100):
        raise InvalidValue("purge_limit", limit, "is no limit", "give a number of objects, or 0% to 100% of them all")
    return WantedPurge(parse_choice("purge", scope, PURGES), int(match[1]), bool(match[2]))


_Wanted = TypeVar("_Wanted", WantedDomain, WantedMailbox, WantedAlias)


def _collect(
    what: str,
    entries: Iterable[Given],
    parse: Callable[[Given, str], _Wanted],
    name_of: Callable[[_Wanted], str],
) -> dict[str, _Wanted]:
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


def _identity(given: Given, key: str, place: str) -> str:
    if not isinstance(given, Mapping):
        raise InvalidValue(place, type(given).__name__, "is no dictionary", f"give one with {key}")
    value = given.get(key)
    if value is None:
        raise Conflict(f"{place} has no {key}; give one")
    return value if isinstance(value, str) else parse_text(f"{place} {key}", value)


def _parse_fields(
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


def _present(rest: Mapping[str, Any], subject: str) -> bool:
    return parse_choice(f"state of {subject}", rest.get("state", "present"), ("present", "absent")) == "present"


def _secret(rest: Mapping[str, Any], key: str, subject: str) -> str | None:
    value = rest.get(key)
    if value is not None and not isinstance(value, str):
        # 0123 would arrive as 83, 1e3 as 1000.0: what was meant cannot be told any more.
        raise BadPassword(f"{key} of {subject}", "is no text but what YAML made of one; put it in quotes")
    return value
