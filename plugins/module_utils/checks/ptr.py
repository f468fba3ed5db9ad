# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``ptr``: forward-confirmed reverse DNS of the addresses that mail comes from (RFC 1912, section 2.1)."""

from __future__ import annotations

import ipaddress
from typing import Any

from ..dns.names import reverse_name
from ..dns.reply import Lookup
from .expected import compare
from .findings import Findings
from .mail_hosts import senders
from .model import Check
from .replies import NAME_LIMIT, as_record, cut, failure, told
from .together import together
from .world import World

# Names of one address that are looked at; each costs a question.
_NAME_LIMIT = 10


def check_ptr(domain: str, world: World) -> Check:
    """Return the verdict on the names of ``world.addresses``, and without any of those of the domain's MX hosts.

    Fields: ``addresses``: ``[{"address", "names", "confirmed"}]``, names in lower case without the last dot;
    ``confirmed``: one of them has the address, ``None`` where nobody knows.
    """
    found = senders(domain, world)
    findings = Findings()
    for text in found.missing:
        findings.unknown(text)
    if not found.addresses:
        findings.unknown("no address is known that mail comes from; give addresses")
    judged = together(lambda address: _judge(address, world), found.addresses)
    findings.merge(one for _address, one in judged)
    addresses = [address for address, _findings in judged]
    record = as_record(f"{one['address']} {name}" for one in addresses for name in one["names"])
    confirmed = ", ".join(f"{one['address']} ({one['names'][0]})" for one in addresses if one["names"])
    return findings.check(f"each address has a name that leads back to it: {confirmed}", record, addresses=addresses)


def _judge(address: str, world: World) -> tuple[dict[str, Any], Findings]:
    findings = Findings()
    name = reverse_name(address)
    reply = world.lookup.resolve(name, "PTR")
    names = [cut(value.lower().removesuffix("."), NAME_LIMIT) for value in reply.values]
    confirmed: bool | None = False
    compared = compare(world, name, "PTR", reply.values)
    if compared is not None and not compared.match and not reply.failed:
        findings.error(compared.told())
    if reply.failed:
        confirmed = None
        findings.add(failure(reply), f"{address}: {told(name, 'PTR', reply)}")
    elif reply.absent:
        _judge_nameless(address, told(name, "PTR", reply), findings)
    else:
        confirmed = _judge_names(address, names[:_NAME_LIMIT], world.lookup, findings)
        if len(names) > 1:
            findings.info(f"{address} has {len(names)} names; one is usual")
    return {"address": address, "names": names[:_NAME_LIMIT], "confirmed": confirmed}, findings


def _judge_nameless(address: str, why: str, findings: Findings) -> None:
    if ipaddress.ip_address(address).is_global:
        findings.error(f"{address} has no name, and many receivers take no mail from it: {why}")
    else:
        findings.warning(
            f"{address} is no address of the internet and has no name; receivers see another one, whose name is not "
            "known here; give addresses"
        )


def _judge_names(address: str, names: list[str], lookup: Lookup, findings: Findings) -> bool | None:
    """Return whether one of ``names`` has ``address``."""
    type_ = "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
    replies = dict(zip(names, together(lambda name: lookup.resolve(name, type_), names), strict=True))
    if any(_has(reply.values, address) for reply in replies.values()):
        return True
    failed = [told(name, type_, reply) for name, reply in replies.items() if reply.failed]
    if failed:
        findings.unknown(f"{address} has the name {names[0]}, and whether that leads back is not known: {failed[0]}")
        return None
    reply = replies[names[0]]
    leads = f"leads to {as_record(reply.values)}" if reply.found else f"leads nowhere ({told(names[0], type_, reply)})"
    findings.error(f"{address} has the name {names[0]}, which {leads} and not back to it")
    return False


def _has(values: tuple[str, ...], address: str) -> bool:
    for value in values:
        try:
            if ipaddress.ip_address(value) == ipaddress.ip_address(address):
                return True
        except ValueError:
            continue
    return False
