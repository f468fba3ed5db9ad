# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DANE for SMTP: the TLSA records of each MX against the certificate that it really presents (RFC 7672)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import shown
from ..dns.reply import Reply
from .expected import compare
from .findings import Findings
from .issuers import objection
from .mail_hosts import HOST_LIMIT, exchangers, host_addresses
from .model import ERROR, SUCCESS, UNKNOWN, WARNING, Check, worst
from .replies import as_record, cut, failure, told
from .tlsa import ISSUER, OWN, Tlsa, parse_tlsa
from .together import together
from .world import Presented, World

PORT = 25
# As many records of one host as are looked at, and how much of one is shown: a whole certificate may stand in it.
_RECORDS = 50
_SHOWN = 160


@dataclass
class _Host:
    """What was found of one MX host; ``good`` is its message where nothing was found against it."""

    name: str
    good: str = ""
    records: tuple[str, ...] = ()
    found: Findings = field(default_factory=Findings)
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return self.found.message(self.good)

    def shown(self) -> dict[str, Any]:
        return {
            "host": self.name,
            "status": self.found.status,
            "message": self.message,
            "records": [cut(record, _SHOWN) for record in self.records],
            "secure": None,
            "matched": [],
            "presented": None,
            "expected": [],
            "match": None,
            **self.fields,
        }


def check_dane(domain: str, world: World) -> Check:
    """Judge DANE for the mail of ``domain``, each of its MX hosts at port 25.

    Fields: ``hosts``, for each ``host``, ``status``, ``message``, ``records`` (TLSA as in a zone file), ``secure``
    (validated; none if there are no records), ``matched`` (the records that stand for what is presented),
    ``presented`` (``certificate_sha256``, ``spki_sha256``, ``names``; none where nothing is), ``expected`` and
    ``match`` (none where nothing is expected).
    """
    reply = world.lookup.resolve(domain, "MX")
    if reply.failed:
        return Check(failure(reply), told(domain, "MX", reply), fields={"hosts": []})
    # RFC 5321, section 5.1: without an MX, the domain itself takes the mail.
    names = list(dict.fromkeys(one.host for one in exchangers(reply))) or [domain]
    if names == [""]:
        return Check(SUCCESS, f"{domain} takes no mail (null MX)", fields={"hosts": []})
    hosts = together(lambda name: _judge(name, domain, reply, world), filter(None, names))
    warnings = [text for host in hosts for text in host.found.warnings]
    status = worst(host.found.status for host in hosts)
    if len(reply.values) > HOST_LIMIT:
        warnings.append(f"{domain} has {len(reply.values)} MX records, of which {HOST_LIMIT} were looked at")
        status = worst((status, WARNING))
    message = next((host.message for host in hosts if host.found.status == status), warnings[-1] if warnings else "")
    return Check(
        status,
        _all_good(hosts) if status == SUCCESS else message,
        as_record(f"_{PORT}._tcp.{host.name} TLSA {cut(one, _SHOWN)}" for host in hosts for one in host.records),
        tuple(dict.fromkeys(warnings)),
        tuple(dict.fromkeys(text for host in hosts for text in host.found.notes)),
        {"hosts": [host.shown() for host in hosts]},
    )


def _all_good(hosts: Sequence[_Host]) -> str:
    count = sum(bool(host.records) for host in hosts)
    if len(hosts) == 1 or not count:
        return hosts[0].message
    return f"The TLSA records of {count} of {len(hosts)} MX hosts match what they present"


def _judge(name: str, domain: str, mx: Reply, world: World) -> _Host:
    """Return what is to be said of the MX host ``name`` of ``domain``, found by the answer ``mx``."""
    host, owner = _Host(name), f"_{PORT}._tcp.{name}"
    reply = world.lookup.resolve(owner, "TLSA")
    host.records = reply.values[:_RECORDS]
    compared = compare(world, owner, "TLSA", reply.values)
    if compared is not None:
        # RFC 7671, section 8.1: records of keys to come stand beside them.
        host.fields |= {"expected": list(compared.expected), "match": None if reply.failed else not compared.missing}
    if reply.failed:
        # RFC 7672, section 2.1.1: of a bogus answer, mail waits as if the host could not be reached.
        host.found.add(failure(reply), told(owner, "TLSA", reply))
        return host
    if compared is not None and compared.missing:
        host.found.error(compared.told())
    if not reply.found:
        if compared is None:
            _without(host, owner, reply, mx)
        return host
    host.fields["secure"] = reply.secure
    if not reply.secure:
        text = (
            "are not validated, and senders pass them over: the zone is not signed, or the resolver does not validate"
        )
        host.found.warning(f"The TLSA records at {owner} {text}")
        return host
    _judge_way(host, mx, world)
    _compare(host, domain, [parse_tlsa(value) for value in host.records], world)
    return host


