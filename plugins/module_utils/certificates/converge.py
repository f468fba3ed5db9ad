# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the module: read, judge, plan; ``apply`` writes. Keys are made in memory and only in a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import Conflict, InvalidValue, Unavailable
from ..core.files import locked, read_bytes
from ..core.ledger import Ledger, edit
from ..core.plan import Change, Plan
from . import place
from .judge import authority_reasons, certificate_reasons, check_provided, day
from .options import Wanted, wanted
from .x509 import Certificate, Key, load_chain, load_key, make_authority, make_certificate, make_key

LEDGER_KIND = "certificate"
AUTHORITY = "ca.pem"
AUTHORITY_KEY = "ca.key"


@dataclass
class Call:
    """What a call found and wants.

    ``authority`` is the CA's key and certificate as they were found. The ``new_*`` fields are what `apply` writes,
    ``None`` where nothing is to be.
    """

    wanted: Wanted
    now: dt.datetime
    check_mode: bool
    pair: place.Pair
    authority: tuple[bytes | None, bytes | None] = field(repr=False)
    plan: Plan = field(default_factory=Plan)
    unchecked: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    returns: dict[str, Any] = field(default_factory=dict)
    new_authority: bytes | None = None
    new_authority_key: bytes | None = None
    new_pair: tuple[str, bytes, bytes] | None = None
    removes: bool = False

    @property
    def archive(self) -> Path:
        """Where pairs go that are no longer used."""
        return Path(self.wanted.ledger).parent / "archive" / "tls"

    def apply(self) -> None:
        """Write what the plan says: the CA first, each key before its certificate, the ledger before the pair.

        Raises:
            Conflict: another run wrote something since the plan was made; nothing was changed.
            Unavailable: a file cannot be written. What was there is still whole; running again completes it.
        """
        with locked(Path(self.wanted.ledger).with_name("certificate.lock")):
            want = self.wanted
            now_there = (read_authority(want), place.read_pair(want.directory, want.host))
            if now_there != (self.authority, self.pair):
                raise Conflict(f"the certificate of {want.host} or its CA was changed during this run; run again")
            self._write(want)

    def _write(self, want: Wanted) -> None:
        if self.new_authority_key is not None:
            place.write_file(f"{want.ca_directory}/{AUTHORITY_KEY}", self.new_authority_key, place.KEY_MODE)
        if self.new_authority is not None:
            place.write_file(f"{want.ca_directory}/{AUTHORITY}", self.new_authority, place.OPEN_MODE)
        if self.new_pair is not None:
            with edit(want.ledger) as book:
                book.take(LEDGER_KIND, want.directory, want.host, None, "certificate")
            place.put_pair(want.directory, want.host, *self.new_pair, self.archive)
        if self.removes and self.pair.target:
            place.remove_pair(want.directory, want.host, self.pair.target, self.archive)
        used = self.new_pair[0] if self.new_pair else "" if self.removes else self.pair.target
        for name in place.left_behind(want.directory, want.host, used):
            place.archive_pair(want.directory, name, self.archive)
        if self.removes:
            with edit(want.ledger) as book:
                book.release(LEDGER_KIND, want.directory, want.host)


def prepare(params: Mapping[str, Any], *, now: dt.datetime, check_mode: bool) -> Call:
    """Return the plan for ``params`` with all that it needs.

    Raises:
        InvalidValue, Conflict, Unavailable: with a message for the user; nothing was changed.
    """
    want = wanted(params)
    call = Call(want, now, check_mode, place.read_pair(want.directory, want.host), read_authority(want))
    call.returns = _paths(want)
    if params["state"] == "absent":
        _plan_absent(call)
        return call
    for name in place.left_behind(want.directory, want.host, call.pair.target):
        call.plan.changes.append(Change("pair left behind", name, {"directory": want.directory}, None))
    try:
        if want.source == "provided":
            _plan_provided(call)
        else:
            _plan_own(call)
    except Unavailable as error:
        # The role installs the library just before; in check mode it may not be there yet.
        if not check_mode or not isinstance(error.__cause__, ImportError):
            raise
        _plan_without_library(call, str(error))
    return call


def read_authority(want: Wanted) -> tuple[bytes | None, bytes | None]:
    """Return the CA's key and its certificate, ``None`` for what is not there or not used.

    Raises:
        Unavailable: a file cannot be read.
    """
    if want.source != "own_ca":
        return None, None
    return read_bytes(f"{want.ca_directory}/{AUTHORITY_KEY}"), read_bytes(f"{want.ca_directory}/{AUTHORITY}")


def _paths(want: Wanted) -> dict[str, Any]:
    own = want.source == "own_ca"
    return {
        "name": want.host,
        "names": list(want.names),
        "source": want.source,
        "fullchain": f"{want.directory}/{want.host}/{place.CHAIN}",
        "private_key": f"{want.directory}/{want.host}/{place.KEY}",
        "ca": f"{want.ca_directory}/{AUTHORITY}" if own else None,
        "not_after": None,
        "spki_sha256": None,
    }


def _plan_absent(call: Call) -> None:
    want = call.wanted
    call.removes = True
    call.returns = {"name": want.host}
    left = place.left_behind(want.directory, want.host, call.pair.target)
    held = want.host in Ledger.read(want.ledger).entries(LEDGER_KIND, want.directory)
    if call.pair.target or left or held:
        call.plan.changes.append(Change("certificate", want.host, {"directory": want.directory}, None))


