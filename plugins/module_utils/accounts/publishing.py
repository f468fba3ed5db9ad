# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing what the services read: one directory per reader under ``published/``, each with the store's generation.

A reader whose directory does not exist is not served: the role that configures the service makes the directory. All
writing happens under the store's lock, so that there is one publisher at a time and an older state never replaces a
newer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ..core.errors import Unavailable
from .dovecot_reader import DovecotReader
from .model import Accounts
from .postfix_reader import PostfixReader


class Reader(Protocol):
    """One service's copy of the accounts."""

    name: str

    def wanted(self) -> bool:
        """Whether the reader's directory exists."""

    def stale(self, generation: int) -> str:
        """Return why the copy is not that of ``generation``, ``""`` where it is. Writes nothing, reads no table."""

    def prepare(self) -> None:
        """Raise `Unavailable` if what publishing needs is not installed."""

    def publish(self, accounts: Accounts) -> None:
        """Put the accounts there; whoever reads meanwhile sees the old or the new ones.

        Raises:
            OSError, Unavailable: they cannot be written; the old ones are still there.
        """


def readers(root: Path | None) -> Sequence[Reader]:
    """Return the readers that are served under ``root``."""
    if root is None:
        return []
    all_readers: list[Reader] = [PostfixReader(root / "postfix"), DovecotReader(root / "dovecot")]
    return [reader for reader in all_readers if reader.wanted()]


def publish(served: Sequence[Reader], accounts: Accounts) -> None:
    """Publish ``accounts`` to the readers that have another generation.

    Raises:
        Unavailable: a directory or file cannot be written; the next run publishes again.
    """
    for reader in served:
        if reader.stale(accounts.generation):
            try:
                reader.publish(accounts)
            except (OSError, Unavailable) as error:
                raise Unavailable(
                    f"the accounts are stored, but could not be published to {reader.name}: {_reason(error)}; "
                    "mend that and run again"
                ) from error


def _reason(error: OSError | Unavailable) -> str:
    return f"{error.strerror or error} ({error.filename})" if isinstance(error, OSError) else str(error)
