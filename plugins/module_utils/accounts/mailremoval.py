# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the mail go of what a run removes, or an earlier run has removed, once nothing delivers to it any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from ..core.errors import Unavailable
from ..core.plan import Change
from .maildata import Removal, Step, removals
from .mailfiles import MailFiles
from .model import Accounts
from .sessions import end_sessions
from .wanted import Wanted

# A delivery that began before the mailbox went may make its directory once more.
_ROUNDS = 3


class MailRemoval:
    """The mail of one run. A module without the option ``mail_root`` has none to remove."""

    def __init__(self, params: Mapping[str, Any], wanted: Wanted) -> None:
        """Raise `InvalidValue` for paths that cannot be."""
        self._removals = list(removals(wanted)) if "mail_root" in params else []
        self._returned = "mail_root" in params
        self._files = MailFiles(params["mail_root"], params["archive_path"] or "") if self._removals else None
        self._steps: list[Step] = []

    def find(self) -> list[Change]:
        """Look for the mail, and return what would be done with it.

        Raises:
            Unavailable: it cannot be looked at, or cannot be renamed away.
        """
        self._steps = self._files.look(self._removals) if self._files else []
        return [step.change for step in self._steps]

    def returns(self) -> dict[str, Any]:
        """Return what the modules return of it: where each directory was and where it went."""
        return {"mail": [step.value for step in self._steps]} if self._returned else {}

    def remove(self, lock: Callable[[], AbstractContextManager[None]], accounts: Callable[[], Accounts]) -> None:
        """Do what was found. ``lock`` is the store's, and ``accounts`` returns, within it, what the store holds now.

        Raises:
            Unavailable: some of the mail could not be moved or deleted, and is whole, here or there.
        """
        if self._files is None or not self._steps:
            return
        end_sessions([step.removal.owner for step in self._steps if step.removal])
        try:
            self._move(self._files, lock, accounts)
            self._files.finish()
            with lock():
                self._files.tidy()
        except Unavailable as error:
            raise Unavailable(
                f"the accounts are stored, but not all of the mail has gone: {error}. None is lost; mend that and run "
                "again"
            ) from error

    def _move(
        self, files: MailFiles, lock: Callable[[], AbstractContextManager[None]], accounts: Callable[[], Accounts]
    ) -> None:
        """Rename the mail away, under the store's lock: nobody adds a mailbox whose new mail would go along."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        with lock():
            gone = _still_gone(self._removals, accounts())
            for _dummy in range(_ROUNDS):
                waiting = [step for step in files.look(gone) if step.removal]
                if not waiting:
                    return
                for step in waiting:
                    files.move(step, now)
        if left := [step.path for step in files.look(gone) if step.removal]:
            raise Unavailable(f"{left[0]} is made again and again; something still delivers there")


def _still_gone(wanted: Iterable[Removal], accounts: Accounts) -> list[Removal]:
    return [one for one in wanted if one.owner not in accounts.mailboxes and one.owner not in accounts.domains]
