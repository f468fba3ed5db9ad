# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the certificates found, as reasons for people to read; pure, the time is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.errors import Conflict
from .names import covers
from .x509 import Certificate, Key, issued_by


@dataclass(frozen=True)
class Terms:
    """How long certificates are to be valid, and how many days ahead of their end they are replaced."""

    days: int
    renew_before: int
    authority_days: int


def day(moment: dt.datetime) -> str:
    """Return the day of ``moment`` (UTC) as people read it: ``2026-11-21``."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d")


def authority_reasons(authority: Certificate | None, now: dt.datetime, terms: Terms) -> list[str]:
    """Return why the CA's certificate has to be made (again, for the same key); empty where it is good.

    It is made again early enough for a server certificate of full length to end before it.
    """
    if authority is None:
        return ["is not there"]
    if authority.not_after < now + dt.timedelta(days=terms.days):
        return [f"ends on {day(authority.not_after)}, before a new certificate would"]
    return []


def certificate_reasons(
    certificate: Certificate | None,
    key: Key,
    names: Sequence[str],
    authority: Certificate,
    now: dt.datetime,
    terms: Terms,
) -> list[str]:
    """Return why our CA has to issue the certificate (again); empty where it is good."""
    if certificate is None:
        return ["is not there"]
    reasons = []
    if certificate.spki_sha256 != key.spki_sha256:
        reasons.append("is for another key")
    if set(certificate.names) != set(names) or certificate.names[:1] != tuple(names[:1]):
        reasons.append(f"is for {', '.join(certificate.names) or 'no name'}")
    if not issued_by(certificate, authority):
        reasons.append("is not from our CA")
    if certificate.not_after - now < dt.timedelta(days=terms.renew_before):
        reasons.append(f"ends on {day(certificate.not_after)}")
    if certificate.not_before > now:
        reasons.append(f"begins on {day(certificate.not_before)}")
    return reasons


def check_provided(
    path: str, chain: Sequence[Certificate], key_path: str, key: Key, names: Sequence[str], now: dt.datetime
) -> None:
    """Judge a pair that somebody else made.

    Raises:
        Conflict: the key is another one's, the certificate is not valid now, does not cover a name, or the chain is
            not in order. The message names files, names and days.
    """
    first = chain[0]
    if first.spki_sha256 != key.spki_sha256:
        fitting = [number for number, one in enumerate(chain, 1) if one.spki_sha256 == key.spki_sha256]
        if fitting:
            raise Conflict(
                f"the certificate for {key_path} is number {fitting[0]} in {path}; the server's own must be the first"
            )
        raise Conflict(
            f"the certificate {path} (for {', '.join(first.names)}) does not match the private key {key_path}; "
            "give the key that it was made for"
        )
    for number, one in enumerate(chain, 1):
        which = f"the certificate {path}" if number == 1 else f"certificate number {number} in {path}"
        if one.not_after <= now:
            raise Conflict(f"{which} (for {one.subject}) expired on {day(one.not_after)}; give a valid one")
        if one.not_before > now:
            raise Conflict(f"{which} (for {one.subject}) is valid only from {day(one.not_before)}; give a valid one")
    missing = [name for name in names if not covers(first.names, name)]
    if missing:
        held = ", ".join(first.names) or "no name"
        raise Conflict(
            f"the certificate {path} is for {held} and does not cover {', '.join(missing)}; "
            "give one that does, or take the name out"
        )
    for number in range(1, len(chain)):
        if not issued_by(chain[number - 1], chain[number]):
            raise Conflict(
                f"certificate number {number} in {path} is from {chain[number - 1].issuer}, and the next one is "
                f"{chain[number].subject}; each must be followed by its issuer's"
            )
