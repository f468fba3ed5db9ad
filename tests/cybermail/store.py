# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's data: accounts with their domains, credentials and delivery logs. Passwords are kept as hashes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import asdict, dataclass, field
from typing import Any


def hashed(secret: str) -> str:
    """Return what is kept of a secret of the platform's own making, which nobody guesses, or of a test's password."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass
class Domain:
    id: int
    domain: str
    selector: str
    status: str = "pending"
    spf_verified: bool = False
    dkim_verified: bool = False
    dmarc_verified: bool = False


@dataclass
class Credential:
    id: int
    username: str
    description: str
    password_hash: str
    rotations: int = 0

    def told(self) -> dict[str, Any]:
        """Return it as the list has it: never again with a password."""
        return {name: value for name, value in asdict(self).items() if name not in ("password_hash", "rotations")}


@dataclass
class Account:
    id: int
    email: str
    password_hash: str
    api_key: str
    plan_name: str = "Free"
    plan_slug: str = "free"
    emails_per_month: int = 15000
    domains: dict[str, Domain] = field(default_factory=dict)
    credentials: dict[int, Credential] = field(default_factory=dict)
    # Newest last, as the API names their fields.
    logs: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Message:
    """A message that was submitted; ``data`` is text of which each character is a byte (Latin-1)."""

    username: str
    sender: str
    recipients: list[str]
    data: str
    helo: str
    tls: str
    port: int


@dataclass
class Store:
    """All of it. ``lock`` is held while a request or a message is dealt with.

    ``published`` says by domain which of spf, dkim and dmarc the platform would see in the DNS, where no resolver is
    asked.
    """

    dkim_key: str
    smtp_host: str
    smtp_port: int
    accounts: dict[str, Account] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    published: dict[str, list[str]] = field(default_factory=dict)
    # What submission answers to a verb instead: {"AUTH": "535 5.7.8 Not now"}.
    replies: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _last: int = 100

    def number(self) -> int:
        """Return a number that nothing has yet."""
        self._last += 1
        return self._last

    def by_key(self, api_key: str) -> Account | None:
        """Return the account that the key opens."""
        for account in self.accounts.values():
            if hmac.compare_digest(account.api_key, api_key):
                return account
        return None

    def login(self, username: str, password: str) -> Account | None:
        """Return the account of an SMTP credential whose password this is."""
        for account in self.accounts.values():
            for credential in account.credentials.values():
                if credential.username == username and hmac.compare_digest(credential.password_hash, hashed(password)):
                    return account
        return None

    def told(self) -> dict[str, Any]:
        """Return what a test may see: everything but passwords and keys."""
        return {
            email: {
                "id": account.id,
                "domains": {name: asdict(domain) for name, domain in account.domains.items()},
                "credentials": [
                    {**credential.told(), "rotations": credential.rotations}
                    for credential in account.credentials.values()
                ],
                "logs": len(account.logs),
            }
            for email, account in self.accounts.items()
        }


def new_secret(prefix: str) -> str:
    """Return a new key or password."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"
