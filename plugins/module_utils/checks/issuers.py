# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts of a certificate whose issuer a TLSA record names (RFC 7672, section 3.1.2): chain, name and dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from ..core.deps import need
from ..core.signatures import signed_with
from ..probe.certificate import covers, read_certificate

# Of certificates between a server's own and the authority that it leads to.
_LONGEST = 10


def objection(chain: Sequence[bytes], place: int, names: Sequence[str]) -> str:
    """Return why the server's certificate, the first of ``chain``, is not good by its issuer at ``place``.

    ``names`` are those of which it has to have one. An empty text: it is good.
    """
    own = read_certificate(chain[0], names[0], trusted=True, name_matches=True, problem="")
    if own.problem:
        return own.problem
    if not any(covers(own.names, name) for name in names):
        held = ", ".join(own.names[:5]) or "none"
        return f"the names of the server's certificate ({held}) have not {' or '.join(names)}"
    now = dt.datetime.now(dt.UTC)
    if own.not_after is not None and own.not_after < now:
        return f"the server's certificate has expired ({own.not_after:%Y-%m-%d})"
    if own.not_before is not None and own.not_before > now:
        return f"the server's certificate is not valid before {own.not_before:%Y-%m-%d}"
    if not _leads_to(chain, place):
        return "the server's certificate does not come from that issuer"
    return ""


def _leads_to(chain: Sequence[bytes], place: int) -> bool:
    """Whether signatures lead from the first certificate to the one at ``place``, in whatever order they stand."""
    x509 = need("cryptography.x509")
    read: dict[int, Any] = {}
    for number, der in enumerate(chain[: 2 * _LONGEST]):
        try:
            read[number] = x509.load_der_x509_certificate(der)
        except (ValueError, x509.InvalidVersion):
            continue
    current = 0
    for _step in range(_LONGEST):
        if current == place:
            return True
        issuers = [
            number for number in sorted(read, key=lambda one: one != place)
            if number != current and _issued(read, current, number)
        ]  # fmt: skip
        if not issuers:
            return False
        current = issuers[0]
    return False


def _issued(read: dict[int, Any], child: int, parent: int) -> bool:
    if child not in read or read[child].issuer != read[parent].subject:
        return False
    try:
        public = read[parent].public_key()
    # Keys of kinds that the library does not know.
    except (ValueError, need("cryptography.exceptions").UnsupportedAlgorithm):
        return False
    return signed_with(public, read[child])
