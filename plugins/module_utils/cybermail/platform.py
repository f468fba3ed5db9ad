# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform, asked as an account: one method for each endpoint of its API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .answers import (
    read_account,
    read_connected,
    read_credentials,
    read_domain_statistics,
    read_domains,
    read_health,
    read_issued,
    read_logs,
    read_records,
    read_statistics,
    read_verified,
)
from .client import Client
from .errors import NotThere
from .model import Account, Connected, Credential, Domain, Issued, Record, Verified
from .retry import Repeat


class Platform:
    """Each method raises the errors of `errors`."""

    def __init__(self, client: Client, email: str) -> None:
        """Name the account; nothing is asked yet."""
        self._client = client
        self._email = email

    def connect(self, password: str) -> Connected:
        """Register the account, or connect to it where it is there; no key is sent."""
        data = self._ask("api/register/", "connecting", Repeat.IF_NOT_DONE, {"password": password}, secret=True)
        return read_connected(data, self._email)

    def account(self) -> Account:
        """Return account and plan."""
        return read_account(self._ask("api/account/", f"account {self._email}"), self._email)

    def domains(self) -> list[Domain]:
        """Return the sending domains."""
        return read_domains(self._ask("api/domains/list/", "the list of domains"))

    def add_domain(self, name: str) -> None:
        """Add a sending domain."""
        self._ask("api/domains/add/", f"adding domain {name}", Repeat.IF_NOT_DONE, {"domain": name})

    def remove_domain(self, name: str) -> None:
        """Remove a sending domain, if it is there."""
        try:
            self._ask("api/domains/remove/", f"removing domain {name}", more={"domain": name})
        except NotThere:
            return

    def verify_domain(self, name: str) -> Verified:
        """Have the platform look at the DNS now."""
        return read_verified(self._ask("api/domains/verify/", f"verifying domain {name}", more={"domain": name}))

    def records(self, name: str) -> list[Record]:
        """Return the DNS records that a domain has to have."""
        what = f"the DNS records of domain {name}"
        return read_records(self._ask("api/domains/dns-records/", what, more={"domain": name}), name)

    def credentials(self) -> list[Credential]:
        """Return the SMTP credentials."""
        return read_credentials(self._ask("api/smtp/list/", "the list of credentials"))

    def create_credential(self, description: str) -> Issued:
        """Make a credential. Its password is told this once."""
        what = f"making credential {description!r}"
        more = {"description": description}
        return read_issued(self._ask("api/smtp/create/", what, Repeat.IF_NOT_DONE, more, secret=True), description)

    def rotate_credential(self, credential: Credential) -> Issued:
        """Give a credential another password, which is told this once; the one before does not work any more."""
        what = f"rotating credential {credential.description!r}"
        more = {"credential_id": credential.credential_id}
        data = self._ask("api/smtp/rotate/", what, Repeat.IF_NOT_DONE, more, secret=True)
        return read_issued(data, credential.description, credential)

    def delete_credential(self, credential: Credential) -> None:
        """Delete a credential, if it is there."""
        more = {"credential_id": credential.credential_id}
        try:
            self._ask("api/smtp/delete/", f"deleting credential {credential.description!r}", more=more)
        except NotThere:
            return

    def statistics(self) -> dict[str, Any]:
        """Return the aggregate statistics."""
        return read_statistics(self._ask("api/stats/", "the statistics"))

    def domain_statistics(self) -> list[dict[str, Any]]:
        """Return the statistics of each domain."""
        return read_domain_statistics(self._ask("api/stats/domains/", "the statistics by domain"))

    def logs(self, filters: Mapping[str, Any]) -> dict[str, Any]:
        """Return one page of the delivery logs."""
        return read_logs(self._ask("api/logs/", "the delivery logs", more=filters))

    def health(self) -> dict[str, Any]:
        """Return what the platform says of itself; it asks for no key."""
        return read_health(self._client.ask("api/health/", {}, "its health"))

    def _ask(
        self,
        endpoint: str,
        what: str,
        repeat: Repeat = Repeat.ALWAYS,
        more: Mapping[str, Any] | None = None,
        *,
        secret: bool = False,
    ) -> Any:
        return self._client.ask(endpoint, {"email": self._email, **(more or {})}, what, repeat, secret=secret)
