# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS records that the platform demands, in the form that the collection's DNS modules take. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .client import SUBJECT
from .errors import NoAnswer
from .model import Record

# A name of the DNS in lower case; labels of TXT records may begin with an underscore.
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"\s*')
# Types whose value begins with a priority that the platform tells apart.
_WITH_PRIORITY = ("MX", "SRV")
# The terms of an SPF record that are no mechanism of the sender's own (RFC 7208, sections 5.1 and 6).
_NOT_OFFERED = re.compile(r"v=spf1|[-+~?]?all|redirect=.*|exp=.*", re.IGNORECASE)


def read_record(row: Mapping[str, Any], domain: str) -> Record:
    """Return the record that ``row`` describes: ``host`` or ``name``, ``type``, ``value``, perhaps priority and TTL.

    A name may be absolute, relative to ``domain``, or ``@`` for the domain itself.

    Raises:
        NoAnswer: this is no record, or one of another domain.
    """
    host = next((row[name] for name in ("host", "name") if isinstance(row.get(name), str)), None)
    type_, value = row.get("type"), row.get("value")
    if host is None or not isinstance(type_, str) or not isinstance(value, str) or not value.strip():
        raise NoAnswer(f"{SUBJECT}: a DNS record without host, type or value; correct api_url")
    name = _absolute(host.strip().lower(), domain)
    type_ = type_.strip().upper()
    value = value.strip()
    if type_ == "TXT":
        value = _unquoted(value)
    elif type_ in _WITH_PRIORITY and value[0] != " " and len(value.split()) < {"MX": 2, "SRV": 4}[type_]:
        value = f"{row.get('priority') or 0} {value}"
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise NoAnswer(f"{SUBJECT}: the {type_} record of {name} has a control character in its value")
    ttl = row.get("ttl")
    return Record(name, type_, value, ttl if isinstance(ttl, int) and not isinstance(ttl, bool) and ttl > 0 else None)


def spf_mechanisms(records: Iterable[Record], domain: str) -> list[str]:
    """Return the mechanisms of the SPF record of ``domain`` in ``records``, such as ``include:spf.relay.example``."""
    texts = [one.value for one in records if one.name == domain and one.value.lower().startswith("v=spf1")]
    return [term for text in texts for term in text.split() if not _NOT_OFFERED.fullmatch(term)]


def _absolute(host: str, domain: str) -> str:
    if host in ("", "@"):
        return domain
    absolute = host.endswith(".") or f".{host}".endswith(f".{domain}")
    name = host.removesuffix(".") if absolute else f"{host}.{domain}"
    if not _NAME.fullmatch(name) or len(name) > 253 or not f".{name}".endswith(f".{domain}"):
        raise NoAnswer(f"{SUBJECT}: a DNS record of {name!r}, which is no name in {domain}")
    return name


def _unquoted(value: str) -> str:
    """Return a text without the quotes of a zone file, its strings put together."""
    strings = _STRING.findall(value)
    if not strings or _STRING.sub("", value):
        return value
    return "".join(re.sub(r"\\(.)", r"\1", string) for string in strings)
