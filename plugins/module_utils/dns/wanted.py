# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole set that a call wants: all rows of all domains and hosts, the user's own records ahead of our defaults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from ..core.errors import Conflict
from .model import Wanted, WantedSet, WantedSpf
from .rows_domain import domain_records, domain_spf
from .rows_host import helo_spf, host_records
from .spec import Request
from .spf import TAG, check_lookups, terms_of


def wanted_set(request: Request) -> WantedSet:
    """Return the records that ``request`` asks for. Pure: nothing is looked up.

    Raises:
        Conflict: two records contradict each other, or an SPF record would take too many lookups.
    """
    domains = [domain for domain in request.domains if domain.present]
    hosts = [host for host in request.hosts if host.present]
    names = {domain.name for domain in domains}
    records = [one for domain in domains for one in domain_records(domain, request)]
    records += [one for host in hosts for one in host_records(host, request.ttl)]
    spf = [one for domain in domains for one in domain_spf(domain, request)]
    spf += [helo_spf(host, request.ttl) for host in hosts if host.name not in names]
    records, spf, notes = _own_first(records, spf)
    records = list({one.record: one for one in reversed(records)}.values())[::-1]
    _check(records, spf)
    records, spf = _one_ttl(records, spf)
    return WantedSet(
        tuple(records),
        tuple(spf),
        domains=frozenset(names),
        hosts=frozenset(host.name for host in hosts if host.addresses is not None),
        gone_domains=frozenset(domain.name for domain in request.domains if not domain.present),
        gone_hosts=frozenset(host.name for host in request.hosts if not host.present),
        unknown=frozenset(
            {("TLSA", host.name) for host in hosts if host.keys is None}
            | {("DKIM", domain.name) for domain in domains if domain.dkim is None}
        ),
        notes=tuple(notes),
    )


def _own_first(records: list[Wanted], spf: list[WantedSpf]) -> tuple[list[Wanted], list[WantedSpf], list[str]]:
    """Drop the defaults in whose place the user gives records, and say which."""
    asked = [one for one in records if one.asked]
    slots = {one.slot for one in asked}
    # A TXT record at a name of ours that means something else, such as a DKIM key, takes all of its slot.
    types: defaultdict[str, set[str]] = defaultdict(set)
    for one in asked:
        types[one.record.name].add(one.record.type)

    def gives_way(one: Wanted) -> bool:
        there = types.get(one.record.name, set())
        if one.record.type == "CNAME" or "CNAME" in there:
            return bool(there)
        return not one.shared and (one.slot in slots or (one.record.type in there and not one.tag))

    gone = [one.record for one in records if not one.asked and gives_way(one)]
    kept = [one for one in records if one.asked or not gives_way(one)]
    spf_names = {slot.name for slot in slots if slot.tag == TAG} | {
        name for name, there in types.items() if "CNAME" in there
    }
    gone += [one.record for one in spf if one.name in spf_names]
    notes = [
        f"{record.name} {record.type}: a record of your own stands in for {record.value}" for record in sorted(gone)
    ]
    return kept, [one for one in spf if one.name not in spf_names], notes


def _check(records: Iterable[Wanted], spf: Iterable[WantedSpf]) -> None:
    by_name: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    tagged: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in records:
        by_name[one.record.name].add((one.record.type, one.record.value))
        if one.tag:
            tagged[one.record.name, one.tag].add(one.record.value)
        if one.tag == TAG:
            check_lookups(one.record.name, terms_of(one.record.value))
    for wanted in spf:
        by_name[wanted.name].add(("TXT", wanted.record.value))
        tagged[wanted.name, TAG].add(wanted.record.value)
        check_lookups(wanted.name, [term.text for term in wanted.terms])
    for name, values in by_name.items():
        aliases = sorted(value for type_, value in values if type_ == "CNAME")
        if aliases and len(values) > 1:
            others = sorted(f"{type_} {value}" for type_, value in values if value != aliases[0] or type_ != "CNAME")
            raise Conflict(
                f"{name} is wanted as CNAME {aliases[0]} and also as {', '.join(others)}; nothing may stand beside a "
                "CNAME (RFC 1034, section 3.6.2): leave one of them out"
            )
    for (name, tag), texts in tagged.items():
        if len(texts) > 1:
            raise Conflict(
                f"{name} is wanted with {len(texts)} records {tag}, of which a name has one: "
                f"{' and '.join(sorted(texts))}; leave one of them out"
            )


def _one_ttl(records: list[Wanted], spf: list[WantedSpf]) -> tuple[list[Wanted], list[WantedSpf]]:
    """Give all records of an RRset the shortest of their TTLs (RFC 2181, section 5.2: they have one)."""
    shortest: dict[tuple[str, str], int] = {}
    for record in [*(one.record for one in records), *(one.record for one in spf)]:
        key = (record.name, record.type)
        shortest[key] = min(record.ttl, shortest.get(key, record.ttl))
    return (
        [replace(one, record=replace(one.record, ttl=shortest[one.record.name, one.record.type])) for one in records],
        [replace(one, ttl=shortest[one.name, "TXT"]) for one in spf],
    )
