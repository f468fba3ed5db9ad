# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account store as the rest of the package sees it. A backend implements `Store`; everything else is pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path

from ..core.errors import MailwrightError
from .model import Accounts
from .plan import AccountsPlan

# Who may use the store: its owner, root.
MODE = 0o600


class StoreError(MailwrightError):
    """The store is locked, read-only, damaged, or of a newer version. Nothing was changed."""


class Stale(Exception):
    """The store changed between `Store.read` and `Store.apply`; nothing was written. Read and plan again."""


class Store(ABC):
    """One account store. Close it when done; closing gives up what is not committed."""

    # What messages and diffs call it, such as its path.
    location: str
    # The schema version that this collection writes.
    version: int

    @abstractmethod
    def read(self) -> Accounts:
        """Return all there is at one moment; an `Accounts` of generation 0 where there is no store.

        Writes nothing, not even for an older schema, which is understood as it stands.

        Raises:
            StoreError: the store cannot be read, is damaged, or of a newer version.
        """

    @abstractmethod
    def generation(self) -> int:
        """Return the present generation alone, within `lock`."""

    @abstractmethod
    def exposure(self) -> str:
        """Return the mode of a store that others may use as well, such as ``0644``, ``""`` where nobody else may."""

    @abstractmethod
    def lock(self) -> AbstractContextManager[None]:
        """Keep other writers out until the block ends; making the store where there is none is part of `apply`.

        It ends an `exposure`, too.

        Raises:
            StoreError: another writer does not finish in time; the message names it.
        """

    @abstractmethod
    def apply(self, plan: AccountsPlan) -> Accounts:
        """Write the plan in one transaction, creating or migrating the store first, and return what then is there.

        Raises:
            Stale: somebody else has written since ``plan.found`` was read.
            StoreError: nothing was written.
        """

    @abstractmethod
    def readers(self) -> Path | None:
        """Return the directory that services' tables are published to; ``None`` where services query the store."""

    @abstractmethod
    def close(self) -> None:
        """Close the store."""
