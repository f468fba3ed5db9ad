# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which key is to be served, and what becomes of the next one, which is made and published ahead of its time.

The next key takes the place of the one in use once that is to be replaced and `rollover` says that senders know the
next one. Then another next key is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..core.errors import InvalidValue, Unavailable
from ..core.plan import Change
from . import next_key, place
from .call import Call
from .rollover import UNMADE, Noted, Sight, judge, records, why_replace
from .x509 import Key, load_key, make_key

_KIND = "next key"
_HASH = "key (SPKI SHA-256)"


@dataclass(frozen=True)
class Choice:
    """Which key is to be served.

    ``key`` is ``None`` where it is still to be made, and ``why`` says why it is another one than before; empty where
    it is not. ``coming`` is the next key after that, ``None`` where it is still to be made, and ``unfit`` why the one
    that is there is not. ``noted`` is what is remembered of it.
    """

    key: Key | None
    why: str
    coming: Key | None
    unfit: str
    noted: Noted


def choose_key(call: Call, old: Key | None) -> Choice:
    """Return which key is to be served; ``old`` is the one that is.

    Raises:
        InvalidValue, Unavailable: the next key cannot be read.
    """
    want = call.wanted
    found = _found(call)
    unfit = _why_unfit(call, found, old)
    coming = None if unfit else found
    noted = Noted(UNMADE) if coming is None else call.next.noted(coming.spki_sha256)
    if old is None:
        why = "has no private key" if call.pair.target else "is not there"
        return Choice(coming, why, None, "it is in use now" if coming else unfit, Noted(UNMADE))
    days = int((call.now.timestamp() - call.pair.since) // 86400)
    due = why_replace(old.kind, want.key_type, old.spki_sha256, want.retired_keys, days, want.key_max_age)
    blocked = ""
    if want.tlsa_ports and (due or noted.seen is None):
        noted, blocked = _look(call, noted, due)
    if not due:
        return Choice(old, "", coming, unfit, noted)
    if blocked:
        call.returns["rollover"] = {"reason": due, "waiting": blocked}
        call.warnings.append(
            f"the key of {want.host} is to be replaced, as it {due}, and the next one has to wait: {blocked}. A later "
            "run replaces it; tlsa_ports: [] would do so at once, where nobody publishes TLSA records"
        )
        return Choice(old, "", coming, unfit, noted)
    # The records that are there now do not have the key that is made next.
    after = Noted(UNMADE, noted.wait)
    return Choice(
        coming, f"gets its next key, as the former one {due}", None, "it is in use now" if coming else unfit, after
    )


def plan_next(call: Call, choice: Choice) -> None:
    """Plan the next key as ``choice`` has it.

    Raises:
        InvalidValue, Unavailable: the one that is there cannot be read.
    """
    want = call.wanted
    if not want.tlsa_ports:
        drop_next(call)
        return
    if choice.coming is not None:
        _keep(call, choice.coming, choice.noted)
        return
    found = _found(call)
    old = None if found is None else {_HASH: found.spki_sha256}
    call.plan.changes.append(Change(_KIND, want.host, old, {_HASH: "new", "why": choice.unfit}))
    if call.check_mode:
        return
    if found is not None and not _is_served(call, found, choice.key):
        call.archives_next = _archive_name(call)
    made = make_key(want.key_type)
    call.new_next, call.noted = made.pem, replace(choice.noted, spki_sha256=made.spki_sha256, seen=None)
    call.returns["next_spki_sha256"] = made.spki_sha256


def drop_next(call: Call) -> None:
    """Plan that there is no next key, where there is one."""
    want = call.wanted
    if not next_key.is_there(want.directory, want.host):
        return
    call.plan.changes.append(Change(_KIND, want.host, {"directory": want.directory}, None))
    call.archives_next = _archive_name(call)


def _keep(call: Call, coming: Key, noted: Noted) -> None:
    want = call.wanted
    call.returns["next_spki_sha256"] = coming.spki_sha256
    if noted != call.next.noted(coming.spki_sha256):
        call.noted = noted
    if not place.looks_right(next_key.key_path(want.directory, want.host), place.KEY_MODE):
        shown = {_HASH: coming.spki_sha256}
        call.plan.changes.append(Change(_KIND, want.host, shown, {**shown, "why": "mode or owner differ"}))
        call.new_next, call.noted = coming.pem, noted


def _found(call: Call) -> Key | None:
    if call.next.key is None:
        return None
    return load_key(call.next.key, str(next_key.key_path(call.wanted.directory, call.wanted.host)))


def _why_unfit(call: Call, found: Key | None, old: Key | None) -> str:
    """Return why another next key is needed than the one that is there."""
    if found is None:
        return "is not there"
    if old is not None and old.spki_sha256 == found.spki_sha256:
        # A run was killed right after it had put the key in use.
        return "it is in use now"
    why = why_replace(found.kind, call.wanted.key_type, found.spki_sha256, call.wanted.retired_keys, 0, 0)
    return f"the one that is there {why}" if why else ""


def _look(call: Call, noted: Noted, due: str) -> tuple[Noted, str]:
    """Ask the name servers, and return what is to be remembered and why the next key cannot be served yet."""
    want = call.wanted
    wanted = records(want.host, want.tlsa_ports, noted.spki_sha256)
    try:
        sights: Mapping[str, Sight] = call.asker.ask(wanted)
    except Unavailable as error:
        # The role installs the library just before; in check mode it may not be there yet.
        if due and call.check_mode:
            call.unchecked.append(f"the TLSA records of {want.host}: {error}")
        return noted, str(error)
    return judge(noted, sights, call.moment)


def _archive_name(call: Call) -> str:
    """Return the name that the next key gets in the archive: as a pair's, or by its file where that is no key."""
    content = call.next.key or b""
    try:
        identity = load_key(content, "").spki_sha256
    except (InvalidValue, Unavailable):
        identity = hashlib.sha256(content).hexdigest()
    return place.pair_directory(call.wanted.host, identity).removeprefix(".")


def _is_served(call: Call, found: Key, served: Key | None) -> bool:
    """Whether the next key that is there lies in a pair, too, and so need not be archived."""
    return found.pem == call.pair.key or (served is not None and served.spki_sha256 == found.spki_sha256)
