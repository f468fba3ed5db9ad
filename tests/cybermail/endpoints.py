# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of the platform's API: what each does with the body of a request."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .dns_text import texts
from .store import Account, Credential, Domain, Store, hashed, new_secret

Body = dict[str, Any]


class Refused(Exception):
    """The platform does not do it: a status and its own words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Endpoints:
    """``resolver`` is the name server that is asked when a domain is verified; empty: `Store.published`."""

    def __init__(self, store: Store, resolver: str = "") -> None:
        self._store = store
        self._resolver = resolver
        self._public: dict[str, Callable[[Body], Any]] = {
            "api/register/": self._register,
            "api/health/": lambda body: {"status": "ok", "version": "1"},
        }
        self._private: dict[str, Callable[[Account, Body], Any]] = {
            "api/account/": self._account,
            "api/domains/list/": lambda account, body: {"domains": [vars(one) for one in account.domains.values()]},
            "api/domains/add/": self._add_domain,
            "api/domains/verify/": self._verify_domain,
            "api/domains/dns-records/": lambda account, body: {"records": self._records(_domain(account, body))},
            "api/domains/remove/": self._remove_domain,
            "api/smtp/list/": lambda account, body: {"credentials": [c.told() for c in account.credentials.values()]},
            "api/smtp/create/": self._create,
            "api/smtp/rotate/": self._rotate,
            "api/smtp/delete/": self._delete,
            "api/stats/": lambda account, body: {**_counts(account.logs), "emails_per_month": account.emails_per_month},
            "api/stats/domains/": self._domain_stats,
            "api/logs/": self._logs,
        }

    def answer(self, path: str, key: str, body: Body) -> Any:
        """Return the data that ``path`` answers.

        Raises:
            Refused: with the status and the words of the answer instead.
        """
        with self._store.lock:
            if path in self._public:
                return self._public[path](body)
            if path not in self._private:
                raise Refused(404, "Not found")
            account = self._store.by_key(key) if key else None
            if account is None or body.get("email") != account.email:
                raise Refused(401, "Invalid API key")
            return self._private[path](account, body)

    def _register(self, body: Body) -> Any:
        email, password = str(body.get("email", "")), str(body.get("password", ""))
        if "@" not in email or len(password) < 8:
            raise Refused(400, "A valid email and a password of 8 characters are required")
        account = self._store.accounts.get(email)
        if account is None:
            account = Account(self._store.number(), email, hashed(password), new_secret("cm"))
            self._store.accounts[email] = account
        elif account.password_hash != hashed(password):
            raise Refused(401, "Invalid email or password")
        return {"api_key": account.api_key, **self._account(account, body)}

    def _account(self, account: Account, body: Body) -> Any:
        return {
            "account_id": account.id,
            "email": account.email,
            "plan_name": account.plan_name,
            "plan_slug": account.plan_slug,
            "emails_per_month": account.emails_per_month,
        }

    def _add_domain(self, account: Account, body: Body) -> Any:
        name = str(body.get("domain", ""))
        if "." not in name:
            raise Refused(400, "Invalid domain")
        if any(name in one.domains for one in self._store.accounts.values()):
            raise Refused(400, "Domain already exists")
        domain = Domain(self._store.number(), name, "cm1")
        account.domains[name] = domain
        return {"domain_id": domain.id, "domain": name, "status": domain.status}

    def _verify_domain(self, account: Account, body: Body) -> Any:
        domain = _domain(account, body)
        seen = self._seen(domain)
        domain.spf_verified, domain.dkim_verified, domain.dmarc_verified = (
            "spf" in seen,
            "dkim" in seen,
            "dmarc" in seen,
        )
        whole = len(seen) == 3
        domain.status = "verified" if whole else "pending"
        return {"spf": domain.spf_verified, "dkim": domain.dkim_verified, "dmarc": domain.dmarc_verified, "all": whole}

    def _seen(self, domain: Domain) -> set[str]:
        if not self._resolver:
            return set(self._store.published.get(domain.domain, ()))
        spf, dkim, _dmarc = (record["value"] for record in self._records(domain))
        include = spf.split()[1]
        found = {
            "spf": any(text.startswith("v=spf1 ") and include in text for text in texts(self._resolver, domain.domain)),
            "dkim": dkim in texts(self._resolver, f"{domain.selector}._domainkey.{domain.domain}"),
            "dmarc": any(text.startswith("v=DMARC1") for text in texts(self._resolver, f"_dmarc.{domain.domain}")),
        }
        return {name for name, seen in found.items() if seen}

    def _records(self, domain: Domain) -> list[dict[str, Any]]:
        spf = "v=spf1 include:spf.cyberpersons.com ~all"
        dmarc = f"v=DMARC1; p=quarantine; rua=mailto:dmarc@{domain.domain}"
        dkim = f"v=DKIM1; k=rsa; p={self._store.dkim_key}"
        # Names in all the ways in which panels write them.
        return [
            {"type": "TXT", "host": "@", "value": spf, "priority": 0, "ttl": 3600},
            {"type": "TXT", "host": f"{domain.selector}._domainkey", "value": dkim, "priority": 0, "ttl": 3600},
            {"type": "TXT", "host": f"_dmarc.{domain.domain}", "value": f'"{dmarc}"', "priority": 0, "ttl": 3600},
        ]

    def _remove_domain(self, account: Account, body: Body) -> Any:
        del account.domains[_domain(account, body).domain]
        return {}

    def _create(self, account: Account, body: Body) -> Any:
        number, password = self._store.number(), new_secret("pw")
        username = f"smtp_{account.id}_{number}"
        description = str(body.get("description", ""))
        account.credentials[number] = Credential(number, username, description, hashed(password))
        smtp = {"smtp_host": self._store.smtp_host, "smtp_port": self._store.smtp_port}
        return {"credential_id": number, "username": username, "password": password, **smtp}

    def _rotate(self, account: Account, body: Body) -> Any:
        credential, password = _credential(account, body), new_secret("pw")
        credential.password_hash = hashed(password)
        credential.rotations += 1
        return {"username": credential.username, "new_password": password}

    def _delete(self, account: Account, body: Body) -> Any:
        del account.credentials[_credential(account, body).id]
        return {}

    def _domain_stats(self, account: Account, body: Body) -> Any:
        senders: dict[str, list[dict[str, Any]]] = {name: [] for name in account.domains}
        for entry in account.logs:
            senders.setdefault(entry["from_email"].rpartition("@")[2], []).append(entry)
        return {"domains": {name: _counts(entries) for name, entries in senders.items()}}

    def _logs(self, account: Account, body: Body) -> Any:
        first = (datetime.now(UTC) - timedelta(days=int(body.get("days", 7)))).isoformat()
        entries = [entry for entry in reversed(account.logs) if entry["queued_at"] >= first]
        if body.get("status"):
            entries = [entry for entry in entries if entry["status"] == body["status"]]
        if body.get("from_domain"):
            entries = [entry for entry in entries if entry["from_email"].endswith(f"@{body['from_domain']}")]
        page, size = int(body.get("page", 1)), int(body.get("per_page", 50))
        pages = {"page": page, "per_page": size, "total": len(entries), "total_pages": math.ceil(len(entries) / size)}
        return {"logs": entries[(page - 1) * size : page * size], "pagination": pages}


def _domain(account: Account, body: Body) -> Domain:
    domain = account.domains.get(str(body.get("domain")))
    if domain is None:
        raise Refused(404, "Domain not found")
    return domain


def _credential(account: Account, body: Body) -> Credential:
    number = body.get("credential_id")
    credential = account.credentials.get(number) if isinstance(number, int) else None
    if credential is None:
        raise Refused(404, "Credential not found")
    return credential


def _counts(entries: list[dict[str, Any]]) -> dict[str, Any]:
    counted = Counter(entry["status"] for entry in entries)
    return {"total_sent": len(entries), "delivered": counted["delivered"], "bounced": counted["bounced"]}
