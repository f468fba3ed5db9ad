# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owner names of records: absolute, lower-case A-labels without the last dot (``_dmarc.example.com``)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container

from ..core.addresses import DOMAIN_LIMIT, parse_domain
from ..core.errors import InvalidValue

# Labels of attributes, such as _dmarc and _25 (RFC 8552); selectors may have underscores and several labels.
_ATTRIBUTE = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)


def parse_name(value: str, subject: str) -> str:
    """Return the owner name ``value``, which may have labels with ``_``, as ``_dmarc``, and begin with a ``*``.

    Raises:
        InvalidValue: it is no name of at least two labels, or too long.
    """
    if not isinstance(value, str):
        raise InvalidValue(subject, value, "is no text", "give a full name such as www.example.com")
    labels = value.lower().removesuffix(".").split(".")
    count = max((number for number, label in enumerate(labels, 1) if label == "*" or "_" in label), default=0)
    for number, label in enumerate(labels[:count]):
        if not (_ATTRIBUTE.fullmatch(label) or (label == "*" and number == 0)):
            raise InvalidValue(subject, value, f"has the label {label!r}, which is none", "a * stands alone and first")
    name = ".".join([*labels[:count], parse_domain(".".join(labels[count:]), subject)])
    if len(name) > DOMAIN_LIMIT:
        raise InvalidValue(subject, value, f"is longer than {DOMAIN_LIMIT} characters")
    return name


def is_within(name: str, domain: str) -> bool:
    """Whether ``name`` is ``domain`` or below it."""
    return name == domain or name.endswith(f".{domain}")


def closest(name: str, zones: Container[str]) -> str | None:
    """Return the zone of ``zones`` that holds ``name``, the longest one; ``None`` where none does."""
    while name and name not in zones:
        name = name.partition(".")[2]
    return name or None


def reverse_name(address: str) -> str:
    """Return the name of the PTR record of an IP ``address`` (RFC 1035, section 3.5; RFC 3596, section 2.5)."""
    return ipaddress.ip_address(address).reverse_pointer