def _plan_provided(call: Call) -> None:
    want = call.wanted
    chain_pem, key_pem = _provided(call, want.certificate), _provided(call, want.private_key)
    if chain_pem is None or key_pem is None:
        if not call.pair.target:
            call.plan.changes.append(Change("certificate", want.host, None, _shown(want, None)))
        return
    chain = load_chain(chain_pem, want.certificate)
    key = load_key(key_pem, want.private_key)
    check_provided(want.certificate, chain, want.private_key, key, want.names, call.now)
    days = (chain[0].not_after - call.now).days
    if days < want.terms.renew_before:
        call.warnings.append(f"the certificate {want.certificate} expires on {day(chain[0].not_after)}, in {days} days")
    _put(call, key, b"".join(one.pem for one in chain), chain[0])


def _provided(call: Call, path: str) -> bytes | None:
    content = read_bytes(path)
    if content is None:
        if not call.check_mode:
            raise Unavailable(f"the provided file {path} does not exist on the target; put it there first")
        call.unchecked.append(f"the provided file {path} is not there yet")
    return content


def _plan_own(call: Call) -> None:
    want, terms = call.wanted, call.wanted.terms
    authority_key, authority, signer = _plan_authority(call)
    old = load_key(call.pair.key, f"{want.directory}/{want.host}/{place.KEY}") if call.pair.key else None
    found = _found_chain(call)
    key = kept = old if old is not None and old.kind == want.key_type else None
    if kept is None:
        reasons = ["gets a new private key" if old else "has no private key"] if call.pair.target else ["is not there"]
        key = None if call.check_mode else make_key(want.key_type)
    elif signer is None:
        reasons = ["is not from our CA"]
    else:
        reasons = certificate_reasons(found[0] if found else None, kept, want.names, signer, call.now, terms)
        if authority is not signer:
            reasons = reasons or ["its CA is made again"]
    if key is None or authority is None or authority_key is None:
        # Check mode, and a key or the CA is still to be made: the certificate follows from them.
        call.plan.changes.append(Change("certificate", want.host, _before(call), _issued(call, kept, reasons)))
        return
    if reasons and call.check_mode:
        call.returns["spki_sha256"] = key.spki_sha256
        call.plan.changes.append(Change("certificate", want.host, _before(call), _issued(call, kept, reasons)))
        return
    if reasons:
        leaf = make_certificate(key, want.names, authority, authority_key, call.now, terms.days)
        _put(call, key, leaf.pem + authority.pem, leaf, _issued(call, kept, reasons))
    else:
        _put(call, key, found[0].pem + authority.pem, found[0])


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


def _found_chain(call: Call) -> list[Certificate]:
    """Return the chain that is there; a damaged one counts as none, because it is just made again."""
    if call.pair.chain is None:
        return []
    try:
        return load_chain(call.pair.chain, place.CHAIN)
    except InvalidValue:
        return []


def _before(call: Call) -> dict[str, Any] | None:
    if not call.pair.target:
        return None
    found = _found_chain(call)
    return _shown(call.wanted, found[0]) if found else {}


def _put(call: Call, key: Key, chain: bytes, leaf: Certificate, issued: dict[str, Any] | None = None) -> None:
    """Plan the pair's files where they differ from what is there; ``issued`` is what is shown of a new certificate."""
    want = call.wanted
    call.returns.update(not_after=leaf.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"), spki_sha256=key.spki_sha256)
    target = place.pair_directory(want.host, key.spki_sha256)
    root = Path(want.directory) / target
    looks = place.looks_right(root / place.KEY, place.KEY_MODE) and place.looks_right(
        root / place.CHAIN, place.OPEN_MODE
    )
    if (call.pair.target, call.pair.key, call.pair.chain) == (target, key.pem, chain) and looks:
        return
    call.new_pair = (target, key.pem, chain)
    before = _before(call)
    differing = {**_shown(want, leaf), "why": "" if before is None else "file, mode or owner differ"}
    call.plan.changes.append(Change("certificate", want.host, before, issued or differing))


def _plan_without_library(call: Call, message: str) -> None:
    """Predict in check mode without the library: what is not there is new, what is there cannot be judged."""
    want = call.wanted
    call.plan.changes.clear()
    if not call.pair.target:
        if want.source == "own_ca" and not Path(f"{want.ca_directory}/{AUTHORITY}").exists():
            call.plan.changes.append(Change("ca", want.ca_directory, None, {"why": "is not there"}))
        call.plan.changes.append(Change("certificate", want.host, None, {**_shown(want, None), "why": "is not there"}))
    call.unchecked.append(f"certificate {want.host}: {message}")


def _issued(call: Call, kept: Key | None, reasons: list[str]) -> dict[str, Any]:
    """Return what is shown of a certificate that is issued: only what check mode, which makes no keys, knows too."""
    return {
        **_shown(call.wanted, None),
        "valid until": day(call.now + dt.timedelta(days=call.wanted.terms.days)),
        "key (SPKI SHA-256)": kept.spki_sha256 if kept else "new",
        "why": "; ".join(reasons),
    }


def _shown(want: Wanted, leaf: Certificate | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"names": leaf.names if leaf else want.names}
    if leaf is not None:
        shown["valid until"] = day(leaf.not_after)
        shown["key (SPKI SHA-256)"] = leaf.spki_sha256
    return shown
