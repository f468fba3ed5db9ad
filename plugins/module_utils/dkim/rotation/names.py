# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of new selectors. A name tells the host that it belongs to, so that no two hosts come to the same one."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from itertools import count, product
from string import ascii_lowercase

from ...core.errors import InvalidValue
from ..selectors import parse_selector

SCHEMES = ("date", "counter")
# A label has 63 characters, and a name needs some for itself.
_PREFIX_LIMIT = 48


def host_prefix(host: str) -> str:
    """Return the prefix for the host named ``host``: ``mx1-`` for ``mx1.example.net``."""
    label = re.sub("[^a-z0-9-]+", "-", host.partition(".")[0].lower()).strip("-")[: _PREFIX_LIMIT - 1].strip("-")
    return f"{label}-" if label else "mail-"


def parse_prefix(value: str) -> str:
    """Return the prefix ``value`` in lower case.

    Raises:
        InvalidValue: no selector can begin with it.
    """
    right = f"give at most {_PREFIX_LIMIT} letters, digits and hyphens, such as mx1-"
    if len(value) > _PREFIX_LIMIT:
        raise InvalidValue("selector_prefix", value, f"has {len(value)} characters", right)
    try:
        return parse_selector(f"{value}1")[:-1]
    except InvalidValue as error:
        raise InvalidValue("selector_prefix", value, "is no beginning of a selector", right) from error


def new_name(scheme: str, prefix: str, date: str, taken: Container[str]) -> str:
    """Return the first name that is not ``taken``: ``mx1-202611a`` (``date`` begins ``2026-11``) or ``mx1-1``."""
    month = date[:7].replace("-", "") if re.match("[0-9]{4}-[0-9]{2}", date) else ""
    names = _dated(f"{prefix}{month}") if scheme == "date" else (f"{prefix}{number}" for number in count(1))
    return next(name for name in names if name not in taken)


def _dated(start: str) -> Iterator[str]:
    for length in count(1):
        for letters in product(ascii_lowercase, repeat=length):
            yield start + "".join(letters)
