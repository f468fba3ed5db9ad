# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where pairs of key and chain lie, so that no service ever starts with a key and a chain that do not match.

``tls/mx1.example.net`` is a symbolic link to ``tls/.mx1.example.net.KEY``, where KEY is the beginning of the key's SPKI
hash. A renewed certificate keeps its key: one file is replaced by one rename. Another key comes as a whole new
directory, and the link is moved to it by one rename. What the link leaves goes to ``archive/tls`` beside the ledger.
The key that comes next lies in ``tls/.mx1.example.net.next``; `next_key` has more of it.
"""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path

from ..core.errors import Conflict, Unavailable
from ..core.files import make_directories, read_bytes, sync_directory, write_atomic

CHAIN = "fullchain.pem"
KEY = "privkey.pem"
NEXT = "next"
KEY_MODE = 0o600
OPEN_MODE = 0o644


@dataclass(frozen=True)
class Pair:
    """What lies at a host's name: the directory that the link names, and both files (``None``: not there).

    ``since`` is when the key was put there, in seconds since 1970.
    """

    target: str = ""
    key: bytes | None = field(default=None, repr=False)
    chain: bytes | None = field(default=None, repr=False)
    since: float = 0.0


def pair_directory(host: str, spki_sha256: str) -> str:
    """Return the name of the directory in which a key's pair lies."""
    return f".{host}.{spki_sha256[:16]}"


def read_pair(directory: str, host: str) -> Pair:
    """Return what lies at ``host``.

    Raises:
        Conflict: something that is not ours stands there.
        Unavailable: a file cannot be read.
    """
    link = Path(directory) / host
    if link.is_symlink():
        target = str(link.readlink())
        if "/" in target or not target.startswith(f".{host}."):
            raise Conflict(f"{link} is a symbolic link to {target}, which is not ours; move it away")
        key = read_bytes(link / KEY)
        return Pair(target, key, read_bytes(link / CHAIN), 0.0 if key is None else (link / KEY).stat().st_mtime)
    if link.exists():
        raise Conflict(f"{link} is not ours; move it away, and give its files as source: provided to keep them")
    return Pair()


def looks_right(path: str | Path, mode: int) -> bool:
    """Return whether ``path`` is a file of the module's own user with ``mode``."""
    try:
        status = Path(path).lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) == mode and status.st_uid == os.geteuid()


def write_file(path: str | Path, content: bytes, mode: int) -> None:
    """Put ``content`` at ``path`` for the module's own user; directories that are missing above it are made with 0755.

    Raises:
        Unavailable: it cannot be written.
    """
    try:
        make_directories(Path(path).parent)
    except OSError as error:
        raise Unavailable(f"{Path(path).parent} cannot be made: {error.strerror}") from error
    write_atomic(path, content, mode=mode, uid=os.geteuid(), gid=os.getegid())


def put_pair(directory: str, host: str, target: str, key: bytes, chain: bytes, archive: Path) -> None:
    """Make ``host`` lead to ``key`` and ``chain`` in the directory ``target``; a directory that it led to is archived.

    Raises:
        Unavailable: a file cannot be written. The pair that was there is then still there and whole.
    """
    place = Path(directory) / target
    link = Path(directory) / host
    before = str(link.readlink()) if link.is_symlink() else ""
    for path, content, mode in ((place / KEY, key, KEY_MODE), (place / CHAIN, chain, OPEN_MODE)):
        if read_bytes(path) != content or not looks_right(path, mode):
            write_file(path, content, mode)
    if before == target:
        return
    fresh = link.with_name(f".{host}.link")
    try:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(link)
        sync_directory(directory)
    except OSError as error:
        raise Unavailable(f"{link} cannot be made: {error.strerror}") from error
    if before:
        archive_pair(directory, before, archive)


def remove_pair(directory: str, host: str, target: str, archive: Path) -> None:
    """Take ``host`` away; its pair goes to ``archive``, because a key is never just deleted.

    Raises:
        Unavailable: it cannot be moved.
    """
    link = Path(directory) / host
    try:
        link.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{link} cannot be removed: {error.strerror}") from error
    archive_pair(directory, target, archive)


def archive_pair(directory: str, target: str, archive: Path) -> None:
    """Move the pair's directory ``target`` into ``archive``, replacing an older copy of the same key's pair.

    ``archive`` and the directory above it are made with 0700 where they are missing.

    Raises:
        Unavailable: it cannot be moved.
    """
    archive_directory(Path(directory) / target, archive, target.removeprefix("."))


def archive_directory(source: Path, archive: Path, name: str) -> None:
    """Move the directory ``source`` into ``archive`` as ``name``, as `archive_pair` does.

    Raises:
        Unavailable: it cannot be moved.
    """
    goal = archive / name
    if not source.is_dir():
        return
    try:
        make_directories(archive.parent.parent)
        make_directories(archive, mode=0o700)
        if goal.is_dir():
            shutil.rmtree(goal)
        # move() copies where the two are on different file systems.
        shutil.move(source, goal)
    except OSError as error:
        raise Unavailable(f"{source} cannot be moved to {goal}: {error.strerror}") from error


def left_behind(directory: str, host: str, target: str) -> list[str]:
    """Return directories of ``host`` that an interrupted run left: neither in use nor archived."""
    try:
        names = sorted(entry.name for entry in Path(directory).iterdir() if entry.is_dir() and not entry.is_symlink())
    except OSError:
        return []
    prefix = f".{host}."
    spared = {target, prefix + NEXT}
    return [name for name in names if name.startswith(prefix) and "." not in name[len(prefix) :] and name not in spared]
