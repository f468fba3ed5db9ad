# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DMARC for a received message: whether DKIM or SPF proves the domain in From, and what is wanted if not (RFC 9989)."""

from __future__ import annotations

from ..core.errors import shown
from .alignment import Alignment
from .model import ERROR, SUCCESS, UNKNOWN, WARNING, Check
from .replies import as_record, failure, told

# RFC 8601, section 2.7.5 with RFC 7489's registration.
PASS, FAIL, NONE, TEMPERROR, PERMERROR = "pass", "fail", "none", "temperror", "permerror"


def dmarc_check(alignment: Alignment, problem: str, dkim: Check, spf: Check) -> Check:
    """Return the verdict of DMARC on a message with the verdicts ``dkim`` and ``spf``.

    ``problem`` says why there is no domain in From, if there is none. Fields: ``result`` (``pass``, ``fail``, ``none``
    without a policy, ``temperror``, ``permerror``), ``from_domain``, ``organizational_domain``, ``policy`` (what is
    wanted of messages that fail), ``policy_domain``, ``aligned_by`` (of ``dkim`` and ``spf`` what proves the domain),
    ``dkim_alignment`` and ``spf_alignment`` (``r`` or ``s``).
    """
    if not alignment.domain:
        return _told(None, ERROR, f"DMARC has no domain to judge by: {problem}", PERMERROR, [])
    discovery = alignment.discovery
    proofs = [name for name, check in (("dkim", dkim), ("spf", spf)) if check.fields.get("aligned")]
    if discovery.record is None and not discovery.known:
        failed = discovery.failed[0]
        asked = told(f"_dmarc.{failed.domain}", "TXT", failed.reply)
        return _told(alignment, failure(failed.reply), f"Nobody knows the DMARC policy: {asked}", TEMPERROR, proofs)
    name = shown(alignment.domain)
    if discovery.existing_policy is None:
        proved = f"{' and '.join(_NAMES[one] for one in proofs)} would prove it" if proofs else "nothing proves it"
        return _told(alignment, WARNING, f"There is no DMARC policy for {name}; {proved}", NONE, proofs)
    if proofs:
        words = " and ".join(_NAMES[one] for one in proofs)
        return _told(alignment, SUCCESS, f"DMARC: {words} proves the domain {name}", PASS, proofs)
    if UNKNOWN in (dkim.status, spf.status):
        unknown = dkim if dkim.status == UNKNOWN else spf
        return _told(alignment, UNKNOWN, f"Nobody knows whether DMARC passes: {unknown.message}", TEMPERROR, proofs)
    return _told(
        alignment,
        ERROR,
        f"DMARC: neither DKIM nor SPF proves the domain {name}, whose policy is {discovery.existing_policy}",
        FAIL,
        proofs,
    )


_NAMES = {"dkim": "DKIM", "spf": "SPF"}


def _told(alignment: Alignment | None, status: str, message: str, result: str, proofs: list[str]) -> Check:
    discovery = alignment.discovery if alignment else None
    record = discovery.record if discovery else None
    return Check(
        status,
        message,
        as_record([record.text]) if record else None,
        fields={
            "result": result,
            "from_domain": alignment.domain if alignment else "",
            "organizational_domain": discovery.organizational_domain if discovery else None,
            "policy": discovery.existing_policy if discovery else None,
            "policy_domain": discovery.policy_domain if discovery else None,
            "aligned_by": proofs,
            "dkim_alignment": record.dkim_alignment if record else None,
            "spf_alignment": record.spf_alignment if record else None,
        },
    )
