# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One SPF record merged: our terms in and out, everybody else's as they are."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Owner, Record, Slot, WantedSet, WantedSpf
from .owned import NOT_PURGED, Owned, is_gone, why_kept
from .spf import TAG, check_lookups, is_last, merged, normal, terms_of
from .zone import Content, RRset


@dataclass(frozen=True)
class SpfOutcome:
    """The TXT values after the merge, what stays that is not wanted, and why ours was not put in."""

    contents: tuple[Content, ...]
    kept: tuple[tuple[str, str], ...] = ()
    withheld: str = ""


def merge_spf(
    name: str, found: RRset | None, wanted: WantedSpf | None, owned: Owned, flags: WantedSet, purge: bool
) -> SpfOutcome:
    """Return what becomes of the TXT values at ``name``; ``owned`` is changed to what is ours afterwards.

    Raises:
        Conflict: the merged record would take too many lookups.
    """
    contents = () if found is None else found.contents
    slot = Slot(name, "TXT", TAG)
    records = [content for content in contents if slot.holds(content.value)]
    if len(records) > 1 and wanted is not None:
        reason = f"there are {len(records)} SPF records, which receivers take for an error; leave one of them"
        return SpfOutcome(contents, withheld=reason)
    merge = _Merge(name, wanted, owned, flags, purge)
    if wanted is None:
        # Somebody has put another one beside the one with our terms.
        most = max(records, key=lambda content: merge.share(content.value), default=None)
        records = [most] if most is not None and merge.share(most.value) else []
    if not records:
        made = merge.new()
        return SpfOutcome(contents if made is None else (*contents, Content.ours("TXT", made)))
    text = merge.into(records[0].value)
    if text == records[0].value:
        return SpfOutcome(contents, tuple(merge.kept))
    replaced = [] if text is None else [Content.ours("TXT", text)]
    result = [new for content in contents for new in (replaced if content is records[0] else [content])]
    return SpfOutcome(tuple(result), tuple(merge.kept))


class _Merge:
    """One record's terms on their way from what was found to what is wanted."""

    def __init__(self, name: str, wanted: WantedSpf | None, owned: Owned, flags: WantedSet, purge: bool) -> None:
        self.name, self.wanted, self.owned, self.flags, self.purge = name, wanted, owned, flags, purge
        self.ours = {term: owner for (where, term), owner in owned.terms.items() if where == name}
        self.kept: list[tuple[str, str]] = []

    def share(self, text: str) -> int:
        """Return how many terms of ours the record ``text`` has."""
        return sum(normal(term) in self.ours for term in terms_of(text))

    def new(self) -> str | None:
        """Return the record where there is none."""
        self._forget()
        if self.wanted is None:
            return None
        self.owned.spf[self.name] = (None, self.wanted.owner)
        for term in self.wanted.terms:
            self.owned.terms[self.name, term.text] = term.owner
        self.owned.terms[self.name, self.wanted.last] = self.wanted.owner
        return self.wanted.record.value

    def into(self, text: str) -> str | None:
        """Return the record ``text`` with our terms in and out, ``None`` where it goes."""
        terms = terms_of(text)
        present = {normal(term) for term in terms}
        ours = {term: owner for term, owner in self.ours.items() if term in present}
        before, first = self.owned.spf.get(self.name, (text, None))
        wanted = {} if self.wanted is None else {term.text: term.owner for term in self.wanted.terms}
        # Only a record that we made ends in a term of ours. Once somebody has changed that, the end is theirs.
        last = next((term for term in ours if is_last(term)), None)
        if self.wanted is not None and last is not None:
            wanted[self.wanted.last] = self.wanted.owner
            terms = [self.wanted.last if normal(term) == last else term for term in terms]
            del ours[last]
            ours[self.wanted.last] = self.wanted.owner
        drop = self._dropped(ours, wanted)
        if self.wanted is None and last in drop:
            if all(normal(term) in drop for term in terms):
                self._forget()
                return None
            drop.discard(last)
        result = merged(terms, drop, [term for term in wanted if not is_last(term)])
        if self.wanted is not None and result != terms_of(text):
            check_lookups(self.name, result)
        added = {normal(term) for term in result} - present
        held = {term: owner for term, owner in ours.items() if term not in drop}
        held |= {term: owner for term, owner in wanted.items() if term in added or term in ours}
        self._forget()
        if held:
            self.owned.spf[self.name] = (before, first or next(iter(held.values())))
            self.owned.terms |= {(self.name, term): owner for term, owner in held.items()}
        return text if result == terms_of(text) else " ".join([text.split()[0], *result])

    def _dropped(self, ours: dict[str, Owner], wanted: dict[str, Owner]) -> set[str]:
        drop = set()
        for term, owner in ours.items():
            if term in wanted:
                continue
            reason = why_kept(owner, Record(self.name, "TXT", term, 0), self.flags)
            # A record that is still wanted is kept right; one that is not goes only with a purge.
            if not reason and (self.wanted is not None or self.purge or is_gone(owner, self.flags)):
                drop.add(term)
            else:
                self.kept.append((term, reason or NOT_PURGED))
        return drop

    def _forget(self) -> None:
        self.owned.spf.pop(self.name, None)
        for term in self.ours:
            self.owned.terms.pop((self.name, term), None)
