# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose message it is: the domain in the From field (RFC 5322, section 3.6.2), and the envelope sender."""

from __future__ import annotations

from ..core.addresses import parse_domain
from ..core.errors import InvalidValue, shown
from .header_fields import COMMENT, QUOTED, Header, parts


def from_domain(header: Header) -> tuple[str, str]:
    """Return the domain that DMARC speaks of, as A-labels, or nothing and why there is none.

    There has to be exactly one From field, and all its addresses have to be of one domain: what is to be done with
    others, receivers decide as they like (RFC 9989), and most refuse them.
    """
    fields = header.all("from")
    if len(fields) != 1:
        return "", f"the message has {len(fields) or 'no'} From {'fields' if len(fields) > 1 else 'field'}"
    domains = dict.fromkeys(_domains(fields[0]))
    if len(domains) != 1:
        return "", f"From {shown(fields[0])} has {'addresses of several domains' if domains else 'no address'}"
    domain = next(iter(domains))
    try:
        return parse_domain(domain), ""
    except InvalidValue as error:
        return "", f"From names no domain: {error}"


def envelope_sender(header: Header) -> str | None:
    """Return the sender in Return-Path (RFC 5321, section 4.4), empty for a bounce; ``None`` if it is not told."""
    value = header.first("return-path")
    if value is None:
        return None
    text = "".join(text for kind, text in parts(value) if kind != COMMENT)
    start, end = text.find("<"), text.rfind(">")
    return text[start + 1 : end].strip() if 0 <= start < end else text.strip()


def _domains(value: str) -> list[str]:
    """Return the domains of the addresses in ``value``."""
    # Names and quoted local parts may have anything in them, and comments may stand everywhere.
    plain = "".join("x" if kind == QUOTED else text for kind, text in parts(value) if kind != COMMENT)
    found = []
    for part in plain.replace(";", ",").replace(":", ",").split(","):
        start, end = part.rfind("<"), part.rfind(">")
        address = part[start + 1 : end] if 0 <= start < end else part
        local_part, at, domain = address.rpartition("@")
        if at and local_part.strip():
            found.append("".join(domain.split()).lower())
    return found
