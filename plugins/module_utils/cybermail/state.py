# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this host knows of its accounts: when each credential got its password, and what is still to be finished.

``{"version": 1, "accounts": {EMAIL: {"credentials": {DESCRIPTION: {...}}}}}``, readable by its owner only. No password
stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..core.errors import Unavailable
from ..core.files import locked, read_bytes, write_atomic
from .files import remove_file

VERSION = 1


@dataclass(frozen=True)
class Known:
    """What is known of one credential.

    ``issued`` is when it got its password (ISO 8601, UTC), ``password_file`` where that was written, ``host`` and
    ``port`` where it logs in, if that was told. ``unsure`` says that a run asked for a password and never learnt it, so
    that nobody knows the one that it has.
    """

    credential_id: int | None = None
    issued: str | None = None
    password_file: str | None = None
    host: str | None = None
    port: int | None = None
    unsure: bool = False

    def issued_at(self) -> datetime | None:
        """Return when it got its password."""
        return datetime.fromisoformat(self.issued) if self.issued else None


@dataclass
class State:
    """Credentials by account and description."""

    accounts: dict[str, dict[str, Known]] = field(default_factory=dict)

    def known(self, email: str) -> Mapping[str, Known]:
        """Return what is known of the credentials of an account."""
        return self.accounts.get(email, {})

    def note(self, email: str, description: str, known: Known | None) -> None:
        """Note what is known of a credential from now on; ``None`` forgets it."""
        credentials = self.accounts.setdefault(email, {})
        if known is None:
            credentials.pop(description, None)
        else:
            credentials[description] = known
        if not credentials:
            del self.accounts[email]


def read_state(path: str | Path) -> State:
    """Return what the file ``path`` holds, nothing where there is none.

    Raises:
        Unavailable: it cannot be read, is damaged or of a newer version.
    """
    content = read_bytes(path)
    if content is None:
        return State()
    try:
        document = json.loads(content)
        version = document["version"]
        accounts = {
            email: {name: Known(**row) for name, row in account["credentials"].items()}
            for email, account in document["accounts"].items()
        }
        for credentials in accounts.values():
            for known in credentials.values():
                _check(known)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unavailable(f"state_file {path} is damaged ({error}); restore it from a backup or remove it") from error
    if version != VERSION:
        raise Unavailable(f"state_file {path} has version {version}, this collection knows {VERSION}; upgrade it")
    return State(accounts)


@contextmanager
def edit_state(path: str | Path) -> Iterator[State]:
    """Hold the lock of the file ``path``, yield its content, and write that back at the end, or remove an empty file.

    It is written when the block fails, too: what is noted in it by then is true.

    Raises:
        Unavailable: it cannot be locked, read or written.
    """
    target = Path(path)
    with locked(target.with_suffix(".lock")):
        state = read_state(target)
        try:
            yield state
        finally:
            write_state(target, state)


def write_state(path: str | Path, state: State) -> None:
    """Write ``state`` where it differs from what is there, and remove an empty file; the caller holds the lock.

    Raises:
        Unavailable: it cannot be written or removed.
    """
    found = read_bytes(path)
    if not state.accounts:
        if found is not None:
            remove_file(str(path))
        return
    accounts: dict[str, Any] = {
        email: {"credentials": {name: asdict(known) for name, known in credentials.items()}}
        for email, credentials in state.accounts.items()
    }
    document = json.dumps({"version": VERSION, "accounts": accounts}, indent=1, sort_keys=True)
    content = f"{document}\n".encode()
    if content != found:
        write_atomic(path, content)


def _check(known: Known) -> None:
    moment = known.issued_at()
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"{known.issued} has no time zone")
