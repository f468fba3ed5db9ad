# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that a service has not read yet, noted in a file that outlives a run which ends before the reload.

A handler is forgotten with the run that notified it. So the module makes the file before its change, whoever has
reloaded the service removes it, and a module that finds it says ``changed`` and so notifies the handlers again. It
belongs under ``/run``, as a host that has booted since has read everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from .errors import Unavailable
from .files import make_directories, read_bytes, write_atomic

COMMON = {"pending": {"type": "path"}}


class Pending:
    """The file ``path`` of an option ``pending``; without a path nothing is ever pending, and nothing is noted."""

    def __init__(self, path: str | None) -> None:
        """Read what an earlier run left; ``reasons`` are those why a reload is not enough.

        Raises:
            Unavailable: the file is there and cannot be read.
        """
        self.path = path
        content = None if path is None else read_bytes(path)
        self.found = content is not None
        self.reasons = _reasons(content)

    def add(self, reasons: Iterable[str]) -> None:
        """Add reasons why a reload is not enough for the change that is about to be made."""
        self.reasons = list(dict.fromkeys([*self.reasons, *reasons]))

    def note(self) -> None:
        """Note that a change is about to be made.

        Raises:
            Unavailable: the file cannot be written. There is nothing to take back then.
        """
        if self.path is None:
            return
        try:
            make_directories(Path(self.path).parent)
        except OSError as error:
            raise Unavailable(f"pending: {self.path} cannot be written: {error.strerror}") from error
        write_atomic(self.path, (json.dumps(self.reasons) + "\n").encode())

    def take_back(self) -> None:
        """Forget what `note` noted, as the change was refused. What an earlier run left stays."""
        if self.path is not None and not self.found:
            Path(self.path).unlink(missing_ok=True)


def _reasons(content: bytes | None) -> list[str]:
    try:
        found = json.loads(content or b"[]")
    except ValueError:
        # That it is there says enough.
        return []
    return [str(reason) for reason in found] if isinstance(found, list) else []
