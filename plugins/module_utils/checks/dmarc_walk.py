# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DMARC record holds for a domain, and which domain is its organisation's (RFC 9989, section 4.10)."""

from __future__ import annotations

from dataclasses import dataclass

from ..dns.reply import Lookup, Reply
from .dmarc_record import DmarcRecord, is_dmarc, parse_dmarc

# Section 4.10: names of more labels are cut to this many after the first question, so that eight are asked at most.
_LABELS = 7


@dataclass(frozen=True)
class Found:
    """What one name of the walk has: the texts of its DMARC records; ``record`` where it is exactly one."""

    domain: str
    reply: Reply
    texts: tuple[str, ...] = ()
    record: DmarcRecord | None = None


@dataclass(frozen=True)
class Discovery:
    """What holds for ``domain``.

    ``policy_domain`` is the one whose ``record`` holds, both ``None`` where none does. ``existing_policy`` and
    ``nonexistent_policy`` are what the record has for ``domain`` if that exists, or not (its name gives NXDOMAIN);
    ``None`` where receivers do not apply DMARC. ``t=y`` is not regarded in them, see `dmarc_record.lowered`.
    ``walk`` is what was asked, in its order. ``failed`` are those of it that were not answered: where the domain's own
    question is among them, or there is no record, nobody knows the policy, and the organisation may be another.
    """

    domain: str
    organizational_domain: str
    policy_domain: str | None
    record: DmarcRecord | None
    walk: tuple[Found, ...]

    @property
    def own(self) -> Found:
        """What the domain itself has."""
        return self.walk[0]

    @property
    def failed(self) -> tuple[Found, ...]:
        """The names that nothing is known of."""
        return tuple(found for found in self.walk if found.reply.failed)

    @property
    def known(self) -> bool:
        """Whether the policy is known for sure: the domain's own record, or no question without an answer."""
        return self.own.record is not None or not self.failed

    @property
    def existing_policy(self) -> str | None:
        """The policy for the domain, if it exists."""
        return self._policy(exists=True)

    @property
    def nonexistent_policy(self) -> str | None:
        """The policy for the domain, if it does not exist."""
        return self._policy(exists=False)

    def _policy(self, *, exists: bool) -> str | None:
        if self.record is None:
            return None
        return self.record.policy_for(own=self.policy_domain == self.domain, exists=exists)


def walk_names(domain: str) -> list[str]:
    """Return the names that a tree walk from ``domain`` asks, ``_dmarc`` not yet before them."""
    labels = domain.split(".")
    parents = labels[1:] if len(labels) <= _LABELS else labels[-_LABELS:]
    return [domain, *(".".join(parents[number:]) for number in range(len(parents)))]


def discover(domain: str, lookup: Lookup) -> Discovery:
    """Return the DMARC policy and the organisational domain of ``domain`` (A-labels, without the last dot).

    It goes up to the top, or to a record with ``psd=y`` or ``psd=n``, by at most eight questions.
    """
    domain = domain.lower().removesuffix(".")
    walk: list[Found] = []
    for name in walk_names(domain):
        found = _ask(name, lookup)
        walk.append(found)
        if found.record is not None and found.record.psd in ("y", "n"):
            break
    with_record = [found for found in walk if found.record is not None]
    organization = _organization(domain, with_record)
    chosen = next(
        (
            found
            for found in with_record
            # What is above holds only where it is known that the domain has no record of its own.
            if not walk[0].reply.failed
            if found.domain in (domain, organization) or (found.record and found.record.psd == "y")
        ),
        None,
    )
    return Discovery(
        domain,
        organization,
        chosen.domain if chosen else None,
        chosen.record if chosen else None,
        tuple(walk),
    )


def _ask(name: str, lookup: Lookup) -> Found:
    reply = lookup.resolve(f"_dmarc.{name}", "TXT")
    texts = tuple(text for text in reply.values if is_dmarc(text))
    return Found(name, reply, texts, parse_dmarc(texts[0]) if len(texts) == 1 else None)


def _organization(domain: str, with_record: list[Found]) -> str:
    """Section 4.10.2: of those ``with_record``, from the longest name to the shortest."""
    for found in with_record:
        psd = found.record.psd if found.record else "u"
        if psd == "n":
            return found.domain
        if psd == "y" and found.domain != domain:
            count = found.domain.count(".") + 2
            return ".".join(domain.split(".")[-count:])
    return with_record[-1].domain if with_record else domain
