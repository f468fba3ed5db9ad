# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of one SMTP credential. Pure.

A password is asked for when nobody has it yet, when it is old, or when somebody says so, and never because a playbook
ran once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ..core.errors import Conflict
from .model import Credential
from .state import Known

# A password that is younger is not rotated on demand once more.
YOUNG = timedelta(hours=1)


@dataclass(frozen=True)
class Wanted:
    """What is asked for. ``rotate_after`` in seconds; ``password_file`` of ``""``: none."""

    description: str
    present: bool = True
    credential_id: int | None = None
    rotate_after: int | None = None
    rotate_now: bool = False
    password_file: str = ""
    returned: bool = False

    @property
    def handed_over(self) -> bool:
        """Whether somebody gets to know a new password."""
        return bool(self.password_file) or self.returned


class Action(Enum):
    """What is done."""

    KEEP = "keep"
    CREATE = "create"
    ROTATE = "rotate"
    DELETE = "delete"
    # The platform does not have it; what is known of it here goes.
    FORGET = "forget"


@dataclass(frozen=True)
class Step:
    """What is done, and why; ``credential`` is what the platform has."""

    action: Action
    reason: str = ""
    credential: Credential | None = None
    warning: str = ""


def find(wanted: Wanted, found: Sequence[Credential]) -> Credential | None:
    """Return the credential that is meant, ``None`` where there is none.

    Raises:
        Conflict: several are called so; or the one with the number is called otherwise, or is not there.
    """
    same = [one for one in found if one.description == wanted.description]
    if wanted.credential_id is not None:
        chosen = next((one for one in found if one.credential_id == wanted.credential_id), None)
        if chosen is not None and chosen.description != wanted.description:
            raise Conflict(
                f"credential {wanted.credential_id} is called {chosen.description!r}, not {wanted.description!r}; "
                "correct credential_id or description"
            )
        if chosen is None and wanted.present:
            raise Conflict(
                f"credential {wanted.credential_id} is not there; leave credential_id out, for a new credential "
                "gets its number from the platform"
            )
        return chosen
    if len(same) > 1:
        numbers = ", ".join(str(one.credential_id) for one in same)
        raise Conflict(
            f"description {wanted.description!r}: {len(same)} credentials are called so, {numbers}; say in "
            "credential_id which is meant"
        )
    return same[0] if same else None


def decide(wanted: Wanted, found: Sequence[Credential], known: Known | None, file_there: bool, now: datetime) -> Step:
    """Return what is to be done, ``file_there`` saying whether something is at the ``password_file``.

    Raises:
        Conflict: it is not clear which credential is meant, nobody would get to know a password, or the file is not
            ours to write.
    """
    credential = find(wanted, found)
    if known and credential and known.credential_id not in (None, credential.credential_id):
        # The one that was known is gone; another one has its name.
        known = None
    if not wanted.present:
        if credential:
            return Step(Action.DELETE, "is to be absent", credential)
        return Step(Action.FORGET if known or file_there else Action.KEEP)
    subject = f"credential {wanted.description!r}"
    if credential is None:
        if file_there and (known is None or known.password_file != wanted.password_file):
            raise Conflict(
                f"password_file {wanted.password_file} is there, and {subject} is not, so that it holds something "
                "else; remove the file or give another one"
            )
        return _handed(Step(Action.CREATE, "is not there"), wanted, subject)
    reason, warning = _reason(wanted, known, file_there, now)
    if reason:
        return _handed(Step(Action.ROTATE, reason, credential), wanted, subject)
    if wanted.password_file and not file_there:
        raise Conflict(
            f"{subject}: the platform has it, and its password is not in {wanted.password_file}{_elsewhere(known)}. It "
            "tells a password only once: bring the file, or get another password with rotate_now: true, after which "
            "the present one does not work any more"
        )
    return Step(Action.KEEP, credential=credential, warning=warning)


def _reason(wanted: Wanted, known: Known | None, file_there: bool, now: datetime) -> tuple[str, str]:
    """Return why the password is to be rotated, if it is, and a warning."""
    issued = known.issued_at() if known else None
    lost = bool(wanted.password_file) and not file_there
    if known and known.unsure:
        return "an earlier run was interrupted and never learnt the password", ""
    if wanted.rotate_now and (lost or issued is None or now - issued >= YOUNG):
        return "rotate_now", ""
    if wanted.rotate_after is not None:
        if issued is None:
            return "", (
                f"credential {wanted.description!r}: nobody knows here how old its password is, so that rotate_after "
                "does nothing; rotate it once with rotate_now"
            )
        if now - issued >= timedelta(seconds=wanted.rotate_after):
            return f"its password is of {issued:%Y-%m-%d}", ""
    return "", ""


def _handed(step: Step, wanted: Wanted, subject: str) -> Step:
    if not wanted.handed_over:
        raise Conflict(
            f"{subject} gets a new password ({step.reason}), and nobody would get to know it; give password_file or "
            "return_password: true"
        )
    return step


def _elsewhere(known: Known | None) -> str:
    return f" (it was written to {known.password_file})" if known and known.password_file else ""
