# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account store as the rest of the package sees it. A backend implements `Store`; everything else is pure."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from ..core.errors import MailwrightError
from .model import Accounts
from .plan import AccountsPlan

# Who may use the store: its owner, root.
MODE = 0o600


class StoreError(MailwrightError):
    """The store is locked, read-only, damaged, or of a newer version. Nothing was changed."""


class StoreAbsent(StoreError):
    """What the store would be in is not there, as on a host that nothing has been installed on: nothing was found.

    In check mode an earlier task would have made it.
    """


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

    def outdated(self) -> Mapping[str, str]:
        """Return why what services read in the store itself is not that of its generation, by the service's name.

        As it was at the last `read`. Always empty where they do not read there.
        """
        return {}

    def publish(self, accounts: Accounts) -> None:  # noqa: B027  # a store that services do not read has nothing to do
        """Bring that to ``accounts``, which are what is stored, within `lock`.

        Raises:
            StoreError: nothing was written.
        """

    @abstractmethod
    def readers(self) -> Path | None:
        """Return the directory that services' tables are published to; ``None`` where services query the store."""

    @abstractmethod
    def close(self) -> None:
        """Close the store."""


def check_version(location: str, meta: Mapping[str, str], known: int) -> tuple[int, int]:
    """Return schema version and generation of a store from its table ``meta``.

    Raises:
        StoreError: one of them is missing or no number, or the version is beyond the one ``known`` here.
    """
    try:
        version, generation = int(meta["schema_version"]), int(meta["generation"])
    except (KeyError, ValueError) as error:
        raise StoreError(f"{location} is no account store or damaged: its table meta lacks {error}") from error
    if version > known:
        raise StoreError(
            f"the account store {location} has schema version {version}, and this release of mailwright.mail "
            f"knows versions up to {known}; upgrade the collection"
        )
    return version, generation


def next_generation(generation: int) -> int:
    """Return the generation after ``generation``: beyond any of a store that was deleted or restored, too.

    Readers compare it.
    """
    return max(generation + 1, time.time_ns() // 1000)
