# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``bimi``: the logo of a brand (draft-brand-indicators-for-message-identification), and what it needs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from ..core.errors import shown
from ..dns.reply import Reply
from .dmarc_record import NONE, QUARANTINE
from .dmarc_walk import Discovery, discover
from .expected import compare
from .findings import Findings
from .model import Check
from .replies import NAME_LIMIT, as_record, cut, failure, told
from .tags import comparable, read_tags
from .world import World

_VERSION = re.compile(r"v[ \t]*=[ \t]*BIMI1[ \t]*(?:;|$)", re.ASCII)


def check_bimi(domain: str, world: World) -> Check:
    """Return the verdict on the logo of ``domain``, from its own record or its organisation's.

    No record is no fault where none is expected: a logo is nobody's duty.

    Fields: ``logo`` and ``authority`` (URLs, or ``None``), ``declined`` (the record says that there is no logo),
    ``bimi_domain`` (whose record it is, or ``None``), ``dmarc_policy`` (that holds for the domain, ``None`` where none
    does or nobody asked).
    """
    findings = Findings()
    name = f"default._bimi.{domain}"
    reply = world.lookup.resolve(name, "TXT")
    texts = _texts(reply)
    compared = None if reply.failed else compare(world, name, "TXT", texts, comparable)
    if compared is not None and not compared.match:
        findings.error(compared.told())
    owner, discovery = domain, None
    if not texts and not reply.failed:
        discovery = discover(domain, world.lookup)
        if discovery.organizational_domain != domain:
            owner = discovery.organizational_domain
            name = f"default._bimi.{owner}"
            reply = world.lookup.resolve(name, "TXT")
            texts = _texts(reply)
    if reply.failed:
        findings.add(failure(reply), told(name, "TXT", reply))
        return findings.check("", **_fields())
    if not texts:
        if reply.found:
            findings.warning(f"{name} has TXT and no BIMI record")
        else:
            findings.info(told(name, "TXT", reply))
        return findings.check("no logo is published (BIMI)", as_record(reply.values), **_fields())
    if len(texts) > 1:
        findings.error(f"there are {len(texts)} BIMI records at {name}; receivers ignore them")
        return findings.check("", as_record(texts), **_fields())
    fields = _judge_record(texts[0], owner, findings)
    if not fields["declined"]:
        fields["dmarc_policy"] = _judge_dmarc(discovery or discover(domain, world.lookup), findings)
    success = "no logo is to be shown (BIMI)" if fields["declined"] else f"the logo is at {fields['logo']} (BIMI)"
    return findings.check(success, as_record(texts), **fields)


def _texts(reply: Reply) -> list[str]:
    return [text for text in reply.values if _VERSION.match(text)]


def _fields() -> dict[str, Any]:
    return {"logo": None, "authority": None, "declined": False, "bimi_domain": None, "dmarc_policy": None}


def _judge_record(text: str, owner: str, findings: Findings) -> dict[str, Any]:
    read = read_tags(text)
    for problem in read.problems:
        findings.warning(f"BIMI record: {problem}")
    logo, authority = read.tags.get("l"), read.tags.get("a")
    if logo is None:
        findings.error("BIMI record has no l=, so there is no logo")
    elif logo:
        if not _is_https(logo):
            findings.error(f"BIMI record has l={shown(logo, 100)}, which is no https URL")
        elif not logo.lower().partition("?")[0].endswith((".svg", ".svgz")):
            findings.warning(f"BIMI record has l={shown(logo, 100)}, which is no .svg")
    if authority and not _is_https(authority):
        findings.error(f"BIMI record has a={shown(authority, 100)}, which is no https URL")
    declined = logo == "" and not authority
    if logo and not authority:
        findings.info("nothing proves that the logo is one's own (no a=); several large receivers show none without")
    elif logo == "" and authority:
        findings.error("BIMI record has a certificate (a=) and no logo (l=)")
    return {
        **_fields(),
        "logo": cut(logo or "", NAME_LIMIT) or None,
        "authority": cut(authority or "", NAME_LIMIT) or None,
        "declined": declined,
        "bimi_domain": owner,
    }


def _judge_dmarc(discovery: Discovery, findings: Findings) -> str | None:
    """Note what keeps receivers from showing a logo: without enforced DMARC, they show none."""
    policy, record = discovery.existing_policy, discovery.record
    if not discovery.known:
        found = discovery.failed[0]
        findings.add(failure(found.reply), told(f"_dmarc.{found.domain}", "TXT", found.reply))
    elif record is None or policy is None:
        findings.error("receivers show no logo: no DMARC policy holds for the domain")
    elif policy == NONE:
        findings.error("receivers show no logo: the DMARC policy is none; it has to be quarantine or reject")
    elif record.testing:
        findings.error("receivers show no logo: DMARC is being tested (t=y)")
    elif record.policy_for(own=False) == NONE:
        findings.error("receivers show no logo: DMARC leaves subdomains unprotected (sp=none)")
    elif policy == QUARANTINE and record.tags.get("pct", "100") != "100":
        findings.error("receivers show no logo: with quarantine, pct= has to be 100 or not there")
    return policy


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
