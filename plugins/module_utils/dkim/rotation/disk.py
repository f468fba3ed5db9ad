# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on the disk for rotation, and how it gets there; `place` has the keys themselves.

Besides the keys there are each domain's ``rotation.json``, the list of keys that sign, and the Ed25519 keys beside it
in the form that Rspamd reads.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import Conflict, Unavailable
from ...core.files import make_directories, write_atomic
from ..place import KeyFile, list_keys

# As tempfile names what `write_atomic` writes first.
_TEMPORARY = r"\.[a-z0-9_]{8}"


@dataclass(frozen=True)
class Write:
    """A file that is to have this content, mode and owner. It is not shown: some are keys."""

    path: Path
    content: bytes
    mode: int
    uid: int | None
    gid: int | None

    def is_needed(self) -> bool:
        """Whether the file says something else, or is another's; ``None`` for a user who does not exist yet.

        Raises:
            Conflict, InvalidValue, Unavailable: what stands there is no such file.
        """
        held = read_large(self.path)
        return held is None or (held.content, held.mode, held.uid, held.gid) != (
            self.content,
            self.mode,
            held.uid if self.uid is None else self.uid,
            held.gid if self.gid is None else self.gid,
        )

    def apply(self) -> None:
        """Write the file with one rename.

        Raises:
            Unavailable: it cannot be written. What was there is as it was.
        """
        make(self.path.parent)
        clear_leftovers(self.path)
        uid = -1 if self.uid is None else self.uid
        gid = -1 if self.gid is None else self.gid
        write_atomic(self.path, self.content, mode=self.mode, uid=uid, gid=gid)


def read_large(path: Path) -> KeyFile | None:
    """Return the file at ``path``, ``None`` where there is none; unlike a key's, it may have any size.

    Raises:
        Conflict: something else than a file stands there.
        Unavailable: it cannot be read.
    """
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise Conflict(f"{path} is no file; move it away")
        return KeyFile(path.read_bytes(), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error


def content(path: Path) -> bytes | None:
    """Return what the file at ``path`` holds, ``None`` where there is none.

    Raises:
        Conflict, Unavailable: as `read_large`.
    """
    found = read_large(path)
    return None if found is None else found.content


def keys_by_domain(directory: str) -> dict[str, list[str]]:
    """Return the selectors of all keys that lie in ``directory``."""
    found: dict[str, list[str]] = {}
    for domain, selector in list_keys(directory):
        found.setdefault(domain, []).append(selector)
    return found


def archived_names(directory: str, domain: str) -> set[str]:
    """Return the selectors of the domain whose keys are in the archive, which are not to be given again.

    Raises:
        Unavailable: the archive cannot be read.
    """
    place = Path(directory, "old", domain)
    try:
        return {name.partition(".")[0] for name in os.listdir(place) if not name.startswith(".")}
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except OSError as error:
        raise Unavailable(f"{place} cannot be read: {error.strerror}") from error


def derived_keys(top: Path) -> list[Path]:
    """Return the keys that lie below ``top`` in Rspamd's form, with what was left behind of them."""
    return sorted(path for path in top.glob("*/*.key*") if path.is_file())


def remove_files(paths: Sequence[Path]) -> None:
    """Remove files, and directories that are empty then.

    Raises:
        Unavailable: one of them cannot be removed.
    """
    try:
        for path in paths:
            path.unlink(missing_ok=True)
            if path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()
    except OSError as error:
        raise Unavailable(f"{error.filename} cannot be removed: {error.strerror}") from error


def clear_leftovers(path: Path) -> None:
    """Remove the temporary files of runs that were killed while they wrote ``path``.

    Raises:
        Unavailable: one of them cannot be removed.
    """
    pattern = re.compile(re.escape(f".{path.name}") + _TEMPORARY)
    try:
        for name in os.listdir(path.parent):
            if pattern.fullmatch(name):
                (path.parent / name).unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{error.filename} cannot be removed: {error.strerror}") from error


def make(directory: Path) -> None:
    """Make a directory with those above it, for everybody to pass.

    Raises:
        Unavailable: it cannot be made.
    """
    try:
        make_directories(directory)
    except OSError as error:
        raise Unavailable(f"{directory} cannot be made: {error.strerror}") from error
