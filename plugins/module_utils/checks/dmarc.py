# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``dmarc``: the policy that holds for a domain (RFC 9989), and where its reports go (RFC 9990)."""

from __future__ import annotations

from typing import Any

from ..core.addresses import DOMAIN_LIMIT
from ..core.errors import shown
from ..dns.reply import Lookup
from .bounded_lookup import BoundedLookup
from .dmarc_record import NONE, QUARANTINE, REJECT, DmarcRecord, ReportUri, is_dmarc, looks_like_dmarc, lowered
from .dmarc_walk import Discovery, discover
from .expected import compare
from .findings import Findings
from .model import Check
from .replies import NAME_LIMIT, as_record, cut, failure, told
from .tags import comparable
from .world import World

# RFC 7489's reading of a record without pct=.
_WHOLE = "100"
# What the addresses for reports, which may be of anybody's domains, may make us ask, and for how many seconds.
QUESTION_LIMIT = 50
_TIMEOUT = 20.0


def check_dmarc(domain: str, world: World) -> Check:
    """Return the verdict on the DMARC policy of ``domain``, its own or the one it has from a domain above.

    Fields: ``policy`` (what holds for the domain), ``subdomain_policy`` and ``nonexistent_policy`` (``sp=`` and ``np=``
    as they are there, or ``None``), ``pct`` (as it is there, ``"100"`` in a record without; it means nothing to
    receivers that follow RFC 9989), ``testing`` (``t=y``), ``is_strong`` (all that fails is to be rejected),
    ``policy_domain`` (whose record it is), ``organizational_domain``, ``rua`` and ``ruf`` (lists of URIs).
    """
    discovery = discover(domain, world.lookup)
    findings = Findings()
    record = discovery.record
    own = as_record(discovery.own.texts)
    compared = compare(world, f"_dmarc.{domain}", "TXT", discovery.own.texts, comparable)
    if compared is not None and not compared.match and not discovery.own.reply.failed:
        findings.error(compared.told())
    if discovery.own.reply.failed:
        reply = discovery.own.reply
        findings.add(failure(reply), told(f"_dmarc.{domain}", "TXT", reply))
    elif len(discovery.own.texts) > 1:
        findings.error(f"there are {len(discovery.own.texts)} DMARC records at _dmarc.{domain}; receivers ignore them")
    for found in discovery.walk[1:]:
        if not found.reply.failed:
            continue
        text = told(f"_dmarc.{found.domain}", "TXT", found.reply)
        if record is None:
            findings.add(failure(found.reply), text)
        else:
            findings.info(f"{text}; the organisational domain may be another")
    if record is None:
        if discovery.known and len(discovery.own.texts) < 2:
            findings.error(_missing(discovery))
        return findings.check("", own, **_fields(discovery, None))
    if record is not discovery.own.record:
        findings.info(f"the policy is that of {discovery.policy_domain}; {domain} has no record of its own")
    policy = discovery.existing_policy
    _judge_policy(discovery, record, policy, findings)
    _judge_leftovers(record, findings)
    _judge_reports(discovery, record, BoundedLookup(world.lookup, QUESTION_LIMIT, _TIMEOUT), findings)
    success = f"DMARC rejects what fails (p={REJECT})"
    return findings.check(success, as_record([record.text]) if own is None else own, **_fields(discovery, policy))


def _fields(discovery: Discovery, policy: str | None) -> dict[str, Any]:
    record = discovery.record
    pct = cut(record.tags.get("pct", _WHOLE), NAME_LIMIT) if record else None
    return {
        "policy": policy,
        "subdomain_policy": record.subdomain_policy if record else None,
        "nonexistent_policy": record.nonexistent_policy if record else None,
        "pct": pct,
        "testing": record.testing if record else False,
        "is_strong": record is not None and policy == REJECT and not record.testing and pct == _WHOLE,
        "policy_domain": discovery.policy_domain,
        "organizational_domain": discovery.organizational_domain,
        "rua": [cut(uri.text, NAME_LIMIT) for uri in record.rua] if record else [],
        "ruf": [cut(uri.text, NAME_LIMIT) for uri in record.ruf] if record else [],
    }


def _missing(discovery: Discovery) -> str:
    name = f"_dmarc.{discovery.domain}"
    reply = discovery.own.reply
    near = next((text for text in reply.values if looks_like_dmarc(text)), None)
    if near is not None:
        return f"{name} has no DMARC record: {shown(near, 80)} does not begin with exactly v=DMARC1 and a semicolon"
    if reply.found:
        return f"{name} has no DMARC record: {len(reply.values)} other TXT stand there"
    return f"there is no DMARC record: {told(name, 'TXT', reply)}, and none above it holds"


