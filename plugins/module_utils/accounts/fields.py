# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each stored field is read from what a user gave: parsers that take (subject, value), raising `InvalidValue`.

The lists of `accounts` come as one document that no argument spec has seen. Types are therefore converted here, by the
functions that an argument spec uses, so that the single modules and `accounts` take and refuse the same values.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ansible.module_utils.common.validation import check_type_bool, check_type_int, check_type_list, check_type_str

from ..core.addresses import parse_address, parse_domain
from ..core.errors import InvalidValue
from ..core.sizes import parse_size
from .expiry import parse_expiry
from .model import PROTOCOLS
from .rates import parse_rate

TEXT_LIMIT = 1000
NAME_LIMIT = 255
_LARGEST_COUNT = 2**31 - 1


def parse_text(subject: str, value: object, limit: int = TEXT_LIMIT) -> str:
    """Return one line of text as it was given, or what Ansible writes for another value (``1.5``, ``True``)."""
    text = value if isinstance(value, str) else _as_text(subject, value)
    if len(text) > limit:
        raise InvalidValue(subject, value, f"has {len(text)} characters", f"at most {limit} are allowed")
    if not text.isprintable():
        _refuse_controls(subject, text)
    return text


def parse_flag(subject: str, value: object) -> bool:
    """Return a boolean as YAML and Ansible write them."""
    if isinstance(value, bool):
        return value
    try:
        return bool(check_type_bool(value))
    except TypeError as error:
        raise InvalidValue(subject, value, "is no boolean", "give true or false") from error


def parse_count(subject: str, value: object) -> int:
    """Return a number of things, 0 for no limit."""
    wanted = "give a whole number, or 0 for no limit"
    try:
        # To Python, True is a number too.
        number = None if isinstance(value, bool) else int(check_type_int(value))
    except (TypeError, OverflowError):
        number = None
    if number is None:
        raise InvalidValue(subject, value, "is not a number", wanted)
    if number < 0:
        raise InvalidValue(subject, value, "is negative", wanted)
    if number > _LARGEST_COUNT:
        raise InvalidValue(subject, value, "is too large", f"at most {_LARGEST_COUNT} are allowed")
    return number


def parse_choice(subject: str, value: object, choices: tuple[str, ...]) -> str:
    """Return ``value`` if it is one of ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise InvalidValue(subject, value, "is not known", f"give {' or '.join(choices)}")
    return value


def parse_protocols(subject: str, value: object) -> tuple[str, ...]:
    """Return protocols in the order of `PROTOCOLS`; none is legal: mail only arrives."""
    given = {parse_choice(subject, name, PROTOCOLS) for name in _names(subject, value)}
    return PROTOCOLS if len(given) == len(PROTOCOLS) else tuple(name for name in PROTOCOLS if name in given)


def parse_opened(subject: str, value: object) -> tuple[str, ...]:
    """Return the protocols that an app password opens."""
    protocols = parse_protocols(subject, value)
    if not protocols:
        raise InvalidValue(subject, [], "is empty", "give at least one; active: false switches an app password off")
    return protocols


def parse_destinations(subject: str, value: object) -> tuple[str, ...]:
    """Return addresses in their stored form, sorted, each once."""
    return tuple(sorted({str(parse_address(name, f"address in {subject}")) for name in _names(subject, value)}))


def parse_senders(subject: str, value: object) -> tuple[str, ...]:
    """Return addresses or ``@domain``, sorted, each once."""
    return tuple(
        sorted({str(parse_address(name, f"address in {subject}", catch_all=True)) for name in _names(subject, value)})
    )


def parse_host(subject: str, value: object) -> str:
    """Return a host name, or ``""`` for none."""
    return "" if value == "" else known_domain(parse_text(subject, value), subject)


@lru_cache(maxsize=4096)
def known_domain(value: str, subject: str) -> str:
    """Return `core.addresses.parse_domain` of ``value``, remembered."""
    return parse_domain(value, subject)


def _name(subject: str, value: object) -> str:
    return parse_text(subject, value, NAME_LIMIT)


def _names(subject: str, value: object) -> list[str]:
    try:
        names = check_type_list(value)
    except TypeError as error:
        raise InvalidValue(subject, value, "is no list", "give a list") from error
    return [name if isinstance(name, str) else _as_text(subject, name) for name in names]


def _as_text(subject: str, value: object) -> str:
    try:
        return str(check_type_str(value))
    except TypeError as error:
        raise InvalidValue(subject, value, "is no text", "put it in quotes") from error


def _refuse_controls(subject: str, value: str) -> None:
    for character in value:
        category = unicodedata.category(character)
        if category in ("Cc", "Cs", "Zl", "Zp"):
            raise InvalidValue(
                subject, value, f"has the character {character!r}, a control character or line break", "leave it out"
            )


DOMAIN_FIELDS: Mapping[str, Callable[[str, Any], Any]] = {
    "description": parse_text,
    "active": parse_flag,
    "max_mailboxes": parse_count,
    "max_aliases": parse_count,
    "default_quota": parse_size,
    "max_quota": parse_size,
    "total_quota": parse_size,
    "backup_mx": parse_flag,
    "display_name": _name,
    "short_display_name": _name,
    "imap_host": parse_host,
    "pop3_host": parse_host,
    "smtp_host": parse_host,
}
MAILBOX_FIELDS: Mapping[str, Callable[[str, Any], Any]] = {
    "quota": parse_size,
    "display_name": _name,
    "active": parse_flag,
    "protocols": parse_protocols,
    "rate_limit": parse_rate,
    "send_as": parse_senders,
}
APP_PASSWORD_FIELDS: Mapping[str, Callable[[str, Any], Any]] = {
    "protocols": parse_opened,
    "expires": parse_expiry,
    "active": parse_flag,
}
ALIAS_FIELDS: Mapping[str, Callable[[str, Any], Any]] = {
    "destinations": parse_destinations,
    "allow_from": parse_senders,
    "list_members": parse_flag,
    "active": parse_flag,
}
