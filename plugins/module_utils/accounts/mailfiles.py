# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail on the disk: finds the directories of `maildata.Removal`, renames them away, deletes what is to be deleted.

Everything below the mail root belongs to the user that Dovecot runs as, and this runs as root: no symbolic link there
is ever followed, and every name is used relative to a directory that is open.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..core.errors import InvalidValue, Unavailable
from ..core.files import holding, make_directories
from .maildata import ARCHIVE, DELETING, Removal, Step, mounted_in

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PRIVATE = 0o700
_MOUNTS = Path("/proc/self/mountinfo")
_BY_HAND = "or move the mail by hand and leave mail_data out"


class MailFiles:
    """The mail below ``root``; ``archive`` is where archives go, ``ARCHIVE`` in the root where it is empty."""

    def __init__(self, root: str, archive: str = "") -> None:
        """Judge the two paths.

        Raises:
            InvalidValue: one is not absolute, or the archive lies where mail is delivered to.
        """
        for option, path in (("mail_root", root), ("archive_path", archive)):
            # Only where the archive is may be left to the default.
            if (path or option == "mail_root") and (not os.path.isabs(path) or os.path.normpath(path) == "/"):
                raise InvalidValue(option, path, "is no directory of its own", "give an absolute path")
        self._root = os.path.normpath(root)
        self._archive = os.path.normpath(archive) if archive else f"{self._root}/{ARCHIVE}"
        inside = os.path.relpath(os.path.realpath(self._archive), os.path.realpath(self._root)).split("/")
        wanted = f"give a path outside of {root}, or one whose first name in it starts with a dot"
        if inside == ["."] or not (inside[0].startswith(".") or inside[0] == ".."):
            raise InvalidValue("archive_path", archive, "lies where a domain's mail could", wanted)
        if inside[0] == DELETING:
            raise InvalidValue("archive_path", archive, "lies where mail is deleted", wanted)

    def look(self, removals: Iterable[Removal]) -> list[Step]:
        """Return what there is to do, changing nothing: what an earlier run left half deleted, then the mail found.

        Raises:
            Unavailable: something cannot be looked at, or is no directory that can be renamed away.
        """
        listed = list(removals)
        if not listed:
            return []
        steps = [self._step(removal) for removal in listed if self._is_there(removal)]
        self._check_mounts(step.path for step in steps)
        if any(step.target for step in steps):
            self._check_archive()
        left = self._left() if any(removal.action == "delete" for removal in listed) else []
        return [*left, *steps]

    def move(self, step: Step, now: str) -> None:
        """Rename the mail away. ``now`` names it, with a number where there is one of that name already.

        Mail that has gone meanwhile is no error.

        Raises:
            Unavailable: it could not be renamed, and is where it was.
        """
        if step.removal is None:
            return
        *above, name = step.removal.place
        try:
            with self._opened(self._root) as root, self._below(root, above) as parent, self._base(step, root) as base:
                with suppress(FileExistsError):
                    os.mkdir(step.removal.owner, _PRIVATE, dir_fd=base)
                with _open(step.removal.owner, base) as into:
                    _rename(name, parent, into, now)
                    os.fsync(into)
                    os.fsync(parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Unavailable(
                f"{step.path} could not be moved to {step.target or self._deleting}: {_explained(error)}"
            ) from error

    def finish(self) -> None:
        """Delete what was renamed away to be deleted, also by an earlier run.

        Raises:
            Unavailable: some of it cannot be deleted; it stays for the next run.
        """
        self._check_mounts([self._deleting])
        try:
            with self._opened(self._root) as root:
                descriptor = os.open(DELETING, _DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
                # Another run may be about it, and would stumble over what is gone.
                with holding(descriptor):
                    for name in os.listdir(descriptor):
                        _delete(name, descriptor)
        except FileNotFoundError:
            return
        except (OSError, RecursionError) as error:
            told = _explained(error) if isinstance(error, OSError) else "its directories are nested too deeply"
            raise Unavailable(f"{self._deleting} could not be deleted: {told}") from error

    def tidy(self) -> None:
        """Remove the directory for what is to be deleted where it is empty. Only while nobody else moves mail."""
        with suppress(OSError):
            os.rmdir(self._deleting)

    @property
    def _deleting(self) -> str:
        return f"{self._root}/{DELETING}"

    def _step(self, removal: Removal) -> Step:
        target = f"{self._archive}/{removal.owner}" if removal.action == "archive" else ""
        return Step(removal, "/".join((self._root, *removal.place)), target)

    def _is_there(self, removal: Removal) -> bool:
        path = self._root
        try:
            device = os.stat(path).st_dev
            for name in removal.place:
                path = f"{path}/{name}"
                status = os.lstat(path)
                if stat.S_ISLNK(status.st_mode):
                    raise Unavailable(
                        f"{path} is a symbolic link, which is not followed; put a directory in its place, {_BY_HAND}"
                    )
                if not stat.S_ISDIR(status.st_mode):
                    raise Unavailable(
                        f"{path} is no directory, as mail lies in one; look what it is and remove it, {_BY_HAND}"
                    )
                if status.st_dev != device:
                    raise Unavailable(
                        f"{path} is a file system of its own, and mail is moved within the one of "
                        f"{self._root} only; unmount it, {_BY_HAND}"
                    )
        except FileNotFoundError:
            return False
        except OSError as error:
            raise Unavailable(f"{path} cannot be looked at: {_explained(error)}") from error
        return True

    def _check_mounts(self, paths: Iterable[str]) -> None:
        """Refuse what would move or delete another file system along."""
        listed = list(paths)
        try:
            table = _MOUNTS.read_text(encoding="latin-1") if listed else ""
        except OSError:
            table = ""
        root = os.path.realpath(self._root)
        for path in listed if mounted_in(table, root) else ():
            if point := mounted_in(table, root + path[len(self._root) :]):
                raise Unavailable(f"{path}: {point} is a mount point; unmount it, {_BY_HAND}")

    def _check_archive(self) -> None:
        path = self._archive
        try:
            if os.path.lexists(path):
                _check_private(os.lstat(path), path)
            above = next(str(one) for one in (Path(path), *Path(path).parents) if one.exists())
            if os.stat(above).st_dev != os.stat(self._root).st_dev:
                raise Unavailable(
                    f"mail cannot be archived to {path}: it is on another file system than {self._root}, and only "
                    "within one is the move a single step that nothing can interrupt; give an archive_path there"
                )
        except OSError as error:
            raise Unavailable(f"{path} cannot be looked at: {_explained(error)}") from error

    def _left(self) -> list[Step]:
        try:
            owners = sorted(os.listdir(self._deleting))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{self._deleting} cannot be looked at: {_explained(error)}") from error
        self._check_mounts([self._deleting])
        # Killed at the very end, a run leaves the directory itself.
        return [Step(None, f"{self._deleting}/{owner}") for owner in owners] or [Step(None, self._deleting)]

    @contextmanager
    def _opened(self, path: str) -> Iterator[int]:
        # The root itself may be a link: whoever administers the host has put it there.
        descriptor = os.open(path, _DIRECTORY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _below(self, root: int, names: Sequence[str]) -> Iterator[int]:
        if not names:
            yield root
            return
        with _open(names[0], root) as descriptor:
            yield descriptor

    @contextmanager
    def _base(self, step: Step, root: int) -> Iterator[int]:
        """Open the directory that mail goes to, which is made where it is missing."""
        if step.target and self._archive != f"{self._root}/{ARCHIVE}":
            make_directories(os.path.dirname(self._archive))
            name, place = os.path.basename(self._archive), os.open(os.path.dirname(self._archive), _DIRECTORY)
        else:
            name, place = ARCHIVE if step.target else DELETING, os.dup(root)
        try:
            with suppress(FileExistsError):
                os.mkdir(name, _PRIVATE, dir_fd=place)
                os.fsync(place)
            with _open(name, place) as descriptor:
                _check_private(os.fstat(descriptor), self._archive if step.target else self._deleting)
                yield descriptor
        finally:
            os.close(place)


@contextmanager
def _open(name: str, directory: int) -> Iterator[int]:
    """Open the directory ``name`` in the open one; a link there is an error."""
    descriptor = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _check_private(status: os.stat_result, path: str) -> None:
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise Unavailable(
            f"{path} is no directory that only {'root' if os.geteuid() == 0 else 'the user who runs this'} can use "
            "(owner and mode 0700), and mail is moved into no other; set both, or remove it"
        )


def _rename(name: str, parent: int, into: int, now: str) -> None:
    """Rename the directory ``name`` to the first free name; rename(2) puts none over one that holds anything."""
    number = 1
    while True:
        new = now if number == 1 else f"{now}.{number}"
        try:
            os.stat(new, dir_fd=into, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(name, new, src_dir_fd=parent, dst_dir_fd=into)
            return
        number += 1


def _delete(name: str, directory: int) -> None:
    if stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
        shutil.rmtree(name, dir_fd=directory)
    else:
        os.unlink(name, dir_fd=directory)


def _explained(error: OSError) -> str:
    told = error.strerror or str(error)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{told}; run as root, on a file system that is writable"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{told}; make room on the disk"
    if error.errno == errno.EBUSY:
        return f"{told}; something is mounted there"
    return told
