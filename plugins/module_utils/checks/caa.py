# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``caa``: which certificate authorities may issue for a domain (RFC 8659, RFC 8657)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..core.errors import shown
from ..dns.reply import Lookup, Reply
from .expected import compare
from .findings import Findings
from .model import Check
from .replies import NAME_LIMIT, as_record, cut, failure, told
from .world import World

# The registry of RFC 8659, section 7, with what came later (RFC 9495, the CA/Browser Forum's contacts, BIMI's).
_TAGS = ("issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone")
_CRITICAL = 128
_FORM = re.compile(r'([0-9]{1,3})\s+([A-Za-z0-9]+)\s+"?(.*?)"?', re.ASCII | re.DOTALL)
# RFC 8659, section 4.2.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ISSUER = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_PARAMETER = re.compile(rf"({_LABEL})[ \t]*=[ \t]*([!-:<-~]*)", re.ASCII)
_METHODS = re.compile(r"[A-Za-z0-9-]+(?:,[A-Za-z0-9-]+)*", re.ASCII)
_RECORD_LIMIT = 50


@dataclass(frozen=True)
class Property:
    """One CAA record: ``flags``, ``tag`` in lower case, ``value``."""

    flags: int
    tag: str
    value: str


def check_caa(domain: str, world: World) -> Check:
    """Return the verdict on the CAA records that hold for ``domain``: its own, or those of the nearest name above.

    Fields: ``caa_domain`` (whose they are; ``None``: there are none), ``issuers`` (authorities that may issue;
    ``None``: any may), ``records``: ``[{"flags", "tag", "value"}]``.
    """
    owner, reply = _climb(domain, world.lookup)
    findings = Findings()
    if reply.failed:
        findings.add(failure(reply), f"{told(owner, 'CAA', reply)}; authorities that cannot find out do not issue")
        return findings.check("", **_fields(None, [], None))
    own = reply.values if owner == domain else ()
    compared = compare(world, domain, "CAA", own)
    if compared is not None and compared.missing:
        findings.error(compared.told())
    elif compared is not None and compared.extra:
        findings.info(f"there are CAA records beside the expected ones: {as_record(compared.extra)}")
    if not reply.found:
        findings.warning(
            f"{domain} has no CAA, nor has a name above it, so any authority may issue certificates for it"
        )
        return findings.check("", **_fields(None, [], None))
    if owner != domain:
        findings.info(f"the CAA records are those of {owner}")
    properties = _read(reply, findings)
    issuers = _judge(properties, findings)
    success = f"certificates may come from {', '.join(issuers)}" if issuers else "no authority may issue certificates"
    return findings.check(success, as_record(reply.values), **_fields(owner, properties, issuers))


def _fields(owner: str | None, properties: list[Property], issuers: list[str] | None) -> dict[str, Any]:
    return {
        "caa_domain": owner,
        "issuers": issuers,
        "records": [{"flags": one.flags, "tag": one.tag, "value": cut(one.value, NAME_LIMIT)} for one in properties],
    }


def _climb(domain: str, lookup: Lookup) -> tuple[str, Reply]:
    """Return the nearest name with CAA records, or the one that nobody knows of (RFC 8659, section 3)."""
    name, reply = domain, lookup.resolve(domain, "CAA")
    while reply.absent and "." in name:
        name = name.partition(".")[2]
        reply = lookup.resolve(name, "CAA")
    return name, reply


def _read(reply: Reply, findings: Findings) -> list[Property]:
    properties = []
    for value in reply.values[:_RECORD_LIMIT]:
        match = _FORM.fullmatch(value.strip())
        if match is None or int(match[1]) > 255:
            findings.error(f"CAA {shown(value, 100)} cannot be read")
            continue
        properties.append(Property(int(match[1]), match[2].lower(), match[3].replace('\\"', '"')))
    if len(reply.values) > _RECORD_LIMIT:
        findings.warning(f"there are {len(reply.values)} CAA records, of which the first {_RECORD_LIMIT} are looked at")
    return properties


def _judge(properties: list[Property], findings: Findings) -> list[str] | None:
    """Return the authorities that may issue, ``None`` where the records do not say."""
    for one in properties:
        if one.tag not in _TAGS and one.flags & _CRITICAL:
            findings.error(f"the CAA tag {one.tag} is critical and not known: no authority may issue certificates")
        elif one.tag not in _TAGS:
            findings.info(f"the CAA tag {one.tag} is not known")
        if one.flags & ~_CRITICAL:
            findings.warning(f"CAA has the flags {one.flags}; only 0 and {_CRITICAL} mean something")
        if one.tag == "iodef" and not one.value.lower().startswith(("mailto:", "http:", "https:")):
            findings.warning(f"CAA iodef {shown(one.value, 100)} is no mailto:, http: or https: URL")
    issue = [_issuer(one, findings) for one in properties if one.tag == "issue"]
    for one in properties:
        if one.tag == "issuewild":
            _issuer(one, findings)
    if not issue:
        findings.warning("CAA has no issue, so any authority may issue certificates")
        return None
    issuers = list(dict.fromkeys(issuer for issuer in issue if issuer))
    if not issuers:
        findings.info("CAA lets no authority issue certificates")
    return issuers


def _issuer(one: Property, findings: Findings) -> str:
    """Return the authority that an ``issue`` or ``issuewild`` names, empty where it lets none (section 4.2)."""
    issuer, *parameters = (part.strip(" \t") for part in one.value.split(";"))
    if issuer and not _ISSUER.fullmatch(issuer):
        findings.error(f"CAA {one.tag} {shown(one.value, 100)} names no authority, so it lets none issue")
        return ""
    seen: set[str] = set()
    for parameter in filter(None, parameters):
        match = _PARAMETER.fullmatch(parameter)
        if match is None:
            findings.error(f"CAA {one.tag} {shown(one.value, 100)}: {shown(parameter, 60)} is no parameter=value")
            return ""
        name, value = match[1].lower(), match[2]
        if name in seen and name in ("accounturi", "validationmethods"):
            findings.error(f"CAA {one.tag} has {name} twice, so nobody may issue by it (RFC 8657)")
        elif name == "accounturi" and ":" not in value:
            findings.error(f"CAA {one.tag} has accounturi={shown(value, 100)}, which is no URI (RFC 8657)")
        elif name == "validationmethods" and not _METHODS.fullmatch(value):
            findings.error(f"CAA {one.tag} has validationmethods={shown(value, 100)}, which is no list (RFC 8657)")
        seen.add(name)
    return issuer.lower()
