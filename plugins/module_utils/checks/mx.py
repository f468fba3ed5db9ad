# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``mx``: the hosts that take a domain's mail (RFC 5321, section 5; RFC 7505)."""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import Any

from ..core.errors import shown
from ..dns.reply import Reply
from .expected import compare
from .findings import Findings
from .mail_hosts import Exchanger, HostAddresses, addresses_of, exchangers, host_addresses, parse_exchanger
from .model import Check
from .replies import as_record, failure, told
from .world import World


def check_mx(domain: str, world: World) -> Check:
    """Return the verdict on the MX records of ``domain``.

    Hosts without IPv6 are a warning only where others of the domain have it: IPv4 alone is still usual.

    Fields: ``hosts``, the preferred first: ``[{"name", "preference", "addresses"}]``; a null MX has the name ``""``.
    """
    reply = world.lookup.resolve(domain, "MX")
    findings = Findings()
    if not reply.absent and not reply.found:
        findings.add(failure(reply), told(domain, "MX", reply))
        return findings.check("", hosts=[])
    compared = compare(world, domain, "MX", reply.values)
    if compared is not None and not compared.match:
        findings.error(compared.told())
    if not reply.found:
        _judge_missing(domain, reply, world, findings)
        return findings.check("", hosts=[])
    listed = exchangers(reply)
    _judge_records(domain, reply, listed, findings)
    found = addresses_of((one.host for one in listed if one.host), world.lookup)
    for host, addresses in found.items():
        _judge_host(host, addresses, findings)
    _judge_families(found, findings)
    hosts: list[dict[str, Any]] = [
        {
            "name": one.host,
            "preference": one.preference,
            "addresses": list(found[one.host].addresses) if one.host else [],
        }
        for one in listed
    ]
    success = f"mail for {domain} goes to {', '.join(found)}" if found else f"{domain} takes no mail (null MX)"
    return findings.check(success, as_record(reply.values), hosts=hosts)


def _judge_missing(domain: str, reply: Reply, world: World, findings: Findings) -> None:
    addresses = host_addresses(domain, world.lookup)
    if addresses.addresses:
        findings.warning(
            f"{domain} has no MX; senders take its own address ({addresses.addresses[0]}) instead (RFC 5321), "
            "and many spammers' domains look like that"
        )
    else:
        findings.error(f"{domain} gets no mail: {told(domain, 'MX', reply)}")


def _judge_records(domain: str, reply: Reply, listed: list[Exchanger], findings: Findings) -> None:
    read = [parse_exchanger(value) for value in reply.values]
    for value, one in zip(reply.values, read, strict=True):
        if one is None:
            findings.error(f"MX {shown(value, 100)} cannot be read")
    whole = [one for one in read if one is not None]
    for host, count in Counter(one.host for one in whole).items():
        if count > 1:
            findings.warning(f"{host or '.'} is listed {count} times")
    if len(set(whole)) > len(listed):
        findings.warning(f"{domain} has {len(set(whole))} MX records, of which the first {len(listed)} are looked at")
    if any(not one.host for one in whole):
        if len(whole) > 1:
            findings.error(f"{domain} has a null MX (0 .) beside others, which RFC 7505 does not allow")
        elif whole[0].preference:
            findings.info("a null MX ought to have the preference 0 (RFC 7505)")


def _judge_host(host: str, found: HostAddresses, findings: Findings) -> None:
    if _is_address(host):
        findings.error(f"MX has the address {host} where it needs a host's name")
        return
    if host == "localhost" or host.endswith((".localhost", ".invalid")):
        findings.error(f"MX {shown(host, 100)} is a name that leads nowhere from outside (RFC 6761)")
        return
    for type_, reply in found.replies:
        if reply.failed:
            findings.add(failure(reply), told(host, type_, reply))
    if found.v4.absent and found.v6.absent:
        findings.error(f"MX {shown(host, 100)} has no address: {told(host, 'A', found.v4)}")
    owner = next((reply.owner for reply in (found.v4, found.v6) if reply.found and reply.owner), host)
    if owner != host:
        findings.error(f"MX {shown(host, 100)} is an alias of {owner}, which RFC 2181, section 10.3, does not allow")
    for text in found.addresses:
        address = _address(text)
        if address is None or address.is_loopback or address.is_unspecified or address.is_multicast:
            findings.error(f"MX {shown(host, 100)} has the address {text}, which is no other host's")
        elif not address.is_global:
            findings.info(f"MX {shown(host, 100)} has the address {text}, which is not reached from the internet")


def _judge_families(found: dict[str, HostAddresses], findings: Findings) -> None:
    with_v6 = [host for host, one in found.items() if one.v6.found]
    for host, one in found.items():
        if one.v4.found and one.v6.absent:
            text = f"{host} has no IPv6 address (AAAA)"
            if with_v6:
                findings.warning(f"{text}, as other hosts of the domain have")
            else:
                findings.info(text)
        elif one.v6.found and one.v4.absent:
            findings.warning(f"{host} has no IPv4 address (A); many senders have nothing else")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_address(host: str) -> bool:
    return _address(host.strip("[]")) is not None
