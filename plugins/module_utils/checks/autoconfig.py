# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``autoconfig``: the names by which mail programs find their settings (RFC 6186, RFC 8314, by custom)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..core.errors import shown
from ..dns.reply import Reply
from .expected import compare
from .findings import Findings
from .mail_hosts import HostAddresses, addresses_of, host_addresses
from .model import Check
from .replies import NAME_LIMIT, as_record, cut, failure, told
from .together import together
from .world import World

# Thunderbird and Outlook ask web servers of these names.
_HOSTS = ("autoconfig", "autodiscover")
# RFC 6186, RFC 8314, RFC 5804, and Outlook's.
_SERVICES = ("autodiscover", "submissions", "submission", "imaps", "imap", "pop3s", "pop3", "sieve")
_SRV = re.compile(r"([0-9]{1,5}) ([0-9]{1,5}) ([0-9]{1,5}) (\S{1,1024})", re.ASCII)
_TARGET_LIMIT = 10


@dataclass(frozen=True)
class _Name:
    """What was asked of one name: its type, what it has, and what it ought to have (``None``: nobody says)."""

    name: str
    type: str
    found: tuple[str, ...]
    expected: tuple[str, ...] | None

    def shown(self) -> dict[str, object]:
        expected = None if self.expected is None else list(self.expected)
        found = [cut(value, NAME_LIMIT) for value in self.found[:_TARGET_LIMIT]]
        return {"name": self.name, "type": self.type, "found": found, "expected": expected}


def check_autoconfig(domain: str, world: World) -> Check:
    """Return the verdict on the names of ``domain`` for mail programs.

    What is missing is an error only where it is expected.

    Fields: ``names``: ``[{"name", "type", "found", "expected"}]``, values in presentation form, ``expected`` ``None``
    where nobody says.
    """
    looks = [(_host, f"{host}.{domain}") for host in _HOSTS]
    looks += [(_service, f"_{service}._tcp.{domain}") for service in _SERVICES]
    judged = together(lambda look: look[0](look[1], world), looks)
    findings = Findings()
    findings.merge(one for _names, one in judged)
    names = [name for found, _findings in judged for name in found]
    there = [one for one in names if one.found]
    success = f"mail programs find {len(there)} of {len(names)} names" if there else "mail programs find no settings"
    record = as_record(f"{one.name} {one.type} {value}" for one in there for value in one.found)
    return findings.check(success, record, names=[one.shown() for one in names])


def _host(name: str, world: World) -> tuple[list[_Name], Findings]:
    findings = Findings()
    types = [type_ for type_ in ("CNAME", "A", "AAAA") if (name, type_) in world.expected]
    replies = {type_: world.lookup.resolve(name, type_) for type_ in types or ("CNAME", "A")}
    if not types and not replies["CNAME"].found:
        # One entry is enough for a name that nobody expects.
        del replies["CNAME"]
    elif not types:
        del replies["A"]
    found = [_compared(name, type_, reply, world, findings) for type_, reply in replies.items()]
    alias = replies.get("CNAME")
    if alias is not None and alias.found:
        target = cut(alias.values[0].lower().removesuffix("."), NAME_LIMIT)
        _judge_target(name, target, host_addresses(target, world.lookup), findings)
    return found, findings


def _service(name: str, world: World) -> tuple[list[_Name], Findings]:
    findings = Findings()
    reply = world.lookup.resolve(name, "SRV")
    one = _compared(name, "SRV", reply, world, findings)
    values = reply.values[:_TARGET_LIMIT]
    matches = [_SRV.fullmatch(value) for value in values]
    addresses = addresses_of((_target(match) for match in matches if match and match[4] != "."), world.lookup)
    for value, match in zip(values, matches, strict=True):
        if match is None or max(map(int, match.groups()[:3])) > 65535:
            findings.error(f"SRV of {name}: {shown(value, 100)} cannot be read")
        elif match[4] != ".":
            target = _target(match)
            if _judge_target(name, target, addresses[target], findings):
                findings.warning(f"SRV of {name} leads to the alias {target}, which RFC 2782 does not allow")
        elif len(reply.values) > 1:
            findings.error(f"SRV of {name} says that the service is not there (.) beside other records")
    return [one], findings


def _target(match: re.Match[str]) -> str:
    return match[4].lower().removesuffix(".")


def _compared(name: str, type_: str, reply: Reply, world: World, findings: Findings) -> _Name:
    compared = None if reply.failed else compare(world, name, type_, reply.values)
    if reply.failed:
        findings.add(failure(reply), told(name, type_, reply))
    elif compared is not None and not compared.match:
        findings.error(compared.told() if reply.found else f"{compared.told()}: {told(name, type_, reply)}")
    elif compared is None and not reply.found:
        findings.info(told(name, type_, reply))
    return _Name(name, type_, reply.values, world.expected.get((name, type_)))


def _judge_target(name: str, target: str, found: HostAddresses, findings: Findings) -> bool:
    """Note a ``target`` that leads nowhere; return whether it is an alias."""
    if found.v4.absent and found.v6.absent:
        findings.error(f"{name} leads to {target}, which has no address: {told(target, 'A', found.v4)}")
    for type_, reply in found.replies:
        if reply.failed:
            findings.add(failure(reply), f"{name} leads to {target}: {told(target, type_, reply)}")
    return any(reply.found and reply.owner not in ("", target) for reply in (found.v4, found.v6))
