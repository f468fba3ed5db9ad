# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger says of a zone's records.

Its kinds, each with the zone's name as scope, and with an `Owner` as owner:

``dns.records``
    name: ``NAME TYPE VALUE``, a record that we published; before: always ``null``.
``dns.spf``
    name: ``NAME``, an SPF record that has terms of ours; before: its text before us, ``null`` where there was none.
    ``NAME TERM``: a term that we put in; before: always ``null``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..core.ledger import Entry, Ledger
from .model import Owner, Record, WantedSet

RECORDS, SPF = "dns.records", "dns.spf"
NOT_PURGED = "it is not wanted any more, and purge is not asked for"
Published = tuple[str, str, str]


@dataclass
class Owned:
    """What is ours in one zone, and how that changes: ``records`` and ``terms`` by what they are, with their owners.

    ``spf`` has the SPF records that we made or added to, with their text before us.
    """

    records: dict[Published, Owner] = field(default_factory=dict)
    terms: dict[tuple[str, str], Owner] = field(default_factory=dict)
    spf: dict[str, tuple[str | None, Owner]] = field(default_factory=dict)

    @classmethod
    def read(cls, ledger: Ledger, zone: str) -> Owned:
        """Return what ``ledger`` has of ``zone``."""
        owned = cls()
        for key, entry in ledger.entries(RECORDS, zone).items():
            name, type_, value = key.split(" ", 2)
            owned.records[name, type_, value] = Owner.parse(entry.owner)
        for key, entry in ledger.entries(SPF, zone).items():
            name, _space, term = key.partition(" ")
            if term:
                owned.terms[name, term] = Owner.parse(entry.owner)
            else:
                owned.spf[name] = (entry.before, Owner.parse(entry.owner))
        return owned

    def copy(self) -> Owned:
        """Return one that can be changed."""
        return Owned(dict(self.records), dict(self.terms), dict(self.spf))

    def entries(self) -> dict[tuple[str, str], Entry]:
        """Return all of it as the ledger has it, by kind and name."""
        result = {(RECORDS, " ".join(key)): Entry(None, str(owner)) for key, owner in self.records.items()}
        result |= {(SPF, " ".join(key)): Entry(None, str(owner)) for key, owner in self.terms.items()}
        result |= {(SPF, name): Entry(before, str(owner)) for name, (before, owner) in self.spf.items()}
        return result

    def owners(self) -> Iterator[tuple[Owner, str, str]]:
        """Yield owner, name and type of all of it."""
        for (name, type_, _value), owner in self.records.items():
            yield owner, name, type_
        for (name, _term), owner in self.terms.items():
            yield owner, name, "TXT"
        for name, (_before, owner) in self.spf.items():
            yield owner, name, "TXT"


def is_gone(owner: Owner, wanted: WantedSet) -> bool:
    """Whether ``owner`` is to have no records any more."""
    return owner.domain in wanted.gone_domains or owner.host in wanted.gone_hosts


def why_kept(owner: Owner, record: Record, wanted: WantedSet) -> str:
    """Return why a record of ours that is not wanted stays; empty where it may be dropped.

    A call that was not told of a domain, of a host, or of its keys cannot know what they want.
    """
    if is_gone(owner, wanted):
        return ""
    if owner.domain and owner.domain not in wanted.domains:
        return f"the domain {owner.domain} is not in this call"
    if owner.host and owner.host not in wanted.hosts:
        return f"the facts of the mail host {owner.host} are not in this call"
    if record.type == "TLSA" and ("TLSA", owner.host) in wanted.unknown:
        return f"the keys of the mail host {owner.host} are not in this call"
    if "._domainkey." in record.name and ("DKIM", owner.domain) in wanted.unknown:
        return f"the DKIM keys of the domain {owner.domain} are not in this call"
    return ""
