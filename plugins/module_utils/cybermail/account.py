# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole call of `cybermail_account`: an account connected, or forgotten on this host."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import Conflict, Unavailable
from ..core.files import write_atomic
from ..core.json_api import read_key
from ..core.plan import Change, Plan
from .call import Call
from .errors import KeyRefused
from .files import remove_file
from .model import Account
from .options import account_email, check_writable, full_path, make_platform
from .state import State, edit_state, read_state


def account_call(params: Mapping[str, Any], check_mode: bool) -> Call:
    """Return the call that the options of `cybermail_account` ask for; nothing is changed yet.

    Raises:
        MailwrightError: an option cannot be taken, or the platform does not answer for the account.
    """
    if params["state"] == "absent":
        return _disconnecting(params)
    email, path = account_email(params), full_path(params, "api_key_file")
    # Options are judged also where nobody is asked.
    make_platform(params)
    key = read_key("api_key_file", path)
    account = _connected_account(params, email, key)
    if account is not None:
        return Call(Plan(), lambda: None, {"account": account.shown(), "unchecked": []}, _open_to_others(path))
    if not params["password"]:
        raise Unavailable(f"account {email} is not connected on this host; give its password, with which it is")
    warnings = check_writable("api_key_file", path, check_mode)
    before = None if key is None else {"api_key": "(refused)"}
    change = Change("account", email, before, {"api_key": "(set)", "api_key_file": path})
    unchecked = [f"whether the platform takes the login of {email}, and which plan it has"] if check_mode else []
    returns = {"account": Account(email).shown(), "unchecked": unchecked}
    return Call(Plan([change]), lambda: _connect(params, email, path), returns, warnings)


def _connected_account(params: Mapping[str, Any], email: str, key: str | None) -> Account | None:
    """Return the account that ``key`` opens, ``None`` where it is to be connected.

    Raises:
        Conflict: the key is another account's.
        MailwrightError: the platform does not answer, or refuses the key and there is no password to get another with.
    """
    if key is None:
        return None
    hidden = [params["password"]] if params["password"] else []
    try:
        account = make_platform(params, key, hidden).account()
    except KeyRefused:
        if params["password"]:
            return None
        raise
    if account.email.lower() != email:
        raise Conflict(
            f"api_key_file {params['api_key_file']} holds the key of account {account.email}, not of {email}; give "
            "another file, or disconnect that account first (state: absent)"
        )
    return account


def _connect(params: Mapping[str, Any], email: str, path: str) -> dict[str, Any]:
    """Connect, keep the key and return what the platform says."""
    connected = make_platform(params, hidden=[params["password"]]).connect(params["password"])
    write_atomic(path, f"{connected.api_key}\n".encode())
    result: dict[str, Any] = {"account": connected.account.shown()}
    if params["return_api_key"]:
        result["api_key"] = connected.api_key
    return result


def _disconnecting(params: Mapping[str, Any]) -> Call:
    """Return the call that takes the key, the state and the passwords of an account from this host, no more."""
    email, key_file = account_email(params), full_path(params, "api_key_file")
    state_file = full_path(params, "state_file")
    removed = _files(read_state(state_file), email, key_file)
    known = sorted(read_state(state_file).known(email))
    before: dict[str, Any] = {"files": removed, "credentials known here": known}
    plan = Plan([Change("account", email, before, None)] if removed or known else [])

    def apply() -> None:
        with edit_state(state_file) as state:
            for path in _files(state, email, key_file):
                remove_file(path)
            state.accounts.pop(email, None)

    return Call(plan, apply, {"account": None, "removed": removed, "unchecked": []})


def _files(state: State, email: str, key_file: str) -> list[str]:
    known = state.known(email).values()
    paths = [key_file, *sorted({one.password_file for one in known if one.password_file})]
    return [path for path in paths if os.path.lexists(path)]


def _open_to_others(path: str) -> list[str]:
    if Path(path).stat().st_mode & 0o077:
        return [f"api_key_file {path}: others may read it; give it the mode 0600"]
    return []
