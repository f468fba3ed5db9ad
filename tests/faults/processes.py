# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks in a process of their own: as another user, or killed at a chosen moment."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

Task = Callable[[], dict[str, Any]]

NOBODY = 65534
_PATIENCE_SECONDS = 60
# All that changes a file or opens one, as Python tells it: between two of them, the disk stays as it is. What SQLite
# does between them is one transaction.
_TOLD = (
    *("os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.chown", "os.truncate"),
    *("open", "sqlite3.connect", "sqlite3.connect/handle", "shutil.rmtree"),
)


def in_child(task: Task, *, as_user: int | None = None) -> str:
    """Run the task in a process of its own, as the user ``as_user``, and return its message."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(_PATIENCE_SECONDS)
        try:
            os.close(reading)
            if as_user is not None:
                os.setuid(as_user)
            os.write(writing, str(task().get("msg", "")).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        text = stream.read()
    _ended_by(child)
    return text


def killed_at(moment: int, task: Task) -> bool:
    """Run the task in a process that kills itself before the ``moment``-th change or opening of a file.

    Returns: whether it came so far.
    """
    child = os.fork()
    if not child:
        signal.alarm(_PATIENCE_SECONDS)
        seen = 0

        def watch(event: str, _arguments: Any) -> None:
            nonlocal seen
            if event in _TOLD:
                seen += 1
                if seen == moment:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(watch)
            task()
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    return _ended_by(child) == signal.SIGKILL


def _ended_by(child: int) -> int:
    """Return the signal that ended the process, 0 where it ended by itself.

    Raises:
        AssertionError: it hung. Forked from a process with threads, it may find a lock that nobody opens.
    """
    status = os.waitpid(child, 0)[1]
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    assert ended_by != signal.SIGALRM, f"the task did not end within {_PATIENCE_SECONDS} s"
    return ended_by
