# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A full copy of the live tree with the plan's outcome in it, where a service's own checker judges it.

In a run the copy stands beside the live tree (``/etc/.dovecot.staged-XXXX`` for ``/etc/dovecot``), on the same file
system, so that its new files are renamed into place; in check mode it stands in a temporary directory. Its mode is
0700. A copy left by a run that was killed is recognised by its free lock and removed by the next run.
"""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import InvalidValue, MailwrightError, Unavailable
from .disk import own, read_node, write_node
from .model import ROOT, Directory, File, Link, Node, Wanted
from .plan import TreePlan
from .show import mask

_MARK = ".staged-"
_LARGEST = 256 * 1024 * 1024  # bytes
_MOST = 50_000  # files
_SHOWN = 4000  # characters of a checker's output

# Runs a command without a shell and returns its status, output and errors; raises OSError where it cannot be run.
Runner = Callable[[list[str]], tuple[int, str, str]]


class ValidationError(MailwrightError):
    """The service's checker refused the staged tree; the message holds its words."""


@dataclass(frozen=True)
class Stage:
    """A staged tree at ``root``."""

    root: str


@contextmanager
def staged(dest: str, plan: TreePlan, temporary: str | None = None) -> Iterator[Stage]:
    """Yield a copy of ``dest`` with ``plan``'s outcome; it is removed at the end.

    ``temporary``: a directory for the copy, for check mode; else it stands beside ``dest``.

    Raises:
        Unavailable: it cannot be written, for example because the disk is full. The live tree is as it was.
        InvalidValue: the live tree is so large that it cannot be meant.
    """
    place = temporary or _beside(dest)
    prefix = f".{Path(dest).name}{_MARK}"
    try:
        if temporary is None:
            _remove_left(place, prefix)
        holder = tempfile.mkdtemp(prefix=prefix, dir=place)
    except OSError as error:
        raise Unavailable(f"{dest} cannot be staged in {place}: {error.strerror}") from error
    lock = os.open(holder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            _Copy(dest, holder, plan).make()
        except OSError as error:
            raise Unavailable(f"{dest} cannot be staged in {holder}: {error.strerror}; nothing was changed") from error
        yield Stage(holder)
    finally:
        shutil.rmtree(holder, ignore_errors=True)
        os.close(lock)


def validate(stage: Stage, command: list[str], wanted: Wanted, run: Runner) -> None:
    """Run ``command`` (``%s`` is the staged tree) on ``stage``.

    Raises:
        Unavailable: the program cannot be run.
        ValidationError: it does not leave with status 0. Words of the secret files in ``wanted`` are masked in the
            message, also of those that do not change.
    """
    argv = [part.replace("%s", stage.root) for part in command]
    try:
        status, output, errors = run(argv)
    except OSError as error:
        raise Unavailable(f"{command[0]} cannot be run: {error.strerror}; install it, or leave validate out") from error
    if status != 0:
        contents = [wanted.files[name].data for name in wanted.secret]
        words = mask(f"{output}\n{errors}", contents).replace(stage.root, "STAGED").strip()
        if len(words) > _SHOWN:
            words = f"... {words[-_SHOWN:]}"
        told = " ".join(command).replace("%s", "STAGED")
        raise ValidationError(f"the staged tree is not valid: {told} left with status {status}: {words or 'no output'}")


def _beside(dest: str) -> str:
    """Return the directory for the copy: the one above ``dest``, or ``dest`` itself where that is a mount point."""
    above = str(Path(dest).parent)
    with suppress(FileNotFoundError):
        if Path(dest).lstat().st_dev != Path(above).stat().st_dev:
            return dest
    return above


def _remove_left(place: str, prefix: str) -> None:
    for path in Path(place).glob(f"{glob.escape(prefix)}*"):
        with suppress(OSError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


class _Copy:
    """The making of one staged copy."""

    def __init__(self, dest: str, root: str, plan: TreePlan) -> None:
        self.dest = dest
        self.root = root
        self.plan = plan
        self.left_out = {*plan.puts, *plan.removals, *plan.empty}
        self.bytes = 0
        self.count = 0

    def make(self) -> None:
        """Copy what stays of the live tree, then write what the plan puts there."""
        if isinstance(read_node(self.dest), Directory):
            self._directory(ROOT)
        for name, directory in self.plan.directories.items():
            path = self._staged(name)
            Path(path).mkdir(parents=True, exist_ok=True)
            if name != ROOT:
                self._look(path, directory)
        for name, node in self.plan.puts.items():
            write_node(self._staged(name), node, sync=True)

    def _directory(self, name: str) -> None:
        for entry in sorted(path.name for path in Path(self._live(name)).iterdir()):
            inner = entry if name == ROOT else f"{name}/{entry}"
            if inner.startswith(f".{Path(self.dest).name}{_MARK}"):
                continue
            if inner not in self.left_out:
                self._node(inner)

    def _node(self, name: str) -> None:
        node: Node | None = read_node(self._live(name))
        self.count += 1
        if isinstance(node, Directory):
            path = self._staged(name)
            Path(path).mkdir(0o700)
            self._directory(name)
            self._look(path, node)
        elif isinstance(node, File):
            self.bytes += len(node.data)
            write_node(self._staged(name), node, sync=False)
        elif isinstance(node, Link):
            write_node(self._staged(name), Link(self._target(name, node.target)), sync=False)
        if self.bytes > _LARGEST or self.count > _MOST:
            raise InvalidValue(
                "dest",
                self.dest,
                f"holds more than {_LARGEST // 1024**2} MiB or {_MOST} files",
                "name the service's own directory",
            )

    def _target(self, name: str, target: str) -> str:
        """Return where a copied link points: into the copy where it pointed into the tree, else where it did."""
        full = os.path.normpath(Path(self._live(name)).parent / target)
        if full == self.dest or full.startswith(f"{self.dest}/"):
            return self.root + full[len(self.dest) :]
        return full

    def _look(self, path: str, node: Directory) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            own(descriptor, node)
        finally:
            os.close(descriptor)

    def _live(self, name: str) -> str:
        return self.dest if name == ROOT else f"{self.dest}/{name}"

    def _staged(self, name: str) -> str:
        return self.root if name == ROOT else f"{self.root}/{name}"
