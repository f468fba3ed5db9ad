# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of a mail host itself. Most hosts stand in zones of somebody else, so none of them is needed."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Owner, Record, SpfTerm, Wanted, WantedSpf
from .names import reverse_name
from .spec import MailHost


def host_records(host: MailHost, ttl: int) -> Iterator[Wanted]:
    """Yield addresses, their names in the reverse zones, and the hashes of the keys that the host answers with."""
    owner = Owner(host=host.name)
    for address in host.addresses or ():
        type_ = "AAAA" if ":" in address else "A"
        yield Wanted(Record(host.name, type_, address, ttl), owner, needed=False)
        yield Wanted(Record(reverse_name(address), "PTR", f"{host.name}.", ttl), owner, needed=False)
    # RFC 7672, section 3.1: the host's key, or its issuer's, as SHA-256 of the SubjectPublicKeyInfo.
    values = [f"3 1 1 {key}" for key in host.keys or ()] + [f"2 1 1 {key}" for key in host.issuers]
    for port in host.tlsa_ports:
        for value in values:
            record = Record(f"_{port}._tcp.{host.name}", "TLSA", value, ttl)
            yield Wanted(record, owner, shared=True, needed=False)


def helo_spf(host: MailHost, ttl: int) -> WantedSpf:
    """Return the SPF record for the name that the host greets with (RFC 7208, section 2.3)."""
    owner = Owner(host=host.name)
    return WantedSpf(host.name, (SpfTerm("a", owner),), "-all", owner, ttl, needed=False)
