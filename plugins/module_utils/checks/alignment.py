# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a domain that is proved belongs to the domain in From: identifier alignment (RFC 9989, section 4.4)."""

from __future__ import annotations

from functools import cached_property

from ..core.addresses import parse_domain
from ..core.errors import InvalidValue
from ..dns.reply import Lookup
from .dmarc_walk import Discovery, discover

STRICT = "s"


class Alignment:
    """What is aligned with ``domain``, the A-labels of the domain in From, empty where there is none."""

    def __init__(self, domain: str, lookup: Lookup) -> None:
        self.domain = domain
        self._lookup = lookup
        self._organizations: dict[str, str] = {}

    @cached_property
    def discovery(self) -> Discovery:
        """The DMARC policy and the organisational domain of the domain in From."""
        return discover(self.domain, self._lookup)

    def dkim(self, domain: str) -> bool:
        """Whether a signature of ``domain`` is aligned, in the mode that the record wants (``adkim``)."""
        record = self.discovery.record if self.domain else None
        return self._aligned(domain, strict=record is not None and record.dkim_alignment == STRICT)

    def spf(self, domain: str) -> bool:
        """Whether an envelope sender of ``domain`` is aligned, in the mode that the record wants (``aspf``)."""
        record = self.discovery.record if self.domain else None
        return self._aligned(domain, strict=record is not None and record.spf_alignment == STRICT)

    def _aligned(self, domain: str, *, strict: bool) -> bool:
        try:
            name = parse_domain(domain)
        except InvalidValue:
            return False
        if not self.domain or name == self.domain:
            return bool(self.domain)
        if strict:
            return False
        if name not in self._organizations:
            self._organizations[name] = discover(name, self._lookup).organizational_domain
        return self._organizations[name] == self.discovery.organizational_domain
