# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's objects, with our names for their fields."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# What the platform has where an answer does not say.
SMTP_HOST = "mail.cyberpersons.com"
SMTP_PORT = 587


@dataclass(frozen=True)
class Account:
    """An account and its plan; ``None`` where the platform says nothing."""

    email: str
    account_id: int | None = None
    plan_name: str | None = None
    plan_slug: str | None = None
    emails_per_month: int | None = None

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return asdict(self)


@dataclass(frozen=True)
class Connected:
    """What registering or connecting gives."""

    account: Account
    api_key: str = field(repr=False)


@dataclass(frozen=True)
class Record:
    """A DNS record: ``name`` an absolute A-label without the last dot, TXT unquoted, ``ttl`` in seconds."""

    name: str
    type: str
    value: str
    ttl: int | None = None

    def shown(self) -> dict[str, Any]:
        """Return it in the form that `dns_records` takes; a TTL that nobody demands is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Verified:
    """Which of a domain's records the platform has seen."""

    spf: bool = False
    dkim: bool = False
    dmarc: bool = False

    @property
    def all(self) -> bool:
        """Whether it has seen all three."""
        return self.spf and self.dkim and self.dmarc

    def missing(self) -> list[str]:
        """Return the names of those that it has not seen."""
        return [name for name, seen in (("SPF", self.spf), ("DKIM", self.dkim), ("DMARC", self.dmarc)) if not seen]


@dataclass(frozen=True)
class Domain:
    """A sending domain; ``name`` as A-labels."""

    name: str
    domain_id: int | None = None
    status: str = "pending"
    verified: Verified = field(default_factory=Verified)

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {
            "name": self.name,
            "domain_id": self.domain_id,
            "status": self.status,
            "spf_verified": self.verified.spf,
            "dkim_verified": self.verified.dkim,
            "dmarc_verified": self.verified.dmarc,
        }


@dataclass(frozen=True)
class Credential:
    """An SMTP credential, without its password; ``host`` and ``port`` of ``None``: the answer did not say."""

    credential_id: int
    username: str
    description: str
    host: str | None = None
    port: int | None = None

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {**asdict(self), "host": self.host or SMTP_HOST, "port": self.port or SMTP_PORT}


@dataclass(frozen=True)
class Issued:
    """A credential with the password that the platform tells this once."""

    credential: Credential
    password: str = field(repr=False)