def _judge_policy(discovery: Discovery, record: DmarcRecord, policy: str | None, findings: Findings) -> None:
    for problem in record.problems:
        findings.warning(f"DMARC record: {problem}")
    if policy is None:
        findings.error(
            "receivers do not apply the DMARC record: it has no valid p= (or sp=, np=) and no address in rua="
        )
        return
    if record.policy is None or record.broken:
        findings.warning(
            "DMARC record lacks p=, or has one of p=, sp= and np= that is none; receivers take it for p=none"
        )
    if policy == NONE:
        findings.warning("DMARC only watches (policy none): nothing that fails is held back")
    elif policy == QUARANTINE:
        findings.warning("DMARC puts aside what fails (policy quarantine); consider reject")
    if record.testing and policy != NONE:
        findings.warning(f"DMARC is being tested (t=y): receivers apply {lowered(policy)} instead of {policy}")
    if discovery.policy_domain == discovery.domain == discovery.organizational_domain:
        _judge_below(record, policy, findings)
    elif discovery.policy_domain == discovery.domain and (record.subdomain_policy or record.nonexistent_policy):
        findings.info(f"sp= and np= mean nothing here: {discovery.organizational_domain} is the organisational domain")


def _judge_below(record: DmarcRecord, policy: str, findings: Findings) -> None:
    """What names below the domain have, which anybody may make up."""
    existing = record.policy_for(own=False)
    made_up = record.policy_for(own=False, exists=False)
    if policy != NONE and existing == NONE:
        findings.warning("subdomains are not protected (sp=none)")
    elif existing != policy and existing is not None:
        findings.info(f"subdomains have another policy ({existing})")
    if policy != NONE and made_up == NONE and existing != NONE:
        findings.warning("subdomains that do not exist are not protected (np=none)")
    elif made_up != existing and made_up is not None:
        findings.info(f"subdomains that do not exist have another policy ({made_up})")


def _judge_leftovers(record: DmarcRecord, findings: Findings) -> None:
    """What RFC 7489 had and RFC 9989 has no more (appendix C.5)."""
    if "p" in record.tags and list(record.tags)[1] != "p":
        findings.info("p= does not stand right behind v=, where receivers of RFC 7489 want it")
    pct = record.tags.get("pct")
    if pct is not None:
        text = f"pct={shown(pct, 20)} means nothing any more (RFC 9989)"
        if pct == _WHOLE:
            findings.info(text)
        elif pct.isascii() and pct.isdigit() and len(pct) < 3:
            findings.warning(
                f"{text}; receivers of RFC 7489 apply the policy to {int(pct)} % of what fails, "
                "and the next weaker one to the rest"
            )
        else:
            findings.warning(f"{text}, and was never a number from 0 to 100")
    for tag in ("rf", "ri"):
        if tag in record.tags:
            findings.info(f"{tag}= means nothing any more (RFC 9989)")
    for uri in (*record.rua, *record.ruf):
        if uri.sized:
            findings.warning(
                f"{shown(uri.text, 100)} has a limit of size (!), which is no part of the address any more"
            )


def _judge_reports(discovery: Discovery, record: DmarcRecord, lookup: Lookup, findings: Findings) -> None:
    if "rua" not in record.tags:
        findings.info("nobody gets reports (no rua=)")
    if "fo" in record.tags and "ruf" not in record.tags:
        findings.info("fo= means nothing without ruf=")
    asked: set[tuple[str, str]] = set()
    for tag, uris in (("rua", record.rua), ("ruf", record.ruf)):
        for uri in uris:
            if uri.problem:
                continue
            if not uri.domain:
                findings.info(f"{tag}={shown(uri.text, 100)}: receivers need to know mailto: only")
            elif (tag, uri.domain) not in asked:
                asked.add((tag, uri.domain))
                _judge_destination(discovery, tag, uri, lookup, findings)


def _judge_destination(discovery: Discovery, tag: str, uri: ReportUri, lookup: Lookup, findings: Findings) -> None:
    """RFC 9990, section 4: another organisation has to say that it wants the reports."""
    ours = discovery.organizational_domain
    if uri.domain == ours or discover(uri.domain, lookup).organizational_domain == ours:
        return
    name = f"{discovery.policy_domain}._report._dmarc.{uri.domain}"
    if len(name) > DOMAIN_LIMIT:
        findings.warning(f"no reports go to {uri.domain} ({tag}=): the name of its consent would be too long")
        return
    reply = lookup.resolve(name, "TXT")
    if any(is_dmarc(text) for text in reply.values):
        return
    if reply.found:
        findings.warning(f"no reports go to {uri.domain} ({tag}=): TXT of {name} is not v=DMARC1")
    elif reply.absent:
        findings.warning(
            f"no reports go to {uri.domain} ({tag}=), which has not said that it wants them by v=DMARC1: "
            f"{told(name, 'TXT', reply)}"
        )
    else:
        findings.info(f"whether {uri.domain} wants the reports ({tag}=) is not known: {told(name, 'TXT', reply)}")
