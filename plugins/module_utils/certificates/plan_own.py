# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a certificate from the own CA. Keys are made in memory and only in a run."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ..core.errors import Conflict
from ..core.plan import Change
from . import place
from .call import AUTHORITY, AUTHORITY_KEY, Call, before, found_chain, put_pair, shown
from .judge import authority_reasons, certificate_reasons, day
from .plan_next import choose_key, plan_next
from .x509 import Certificate, Key, load_chain, load_key, make_authority, make_certificate, make_key


def plan_own(call: Call) -> None:
    """Plan the CA, the pair and the next key.

    Raises:
        InvalidValue, Conflict, Unavailable: with a message for the user.
    """
    want, terms = call.wanted, call.wanted.terms
    authority_key, authority, signer = _plan_authority(call)
    old = load_key(call.pair.key, f"{want.directory}/{want.host}/{place.KEY}") if call.pair.key else None
    found = found_chain(call)
    choice = choose_key(call, old)
    kept = key = choice.key
    if choice.why:
        reasons = [choice.why]
        key = kept or (None if call.check_mode else make_key(want.key_type))
    elif kept is None or signer is None:
        reasons = ["is not from our CA"]
    else:
        reasons = certificate_reasons(found[0] if found else None, kept, want.names, signer, call.now, terms)
        if authority is not signer:
            reasons = reasons or ["its CA is made again"]
    _plan_pair(call, key, kept, authority, authority_key, found, reasons)
    plan_next(call, choice)


def _plan_pair(
    call: Call,
    key: Key | None,
    kept: Key | None,
    authority: Certificate | None,
    authority_key: Key | None,
    found: list[Certificate],
    reasons: list[str],
) -> None:
    """Plan the certificate for ``key``, which is ``None`` where it is still to be made; ``kept`` was there before."""
    want = call.wanted
    if key is not None:
        call.returns["spki_sha256"] = key.spki_sha256
    if key is None or authority is None or authority_key is None:
        # Check mode, and a key or the CA is still to be made: the certificate follows from them.
        call.plan.changes.append(Change("certificate", want.host, before(call), _issued(call, kept, reasons)))
    elif reasons and call.check_mode:
        call.plan.changes.append(Change("certificate", want.host, before(call), _issued(call, kept, reasons)))
    elif reasons:
        leaf = make_certificate(key, want.names, authority, authority_key, call.now, want.terms.days)
        put_pair(call, key, leaf.pem + authority.pem, leaf, _issued(call, kept, reasons))
    else:
        put_pair(call, key, found[0].pem + authority.pem, found[0])


def _plan_authority(call: Call) -> tuple[Key | None, Certificate | None, Certificate | None]:
    """Return the CA's key and certificate as they will be, and the certificate as it is.

    The first two are ``None`` for what check mode does not make.
    """
    want = call.wanted
    paths = (f"{want.ca_directory}/{AUTHORITY_KEY}", f"{want.ca_directory}/{AUTHORITY}")
    key_pem, pem = call.authority
    if key_pem is None and pem is not None:
        raise Conflict(
            f"{paths[1]} is there and its key {paths[0]} is not; restore the key from a backup, or move {paths[1]} "
            "away for a new CA, which every client has to be given then"
        )
    key = load_key(key_pem, paths[0]) if key_pem else None if call.check_mode else make_key("ecdsa-p256")
    found = load_chain(pem, paths[1])[0] if pem else None
    if found is not None and key is not None and found.spki_sha256 != key.spki_sha256:
        raise Conflict(f"{paths[1]} does not match its key {paths[0]}; restore the two from one backup")
    reasons = authority_reasons(found, call.now, want.terms)
    looks = place.looks_right(paths[0], place.KEY_MODE) and place.looks_right(paths[1], place.OPEN_MODE)
    if not reasons and looks:
        return key, found, found
    call.plan.changes.append(
        Change(
            "ca",
            want.ca_directory,
            None if found is None else {"valid until": day(found.not_after)},
            {"why": "; ".join(reasons) or "mode or owner differ"},
        )
    )
    if key is None or call.check_mode:
        return key, None if reasons else found, found
    made = found
    if made is None or reasons:
        made = make_authority(key, f"Mailwright CA of {want.host}", call.now, want.terms.authority_days, found)
    call.new_authority_key, call.new_authority = key.pem, made.pem
    return key, made, found


def _issued(call: Call, kept: Key | None, reasons: list[str]) -> dict[str, Any]:
    """Return what is shown of a certificate that is issued: only what check mode, which makes no keys, knows too."""
    return {
        **shown(call.wanted, None),
        "valid until": day(call.now + dt.timedelta(days=call.wanted.terms.days)),
        "key (SPKI SHA-256)": kept.spki_sha256 if kept else "new",
        "why": "; ".join(reasons),
    }
