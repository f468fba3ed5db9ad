# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the relays in their directory below the configuration directory: read, built and removed.

``relays.json`` is what the last run left, with passwords; each table is a text with the index that postmap(1) makes of
it beside. All are root's alone (0600, in a directory of 0700): Postfix opens its tables before it drops privileges. A
new index is built in a directory of its own and renamed into place ahead of its text, so that no process of Postfix
meets half of one, and a run that is killed in between finds the text outdated and builds again.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ...core.errors import Conflict, Unavailable
from ...core.files import make_directories, read_bytes, sync_directory, write_atomic
from ..staging import Programs
from .model import Relay, from_document, to_document
from .plan import CREDENTIALS, DIRECTORY, RECIPIENTS, SENDERS, TLS_POLICY, FoundTables

STATE = "relays.json"
_VERSION = 1
_BUILDING = ".building-"
# What postmap(1) adds to the name of a table.
INDEX_ENDS = {"lmdb": ".lmdb", "hash": ".db"}
_MODE = 0o600


class Files:
    """The relays' files of the configuration directory ``config_dir``."""

    def __init__(self, config_dir: str, programs: Programs) -> None:
        self._config_dir = config_dir
        self._directory = Path(config_dir, DIRECTORY)
        self._programs = programs
        self._state: bytes | None = None

    def read(self, index_end: str) -> FoundTables:
        """Return what is there.

        Raises:
            Unavailable: it cannot be read, or what the last run left is damaged.
        """
        self._state = read_bytes(self._directory / STATE)
        try:
            names = sorted(os.listdir(self._directory))
        except FileNotFoundError:
            names = []
        except OSError as error:
            raise Unavailable(f"{self._directory} cannot be read: {error.strerror}") from error
        files = frozenset(name for name in names if _is_ours(name))
        tables = (name for name in files if not name.startswith("."))
        texts = {name: text for name in tables if (text := self._indexed(name, index_end)) is not None}
        return FoundTables(self._relays(self._state), texts, files)

    def table_type(self) -> str:
        """Return ``lmdb`` where Postfix has it, and where Postfix is not there to be asked, else ``hash``."""
        if not self._programs.installed():
            return "lmdb"
        outcome = self._programs.run("postconf", "-m")
        return "hash" if outcome.status == 0 and "lmdb" not in outcome.output.split() else "lmdb"

    def prepare(self, build: Mapping[str, str], table_type: str) -> None:
        """Write and index the tables ``build``; what is there of other tables stays.

        Raises:
            Conflict: another run has changed the relays since `read`.
            Unavailable: a file cannot be written, or postmap fails.
        """
        if read_bytes(self._directory / STATE) != self._state:
            raise Conflict(f"the relays of {self._config_dir} were changed by somebody else during this run; run again")
        try:
            make_directories(self._directory, mode=0o700)
            self._directory.chmod(0o700)
            if build:
                self._build(build, table_type)
        except OSError as error:
            raise Unavailable(f"{self._directory} cannot be written: {error.strerror}") from error

    def finish(self, relays: Sequence[Relay], remove: Iterable[str]) -> None:
        """Remove files that are no longer ours, and note ``relays``; without any, the directory goes if it is empty.

        Raises:
            Unavailable: a file cannot be written or removed.
        """
        try:
            for name in remove:
                if name.startswith(_BUILDING):
                    shutil.rmtree(self._directory / name)
                else:
                    (self._directory / name).unlink(missing_ok=True)
            if relays:
                self._note(relays)
                return
            (self._directory / STATE).unlink(missing_ok=True)
            if self._directory.is_dir() and not os.listdir(self._directory):
                self._directory.rmdir()
        except OSError as error:
            raise Unavailable(f"{self._directory} cannot be written: {error.strerror}") from error

    def _note(self, relays: Sequence[Relay]) -> None:
        document = {"version": _VERSION, "relays": [to_document(relay) for relay in relays]}
        content = (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
        path = self._directory / STATE
        if content != self._state or stat.S_IMODE(path.stat().st_mode) != _MODE:
            write_atomic(path, content, mode=_MODE)

    def _build(self, build: Mapping[str, str], table_type: str) -> None:
        end = INDEX_ENDS[table_type]
        with tempfile.TemporaryDirectory(prefix=_BUILDING, dir=self._directory) as top:
            for name, text in build.items():
                source = Path(top, name)
                write_atomic(source, text.encode(), mode=_MODE)
                outcome = self._programs.run("postmap", "-c", self._config_dir, f"{table_type}:{source}")
                index = Path(top, name + end)
                if outcome.status or not index.exists():
                    told = outcome.errors.strip() or f"exit status {outcome.status}"
                    raise Unavailable(f"postmap cannot index the table {name}: {told.replace(top, '')}")
                index.chmod(_MODE)
                self._sync(index)
            for name in build:
                os.replace(Path(top, name + end), self._directory / (name + end))
                os.replace(Path(top, name), self._directory / name)
            sync_directory(self._directory)

    @staticmethod
    def _sync(path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _relays(self, state: bytes | None) -> tuple[Relay, ...]:
        if state is None:
            return ()
        try:
            document = json.loads(state)
            if document["version"] != _VERSION:
                raise ValueError
            return tuple(from_document(relay) for relay in document["relays"])
        except (ValueError, TypeError, KeyError) as error:
            raise Unavailable(
                f"{self._directory / STATE} is damaged or of another version; remove it, and give all relays in relays"
            ) from error

    def _indexed(self, name: str, index_end: str) -> str | None:
        """Return the text of the table ``name``, ``None`` where its index is missing or older, or rights are wrong."""
        source, index = self._directory / name, self._directory / (name + index_end)
        try:
            states = [source.stat(), index.stat()]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{source} cannot be read: {error.strerror}") from error
        right = all(stat.S_IMODE(one.st_mode) == _MODE and one.st_uid == os.geteuid() for one in states)
        if not right or states[1].st_mtime_ns < states[0].st_mtime_ns or not states[1].st_size:
            return None
        content = read_bytes(source)
        return None if content is None else content.decode("utf-8", "surrogateescape")


def _is_ours(name: str) -> bool:
    """Whether ``name`` is a table, an index, or what a run that was killed left of them."""
    if name.startswith((_BUILDING, f".{STATE}.")):
        return True
    stem = name
    for end in INDEX_ENDS.values():
        stem = stem.removesuffix(end)
    return stem in (SENDERS, RECIPIENTS, TLS_POLICY) or stem.startswith(CREDENTIALS)
