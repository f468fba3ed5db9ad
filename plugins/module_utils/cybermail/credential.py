# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole call of `cybermail_credential`: one SMTP credential, and its password on its way to whoever needs it.

That a password is asked for is noted on this host before it is asked for, and taken back once it is in its file: a run
that is killed in between, or gets no answer, leaves a note, and the next run asks for another password.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.durations import parse_duration
from ..core.errors import Conflict, InvalidValue, MailwrightError
from ..core.files import write_atomic
from ..core.plan import Change, Plan
from .call import Call, telling
from .credential_plan import Action, Step, Wanted, decide
from .errors import is_unsure
from .files import remove_file
from .model import Credential, Issued
from .options import NotConnected, account_email, check_writable, connected_platform, full_path
from .platform import Platform
from .state import Known, edit_state, read_state, write_state

_LONGEST_DESCRIPTION = 255
_SHORTEST_AGE = 3600


def credential_call(params: Mapping[str, Any], check_mode: bool) -> Call:
    """Return the call that the options of `cybermail_credential` ask for; nothing is changed yet.

    Raises:
        MailwrightError: an option cannot be taken, the platform does not answer, or it is not clear what is to be done.
    """
    wanted = read_wanted(params)
    email, state_file = account_email(params), full_path(params, "state_file")
    unchecked: list[str] = []
    platform: Platform | None = None
    found: list[Credential] = []
    try:
        platform = connected_platform(params)
        found = platform.credentials()
    except NotConnected as error:
        if not check_mode:
            raise
        unchecked = [f"the credentials of the account: {error}"]
    known = read_state(state_file).known(email).get(wanted.description)
    file_there = bool(wanted.password_file) and os.path.lexists(wanted.password_file)
    found = [_completed(credential, known) for credential in found]
    step = decide(wanted, found, known, file_there, datetime.now(UTC))
    warnings = [step.warning] if step.warning else []
    if step.action in (Action.CREATE, Action.ROTATE):
        if wanted.password_file:
            warnings += check_writable("password_file", wanted.password_file, check_mode)
        if check_mode and step.action is Action.CREATE:
            unchecked.append(f"the id and username of {wanted.description!r}, which the platform chooses")
    elif file_there and wanted.present and Path(wanted.password_file).stat().st_mode & 0o077:
        warnings.append(f"password_file {wanted.password_file}: others may read it; give it the mode 0600")
    work = _Work(platform, wanted, step, known, email, state_file)
    return Call(Plan(work.changes()), work.apply, {**work.returns(), "unchecked": unchecked}, warnings)


def _completed(credential: Credential, known: Known | None) -> Credential:
    """Return the credential with what only the answer to making it told."""
    if known is None or known.credential_id != credential.credential_id:
        return credential
    return replace(credential, host=credential.host or known.host, port=credential.port or known.port)


def read_wanted(params: Mapping[str, Any]) -> Wanted:
    """Return what is asked for.

    Raises:
        InvalidValue: an option cannot be taken.
    """
    description = params["description"]
    if not description or not description.isprintable() or description != description.strip():
        right = "give a name such as mx1.example.net"
        raise InvalidValue("description", description, "is empty, or has blanks around it or control characters", right)
    if len(description) > _LONGEST_DESCRIPTION:
        raise InvalidValue("description", description, f"is longer than {_LONGEST_DESCRIPTION} characters")
    rotate_after = None
    if params["rotate_after"] is not None:
        rotate_after = parse_duration(params["rotate_after"], "rotate_after")
        if rotate_after < _SHORTEST_AGE:
            raise InvalidValue(
                "rotate_after", params["rotate_after"], "is too short", "give an hour or more, such as 90d"
            )
    return Wanted(
        description,
        params["state"] == "present",
        params["credential_id"],
        rotate_after,
        params["rotate_now"],
        full_path(params, "password_file") if params["password_file"] else "",
        params["return_password"],
    )


