# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the next key lies, beside the pair in use, and what is noted of it.

``tls/.mx1.example.net.next/privkey.pem`` is the key, and ``next.json`` what `rollover` remembers of it::

    {"version": 1, "spki_sha256": "8bd1da95...", "wait": 3600,
     "seen": {"date": "2026-11-21T22:00:00Z", "wall": 1795298400, "boot": "...", "uptime": 86400}}

A note of another key counts for nothing, and so does a damaged one: the time to wait then begins anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from ..core.clock import Moment
from ..core.errors import Unavailable
from ..core.files import read_bytes
from . import place
from .rollover import Noted

NOTE = "next.json"
_VERSION = 1


@dataclass(frozen=True)
class Next:
    """What lies there: the key and the note (``None``: not there)."""

    key: bytes | None = field(default=None, repr=False)
    note: bytes | None = None

    def noted(self, spki_sha256: str) -> Noted:
        """Return what is noted of the key with this hash."""
        try:
            document = json.loads(self.note or b"")
            if document["version"] == _VERSION and document["spki_sha256"] == spki_sha256:
                seen = document["seen"]
                moment = Moment(int(seen["wall"]), str(seen["boot"]), int(seen["uptime"])) if seen else None
                return Noted(spki_sha256, max(0, int(document["wait"])), moment)
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            pass
        return Noted(spki_sha256)


def directory_of(directory: str, host: str) -> Path:
    """Return where the next key of ``host`` lies."""
    return Path(directory, f".{host}.{place.NEXT}")


def key_path(directory: str, host: str) -> Path:
    """Return the file with the next key of ``host``."""
    return directory_of(directory, host) / place.KEY


def read(directory: str, host: str) -> Next:
    """Return what lies there.

    Raises:
        Unavailable: a file cannot be read.
    """
    top = directory_of(directory, host)
    return Next(read_bytes(top / place.KEY), read_bytes(top / NOTE))


def is_there(directory: str, host: str) -> bool:
    """Return whether there is anything of a next key."""
    return directory_of(directory, host).is_dir()


def put(directory: str, host: str, key: bytes, noted: Noted) -> None:
    """Put the next key there with what is noted of it, over one that is in use by now.

    Raises:
        Unavailable: a file cannot be written.
    """
    path = key_path(directory, host)
    try:
        _clear(path.parent)
    except OSError as error:
        raise Unavailable(f"{path.parent} cannot be cleared: {error.strerror}") from error
    # The key comes last: what a killed run left is cleared by the next one, which then finds the key missing.
    note(directory, host, noted)
    if read_bytes(path) != key or not place.looks_right(path, place.KEY_MODE):
        place.write_file(path, key, place.KEY_MODE)


def note(directory: str, host: str, noted: Noted) -> None:
    """Note what is remembered of the next key, if that is another thing than before.

    Raises:
        Unavailable: it cannot be written.
    """
    path = directory_of(directory, host) / NOTE
    content = _dump(noted)
    if read_bytes(path) != content:
        place.write_file(path, content, place.OPEN_MODE)


def archive(directory: str, host: str, goal: Path, name: str) -> None:
    """Move the next key into the archive ``goal`` as ``name``; where a killed run left none, just clear up.

    Raises:
        Unavailable: it cannot be moved.
    """
    top = directory_of(directory, host)
    try:
        _clear(top)
        if not (top / place.KEY).exists():
            (top / NOTE).unlink(missing_ok=True)
            if top.is_dir():
                top.rmdir()
            return
    except OSError as error:
        raise Unavailable(f"{top} cannot be removed: {error.strerror}") from error
    place.archive_directory(top, goal, name)


def _clear(top: Path) -> None:
    """Remove what runs left that were killed while they wrote."""
    for path in top.glob(".*"):
        path.unlink(missing_ok=True)


def _dump(noted: Noted) -> bytes:
    seen = noted.seen
    document = {
        "version": _VERSION,
        "spki_sha256": noted.spki_sha256,
        "wait": noted.wait,
        "seen": None if seen is None else {"date": seen.shown, **vars(seen)},
    }
    return (json.dumps(document, indent=1) + "\n").encode()
