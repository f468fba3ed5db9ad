# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the DKIM signatures of a received message are worth to the domain in its From field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .model import ERROR, SUCCESS, UNKNOWN, WARNING, Check
from .signatures import FAIL, NEUTRAL, PASS, PERMERROR, TEMPERROR, Signature

# The best that one of several signatures reached is the message's result.
_ORDER = (PASS, TEMPERROR, FAIL, PERMERROR, NEUTRAL)


def dkim_check(signatures: Sequence[Signature], total: int, from_domain: str, aligned: Callable[[str], bool]) -> Check:
    """Return the verdict on ``signatures``, of which the message has ``total``.

    ``aligned`` says whether a domain is in alignment with ``from_domain`` (RFC 9989). Fields: ``result`` (RFC 8601,
    section 2.7.1, ``none`` without a signature), ``aligned`` (whether a signature that is right is aligned and counts),
    ``from_domain``, and ``signatures``, each ``{domain, selector, algorithm, result, message, record, aligned,
    testing}``.
    """
    rows = [(signature, bool(signature.domain) and aligned(signature.domain)) for signature in signatures]
    good = [signature for signature, near in rows if signature.result == PASS and near and not signature.testing]
    result = next((word for word in _ORDER if any(one.result == word for one in signatures)), "none")
    status, message = _verdict(signatures, good, result, from_domain)
    return Check(
        status,
        message,
        "; ".join(dict.fromkeys(one.record for one in signatures if one.record)) or None,
        tuple(_warnings(signatures, good, total)),
        (),
        {
            "result": result,
            "aligned": bool(good),
            "from_domain": from_domain,
            "signatures": [_shown(signature, near) for signature, near in rows],
        },
    )


def _verdict(
    signatures: Sequence[Signature], good: Sequence[Signature], result: str, from_domain: str
) -> tuple[str, str]:
    if good:
        names = " and ".join(dict.fromkeys(f"{one.selector} ({one.algorithm})" for one in good))
        return SUCCESS, f"The signature of {good[0].domain} with {names} is right and aligned with {from_domain}"
    if not signatures:
        return ERROR, "The message has no DKIM signature"
    if result == PASS:
        right = next(one for one in signatures if one.result == PASS)
        if any(one.result == PASS and one.testing for one in signatures):
            return WARNING, f"The key {right.selector} of {right.domain} is only tested (t=y): its signature counts not"
        return WARNING, f"The signature of {right.domain} is right, but not aligned with {from_domain or 'From'}"
    first = next(one for one in signatures if one.result == result)
    name = f"{first.selector} of {first.domain}" if first.domain else "the message"
    return (UNKNOWN if result == TEMPERROR else ERROR), f"No signature is right; {name}: {first.message}"


def _warnings(signatures: Sequence[Signature], good: Sequence[Signature], total: int) -> list[str]:
    found = []
    if good:
        found += [f"{one.selector} of {one.domain}: {one.message}" for one in signatures if one.result != PASS]
    found += [
        f"{one.selector} of {one.domain}: only the begin of the body is signed (l=)"
        for one in signatures
        if one.result == PASS and one.partial
    ]
    if total > len(signatures) and signatures:
        found.append(f"The message has {total} signatures; {len(signatures)} of them were judged")
    return found


def _shown(signature: Signature, aligned: bool) -> dict[str, Any]:
    return {
        "domain": signature.domain,
        "selector": signature.selector,
        "algorithm": signature.algorithm,
        "result": signature.result,
        "message": signature.message,
        "record": signature.record,
        "aligned": aligned,
        "testing": signature.testing,
    }
