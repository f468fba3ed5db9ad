# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A received message, judged: the way it took, DKIM, SPF and DMARC as we see them, and what the server noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import Unavailable
from ..core.text import readable
from ..dns.reply import Lookup
from .alignment import Alignment
from .auth_results import Noted, noted
from .header_fields import Header, read_header
from .message_dkim import dkim_check
from .message_dmarc import dmarc_check
from .message_from import envelope_sender, from_domain
from .message_spf import spf_check
from .model import UNKNOWN, Check
from .received import Address, Hop, Network, border, chain, shown
from .signatures import verify


@dataclass(frozen=True)
class Judged:
    """The verdicts on a message; `message_dkim`, `message_spf` and `message_dmarc` have the fields of the checks.

    ``hops`` are the Received fields, the last hop first, ``noted`` what the server said in Authentication-Results.
    """

    hops: tuple[Hop, ...]
    dkim: Check
    spf: Check
    dmarc: Check
    noted: tuple[Noted, ...]

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it: ``{received, dkim, spf, dmarc, authentication_results}``."""
        found: dict[str, Any] = readable(
            {
                "received": shown(self.hops),
                "dkim": self.dkim.shown(),
                "spf": self.spf.shown(),
                "dmarc": self.dmarc.shown(),
                "authentication_results": [one.shown() for one in self.noted],
            }
        )
        return found


def judge(
    message: bytes,
    lookup: Lookup,
    *,
    client_address: Address | None = None,
    trusted: Sequence[Network] = (),
    authserv_id: str = "",
) -> Judged:
    """Return the verdicts on ``message`` as it lies in the mailbox; ``lookup`` is asked for keys and policies.

    ``client_address`` is where the message came from, if the caller knows it better than the Received fields; hosts of
    the networks ``trusted`` pass mail on for the mailbox's host. ``authserv_id`` is the server whose notes are
    believed; without it, the one that the topmost field names. Whatever the message is, nothing is raised.
    """
    header = read_header(message)
    hops = chain(header.all("received"))
    entrance = border(hops, trusted)
    domain, problem = from_domain(header)
    alignment = Alignment(domain, lookup)
    dkim = _dkim(message, lookup, alignment)
    spf = spf_check(entrance, client_address, envelope_sender(header), lookup, alignment.spf)
    return Judged(
        tuple(hops),
        dkim,
        spf,
        dmarc_check(alignment, problem, dkim, spf),
        tuple(noted(_own_notes(header, hops, entrance), authserv_id)),
    )


def _dkim(message: bytes, lookup: Lookup, alignment: Alignment) -> Check:
    try:
        return dkim_check(*verify(message, lookup), alignment.domain, alignment.dkim)
    except Unavailable as error:
        fields = {"result": "none", "aligned": False, "from_domain": alignment.domain, "signatures": []}
        return Check(UNKNOWN, f"The signatures were not judged: {error}", fields=fields)


def _own_notes(header: Header, hops: Sequence[Hop], entrance: Hop | None) -> list[str]:
    """Return the Authentication-Results that the own hosts may have written.

    A host puts its notes above or right below its own Received field, so that those that stand below the next one came
    with the message.
    """
    own = hops.index(entrance) + 1 if entrance is not None else len(hops)
    found = []
    for field in header.fields:
        if field.name == "received":
            own -= 1
            if own < 0:
                break
        elif field.name == "authentication-results":
            found.append(field.value)
    return found
