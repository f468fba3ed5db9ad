# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a domain's SPF record.

Its fields: ``policy`` (the ``all`` that decides, also a redirect's: ``-all``, ``~all``, ``?all``, ``+all``, or
null), ``has_strict_all``, ``includes_mx``, ``includes`` (their domains, as they are written), ``dns_lookups`` (0 to
999), ``void_lookups``, ``authorized_by`` (address: the terms that allow it, or null), and, where a record is expected,
``expected_record``, ``actual_record`` and ``match``, which is null where it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.errors import shown
from ..core.text import readable
from ..dns import seen
from ..dns.reply import Reply
from ..dns.spf import LOOKUP_LIMIT, TAG, normal, terms_of
from .bounded_lookup import BoundedLookup
from .findings import Findings
from .model import Check
from .replies import as_record, failure, told
from .spf import TIMEOUT, check_host
from .spf_evaluate import VOID_LIMIT
from .spf_record import BadRecord, Record, parse_record, select
from .spf_result import PASS, TEMPERROR
from .spf_walk import COUNT_LIMIT, Walk, Walked
from .world import World

# What one domain may make us ask: for its record and all that it includes, and for each address beside that.
QUESTION_LIMIT = 100
ADDRESS_QUESTION_LIMIT = 20
_ALMOST = re.compile(r"[\s\"']*v\s*=\s*spf1", re.IGNORECASE)
_SHOWN_FINDINGS = 10
_SECTION = "RFC 7208, section 4.6.4"


def check_spf(domain: str, world: World) -> Check:
    """Return the verdict on the SPF record of ``domain``, and whether it allows each address of ``world``."""
    limit = QUESTION_LIMIT + ADDRESS_QUESTION_LIMIT * len(world.addresses)
    lookup = BoundedLookup(world.lookup, limit, TIMEOUT)
    findings = Findings()
    reply = lookup.resolve(domain, "TXT")
    texts = select(reply.values)
    record = _record(domain, reply, texts, findings)
    walked, allowed = Walked(), dict.fromkeys(world.addresses, "")
    if record is not None:
        walked = Walk(domain, BoundedLookup(lookup, QUESTION_LIMIT, TIMEOUT), findings).record(domain, record)
        _judge_terms(record, findings)
        _judge_walk(walked, findings)
        allowed = _judge_addresses(domain, world.addresses, lookup, findings)
    fields: dict[str, Any] = {
        "policy": walked.policy,
        "has_strict_all": walked.policy == "-all",
        "includes_mx": record is not None and any(one.name == "mx" for one in record.mechanisms),
        "includes": [one.domain for one in record.mechanisms if one.name == "include"] if record else [],
        "dns_lookups": walked.lookups,
        "void_lookups": walked.voids,
        "authorized_by": {address: by or None for address, by in allowed.items()},
        **_compared(world.expected.get((domain, "TXT"), ()), reply, texts, findings),
    }
    # An SPF record often has several faults, of which each alone makes it worthless.
    message = "; ".join(findings.worst[:_SHOWN_FINDINGS]) or _praise(walked, allowed)
    return Check(findings.status, message, as_record(texts), findings.warnings, findings.notes, fields)


def _record(domain: str, reply: Reply, texts: Sequence[str], findings: Findings) -> Record | None:
    """Return the one record of the domain, ``None`` where there is none that can be read."""
    if reply.failed:
        findings.add(failure(reply), f"nobody could tell the SPF record of {domain}: {told(domain, 'TXT', reply)}")
        return None
    almost = [value for value in reply.values if _ALMOST.match(value) and value not in texts]
    if not texts:
        if almost:
            findings.error(
                f"the record {shown(almost[0])} of {domain} is no SPF record: it must start with {TAG} and a space"
            )
        elif reply.outcome == seen.NXDOMAIN:
            findings.error(f"{domain} does not exist (NXDOMAIN), so it has no SPF record")
        elif reply.absent:
            findings.error(f"{domain} has no TXT record, so it has no SPF record")
        else:
            findings.error(f"{domain} has no SPF record among its TXT records")
        return None
    if len(texts) > 1:
        findings.error(f"{domain} has {len(texts)} SPF records, and receivers take none of them; leave one")
        return None
    if almost:
        findings.warning(f"the record {shown(almost[0])} looks like SPF and is none: it lacks a space behind {TAG}")
    try:
        return parse_record(texts[0])
    except BadRecord as error:
        findings.error(f"the SPF record of {domain} is wrong: {error}")
        return None


