# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of policies: DMARC, MTA-STS, TLS reports, CAA and BIMI, from their options."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from ..core.addresses import Address, parse_address
from ..core.errors import InvalidValue
from .values import parse_value

DMARC_TAG, MTA_STS_TAG, TLS_RPT_TAG, BIMI_TAG = "v=DMARC1", "v=STSv1", "v=TLSRPTv1", "v=BIMI1"
# RFC 8461, section 3.2.
_LONGEST_AGE = 31557600
_DMARC_POLICIES = {"policy": "p", "subdomain_policy": "sp", "nonexistent_policy": "np"}
_DMARC_ALIGNMENTS = {"dkim_alignment": "adkim", "spf_alignment": "aspf"}


def dmarc_value(given: Mapping[str, Any], subject: str) -> tuple[str, list[str]]:
    """Return the DMARC record (RFC 9989, section 4.7) and the domains that its reports go to.

    Raises:
        InvalidValue: a report address is none.
    """
    tags = [DMARC_TAG]
    tags += [f"{tag}={given[name]}" for name, tag in _DMARC_POLICIES.items() if given.get(name)]
    tags += [f"{tag}={given[name][0]}" for name, tag in _DMARC_ALIGNMENTS.items() if given.get(name)]
    if given.get("failure_options"):
        tags.append(f"fo={':'.join(dict.fromkeys(given['failure_options']))}")
    if given.get("testing"):
        tags.append("t=y")
    domains = []
    for name in ("rua", "ruf"):
        addresses = [_mail(value, f"{name} of {subject}") for value in given.get(name) or []]
        if addresses:
            tags.append(f"{name}={','.join(_mailto(address) for address in addresses)}")
            domains += [address.domain for address in addresses]
    return "; ".join(tags), list(dict.fromkeys(domains))


def tls_rpt_value(rua: Iterable[str], subject: str) -> str:
    """Return the record for reports of TLS failures (RFC 8460, section 3); addresses and https URLs are taken.

    Raises:
        InvalidValue: there is none, or one is neither.
    """
    targets = [
        _url(value, subject) if str(value).startswith("https:") else _mailto(_mail(value, subject)) for value in rua
    ]
    if not targets:
        raise InvalidValue(subject, "", "is empty", "give an address for the reports, or leave tls_rpt out")
    return f"{TLS_RPT_TAG}; rua={','.join(targets)}"


def mta_sts_text(mode: str, max_age: int, hosts: Iterable[str]) -> str:
    """Return the policy as it is served (RFC 8461, section 3.2), lines ending in CRLF."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {host}" for host in hosts), f"max_age: {max_age}"]
    return "".join(f"{line}\r\n" for line in lines)


def mta_sts_value(policy: str) -> str:
    """Return the record that announces the text ``policy``: its id changes exactly when the text does."""
    return f"{MTA_STS_TAG}; id={hashlib.sha256(policy.encode()).hexdigest()[:32]}"


def check_max_age(value: int, subject: str) -> int:
    """Return how many seconds an MTA-STS policy may be kept.

    Raises:
        InvalidValue: less than none, or more than RFC 8461 allows.
    """
    if not 0 <= value <= _LONGEST_AGE:
        raise InvalidValue(subject, value, "is out of range", f"give seconds from 0 to {_LONGEST_AGE}")
    return value


def caa_value(given: Mapping[str, Any], subject: str) -> str:
    """Return the value of a CAA record (RFC 8659; account and methods by RFC 8657).

    Raises:
        InvalidValue: tag or text is none.
    """
    parts = [str(given["value"])]
    if given.get("account_uri"):
        parts.append(f"accounturi={given['account_uri']}")
    if given.get("validation_methods"):
        parts.append(f"validationmethods={','.join(given['validation_methods'])}")
    if any('"' in part for part in parts):
        raise InvalidValue(subject, given["value"], "has a quote", "give the text alone")
    flags = 128 if given.get("critical") else 0
    return parse_value("CAA", f'{flags} {given.get("tag") or "issue"} "{"; ".join(parts)}"', subject)


def bimi_value(given: Mapping[str, Any], subject: str) -> str:
    """Return the record of a brand's logo, with the certificate that proves it where there is one.

    Raises:
        InvalidValue: one of the two is no https URL.
    """
    authority = given.get("authority")
    parts = [BIMI_TAG, f"l={_url(given['logo'], subject)}", f"a={_url(authority, subject) if authority else ''}"]
    return "; ".join(parts)


def _mail(value: str, subject: str) -> Address:
    return parse_address(value.removeprefix("mailto:") if isinstance(value, str) else value, subject)


def _mailto(address: Address) -> str:
    # Commas, exclamation marks and semicolons have meanings of their own in these records.
    return f"mailto:{quote(address.local_part, safe='+')}@{address.domain}"


def _url(value: str, subject: str) -> str:
    right = "give a URL such as https://example.com/logo.svg"
    if (
        not isinstance(value, str)
        or not value.isascii()
        or any(not "!" <= one <= "~" or one in ',;"!\\' for one in value)
    ):
        raise InvalidValue(subject, value, "has characters that the record does not take", right)
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = None
    if parts is None or parts.scheme != "https" or not parts.hostname:
        raise InvalidValue(subject, value, "is no https URL", right)
    return value
