# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF for a received message: whether the host that brought it may send for its envelope sender (RFC 7208)."""

from __future__ import annotations

from collections.abc import Callable

from ..core.errors import shown
from ..dns.reply import Lookup
from .model import ERROR, SUCCESS, UNKNOWN, WARNING, Check
from .received import Address, Hop
from .spf import PASS, check_host

# What each result of RFC 7208, section 2.6, is worth; and what it says, as RFC 7208 and its section 8 have it.
_WORTH = {
    "pass": (SUCCESS, "may send"),
    "fail": (ERROR, "may not send"),
    "softfail": (WARNING, "should not send"),
    "neutral": (WARNING, "is neither allowed nor forbidden to send"),
    "none": (WARNING, "is not judged by SPF"),
    "permerror": (ERROR, "cannot be judged, as the SPF record is wrong,"),
    "temperror": (UNKNOWN, "cannot be judged, as the DNS does not answer,"),
}


def spf_check(
    hop: Hop | None, given: Address | None, sender: str | None, lookup: Lookup, aligned: Callable[[str], bool]
) -> Check:
    """Return the verdict of SPF.

    ``hop`` is the border that the message came over (`received.border`), ``given`` the client's address where the
    caller knows better, ``sender`` the envelope sender, empty for a bounce. ``aligned`` as for `dkim_check`. Fields:
    ``result`` (``pass``, ``fail``, ``softfail``, ``neutral``, ``none``, ``permerror``, ``temperror``),
    ``aligned``, ``domain``, ``sender``, ``helo``, ``client_address``, ``explanation``, ``dns_lookups``.
    """
    address = given or (hop.address if hop else None)
    if address is None or (given is None and hop is not None and hop.logged_in):
        how = "with a login" if address else "on the host itself"
        return _told(
            SUCCESS, f"SPF says nothing of a message that is submitted {how}", "none", sender=sender, client=address
        )
    if sender is None:
        return _told(UNKNOWN, "The message has no Return-Path, so its envelope sender is not known", client=address)
    helo = hop.name if hop else ""
    # RFC 7208, section 2.4: a bounce is taken as sent by the postmaster of the name that the client gave.
    domain = sender.rpartition("@")[2] if sender else helo
    judged = check_host(str(address), domain, sender or f"postmaster@{helo}", helo=helo, resolver=lookup)
    status, words = _WORTH[judged.result]
    near = judged.result == PASS and aligned(domain)
    because = f" ({judged.matched or judged.problem})" if judged.matched or judged.problem else ""
    info = () if near or judged.result != PASS else (f"{shown(domain)} is not aligned with the domain in From",)
    return _told(
        status,
        f"{address} {words} for {shown(domain)}{because}",
        judged.result,
        sender=sender,
        client=address,
        domain=domain,
        helo=helo,
        aligned=near,
        explanation=judged.explanation,
        lookups=judged.lookups,
        info=info,
    )


def _told(
    status: str,
    message: str,
    result: str = "none",
    *,
    sender: str | None = None,
    client: Address | None = None,
    domain: str = "",
    helo: str = "",
    aligned: bool = False,
    explanation: str = "",
    lookups: int = 0,
    info: tuple[str, ...] = (),
) -> Check:
    return Check(
        status,
        message,
        info=info,
        fields={
            "result": result,
            "aligned": aligned,
            "domain": domain,
            "sender": sender,
            "helo": helo,
            "client_address": str(client) if client else None,
            "explanation": explanation,
            "dns_lookups": lookups,
        },
    )
