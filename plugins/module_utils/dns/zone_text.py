# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as the text of a zone file (RFC 1035, section 5): absolute names, so that it can be put into any zone."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Record
from .values import presented


def zone_text(records: Iterable[Record]) -> str:
    """Return one line for each record, those of a name together."""
    return "".join(
        f"{record.name}. {record.ttl} IN {record.type} {presented(record.type, record.value)}\n"
        for record in sorted(records, key=_order)
    )


def _order(record: Record) -> tuple[list[str], str, str]:
    """Names in the order of their labels from the root (RFC 4034, section 6.1): a domain ahead of what is below it."""
    return record.name.split(".")[::-1], record.type, record.value
