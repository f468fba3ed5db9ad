# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options -> a wanted app password."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.addresses import parse_mailbox_address
from ..core.errors import Conflict, InvalidValue
from .fields import APP_PASSWORD_FIELDS
from .given import PASSWORD_OPTIONS, Given, WantedPassword, identity, parse_fields, password, present
from .model import NO_LOGIN, app_password_key

NAME_LIMIT = 64


@dataclass(frozen=True, slots=True)
class WantedAppPassword(WantedPassword):
    """An app password as asked for."""

    mailbox: str
    name: str
    present: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """The address of the mailbox that the password is for."""
        return self.mailbox

    @property
    def key(self) -> str:
        """What it is called among all."""
        return app_password_key(self.mailbox, self.name)

    def check_new(self) -> None:
        """Refuse to make it without a word about its password."""
        if self.password is None and self.password_hash is None:
            raise Conflict(
                f"app password {self.key} is new and has neither password nor password_hash; give one of them, or let "
                "the module app_password generate one"
            )


def parse_wanted_app_password(given: Given, place: str = "app password") -> WantedAppPassword:
    """Return the app password asked for.

    Raises:
        InvalidValue, BadPassword, Conflict: a value cannot be taken.
    """
    mailbox = str(parse_mailbox_address(identity(given, "mailbox", place), f"{place} mailbox"))
    name = parse_name(f"{place} name", identity(given, "name", place))
    subject = f"app password {app_password_key(mailbox, name)}"
    values, rest = parse_fields(given, APP_PASSWORD_FIELDS, subject, ("mailbox", "name", "state", *PASSWORD_OPTIONS))
    secret = password(rest, subject)
    if secret["password_hash"] == NO_LOGIN:
        raise InvalidValue(
            f"password_hash of {subject}", NO_LOGIN, "opens nothing", "give active: false to switch it off"
        )
    return WantedAppPassword(mailbox, name, present(rest, subject), values, **secret)


def parse_name(subject: str, value: str) -> str:
    """Return the name of an app password: what a person reads in a list, and every letter in one form.

    Raises:
        InvalidValue: empty, too long, not printable, or with a space at an end, which nobody would see.
    """
    name = unicodedata.normalize("NFC", value) if value.isprintable() else value
    wanted = f"give 1 to {NAME_LIMIT} printable characters such as phone"
    if not name:
        raise InvalidValue(subject, value, "is empty", wanted)
    if len(name) > NAME_LIMIT:
        raise InvalidValue(subject, value, f"has {len(name)} characters", wanted)
    if not name.isprintable():
        raise InvalidValue(subject, value, "has a character that is not printable", wanted)
    if name != name.strip():
        raise InvalidValue(subject, value, "starts or ends with a space", "leave it out")
    return name
