# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes in bytes as people write them: ``5G``, ``250M``, ``1073741824``, ``unlimited``."""

from __future__ import annotations

import re

from .errors import InvalidValue

UNLIMITED = 0
_UNITS = {"": 1, "B": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SIZE = re.compile(r"([0-9]+)\s*([KMGT]?)(?:I?B)?", re.IGNORECASE | re.ASCII)
# SQLite and PostgreSQL both store signed 64-bit integers.
_LARGEST = 2**63 - 1


def parse_size(subject: str, value: str | int) -> int:
    """Return ``value`` in bytes; ``unlimited`` (and 0) is ``UNLIMITED``. Units are powers of 1024.

    Raises:
        InvalidValue: not a size, negative, or more than a signed 64-bit number of bytes.
    """
    wanted = "give bytes, a number with K, M, G or T such as 5G, or unlimited"
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise InvalidValue(subject, value, "is not a size", wanted)
    text = str(value).strip()
    if text.lower() == "unlimited":
        return UNLIMITED
    if text.startswith("-"):
        raise InvalidValue(subject, value, "is negative", wanted)
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InvalidValue(subject, value, "is not a size", wanted)
    # int() refuses thousands of digits on its own terms; a length check gives the same error for all of them.
    if len(match[1]) > 19 or int(match[1]) * _UNITS[match[2].upper()] > _LARGEST:
        raise InvalidValue(subject, value, "is too large", "the largest size is 9223372036854775807 bytes")
    return int(match[1]) * _UNITS[match[2].upper()]


def show_size(size: int) -> str:
    """Return ``size`` bytes in the shortest exact form (``5G``, ``1500``, ``unlimited``)."""
    if size == UNLIMITED:
        return "unlimited"
    for unit in ("T", "G", "M", "K"):
        if size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]}{unit}"
    return str(size)