def _judge_terms(record: Record, findings: Findings) -> None:
    """Note what is odd in the domain's own record."""
    names = [one.name for one in record.mechanisms]
    if record.all is not None:
        behind = [one.text for one in record.mechanisms[names.index("all") + 1 :]]
        if record.redirect is not None:
            behind.append(f"redirect={record.redirect}")
        if behind:
            findings.warning(f"with all in the record, receivers never read {_listed(map(shown, behind))}")
    for mechanism in record.mechanisms:
        if mechanism.network is not None and mechanism.network.prefixlen == 0 and mechanism.qualifier == "+":
            findings.warning(f"{shown(mechanism.text)} allows every IPv{mechanism.network.version} address to send")


def _judge_walk(walked: Walked, findings: Findings) -> None:
    """Note what the limits and the policy make of all that the record leads to."""
    if walked.lookups > LOOKUP_LIMIT:
        more = " or more" if walked.lookups == COUNT_LIMIT else ""
        findings.error(
            f"{walked.lookups}{more} terms ask the DNS, those of includes among them, and receivers refuse more than "
            f"{LOOKUP_LIMIT} ({_SECTION})"
        )
    if walked.voids > VOID_LIMIT:
        findings.error(
            f"{walked.voids} names in the record have nothing in the DNS, and receivers refuse more than {VOID_LIMIT} "
            f"({_SECTION})"
        )
    if walked.policy == "+all":
        findings.error("+all allows the whole world to send, so the record protects from nothing")
    elif walked.policy is None and walked.settled:
        findings.error("the record has no all at its end, so it says nothing of all other senders; add -all")
    elif walked.policy == "?all":
        findings.warning("?all says nothing of all other senders, so it hardly protects; use -all or ~all")
    elif walked.policy == "~all":
        findings.info("~all asks receivers to take mail of others with suspicion; -all has them refuse it")


def _judge_addresses(
    domain: str, addresses: Sequence[str], lookup: BoundedLookup, findings: Findings
) -> dict[str, str]:
    """Return by which terms each address may send, an empty text where it may not."""
    allowed = {}
    for address in addresses:
        result = check_host(address, domain, f"postmaster@{domain}", domain, lookup)
        allowed[address] = readable(result.matched) if result.result == PASS else ""
        why = f": {result.problem}" if result.problem else f" by {result.matched}" if result.path else ""
        if result.result == TEMPERROR:
            findings.unknown(f"nobody could tell whether {address} may send{why}")
        elif result.result != PASS:
            findings.error(f"{address} is not allowed to send, SPF ends in {result.result}{why}")
    return allowed


def _compared(expected: Sequence[str], reply: Reply, texts: Sequence[str], findings: Findings) -> Mapping[str, Any]:
    """Return the fields for an expected record, none where none is expected."""
    wanted = next(iter(select(expected)), None)
    if wanted is None:
        return {}
    match = None if reply.failed else len(texts) == 1 and _normal(texts[0]) == _normal(wanted)
    actual = as_record(texts)
    if match is False:
        found = shown(actual) if actual else "none"
        findings.error(f"the record is not as expected: wanted {shown(wanted)}, found {found}")
    return {"expected_record": wanted, "actual_record": actual, "match": match}


def _normal(record: str) -> list[str]:
    return [normal(term) for term in terms_of(record)]


def _praise(walked: Walked, allowed: Mapping[str, str]) -> str:
    policy = "the strict policy -all" if walked.policy == "-all" else f"the policy {walked.policy}"
    ways = _listed(f"{address} by {by}" for address, by in allowed.items())
    return f"the SPF record is right, with {policy}" + (f"; allowed to send: {ways}" if ways else "")


def _listed(items: Iterable[str], limit: int = 5) -> str:
    """Return ``items`` for a sentence, the first of them and how many more there are."""
    known = list(items)
    more = len(known) - limit
    return ", ".join(known[:limit]) + (f" and {more} more" if more > 0 else "")
