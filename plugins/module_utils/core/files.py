# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing single files so that no reader ever meets half of one."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import Unavailable


def read_bytes(path: str | Path) -> bytes | None:
    """Return what ``path`` holds, ``None`` where it (or a directory above it) does not exist.

    Raises:
        Unavailable: it exists and cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error


def write_atomic(
    path: str | Path, content: bytes, *, mode: int = 0o600, uid: int = -1, gid: int = -1, replace: bool = True
) -> None:
    """Put ``content`` at ``path``: temporary file beside it with its final mode, fsync, rename, fsync of the directory.

    ``uid`` and ``gid`` of -1 keep the writer's. The temporary file is removed on any failure. Without ``replace``, a
    file that is there already is a failure, too.

    Raises:
        Unavailable: the directory is missing or not writable, or the disk is full. ``path`` is then as it was.
    """
    target = Path(path)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            # Owner before mode, and both before the content: chown clears set-id bits, and nobody may read early.
            if uid != -1 or gid != -1:
                os.fchown(stream.fileno(), uid, gid)
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            os.replace(temporary, target)
        else:
            # As link(2) has it: unlike a rename, never over another one.
            os.link(temporary, target)
        sync_directory(target.parent)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def make_directories(path: str | Path, *, mode: int = 0o755) -> None:
    """Make the directory ``path`` and those above it that are missing, each with ``mode`` whatever the umask says.

    Raises:
        OSError: one of them cannot be made.
    """
    missing = [one for one in (Path(path), *Path(path).parents) if not one.exists()]
    for directory in reversed(missing):
        # With the mode at once, so that nobody looks into a private one before the umask is made up for.
        directory.mkdir(mode, exist_ok=True)
        directory.chmod(mode)


@contextmanager
def locked(path: str | Path) -> Iterator[None]:
    """Hold the lock of the file ``path``, which is made (0600) where it is missing, with the directories above it.

    It waits for whoever holds it. A process that ends lets go of it.

    Raises:
        Unavailable: the file cannot be made or opened.
    """
    try:
        make_directories(Path(path).parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"{path} cannot be locked: {error.strerror}") from error
    with holding(descriptor):
        yield


@contextmanager
def holding(descriptor: int) -> Iterator[None]:
    """Hold the lock of an open file or directory, and close it at the end. It waits for whoever holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sync_directory(path: str | Path) -> None:
    """Make renames in the directory ``path`` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
