# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that an SPF record leads to, whoever sends: how often the DNS is asked, and what is broken on the way.

Other than an evaluation (`spf_evaluate`), which ends at the first match and at the limit, it goes through all terms.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core.errors import shown
from ..dns.reply import Reply
from . import spf_macro
from .bounded_lookup import BoundedLookup
from .findings import Findings
from .spf_evaluate import MX_LIMIT, is_name, presented
from .spf_record import ASKING, BadRecord, Mechanism, Record, parse_record, select

# So far the terms are counted; a loop has as many.
COUNT_LIMIT = 999
# So many characters are read of all records together. Those of good domains have hundreds, and reading costs time.
SIZE_LIMIT = 512 * 1024
# Macros that stand for the same in all mail of a domain.
_FIXED = frozenset("do")


@dataclass(frozen=True)
class Walked:
    """What a record leads to.

    ``lookups`` are the terms that ask the DNS, and ``voids`` the questions to which there is nothing, both of the
    record and of all that it includes. ``policy`` is the ``all`` that decides in the end, as ``-all``, also that of a
    redirect, and ``None`` where there is none; ``settled`` says whether that is known.
    """

    lookups: int = 0
    voids: int = 0
    policy: str | None = None
    settled: bool = True


class Walk:
    """One walk from a domain's record through what it includes."""

    def __init__(self, domain: str, lookup: BoundedLookup, findings: Findings) -> None:
        self._domain, self._lookup, self._findings = domain, lookup, findings
        self._known: dict[str, Walked] = {}
        self._path: list[str] = []
        self._size = 0

    def record(self, domain: str, record: Record) -> Walked:
        """Return what ``record`` of ``domain`` leads to; what is wrong on the way is noted."""
        self._path.append(domain.lower())
        lookups = voids = 0
        for mechanism in record.mechanisms:
            if mechanism.name == "all":
                break
            if mechanism.name in ASKING:
                behind = self._mechanism(domain, mechanism)
                lookups, voids = lookups + 1 + behind.lookups, voids + behind.voids
        policy, settled = None, True
        if record.all is not None:
            policy = f"{record.all.qualifier}all"
        elif record.redirect is not None:
            behind = self._target(domain, f"redirect={record.redirect}", record.redirect)
            lookups, voids = lookups + 1 + behind.lookups, voids + behind.voids
            policy, settled = behind.policy, behind.settled
        self._path.pop()
        return Walked(min(lookups, COUNT_LIMIT), min(voids, COUNT_LIMIT), policy, settled)

    def _mechanism(self, domain: str, mechanism: Mechanism) -> Walked:
        if mechanism.name == "include":
            behind = self._target(domain, mechanism.text, mechanism.domain)
            if behind.policy == "+all" and mechanism.qualifier == "+":
                self._findings.error(f"{shown(mechanism.text)} leads to +all, which allows the whole world to send")
            return behind
        if mechanism.name == "ptr":
            self._findings.warning(
                f"{shown(mechanism.text)} in the record of {domain} is slow and unreliable, and RFC 7208, section 5.5, "
                "discourages it; use ip4, ip6, a or mx"
            )
            return Walked()
        name = self._name(domain, mechanism.text, mechanism.domain)
        if name is None or not is_name(name):
            return Walked()
        asked = presented(name)
        if mechanism.name == "a":
            return Walked(voids=self._without_address(asked, mechanism.text))
        reply = self._ask(asked, "MX" if mechanism.name == "mx" else "A", mechanism.text)
        if mechanism.name != "mx" or not reply.found:
            return Walked(voids=int(reply.absent))
        if len(reply.values) > MX_LIMIT:
            self._findings.error(
                f"{shown(mechanism.text)}: {name} has {len(reply.values)} MX records, and SPF allows {MX_LIMIT}"
            )
        exchanges = [value.split()[-1] for value in reply.values[:MX_LIMIT]]
        return Walked(voids=sum(self._without_address(one, mechanism.text) for one in exchanges if one != "."))

    def _target(self, domain: str, term: str, spec: str) -> Walked:
        """Return what the record that ``term`` names leads to."""
        unsettled = Walked(settled=False)
        name = self._name(domain, term, spec)
        if name is None:
            return unsettled
        key = name.lower()
        if key in self._path:
            circle = " to ".join([*self._path[self._path.index(key) :], key])
            self._findings.error(f"{shown(term)} goes in a circle: {circle}")
            return Walked(COUNT_LIMIT, settled=False)
        if key not in self._known:
            record = self._fetched(name, term)
            self._known[key] = unsettled if record is None else self.record(name, record)
        return self._known[key]

    def _fetched(self, name: str, term: str) -> Record | None:
        if not is_name(name) or "." not in name:
            self._findings.error(f"{shown(term)} leads to {shown(name)}, which is no name of a domain")
            return None
        reply = self._ask(presented(name), "TXT", term)
        if reply.failed:
            return None
        texts = select(reply.values)
        if len(texts) != 1:
            why = reply.outcome if reply.absent else "there is none among its TXT records"
            self._findings.error(
                f"{shown(term)} leads to {len(texts)} SPF records, and receivers want one"
                if texts
                else f"{shown(term)} leads to no SPF record: {why}"
            )
            return None
        self._size += len(texts[0])
        if self._size > SIZE_LIMIT:
            self._findings.unknown(f"{shown(term)} is not followed, as the records so far are too long")
            return None
        try:
            return parse_record(texts[0])
        except BadRecord as error:
            self._findings.error(f"{shown(term)} leads to a bad SPF record: {error}")
            return None

    def _without_address(self, name: str, term: str) -> int:
        """Return 1 for a name without any address."""
        return int(self._ask(name, "A", term).absent and self._ask(name, "AAAA", term).absent)

    def _name(self, domain: str, term: str, spec: str) -> str | None:
        """Return the name that a domain-spec stands for; ``None`` where that depends on the mail."""
        if "p" in spf_macro.letters(spec):
            self._findings.warning(
                f"{shown(term)} in the record of {domain} has the macro p, which RFC 7208, section 7.2, discourages"
            )
        if not spf_macro.letters(spec) <= _FIXED:
            self._findings.info(f"{shown(term)} depends on the mail; what it leads to is not looked at")
            return None
        return spf_macro.expand_name(spec, {"d": domain, "o": self._domain}.__getitem__) if spec else domain

    def _ask(self, name: str, type_: str, term: str) -> Reply:
        reply = self._lookup.resolve(name, type_)
        if reply.failed:
            self._findings.unknown(f"{type_} of {name}, for {shown(term)}: {reply.outcome}")
        return reply
