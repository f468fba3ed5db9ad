# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A resolver of dnspython's, or whatever answers as it does, as a `reply.Lookup`."""

from __future__ import annotations

from typing import Any

from ..core.deps import need
from . import seen
from .reply import FOUND, Reply
from .resolver import presented_value


class DnspythonLookup:
    """Asks an object whose ``resolve(name, type)`` returns and raises what ``dns.resolver.Resolver.resolve`` does.

    What returns a `Reply` is taken as it is, so that any resolver may be handed in.
    """

    def __init__(self, resolver: Any) -> None:
        self._resolver = resolver

    def resolve(self, name: str, type_: str) -> Reply:
        """Return what the resolver says."""
        try:
            answer = self._resolver.resolve(name, type_)
        except Exception as error:
            outcome = _outcome(error)
            if outcome is None:
                raise
            return Reply(outcome)
        if isinstance(answer, Reply):
            return answer
        values = tuple(presented_value(type_, rdata) for rdata in answer)
        owner = str(getattr(answer, "canonical_name", name)).lower().removesuffix(".")
        return Reply(FOUND, values, owner=owner) if values else Reply(seen.NO_DATA, owner=owner)


def _outcome(error: Exception) -> str | None:
    """Return the outcome that an exception tells; ``None``: it is none of dnspython's and no trouble of a network."""
    resolver, exception = need("dns.resolver"), need("dns.exception")
    for kind, outcome in (
        (resolver.NXDOMAIN, seen.NXDOMAIN),
        (resolver.NoAnswer, seen.NO_DATA),
        (resolver.NoNameservers, seen.SERVFAIL),
        (exception.Timeout, seen.TIMEOUT),
        (TimeoutError, seen.TIMEOUT),
        (OSError, seen.UNREACHABLE),
        # A name that cannot be asked for, or an answer that cannot be read.
        ((exception.DNSException, EOFError, ValueError, IndexError), seen.MALFORMED),
    ):
        if isinstance(error, kind):
            return outcome
    return None
