# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a resolver's reply means, in words; the one place where checks tell NXDOMAIN, time-outs and the like apart."""

from __future__ import annotations

from collections.abc import Iterable

from ..dns import seen
from ..dns.reply import Reply
from .model import ERROR, UNKNOWN

_WORDS = {
    seen.NXDOMAIN: "there is no such name (NXDOMAIN)",
    seen.NO_DATA: "the name has no such record",
    seen.SERVFAIL: "the resolver could not find out (SERVFAIL)",
    seen.TIMEOUT: "no answer came in time (time-out)",
    seen.UNREACHABLE: "no resolver could be reached",
    seen.MALFORMED: "the answer could not be read",
    seen.NO_ROUTE: "there is no route to a resolver",
}
# What is shown of a record at most, in characters, and of how many records.
_RECORD_LIMIT = 8192
_RECORDS_LIMIT = 20
# What a name is long at most with all its bytes escaped (RFC 1035, section 5.1); more of any one value is not shown.
NAME_LIMIT = 1024


def told(name: str, type_: str, reply: Reply) -> str:
    """Return what ``reply`` to the question for ``type_`` of ``name`` was, where it has no records."""
    if reply.bogus:
        words = "the answer does not validate (DNSSEC, bogus), so that no validating resolver gives it"
    else:
        words = _WORDS.get(reply.outcome, f"the resolver said {reply.outcome}")
    return f"{type_} of {name}: {words}"


def failure(reply: Reply) -> str:
    """Return the status of a check whose question failed: nobody knows, but for a bogus answer, which nobody gets."""
    return ERROR if reply.bogus else UNKNOWN


def cut(text: str, limit: int = _RECORD_LIMIT) -> str:
    """Return ``text``, or its beginning where it is very long."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def as_record(values: Iterable[str]) -> str | None:
    """Return ``values`` as a check shows its record: joined by ``; ``, cut; ``None`` where there is none."""
    listed = list(values)
    if not listed:
        return None
    more = [f"... ({len(listed)} records)"] if len(listed) > _RECORDS_LIMIT else []
    return cut("; ".join([*(cut(one) for one in listed[:_RECORDS_LIMIT]), *more]))