def _without(host: _Host, owner: str, reply: Reply, mx: Reply) -> None:
    if reply.secure and mx.secure:
        host.found.warning(f"No TLSA records at {owner}, though the zones are signed, so that DANE could be used")
        return
    host.good = f"DANE is not used: there are no TLSA records at {owner}, and the zones are not signed"
    host.found.info(f"No TLSA records at {owner}; they would need signed zones")


def _judge_way(host: _Host, mx: Reply, world: World) -> None:
    """See that senders come as far as the TLSA records (RFC 7672, sections 2.2.1 and 2.2.2)."""
    if mx.found and not mx.secure:
        text = "the MX records that lead to it are not validated, so that somebody may lead mail elsewhere"
        host.found.warning(f"{host.name} has TLSA records, but {text}")
    found = host_addresses(host.name, world.lookup)
    for type_, reply in found.replies:
        if reply.bogus:
            host.found.error(told(host.name, type_, reply))
        elif reply.found and not reply.secure:
            text = "not validated, and senders do not ask for its TLSA records then"
            host.found.warning(f"The addresses of {host.name} ({type_}) are {text}")


def _compare(host: _Host, domain: str, records: Sequence[Tlsa], world: World) -> None:
    usable = [record for record in records if not record.unusable]
    for record in records:
        if record.unusable:
            host.found.warning(f"TLSA {cut(str(record), 90)} of {host.name} is passed over: {record.unusable}")
    if not usable:
        host.found.error(f"None of the TLSA records of {host.name} can be used for SMTP")
        return
    presented = world.present(host.name, PORT)
    if presented.problem and presented.reached:
        host.found.error(f"{host.name} has TLSA records, but presents no certificate: {presented.problem}")
        return
    if presented.problem:
        host.found.unknown(f"What {host.name} presents is not known: {presented.problem}")
        return
    host.fields["presented"] = {
        "certificate_sha256": presented.certificate_sha256,
        "spki_sha256": presented.spki_sha256,
        "names": list(presented.names[:_RECORDS]),
    }
    matched, objections = _matched(host.name, domain, usable, presented)
    host.fields["matched"] = [cut(str(record), _SHOWN) for record in matched]
    if matched:
        host.good = f"TLSA {cut(str(matched[0]), _SHOWN)} matches what {host.name} presents"
        _tell_rollover(host, usable, matched)
        return
    for status, text in objections:
        host.found.add(status, text)
    if not objections:
        host.found.error(
            f"{host.name} presents a certificate that none of its TLSA records stands for: it would be "
            f"{shown(f'3 1 1 {presented.spki_sha256}')}, and there is "
            f"{' and '.join(shown(str(record), 90) for record in usable[:4])}"
        )


def _matched(
    name: str, domain: str, usable: Sequence[Tlsa], presented: Presented
) -> tuple[list[Tlsa], list[tuple[str, str]]]:
    """Return the records that stand for what is presented, and, as pairs of status and text, why others do not."""
    matched = [record for record in usable if record.usage == OWN and record.matches(presented.chain[0])]
    objections: list[tuple[str, str]] = []
    for record in usable:
        if record.usage != ISSUER:
            continue
        subject = f"TLSA {cut(str(record), 90)}"
        places = [number for number, one in enumerate(presented.chain) if number and record.matches(one)]
        if not places:
            if not presented.whole:
                text = f"{subject} may name an issuer that {name} presents, but this Python does not show the chain"
                objections.append((UNKNOWN, text))
            continue
        problem = objection(presented.chain, places[0], (name, domain))
        if problem:
            objections.append((ERROR, f"{subject} names an issuer that {name} presents, but {problem}"))
        else:
            matched.append(record)
    return matched, objections


def _tell_rollover(host: _Host, usable: Sequence[Tlsa], matched: Sequence[Tlsa]) -> None:
    """Say how the records stand when the key changes (RFC 7671, section 8)."""
    others = [record for record in usable if record not in matched]
    if {record.usage for record in matched} == {OWN, ISSUER}:
        host.found.info(f"{host.name} is named by its own key and by its issuer's (3 and 2): either may change")
    if others:
        usages = " and ".join(str(usage) for usage in sorted({record.usage for record in others}, reverse=True))
        host.found.info(
            f"{len(others)} more of the TLSA records of {host.name} (usage {usages}) may stand for keys to come"
        )
    if any(record.matching == 0 for record in usable):
        host.found.info(f"{host.name} has TLSA records with whole certificates or keys; their SHA-256 is shorter")
    if not any(record.matching in (0, 1) for record in usable):
        host.found.info(f"{host.name} has SHA-512 alone, which senders need not know; SHA-256 is known to all")
