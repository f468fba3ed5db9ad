# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selectors, and the names under which their records are published (RFC 6376, section 3.6.2.1)."""

from __future__ import annotations

import re

from ..core.addresses import DOMAIN_LIMIT
from ..core.errors import InvalidValue

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_RIGHT = "give one label of 1 to 63 letters, digits and inner hyphens, such as s2026a"


def parse_selector(value: object) -> str:
    """Return the selector ``value`` in lower case.

    A selector of several labels (RFC 6376, section 3.1) is not taken: its record may then belong to another zone, and
    nobody needs one.

    Raises:
        InvalidValue: it is not one label (RFC 1123, section 2.1).
    """
    if not isinstance(value, str):
        raise InvalidValue("selector", value, "is no text", _RIGHT)
    selector = value.lower()
    if LABEL.fullmatch(selector):
        return selector
    if not value:
        reason = "is empty"
    elif "." in value:
        reason = "has a dot"
    elif len(value) > 63:
        reason = f"has {len(value)} characters"
    else:
        reason = "is not a label"
    raise InvalidValue("selector", value, reason, _RIGHT)


def record_name(domain: str, selector: str) -> str:
    """Return the name of the selector's TXT record: an absolute A-label without the last dot.

    Raises:
        InvalidValue: it would be longer than a name can be (RFC 1035, section 2.3.4).
    """
    name = f"{selector}._domainkey.{domain}"
    if len(name) > DOMAIN_LIMIT:
        right = f"a name has at most {DOMAIN_LIMIT}; give a shorter one"
        raise InvalidValue("selector", selector, f"makes a name of {len(name)} characters with {domain}", right)
    return name
