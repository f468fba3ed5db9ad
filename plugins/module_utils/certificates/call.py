# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the module: what it found and wants, and how that is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ..core.clock import Moment
from ..core.errors import Conflict, InvalidValue
from ..core.files import locked, read_bytes
from ..core.ledger import edit
from ..core.plan import Change, Plan
from . import next_key, place
from .judge import day
from .options import Wanted
from .rollover import Asker, Noted
from .x509 import Certificate, Key, load_chain

LEDGER_KIND = "certificate"
AUTHORITY = "ca.pem"
AUTHORITY_KEY = "ca.key"
Authority: TypeAlias = "tuple[bytes | None, bytes | None]"


@dataclass
class Call:
    """What a call found and wants.

    ``authority`` is the CA's key and certificate as they were found, ``next`` the key that is to come. The ``new_*``
    fields are what `apply` writes, ``None`` where nothing is to be; ``noted`` is what is remembered of the next key,
    and ``archives_next`` the name that the one that is there gets in the archive.
    """

    wanted: Wanted
    now: dt.datetime
    moment: Moment
    check_mode: bool
    asker: Asker
    pair: place.Pair
    next: next_key.Next
    authority: Authority = field(repr=False)
    plan: Plan = field(default_factory=Plan)
    unchecked: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    returns: dict[str, Any] = field(default_factory=dict)
    new_authority: bytes | None = None
    new_authority_key: bytes | None = None
    new_pair: tuple[str, bytes, bytes] | None = None
    new_next: bytes | None = field(default=None, repr=False)
    noted: Noted | None = None
    archives_next: str = ""
    removes: bool = False

    @property
    def archive(self) -> Path:
        """Where pairs go that are no longer used."""
        return Path(self.wanted.ledger).parent / "archive" / "tls"

    def apply(self) -> None:
        """Write what the plan says: the CA first, each key before its certificate, the ledger before the pair.

        The next key comes last. One that is in use by now lies in the pair, too, and so is not lost if the run ends
        before that.

        Raises:
            Conflict: another run wrote something since the plan was made; nothing was changed.
            Unavailable: a file cannot be written. What was there is still whole; running again completes it.
        """
        with self._alone() as unchanged:
            if not unchanged:
                raise Conflict(
                    f"the certificate of {self.wanted.host} or its CA was changed during this run; run again"
                )
            self._write(self.wanted)

    def note(self) -> None:
        """Write what is remembered of the next key, where nothing else is to be done. That is no change.

        Raises:
            Unavailable: it cannot be written.
        """
        if self.noted is not None:
            with self._alone() as unchanged:
                # Else another run has noted more than this one knows.
                if unchanged:
                    next_key.note(self.wanted.directory, self.wanted.host, self.noted)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Keep other runs away, and tell whether all is still as it was found."""
        want = self.wanted
        with locked(Path(want.ledger).with_name("certificate.lock")):
            there = (
                read_authority(want),
                place.read_pair(want.directory, want.host),
                next_key.read(want.directory, want.host),
            )
            yield there == (self.authority, self.pair, self.next)

    def _write(self, want: Wanted) -> None:
        if self.new_authority_key is not None:
            place.write_file(f"{want.ca_directory}/{AUTHORITY_KEY}", self.new_authority_key, place.KEY_MODE)
        if self.new_authority is not None:
            place.write_file(f"{want.ca_directory}/{AUTHORITY}", self.new_authority, place.OPEN_MODE)
        if self.new_pair is not None or self.new_next is not None:
            with edit(want.ledger) as book:
                book.take(LEDGER_KIND, want.directory, want.host, None, "certificate")
        if self.archives_next:
            next_key.archive(want.directory, want.host, self.archive, self.archives_next)
        if self.new_pair is not None:
            place.put_pair(want.directory, want.host, *self.new_pair, self.archive)
        if self.removes and self.pair.target:
            place.remove_pair(want.directory, want.host, self.pair.target, self.archive)
        used = self.new_pair[0] if self.new_pair else "" if self.removes else self.pair.target
        for name in place.left_behind(want.directory, want.host, used):
            place.archive_pair(want.directory, name, self.archive)
        if self.new_next is not None and self.noted is not None:
            next_key.put(want.directory, want.host, self.new_next, self.noted)
        elif self.noted is not None:
            next_key.note(want.directory, want.host, self.noted)
        if self.removes:
            with edit(want.ledger) as book:
                book.release(LEDGER_KIND, want.directory, want.host)


def read_authority(want: Wanted) -> Authority:
    """Return the CA's key and its certificate, ``None`` for what is not there or not used.

    Raises:
        Unavailable: a file cannot be read.
    """
    if want.source != "own_ca":
        return None, None
    return read_bytes(f"{want.ca_directory}/{AUTHORITY_KEY}"), read_bytes(f"{want.ca_directory}/{AUTHORITY}")


def found_chain(call: Call) -> list[Certificate]:
    """Return the chain that is there; a damaged one counts as none, because it is just made again."""
    if call.pair.chain is None:
        return []
    try:
        return load_chain(call.pair.chain, place.CHAIN)
    except InvalidValue:
        return []


def before(call: Call) -> dict[str, Any] | None:
    """Return what is shown of the pair that is there, ``None`` where there is none."""
    if not call.pair.target:
        return None
    found = found_chain(call)
    return shown(call.wanted, found[0]) if found else {}


def put_pair(call: Call, key: Key, chain: bytes, leaf: Certificate, issued: dict[str, Any] | None = None) -> None:
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
    old = before(call)
    differing = {**shown(want, leaf), "why": "" if old is None else "file, mode or owner differ"}
    call.plan.changes.append(Change("certificate", want.host, old, issued or differing))


def shown(want: Wanted, leaf: Certificate | None) -> dict[str, Any]:
    """Return what is shown of a certificate; ``None`` where it is still to be made."""
    fields: dict[str, Any] = {"names": leaf.names if leaf else want.names}
    if leaf is not None:
        fields["valid until"] = day(leaf.not_after)
        fields["key (SPKI SHA-256)"] = leaf.spki_sha256
    return fields
