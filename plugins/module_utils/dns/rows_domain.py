# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of a mail domain, row by row."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.errors import Conflict
from .model import Owner, Record, Slot, SpfTerm, Wanted, WantedSpf
from .names import is_within, parse_name
from .policies import BIMI_TAG, DMARC_TAG, MTA_STS_TAG, TLS_RPT_TAG, mta_sts_text, mta_sts_value
from .spec import Domain, MailHost, Request
from .spf import TAG, address_term
from .txt import parse_text

# RFC 6186, RFC 8314, RFC 5804. The first two are published for a service that is offered only, the others also say
# that it is not ("0 0 0 .").
_PORTS = {
    "submissions": 465,
    "imaps": 993,
    "submission": 587,
    "imap": 143,
    "pop3": 110,
    "pop3s": 995,
    "sieve": 4190,
}
_ONLY_IF_OFFERED = ("submissions", "imaps")
# TXT records of which a name has at most one, by how they begin.
TAGS = (TAG, DMARC_TAG, MTA_STS_TAG, TLS_RPT_TAG, BIMI_TAG)


def domain_records(domain: Domain, request: Request) -> Iterator[Wanted]:
    """Yield all that ``domain`` wants but its SPF records; what it leaves out is left out.

    Raises:
        Conflict: an MTA-STS policy without a mail host.
    """
    hosts = mail_exchangers(request.hosts)
    rows = {
        "mx": _mx(domain, hosts),
        "dkim": _dkim(domain),
        "dmarc": _text(domain, f"_dmarc.{domain.name}", domain.dmarc, DMARC_TAG),
        "report_authorization": _report_authorization(domain),
        "caa": _caa(domain),
    }
    if domain.sends:
        rows |= {
            "mta_sts": _mta_sts(domain, hosts),
            "tls_rpt": _text(domain, f"_smtp._tls.{domain.name}", domain.tls_rpt, TLS_RPT_TAG),
            "client": _client(domain, request),
            "autoconfig": _autoconfig(domain, request),
            "services": _services(domain, request),
            "bimi": _text(domain, f"default._bimi.{domain.name}", domain.bimi, BIMI_TAG),
        }
    for row, records in rows.items():
        if row not in domain.leave_out:
            yield from records
    yield from _silent(domain)
    yield from _extra(domain)


def domain_spf(domain: Domain, request: Request) -> Iterator[WantedSpf]:
    """Yield the SPF records of the domain and of its names that never send."""
    owner = Owner(domain.name)
    for name in domain.silent_names:
        yield WantedSpf(name, (), "-all", owner, domain.ttl)
    if "spf" in domain.leave_out:
        return
    if not domain.sends:
        yield WantedSpf(domain.name, (), "-all", owner, domain.ttl)
        return
    if domain.spf is None:
        return
    terms = {"mx": owner} if mail_exchangers(request.hosts) and "mx" not in domain.leave_out else {}
    for host in request.hosts:
        for address in (host.addresses or ()) if host.present else ():
            terms.setdefault(address_term(address), Owner(domain.name, host.name))
    for mechanism in domain.spf.mechanisms:
        terms.setdefault(mechanism, owner)
    ours = tuple(SpfTerm(text, whose) for text, whose in terms.items())
    yield WantedSpf(domain.name, ours, domain.spf.last, owner, domain.ttl)


def mail_exchangers(hosts: tuple[MailHost, ...]) -> list[MailHost]:
    """Return the hosts that take mail, the preferred one first."""
    return sorted((host for host in hosts if host.present and host.mx), key=lambda host: host.preference)


def policy_text(domain: Domain, hosts: list[MailHost]) -> str | None:
    """Return the MTA-STS policy of ``domain`` as it is to be served, ``None`` where it has none.

    Raises:
        Conflict: it names no mail host.
    """
    if domain.mta_sts is None or not domain.sends or "mta_sts" in domain.leave_out:
        return None
    names = domain.mta_sts.mx if domain.mta_sts.mx is not None else tuple(host.name for host in hosts)
    if not names:
        raise Conflict(f"mta_sts of domain {domain.name} has no mail host to name; give mail_hosts, or mx of mta_sts")
    return mta_sts_text(domain.mta_sts.mode, domain.mta_sts.max_age, names)


def _text(domain: Domain, name: str, value: str | None, tag: str) -> Iterator[Wanted]:
    if value is not None:
        record = Record(name, "TXT", parse_text(value, f"TXT {name}"), domain.ttl)
        yield Wanted(record, Owner(domain.name), tag)


