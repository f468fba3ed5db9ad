# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a server is that a check connects to, as the resolvers say that were chosen."""

from __future__ import annotations

from dataclasses import dataclass

from ..dns.reply import Lookup
from .mail_hosts import host_addresses
from .replies import told

# As many addresses of one host as are tried, of each kind.
_LIMIT = 2


@dataclass(frozen=True)
class Where:
    """The ``addresses`` to try in their order, or the ``problem`` in a sentence.

    ``known``: it is the DNS that says so; without it, the resolvers did not answer.
    """

    addresses: tuple[str, ...] = ()
    problem: str = ""
    known: bool = True


def where(lookup: Lookup, host: str) -> Where:
    """Return where ``host`` is, its IPv4 addresses first: they can be reached from more places."""
    found = host_addresses(host, lookup)
    addresses = (*found.v4.values[:_LIMIT], *found.v6.values[:_LIMIT])
    if addresses:
        return Where(addresses)
    for type_, reply in found.replies:
        if reply.failed:
            return Where(problem=told(host, type_, reply), known=reply.bogus)
    return Where(problem=told(host, "A", found.v4))
