# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole call of `cybermail_info`: what the platform tells of an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..core.addresses import parse_domain
from ..core.errors import InvalidValue
from .options import NotConnected, connected_platform, make_platform
from .platform import Platform

_MOST_ENTRIES = 1000
_MOST_DAYS = 3660


def info_call(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Return what `cybermail_info` returns: each subset that is asked for, and in ``unchecked`` what could not be read.

    Raises:
        MailwrightError: an option cannot be taken, or the platform does not answer.
    """
    filters = read_filters(params["logs"] or {})
    result: dict[str, Any] = {"unchecked": []}
    # Whether the platform is well is asked without a key.
    if "health" in params["gather"]:
        result["health"] = make_platform(params).health()
    readers = {name: read for name, read in _readers(filters).items() if name in params["gather"]}
    if not readers:
        return result
    try:
        platform = connected_platform(params)
    except NotConnected as error:
        if not check_mode:
            raise
        empty: dict[str, Any] = {name: None if name in ("account", "statistics", "logs") else [] for name in readers}
        return {**result, **empty, "unchecked": [f"what the platform has: {error}"]}
    return {**result, **{name: read(platform) for name, read in readers.items()}}


def _readers(filters: Mapping[str, Any]) -> dict[str, Callable[[Platform], Any]]:
    return {
        "account": lambda platform: platform.account().shown(),
        "domains": lambda platform: [domain.shown() for domain in platform.domains()],
        "credentials": lambda platform: [credential.shown() for credential in platform.credentials()],
        "statistics": lambda platform: platform.statistics(),
        "domain_statistics": lambda platform: platform.domain_statistics(),
        "logs": lambda platform: platform.logs(filters),
    }


def read_filters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the platform is to be asked for of its logs.

    Raises:
        InvalidValue: a number is out of range, or the domain is none.
    """
    filters: dict[str, Any] = {"page": 1, "per_page": 50, "days": 7}
    filters |= {name: value for name, value in given.items() if value is not None}
    for name, most in (("page", 1_000_000), ("per_page", _MOST_ENTRIES), ("days", _MOST_DAYS)):
        if not 1 <= filters[name] <= most:
            raise InvalidValue(f"{name} of logs", filters[name], "is out of range", f"give 1 to {most}")
    if "from_domain" in filters:
        filters["from_domain"] = parse_domain(filters["from_domain"], "from_domain of logs")
    return filters