def _mx(domain: Domain, hosts: list[MailHost]) -> Iterator[Wanted]:
    if not domain.sends:
        yield _null_mx(domain.name, domain)
        return
    for host in hosts:
        record = Record(domain.name, "MX", f"{host.preference} {host.name}.", domain.ttl)
        yield Wanted(record, Owner(domain.name, host.name))


def _null_mx(name: str, domain: Domain) -> Wanted:
    """RFC 7505: a name that takes no mail."""
    return Wanted(Record(name, "MX", "0 .", domain.ttl), Owner(domain.name))


def _dkim(domain: Domain) -> Iterator[Wanted]:
    for key in domain.dkim or ():
        # Other text at a selector's name is a broken key to a verifier, so all TXT there is the slot.
        yield Wanted(Record(key.name, "TXT", key.value, key.ttl), Owner(domain.name, key.host))


def _report_authorization(domain: Domain) -> Iterator[Wanted]:
    """RFC 9990, section 4: whoever gets the reports of another domain says so."""
    for other in domain.report_domains:
        if not is_within(other, domain.name) and not is_within(domain.name, other):
            name = parse_name(f"{domain.name}._report._dmarc.{other}", f"dmarc of domain {domain.name}")
            yield Wanted(Record(name, "TXT", "v=DMARC1;", domain.ttl), Owner(domain.name), DMARC_TAG, needed=False)


def _caa(domain: Domain) -> Iterator[Wanted]:
    for value in domain.caa:
        yield Wanted(Record(domain.name, "CAA", value, domain.ttl), Owner(domain.name), shared=True)


def _mta_sts(domain: Domain, hosts: list[MailHost]) -> Iterator[Wanted]:
    text = policy_text(domain, hosts)
    if text is None:
        return
    yield from _text(domain, f"_mta-sts.{domain.name}", mta_sts_value(text), MTA_STS_TAG)
    yield from _alias(domain, f"mta-sts.{domain.name}")


def _alias(domain: Domain, name: str) -> Iterator[Wanted]:
    if domain.host and name != domain.host:
        yield Wanted(Record(name, "CNAME", f"{domain.host}.", domain.ttl), Owner(domain.name))


def _client(domain: Domain, request: Request) -> Iterator[Wanted]:
    """A name of the domain's own, so that it can move to another host without a change in clients."""
    if _has_alias(domain, request):
        yield from _alias(domain, domain.client_name)


def _has_alias(domain: Domain, request: Request) -> bool:
    """Whether the client name is for us to make."""
    name = domain.client_name
    return name != domain.name and is_within(name, domain.name) and name not in {host.name for host in request.hosts}


def _autoconfig(domain: Domain, request: Request) -> Iterator[Wanted]:
    if "autoconfig" not in request.services or not domain.host:
        return
    yield from _alias(domain, f"autoconfig.{domain.name}")
    yield from _alias(domain, f"autodiscover.{domain.name}")
    yield _service(domain, "autodiscover", f"0 1 443 {domain.host}.")


def _services(domain: Domain, request: Request) -> Iterator[Wanted]:
    if not domain.host:
        return
    # RFC 2782: the target of an SRV record is no alias.
    is_alias = "client" in domain.leave_out or _has_alias(domain, request)
    target = domain.host if is_alias else domain.client_name
    for service, port in _PORTS.items():
        if service in request.services:
            yield _service(domain, service, f"0 1 {port} {target}.")
        elif service not in _ONLY_IF_OFFERED:
            yield _service(domain, service, "0 0 0 .")


def _service(domain: Domain, service: str, value: str) -> Wanted:
    return Wanted(Record(f"_{service}._tcp.{domain.name}", "SRV", value, domain.ttl), Owner(domain.name))


def _silent(domain: Domain) -> Iterator[Wanted]:
    for name in domain.silent_names:
        yield _null_mx(name, domain)
        record = Record(parse_name(f"_dmarc.{name}", "no_mail_names"), "TXT", f"{DMARC_TAG}; p=reject", domain.ttl)
        yield Wanted(record, Owner(domain.name), DMARC_TAG)


def _extra(domain: Domain) -> Iterator[Wanted]:
    for extra in domain.extra:
        record = Record(extra.name, extra.type, extra.value, extra.ttl)
        tags = TAGS if extra.type == "TXT" else ()
        tag = next((tag for tag in tags if Slot(extra.name, "TXT", tag).holds(extra.value)), "")
        shared = extra.type != "CNAME" and not tag
        yield Wanted(record, Owner(domain.name), tag, shared=shared, asked=True)
