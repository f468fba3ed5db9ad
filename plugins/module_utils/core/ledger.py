# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: what the collection owns on this host and what stood there before (``/var/lib/mailwright/owned.json``).

``{"version": 1, "owned": {KIND: {SCOPE: {NAME: {"before": ..., "owner": ...}}}}}``, for example kind
``postfix.main``, scope ``/etc/postfix``, name ``relayhost``. ``before`` is ``null`` where nothing stood there. Restore,
purge and "not ours" are all answered from it. Values that are secret never go into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import Unavailable
from .files import locked, read_bytes, write_atomic

DEFAULT_PATH = "/var/lib/mailwright/owned.json"
VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One owned thing: its value before us (``None``: it was not there) and who took it over."""

    before: Any
    owner: str


@dataclass
class Ledger:
    """The ledger's content. `Ledger.read` for plans; `edit` to change it under its lock."""

    owned: dict[str, dict[str, dict[str, Entry]]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path = DEFAULT_PATH) -> Ledger:
        """Return the ledger at ``path``, empty where there is none.

        Raises:
            Unavailable: it cannot be read, is damaged, or is of a newer version.
        """
        content = read_bytes(path)
        if content is None:
            return cls()
        try:
            document = json.loads(content)
            version = document["version"]
            owned = {
                kind: {
                    scope: {name: Entry(**entry) for name, entry in names.items()} for scope, names in scopes.items()
                }
                for kind, scopes in document["owned"].items()
            }
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unavailable(f"the ledger {path} is damaged ({error}); restore it from a backup") from error
        if version != VERSION:
            raise Unavailable(
                f"the ledger {path} has version {version}, this collection knows {VERSION}; upgrade the collection"
            )
        return cls(owned)

    def entries(self, kind: str, scope: str) -> Mapping[str, Entry]:
        """Return what is owned of ``kind`` in ``scope`` by name."""
        return self.owned.get(kind, {}).get(scope, {})

    def take(self, kind: str, scope: str, name: str, before: Any, owner: str) -> None:
        """Note that ``name`` is ours now; the first ``before`` stays for as long as we own it."""
        names = self.owned.setdefault(kind, {}).setdefault(scope, {})
        known = names.get(name)
        names[name] = Entry(known.before if known else before, owner)

    def release(self, kind: str, scope: str, name: str) -> None:
        """Forget ``name``; empty scopes and kinds go with it."""
        names = self.owned.get(kind, {}).get(scope, {})
        names.pop(name, None)
        if not names:
            self.owned.get(kind, {}).pop(scope, None)
        if not self.owned.get(kind):
            self.owned.pop(kind, None)

    def dump(self) -> bytes:
        """Return the ledger as it is written: sorted, indented, stable."""
        owned = {
            kind: {scope: {name: vars(entry) for name, entry in names.items()} for scope, names in scopes.items()}
            for kind, scopes in self.owned.items()
        }
        document = json.dumps({"version": VERSION, "owned": owned}, indent=1, sort_keys=True, ensure_ascii=False)
        # A value before us may have bytes that are no UTF-8, kept as surrogates: JSON has an escape for these.
        return f"{document}\n".encode("utf-8", "backslashreplace")


@contextmanager
def edit(path: str | Path = DEFAULT_PATH) -> Iterator[Ledger]:
    """Hold the ledger's lock, yield its present content, and write it back if the block leaves it different.

    Missing directories above it are made for everybody to pass (0755): services reach what is published beside it.
    An exception from the block leaves the file as it was.

    Raises:
        Unavailable: the ledger cannot be locked, read or written.
    """
    target = Path(path)
    with locked(target.with_suffix(".lock")):
        ledger = Ledger.read(target)
        before = ledger.dump()
        yield ledger
        after = ledger.dump()
        if after != before:
            write_atomic(target, after, mode=0o600)
