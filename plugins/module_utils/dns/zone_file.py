# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider ``zonefile``: the records as text, for people whose DNS is elsewhere."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import Unavailable
from ..core.files import read_bytes, write_atomic
from ..core.plan import Change, Plan


class ZoneFilePlan(Plan):
    """The text before and after; without a ``path`` nothing is written and nothing changes."""

    def __init__(self, path: str | None, text: str) -> None:
        """Compare ``text`` with what ``path`` holds. An empty text is no file.

        Raises:
            Unavailable: the file cannot be read.
        """
        super().__init__()
        self.path, self.text = path, text
        content = None if path is None else read_bytes(path)
        self._before = "" if content is None else content.decode("utf-8", "replace")
        if path is not None and content != (text.encode() or None):
            self.changes = [
                Change("file", path, None if content is None else {"lines": self._before.count("\n")}, _lines(text))
            ]

    def diff(self) -> dict[str, str]:
        """Return Ansible's diff of the file."""
        if not self.changes:
            return {"before": "", "after": ""}
        header = str(self.path)
        return {"before_header": header, "after_header": header, "before": self._before, "after": self.text}

    def apply(self) -> None:
        """Write the file, or remove it where there are no records.

        Raises:
            Unavailable: it cannot be written.
        """
        if self.path is None:
            return
        if self.text:
            write_atomic(self.path, self.text.encode(), mode=0o644)
            return
        try:
            Path(self.path).unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be removed: {error.strerror}") from error


def _lines(text: str) -> dict[str, int] | None:
    return {"lines": text.count("\n")} if text else None
