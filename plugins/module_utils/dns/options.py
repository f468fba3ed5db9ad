# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the modules' options to a `Request`: every name, address and value is checked here."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.addresses import parse_domain
from ..core.errors import Conflict, InvalidValue
from .names import is_within, parse_name
from .policies import bimi_value, caa_value, check_max_age, dmarc_value, tls_rpt_value
from .spec import DkimKey, Domain, Extra, MailHost, MtaSts, Request, SpfPolicy
from .spf import ALLS, parse_term
from .txt import parse_text
from .values import parse_value

Given = Mapping[str, Any]

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DKIM = re.compile(r"v\s*=\s*DKIM1\s*;.*\bp\s*=|p\s*=", re.DOTALL)
# RFC 2181, section 8.
_LONGEST_TTL = 2**31 - 1


def parse_request(params: Given) -> Request:
    """Return what the options ``domains``, ``mail_hosts``, ``services`` and ``ttl`` ask for.

    Raises:
        InvalidValue: a value cannot be taken.
        Conflict: a domain or host stands there twice, or a value refers to a host that is not there.
    """
    ttl = _ttl(params["ttl"], "ttl")
    hosts = tuple(_host(given) for given in params["mail_hosts"])
    _once("mail_hosts", (host.name for host in hosts))
    present = [host for host in hosts if host.present]
    domains = tuple(_domain(given, present, ttl) for given in params["domains"])
    _once("domains", (domain.name for domain in domains))
    return Request(domains, hosts, frozenset(params["services"]), ttl)


