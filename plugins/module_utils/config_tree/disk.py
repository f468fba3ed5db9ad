# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading nodes of a tree from the file system, and putting them there, never through a symbolic link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import Unavailable
from .model import ROOT, Directory, File, Link, Node, Other, parents


def read_node(path: str | Path) -> Node | None:
    """Return what stands at ``path`` itself (links are not followed), ``None`` where nothing does.

    Raises:
        Unavailable: it cannot be read.
    """
    try:
        status = Path(path).lstat()
        if stat.S_ISLNK(status.st_mode):
            return Link(str(Path(path).readlink()))
        look = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
        if stat.S_ISDIR(status.st_mode):
            return Directory(*look, entries=frozenset(entry.name for entry in Path(path).iterdir()))
        if not stat.S_ISREG(status.st_mode):
            return Other()
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as stream:
            return File(stream.read(), *look)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error


def read_nodes(root: str, names: Iterable[str]) -> dict[str, Node]:
    """Return the nodes that ``names`` below ``root`` have; what lies behind a linked directory counts as not there.

    ``names`` holds the root and every directory above another name in it.
    """
    found: dict[str, Node] = {}
    for name in sorted(names, key=lambda name: (name != ROOT, name.count("/"), name)):
        above = [] if name == ROOT else [ROOT, *parents(name)]
        if all(isinstance(found.get(directory), Directory) for directory in above):
            node = read_node(Path(root) / name)
            if node is not None:
                found[name] = node
    return found


@contextmanager
def opened(root: str, directory: str) -> Iterator[int]:
    """Open ``directory`` below ``root`` part by part, refusing links, and yield its descriptor.

    A directory that somebody swaps for a link between plan and apply is refused here.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(root, flags)
    try:
        for part in [] if directory == ROOT else directory.split("/"):
            inner = os.open(part, flags, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def write_node(path: str | Path, node: File | Link, *, sync: bool) -> None:
    """Create ``path`` (where nothing stands) as ``node``; owner first, then mode, then content."""
    if isinstance(node, Link):
        Path(path).symlink_to(node.target)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        own(descriptor, node)
        stream.write(node.data)
        stream.flush()
        if sync:
            os.fsync(descriptor)


def own(descriptor: int, node: File | Directory) -> None:
    """Give the open file its owner and mode; an owner that is not known or is right already stays."""
    status = os.fstat(descriptor)
    uid = -1 if node.uid is None or node.uid == status.st_uid else node.uid
    gid = -1 if node.gid is None or node.gid == status.st_gid else node.gid
    if uid != -1 or gid != -1:
        os.fchown(descriptor, uid, gid)
    os.fchmod(descriptor, node.mode)
