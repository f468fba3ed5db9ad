# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``dnssec``: whether a resolver that validates takes a domain's answers for genuine (RFC 4035)."""

from __future__ import annotations

from ..dns.reply import Reply
from .findings import Findings
from .mail_hosts import addresses_of, exchangers
from .model import Check
from .replies import failure, told
from .world import World


def check_dnssec(domain: str, world: World) -> Check:
    """Return whether the answers for ``domain`` and the hosts of its MX validate.

    Fields: ``secure`` (all of them do; ``None``: nobody knows), ``names``: ``[{"name", "type", "secure", "bogus"}]``,
    ``secure`` ``None`` where there is no answer.
    """
    findings = Findings()
    exchange = world.lookup.resolve(domain, "MX")
    asked: list[tuple[str, str, Reply]] = [
        (domain, "SOA", world.lookup.resolve(domain, "SOA")),
        (domain, "MX", exchange),
    ]
    hosts = [one.host for one in exchangers(exchange) if one.host]
    for host, addresses in addresses_of(hosts, world.lookup).items():
        asked += [(host, type_, reply) for type_, reply in addresses.replies]
    for name, type_, reply in asked:
        if reply.failed:
            findings.add(failure(reply), told(name, type_, reply))
    answered = [(name, reply) for name, _type, reply in asked if not reply.failed]
    secure: bool | None = (
        bool(answered) and len(answered) == len(asked) and all(reply.secure for _name, reply in answered)
    )
    unsigned = list(dict.fromkeys(name for name, reply in answered if not reply.secure))
    bogus = any(reply.bogus for _name, _type, reply in asked)
    if unsigned and not bogus and not _validates([reply for _name, reply in answered], world):
        secure = None
        findings.unknown(
            "the resolver does not validate, so nobody knows; give resolvers that do, such as an unbound of one's own"
        )
    else:
        for name in unsigned:
            what = "its answers are not signed, or no parent vouches for them (DS)"
            findings.warning(f"{name}: {what}" if name == domain else f"MX {name}: {what}, so there is no DANE")
        if not unsigned and not bogus and len(answered) < len(asked):
            secure = None
    names = [
        {"name": name, "type": type_, "secure": None if reply.failed else reply.secure, "bogus": reply.bogus}
        for name, type_, reply in asked
    ]
    return findings.check(f"the answers for {domain} and its MX hosts validate", secure=secure, names=names)


def _validates(replies: list[Reply], world: World) -> bool:
    """Whether the resolver validates: it has said so of an answer, or says so of the root, which is signed."""
    return any(reply.secure for reply in replies) or world.lookup.resolve(".", "SOA").secure