def _once(option: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Conflict(f"{option}: {name} stands there twice; leave one of the two out")
        seen.add(name)


def _ttl(value: int, subject: str) -> int:
    if not 0 <= value <= _LONGEST_TTL:
        raise InvalidValue(subject, value, "is out of range", f"give seconds from 0 to {_LONGEST_TTL}")
    return value


def _host(given: Given) -> MailHost:
    name = parse_domain(given["name"], "name of a mail host")
    subject = f"of mail host {name}"
    preference = given["preference"]
    if not 0 <= preference <= 65535:
        raise InvalidValue(f"preference {subject}", preference, "is out of range", "give a number from 0 to 65535")
    for port in given["tlsa_ports"]:
        if not 1 <= port <= 65535:
            raise InvalidValue(f"tlsa_ports {subject}", port, "is no port", "give numbers from 1 to 65535")
    addresses, keys = given.get("addresses"), given.get("spki_sha256")
    return MailHost(
        name,
        given["state"] == "present",
        None if addresses is None else _addresses(addresses, f"addresses {subject}"),
        given["mx"],
        preference,
        None if keys is None else _hashes(keys, f"spki_sha256 {subject}"),
        _hashes(given.get("issuer_spki_sha256") or (), f"issuer_spki_sha256 {subject}"),
        tuple(dict.fromkeys(given["tlsa_ports"])),
    )


def _addresses(values: Iterable[str], subject: str) -> tuple[str, ...]:
    result = []
    for value in values:
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            address = None
        if address is None or "%" in value:
            raise InvalidValue(subject, value, "is no IP address", "give one such as 192.0.2.1 or 2001:db8::1")
        result.append(str(address))
    return tuple(dict.fromkeys(result))


def _hashes(values: Iterable[str], subject: str) -> tuple[str, ...]:
    result = []
    for value in values:
        if not isinstance(value, str) or not _HASH.fullmatch(value.lower()):
            raise InvalidValue(subject, value, "is no SHA-256 hash", "give 64 hexadecimal digits")
        result.append(value.lower())
    return tuple(dict.fromkeys(result))


def _domain(given: Given, hosts: list[MailHost], default_ttl: int) -> Domain:
    name = parse_domain(given["name"], "name of a domain")
    subject = f"of domain {name}"
    ttl = default_ttl if given.get("ttl") is None else _ttl(given["ttl"], f"ttl {subject}")
    dmarc, report_domains = _dmarc(given, hosts, subject)
    keys = given.get("dkim")
    return Domain(
        name=name,
        present=given["state"] == "present",
        ttl=ttl,
        leave_out=frozenset(given["leave_out"]),
        sends=not given["no_mail"],
        silent_names=tuple(_below(value, name, f"no_mail_names {subject}") for value in given["no_mail_names"]),
        host=_chosen_host(given.get("host"), hosts, f"host {subject}"),
        client_name=parse_domain(given.get("client_name") or f"mail.{name}", f"client_name {subject}"),
        spf=_spf(given.get("spf"), hosts, subject),
        dkim=None if keys is None else tuple(_dkim(key, name, ttl, hosts) for key in keys),
        dmarc=dmarc,
        report_domains=tuple(report_domains),
        mta_sts=_mta_sts(given.get("mta_sts"), subject),
        tls_rpt=None if not given.get("tls_rpt") else tls_rpt_value(given["tls_rpt"]["rua"], f"tls_rpt {subject}"),
        caa=tuple(dict.fromkeys(caa_value(entry, f"caa {subject}") for entry in given["caa"])),
        bimi=None if not given.get("bimi") else bimi_value(given["bimi"], f"bimi {subject}"),
        extra=tuple(_extra(entry, name, ttl) for entry in given["records"]),
    )


def _below(value: str, domain: str, subject: str) -> str:
    name = parse_name(value, subject)
    if not is_within(name, domain):
        raise InvalidValue(subject, value, f"is not below {domain}", f"give a full name such as www.{domain}")
    return name


def _chosen_host(value: str | None, hosts: list[MailHost], subject: str) -> str:
    """Return the mail host whose name clients are led to; empty where there is none."""
    if value is None:
        return hosts[0].name if hosts else ""
    name = parse_domain(value, subject)
    if name not in [host.name for host in hosts]:
        raise InvalidValue(subject, value, "is none of mail_hosts", "give the name of one of them")
    return name


def _dmarc(given: Given, hosts: list[MailHost], subject: str) -> tuple[str | None, list[str]]:
    """Return the DMARC record and where its reports go. A domain of which nothing is known does not get our default."""
    policy = given.get("dmarc")
    if policy is None and not hosts and not given["no_mail"]:
        return None, []
    return dmarc_value(policy or {"policy": "reject"}, subject)


def _spf(given: Given | None, hosts: list[MailHost], subject: str) -> SpfPolicy | None:
    if given is None:
        # Without a host it would say that nobody may send.
        return SpfPolicy(last=ALLS[0]) if hosts else None
    terms = [parse_term(value, f"spf mechanism {subject}") for value in given["mechanisms"]]
    return SpfPolicy(tuple(dict.fromkeys(terms)), given["all"])


def _dkim(given: Given, domain: str, ttl: int, hosts: list[MailHost]) -> DkimKey:
    subject = f"dkim of domain {domain}"
    name = parse_name(given["name"], f"name of {subject}")
    selector = name.removesuffix(f"._domainkey.{domain}")
    if selector == name or not selector:
        right = f"its form is <selector>._domainkey.{domain}"
        raise InvalidValue(f"name of {subject}", given["name"], "is no name of one of its keys", right)
    value = parse_text(given["value"], f"value of {subject}")
    if not _DKIM.match(value):
        raise InvalidValue(f"value of {subject}", value, "is no DKIM key", "its form is v=DKIM1; k=rsa; p=...")
    strings = given.get("strings")
    if strings is not None and "".join(strings) != value:
        raise Conflict(f"{subject}: strings and value of {name} differ; give value alone")
    host = given.get("host")
    if host is not None:
        host = _chosen_host(host, hosts, f"host of {subject}")
    own = given.get("ttl")
    return DkimKey(name, value, host or "", ttl if own is None else _ttl(own, f"ttl of {subject}"))


def _mta_sts(given: Given | None, subject: str) -> MtaSts | None:
    if given is None:
        return None
    names = given.get("mx")
    hosts = None
    if names is not None:
        hosts = tuple(parse_name(value, f"mta_sts mx {subject}") for value in names)
    return MtaSts(given["mode"], check_max_age(given["max_age"], f"mta_sts max_age {subject}"), hosts)


def _extra(given: Given, domain: str, ttl: int) -> Extra:
    subject = f"records of domain {domain}"
    name = _below(given["name"], domain, f"name in {subject}")
    own = given.get("ttl")
    return Extra(
        name,
        given["type"],
        parse_value(given["type"], given["value"], f"{given['type']} {name} in {subject}"),
        ttl if own is None else _ttl(own, f"ttl of {name} in {subject}"),
    )