class _Work:
    """One step on one credential."""

    def __init__(
        self, platform: Platform | None, wanted: Wanted, step: Step, known: Known | None, email: str, state_file: str
    ) -> None:
        self._platform = platform
        self._wanted = wanted
        self._step = step
        self._known = known
        self._email = email
        self._state_file = state_file

    def changes(self) -> list[Change]:
        """Return what the plan shows."""
        name = self._wanted.description
        credential = self._step.credential
        shown = {"username": credential.username if credential else "(chosen by the platform)"}
        match self._step.action:
            case Action.CREATE:
                return [Change("credential", name, None, {**shown, "password": "(set)"}), *self._file_change()]
            case Action.ROTATE:
                after = {"password": f"(changed: {self._step.reason})"}
                return [Change("credential", name, {"password": "(set)"}, after), *self._file_change()]
            case Action.DELETE | Action.FORGET:
                gone = [Change("password_file", path, {"state": "written"}, None) for path in self._files()]
                if credential:
                    return [Change("credential", name, {**shown, "password": "(set)"}, None), *gone]
                return gone or [Change("known credential", name, {"password": "(gone)"}, None)]
            case _:
                return []

    def _file_change(self) -> list[Change]:
        path = self._wanted.password_file
        if not path:
            return []
        before = {"password": "(set)"} if os.path.lexists(path) else None
        return [Change("password_file", path, before, {"password": "(changed)" if before else "(set)"})]

    def _files(self) -> list[str]:
        """Return the files that hold the password of a credential that goes."""
        paths = {self._wanted.password_file, (self._known.password_file if self._known else None) or ""} - {""}
        return sorted(path for path in paths if os.path.lexists(path))

    def returns(self) -> dict[str, Any]:
        """Return what the module returns, as far as it is known before."""
        if not self._wanted.present:
            return {"credential": None}
        credential = self._step.credential
        if credential is None:
            empty = {"credential_id": None, "username": None, "description": self._wanted.description}
            return {"credential": {**empty, "host": None, "port": None, "issued": None}}
        known = self._known
        same = known is not None and known.credential_id == credential.credential_id
        issued = known.issued if known and same and self._step.action is Action.KEEP else None
        return {"credential": {**credential.shown(), "issued": issued}}

    def apply(self) -> dict[str, Any]:
        """Do it, and return what is known only now."""
        with edit_state(self._state_file) as state:
            if state.known(self._email).get(self._wanted.description) != self._known:
                raise Conflict(
                    f"credential {self._wanted.description!r}: another run has changed it meanwhile; run again"
                )
            if self._step.action in (Action.DELETE, Action.FORGET):
                if self._step.credential and self._platform:
                    self._platform.delete_credential(self._step.credential)
                for gone in self._files():
                    remove_file(gone)
                state.note(self._email, self._wanted.description, None)
                return {}
            credential = self._step.credential
            path = self._wanted.password_file or None
            asked = replace(
                self._known or Known(),
                credential_id=credential.credential_id if credential else None,
                unsure=True,
                password_file=path or (self._known.password_file if self._known else None),
            )
            state.note(self._email, self._wanted.description, asked)
            write_state(self._state_file, state)
            try:
                issued = self._issue()
            except MailwrightError as error:
                if not is_unsure(error):
                    state.note(self._email, self._wanted.description, self._known)
                raise
            with telling({"changed": True}):
                if path:
                    write_atomic(path, f"{issued.password}\n".encode())
            now = datetime.now(UTC).isoformat(timespec="seconds")
            told = issued.credential
            done = Known(told.credential_id, now, path, told.host, told.port)
            state.note(self._email, self._wanted.description, done)
        result: dict[str, Any] = {"credential": {**issued.credential.shown(), "issued": now}}
        if self._wanted.returned:
            result["password"] = issued.password
        return result

    def _issue(self) -> Issued:
        if self._platform is None:
            raise Conflict("the account is not connected")
        if self._step.credential:
            return self._platform.rotate_credential(self._step.credential)
        return self._platform.create_credential(self._wanted.description)
