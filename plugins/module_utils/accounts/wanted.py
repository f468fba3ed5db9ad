# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options -> wanted objects: every value parsed and judged by itself, before the store is looked at.

Only what was given stands in ``fields``, under the names of `model`: the rest keeps what is stored. An option that is
missing was not given, and neither was one that is ``None``, as far as an argument spec takes that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.addresses import parse_address, parse_mailbox_address, parse_own_address
from ..core.errors import Conflict, InvalidValue
from .fields import ALIAS_FIELDS, DOMAIN_FIELDS, MAILBOX_FIELDS, known_domain, parse_choice, parse_flag
from .given import (
    PASSWORD_OPTIONS,
    Given,
    WantedPassword,
    collect,
    identity,
    parse_fields,
    password,
    present,
)
from .wanted_app_password import WantedAppPassword, parse_wanted_app_password

_MAILBOX_OPTIONS = ("address", "state", "cascade", "mail_data", *PASSWORD_OPTIONS)
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
class WantedMailbox(WantedPassword):
    """A mailbox as asked for."""

    address: str
    present: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)
    cascade: bool = False
    mail_data: str = "keep"

    @property
    def user(self) -> str:
        """The address of the mailbox that the password is for."""
        return self.address

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
    """All that one task asks for, by name, address and key. Without ``required``, required aliases stay as they are."""

    domains: Mapping[str, WantedDomain] = field(default_factory=dict)
    mailboxes: Mapping[str, WantedMailbox] = field(default_factory=dict)
    aliases: Mapping[str, WantedAlias] = field(default_factory=dict)
    required: WantedRequired | None = None
    purge: WantedPurge = WantedPurge()
    app_passwords: Mapping[str, WantedAppPassword] = field(default_factory=dict)
    # Whether these are all that listed mailboxes are to have, as far as a purge is asked for.
    lists_app_passwords: bool = False
    # Whether destinations in our own domains that nobody has are refused.
    check_destinations: bool = False

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
    app_passwords: Iterable[Given] | None = None,
    check_destinations: bool = False,
) -> Wanted:
    """Return all that is asked for; ``required`` and what follows are the options of ``accounts``.

    Raises:
        InvalidValue, BadPassword: a value cannot be taken.
        Conflict: the same object stands twice in a list, with different values.
    """
    return Wanted(
        collect("domains", domains, parse_wanted_domain, lambda one: one.name),
        collect("mailboxes", mailboxes, parse_wanted_mailbox, lambda one: one.address),
        collect("aliases", aliases, parse_wanted_alias, lambda one: one.address),
        None if required is None else parse_wanted_required(required, required_destination),
        parse_wanted_purge(purge, purge_limit),
        collect("app_passwords", app_passwords or (), parse_wanted_app_password, lambda one: one.key),
        app_passwords is not None,
        check_destinations,
    )


def parse_wanted_domain(given: Given, place: str = "domain") -> WantedDomain:
    """Return the domain asked for; ``place`` says where it stands as long as its name is not known."""
    name = known_domain(identity(given, "name", place), f"{place} name")
    subject = f"domain {name}"
    values, rest = parse_fields(given, DOMAIN_FIELDS, subject, ("name", "state", "cascade", "mail_data"))
    return WantedDomain(
        name,
        present(rest, subject),
        values,
        parse_flag(f"cascade of {subject}", rest.get("cascade", False)),
        parse_choice(f"mail_data of {subject}", rest.get("mail_data", "keep"), MAIL_DATA),
    )


def parse_wanted_mailbox(given: Given, place: str = "mailbox") -> WantedMailbox:
    """Return the mailbox asked for."""
    address = str(parse_mailbox_address(identity(given, "address", place), f"{place} address"))
    subject = f"mailbox {address}"
    values, rest = parse_fields(given, MAILBOX_FIELDS, subject, _MAILBOX_OPTIONS)
    return WantedMailbox(
        address,
        present(rest, subject),
        values,
        parse_flag(f"cascade of {subject}", rest.get("cascade", False)),
        parse_choice(f"mail_data of {subject}", rest.get("mail_data", "keep"), MAIL_DATA),
        **password(rest, subject),
    )


def parse_wanted_alias(given: Given, place: str = "alias") -> WantedAlias:
    """Return the alias or catch-all asked for."""
    address = str(parse_own_address(identity(given, "address", place), f"{place} address", catch_all=True))
    subject = f"alias {address}"
    values, rest = parse_fields(given, ALIAS_FIELDS, subject, ("address", "state", "cascade", "exclusive"))
    is_present = present(rest, subject)
    exclusive = parse_flag(f"exclusive of {subject}", rest.get("exclusive", True))
    destinations = values.get("destinations")
    if is_present and exclusive and destinations == ():
        raise InvalidValue(
            f"destinations of {subject}", [], "is empty", "give at least one; state absent removes the alias"
        )
    if not is_present and not exclusive and not destinations:
        raise Conflict(f"{subject}: exclusive false with state absent needs the destinations that are to be taken out")
    if is_present and destinations and address in destinations:
        raise InvalidValue(
            f"destinations of {subject}",
            address,
            "is the alias itself",
            "mail to it would never arrive; name a mailbox",
        )
    return WantedAlias(
        address, is_present, values, exclusive, parse_flag(f"cascade of {subject}", rest.get("cascade", False))
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
