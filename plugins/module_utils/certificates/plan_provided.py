# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a pair that somebody else made: it is judged and copied."""

from __future__ import annotations

from ..core.errors import Unavailable
from ..core.files import read_bytes
from ..core.plan import Change
from .call import Call, put_pair, shown
from .judge import check_provided, day
from .plan_next import drop_next
from .x509 import load_chain, load_key, public_key_hash


def plan_provided(call: Call) -> None:
    """Plan the pair, and tell the hash of the key that somebody else is to use next.

    Raises:
        InvalidValue, Conflict, Unavailable: with a message for the user.
    """
    want = call.wanted
    chain_pem, key_pem = _provided(call, want.certificate), _provided(call, want.private_key)
    next_pem = _provided(call, want.next_public_key) if want.next_public_key else None
    drop_next(call)
    if chain_pem is None or key_pem is None:
        if not call.pair.target:
            call.plan.changes.append(Change("certificate", want.host, None, shown(want, None)))
        return
    chain = load_chain(chain_pem, want.certificate)
    key = load_key(key_pem, want.private_key)
    check_provided(want.certificate, chain, want.private_key, key, want.names, call.now)
    coming = None if next_pem is None else public_key_hash(next_pem, want.next_public_key)
    days = (chain[0].not_after - call.now).days
    if days < want.terms.renew_before:
        call.warnings.append(f"the certificate {want.certificate} expires on {day(chain[0].not_after)}, in {days} days")
    put_pair(call, key, b"".join(one.pem for one in chain), chain[0])
    # Once it is in use it is no longer the next one.
    call.returns["next_spki_sha256"] = None if coming == key.spki_sha256 else coming


def _provided(call: Call, path: str) -> bytes | None:
    content = read_bytes(path)
    if content is None:
        if not call.check_mode:
            raise Unavailable(f"the provided file {path} does not exist on the target; put it there first")
        call.unchecked.append(f"the provided file {path} is not there yet")
    return content
