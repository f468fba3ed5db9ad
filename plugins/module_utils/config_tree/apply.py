# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan so that a run killed at any moment is completed by the next one.

Order: under the ledger's lock originals are kept and the ledger says what becomes ours, then directories are made,
staged files are renamed into place one by one, what is obsolete is removed, and only then the ledger forgets it. At
each moment the ledger therefore names at least everything that we put there, and nothing foreign is lost.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..core.errors import Conflict, Unavailable
from ..core.files import write_atomic
from ..core.ledger import Entry, edit
from .archive import forget, keep
from .disk import opened, own, read_node
from .model import ROOT, Directory, File, Link, parent, parents
from .plan import LEDGER_KIND, TreePlan
from .stage import Stage


def apply(
    plan: TreePlan, dest: str, ledger: str, set_by: str, stage: Stage | None, restored: Mapping[str, Entry]
) -> None:
    """Carry out ``plan`` below ``dest`` with the files of ``stage`` (``None`` for a plan that puts none).

    ``restored``: the ledger's entries of originals that the plan brings back.

    Raises:
        Conflict: another run changed what this one takes over; nothing was changed.
        Unavailable: the ledger or a file cannot be written; running again completes what was begun.
    """
    if plan.takes:
        _take(plan, dest, ledger, set_by)
    try:
        _change_tree(plan, dest, stage)
    except OSError as error:
        where = error.filename2 or error.filename or dest
        raise Unavailable(f"{dest}: {where}: {error.strerror}; run again to complete the change") from error
    if plan.releases:
        with edit(ledger) as book:
            for name in plan.releases:
                book.release(LEDGER_KIND, dest, name)
        for name in set(plan.releases) & set(restored):
            with suppress(OSError):
                forget(ledger, dest, name)


def _take(plan: TreePlan, dest: str, ledger: str, set_by: str) -> None:
    with edit(ledger) as book:
        owned = dict(book.entries(LEDGER_KIND, dest))
        for name, node in plan.takes.items():
            entry = owned.get(name)
            is_file = not name.endswith("/")
            if entry is None and is_file and read_node(Path(dest) / name) != node:
                raise Conflict(f"{dest}/{name} was changed by somebody else during this run; run again")
            if entry is not None and is_file and entry.owner != set_by:
                raise Conflict(f"{dest}/{name} was put there by {entry.owner} during this run; run again")
            # What another run of ours took since the plan was made stands there by now: the original is kept already.
            before = keep(ledger, dest, name, node) if entry is None else None
            book.take(LEDGER_KIND, dest, name, before, set_by)


def _change_tree(plan: TreePlan, dest: str, stage: Stage | None) -> None:
    needed = {name for directory in plan.directories for name in [*parents(directory), directory]}
    for name in plan.removals:
        # A file of ours may stand where a directory is wanted now, so it goes before the directories are made.
        if name in needed:
            _remove(dest, name)
    for name, directory in plan.directories.items():
        _make_directory(dest, name, directory)
    if stage is not None:
        for name, node in plan.puts.items():
            _put(dest, name, node, stage)
    for name in plan.removals:
        if name not in needed:
            _remove(dest, name)
    for name in sorted({parent(name) for name in [*plan.puts, *plan.removals]}):
        with suppress(FileNotFoundError, NotADirectoryError), opened(dest, name) as descriptor:
            os.fsync(descriptor)
    for name in plan.empty:
        # Somebody may have put a file there since the plan was made: the directory then stays.
        with suppress(OSError):
            (Path(dest) / name).rmdir()


def _put(dest: str, name: str, node: File | Link, stage: Stage) -> None:
    with opened(dest, parent(name)) as descriptor:
        try:
            os.replace(f"{stage.root}/{name}", name.rpartition("/")[2], dst_dir_fd=descriptor)
        except OSError as error:
            # A directory below dest may be a mount of its own.
            if error.errno != errno.EXDEV or not isinstance(node, File):
                raise
            uid = -1 if node.uid is None else node.uid
            gid = -1 if node.gid is None else node.gid
            write_atomic(f"{dest}/{name}", node.data, mode=node.mode, uid=uid, gid=gid)


def _remove(dest: str, name: str) -> None:
    with suppress(FileNotFoundError, NotADirectoryError), opened(dest, parent(name)) as descriptor:
        os.unlink(name.rpartition("/")[2], dir_fd=descriptor)


def _make_directory(dest: str, name: str, directory: Directory) -> None:
    with suppress(FileExistsError):
        if name == ROOT:
            Path(dest).mkdir(0o700)
        else:
            with opened(dest, parent(name)) as above:
                os.mkdir(name.rpartition("/")[2], 0o700, dir_fd=above)
    with opened(dest, name) as descriptor:
        own(descriptor, directory)
