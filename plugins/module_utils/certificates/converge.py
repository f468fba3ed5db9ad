# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the module: read, judge, plan; `Call.apply` writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core import clock
from ..core.errors import Unavailable
from ..core.ledger import Ledger
from ..core.plan import Change
from . import next_key, place
from .call import AUTHORITY, LEDGER_KIND, Call, read_authority, shown
from .options import Wanted, wanted
from .plan_next import drop_next
from .plan_own import plan_own
from .plan_provided import plan_provided
from .rollover import Asker


def prepare(params: Mapping[str, Any], *, now: dt.datetime, check_mode: bool, asker: Asker) -> Call:
    """Return the plan for ``params`` with all that it needs; ``asker`` tells which TLSA records are published.

    Raises:
        InvalidValue, Conflict, Unavailable: with a message for the user; nothing was changed.
    """
    want = wanted(params)
    pair, coming = place.read_pair(want.directory, want.host), next_key.read(want.directory, want.host)
    call = Call(want, now, clock.present(), check_mode, asker, pair, coming, read_authority(want))
    call.returns = _paths(want)
    if params["state"] == "absent":
        _plan_absent(call)
        return call
    for name in place.left_behind(want.directory, want.host, call.pair.target):
        call.plan.changes.append(Change("pair left behind", name, {"directory": want.directory}, None))
    try:
        if want.source == "provided":
            plan_provided(call)
        else:
            plan_own(call)
    except Unavailable as error:
        # The role installs the library just before; in check mode it may not be there yet.
        if not check_mode or not isinstance(error.__cause__, ImportError):
            raise
        _plan_without_library(call, str(error))
    return call


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
        "next_spki_sha256": None,
        "rollover": None,
    }


def _plan_absent(call: Call) -> None:
    want = call.wanted
    call.removes = True
    call.returns = {"name": want.host}
    left = place.left_behind(want.directory, want.host, call.pair.target)
    held = want.host in Ledger.read(want.ledger).entries(LEDGER_KIND, want.directory)
    if call.pair.target or left or held:
        call.plan.changes.append(Change("certificate", want.host, {"directory": want.directory}, None))
    drop_next(call)


def _plan_without_library(call: Call, message: str) -> None:
    """Predict in check mode without the library: what is not there is new, what is there cannot be judged."""
    want = call.wanted
    call.plan.changes.clear()
    if not call.pair.target:
        if want.source == "own_ca" and not Path(f"{want.ca_directory}/{AUTHORITY}").exists():
            call.plan.changes.append(Change("ca", want.ca_directory, None, {"why": "is not there"}))
        call.plan.changes.append(Change("certificate", want.host, None, {**shown(want, None), "why": "is not there"}))
    if want.source == "own_ca" and want.tlsa_ports and call.next.key is None:
        call.plan.changes.append(Change("next key", want.host, None, {"why": "is not there"}))
    call.unchecked.append(f"certificate {want.host}: {message}")
