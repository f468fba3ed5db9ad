# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's answers, read and named as the collection names things. Pure.

What is needed and missing is an error; what is only good to know and missing is ``None``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.addresses import parse_domain
from ..core.errors import InvalidValue
from .client import SUBJECT
from .errors import NoAnswer
from .model import Account, Connected, Credential, Domain, Issued, Record, Verified
from .records import read_record

LOG_NAMES = {"queued_at": "date", "from_email": "from", "to_email": "to"}


def read_account(data: Any, email: str) -> Account:
    """Return the account that ``data`` tells of; ``email`` is the one that was asked for."""
    row = _row(data, "an account")
    # Some answers have the account in a field of its own.
    row = row["account"] if isinstance(row.get("account"), dict) else row
    return Account(
        _text(row, "email") or email,
        _number(row, "account_id", "id"),
        _text(row, "plan_name"),
        _text(row, "plan_slug"),
        _number(row, "emails_per_month"),
    )


def read_connected(data: Any, email: str) -> Connected:
    """Return account and key. No message shows what lacks the key."""
    row = _row(data, "an account with its key", secret=True)
    key = _text(row, "api_key") or ""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise NoAnswer(f"{SUBJECT}: an answer to connecting without an api_key of one word; correct api_url")
    return Connected(read_account(row, email), key)


def read_domains(data: Any) -> list[Domain]:
    """Return all sending domains, in the order of their names."""
    return sorted((_domain(row) for row in _rows(data, "domains")), key=lambda domain: domain.name)


def _domain(row: Any) -> Domain:
    fields = _row(row, "a domain")
    name = _text(fields, "domain", "name")
    if not name:
        raise NoAnswer(f"{SUBJECT}: a domain without its name; correct api_url")
    try:
        name = parse_domain(name, f"{SUBJECT}: domain")
    except InvalidValue as error:
        raise NoAnswer(str(error)) from error
    number = _number(fields, "domain_id", "id", "platform_domain_id")
    return Domain(name, number, _text(fields, "status") or "pending", _verified(fields))


def read_verified(data: Any) -> Verified:
    """Return what the platform saw when it was asked to look."""
    return _verified(_row(data, "what was verified"))


def _verified(fields: Mapping[str, Any]) -> Verified:
    seen = [fields.get(f"{name}_verified", fields.get(name)) is True for name in ("spf", "dkim", "dmarc")]
    return Verified(*seen)


def read_records(data: Any, domain: str) -> list[Record]:
    """Return the DNS records that the platform demands for ``domain``."""
    return [read_record(_row(row, "a record"), domain) for row in _rows(data, "records")]


def read_credentials(data: Any) -> list[Credential]:
    """Return all credentials, by number; ``id`` is their ``credential_id``."""
    return sorted(
        (_credential(_row(row, "a credential")) for row in _rows(data, "credentials")),
        key=lambda credential: credential.credential_id,
    )


def _credential(row: Mapping[str, Any], known: Credential | None = None, description: str = "") -> Credential:
    """Return the credential of ``row``; what it leaves out is as ``known``."""
    number = _number(row, "credential_id", "id") or (known.credential_id if known else None)
    username = _text(row, "username", "smtp_username") or (known.username if known else "")
    if number is None or not username:
        raise NoAnswer(f"{SUBJECT}: a credential without its id or username; correct api_url")
    return Credential(
        number,
        username,
        _text(row, "description") or (known.description if known else description),
        _text(row, "smtp_host", "host") or (known.host if known else None),
        _number(row, "smtp_port", "port") or (known.port if known else None),
    )


def read_issued(data: Any, description: str, known: Credential | None = None) -> Issued:
    """Return a credential with its one-time password, of a new one or of one that was rotated; no message shows it.

    An answer to rotating may leave out what is ``known`` of the credential.
    """
    row = _row(data, "a credential with its password", secret=True)
    password = _text(row, "password") or _text(row, "new_password") or ""
    if not password or not password.isascii() or not password.isprintable():
        raise NoAnswer(
            f"{SUBJECT}: credential {description!r} came without a password of one line of printable characters"
        )
    return Issued(_credential(row, known, description), password)


def read_statistics(data: Any) -> dict[str, Any]:
    """Return the aggregate statistics, as the platform names them."""
    return dict(_row(data, "statistics"))


def read_domain_statistics(data: Any) -> list[dict[str, Any]]:
    """Return the statistics of each domain; the platform has them by name, or as a list."""
    fields = _row(data, "statistics by domain")
    domains = fields.get("domains", fields)
    if isinstance(domains, dict):
        rows = [{"domain": name, **_row(row, "statistics of a domain")} for name, row in domains.items()]
    else:
        rows = [dict(_row(row, "statistics of a domain")) for row in _rows(data, "domains")]
    return sorted(rows, key=lambda row: str(row.get("domain")))


def read_logs(data: Any) -> dict[str, Any]:
    """Return one page of the delivery logs: ``entries``, and the page's number and the number of pages and entries."""
    fields = _row(data, "logs")
    entries = [
        {LOG_NAMES.get(name, name): value for name, value in _row(row, "a log entry").items()}
        for row in _rows(data, "logs")
    ]
    pages = fields["pagination"] if isinstance(fields.get("pagination"), dict) else fields
    return {
        "entries": entries,
        "page": _number(pages, "page", "current_page"),
        "total_pages": _number(pages, "total_pages", "pages"),
        "total": _number(pages, "total", "total_count"),
    }


def read_health(data: Any) -> dict[str, Any]:
    """Return what the platform says of itself."""
    return dict(_row(data, "health"))


def _row(value: Any, what: str, *, secret: bool = False) -> dict[str, Any]:
    if not isinstance(value, dict):
        found = "something secret" if secret else f"a {type(value).__name__}"
        raise NoAnswer(f"{SUBJECT}: {found} instead of {what}; correct api_url")
    return value


def _rows(data: Any, name: str) -> list[Any]:
    """Return the list ``name`` of an answer that has it in a field, or is nothing else."""
    rows = data if isinstance(data, list) else _row(data, name).get(name)
    if not isinstance(rows, list):
        raise NoAnswer(f"{SUBJECT}: an answer without a list of {name}; correct api_url")
    return rows


def _text(row: Mapping[str, Any], *names: str) -> str | None:
    return next((row[name] for name in names if isinstance(row.get(name), str)), None)


def _number(row: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, bool):
            continue
        if isinstance(value, int):
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
    return None
