# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user says of the mail hosts and domains, checked: from module options to typed values."""

from __future__ import annotations

from dataclasses import dataclass

SERVICES = ("submission", "submissions", "imap", "imaps", "pop3", "pop3s", "sieve", "autoconfig")
# The rows that a domain may leave out.
ROWS = (
    *("mx", "spf", "dkim", "dmarc", "mta_sts", "tls_rpt", "client", "autoconfig", "services", "caa", "bimi"),
    "report_authorization",
)


@dataclass(frozen=True)
class MailHost:
    """A mail host. ``addresses`` of ``None``: the call does not know its facts, only its name.

    ``keys`` and ``issuers`` are SHA-256 hashes of public keys (SPKI) in hexadecimal; ``None``: not known either.
    """

    name: str
    present: bool
    addresses: tuple[str, ...] | None
    mx: bool
    preference: int
    keys: tuple[str, ...] | None
    issuers: tuple[str, ...]
    tlsa_ports: tuple[int, ...]


@dataclass(frozen=True)
class DkimKey:
    """A published DKIM key: the record's ``name`` and ``value``, and the mail host that signs with it."""

    name: str
    value: str
    host: str
    ttl: int


@dataclass(frozen=True)
class Extra:
    """A record that the user asks for."""

    name: str
    type: str
    value: str
    ttl: int


@dataclass(frozen=True)
class SpfPolicy:
    """``mechanisms`` beside our own hosts, and the closing ``all``."""

    mechanisms: tuple[str, ...] = ()
    last: str = "-all"


@dataclass(frozen=True)
class MtaSts:
    """The policy (RFC 8461, section 3.2); ``mx`` of ``None`` are the domain's mail hosts. ``max_age`` in seconds."""

    mode: str
    max_age: int
    mx: tuple[str, ...] | None


@dataclass(frozen=True)
class Domain:
    """A mail domain. ``None`` where a row was not given; ``dmarc`` and ``caa`` are the finished values.

    ``report_domains`` are those that DMARC's reports go to.
    """

    name: str
    present: bool
    ttl: int
    leave_out: frozenset[str]
    sends: bool
    silent_names: tuple[str, ...]
    host: str
    client_name: str
    spf: SpfPolicy | None
    dkim: tuple[DkimKey, ...] | None
    dmarc: str | None
    report_domains: tuple[str, ...]
    mta_sts: MtaSts | None
    tls_rpt: str | None
    caa: tuple[str, ...]
    bimi: str | None
    extra: tuple[Extra, ...]


@dataclass(frozen=True)
class Request:
    """All that a call asks for."""

    domains: tuple[Domain, ...]
    hosts: tuple[MailHost, ...]
    services: frozenset[str]
    ttl: int
