# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stood in a tree before us: kept as a file beside the ledger, described in it, and brought back from there.

In the ledger: ``{"type": "file", "archive": PATH, "mode": "0644", "uid": 0, "gid": 0}`` or
``{"type": "link", "target": "../x"}``. Copies are readable by the ledger's owner alone, whatever the original was.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import Unavailable
from ..core.files import make_directories, read_bytes, write_atomic
from ..core.ledger import Entry
from .model import File, Link


def archive_path(ledger: str, dest: str, name: str) -> Path:
    """Return where the original of ``name`` is kept."""
    return Path(ledger).parent / "archive" / "config_tree" / dest.lstrip("/") / name


def keep(ledger: str, dest: str, name: str, node: File | Link | None) -> dict[str, Any] | None:
    """Keep ``node`` and return its description for the ledger; ``None`` for nothing.

    Raises:
        Unavailable: the copy cannot be written.
    """
    if node is None:
        return None
    if isinstance(node, Link):
        return {"type": "link", "target": node.target}
    path = archive_path(ledger, dest, name)
    try:
        make_directories(Path(ledger).parent)
        make_directories(path.parent, mode=0o700)
    except OSError as error:
        raise Unavailable(f"the original {dest}/{name} cannot be kept in {path.parent}: {error.strerror}") from error
    write_atomic(path, node.data, mode=0o600)
    return {"type": "file", "archive": str(path), "mode": f"{node.mode:04o}", "uid": node.uid, "gid": node.gid}


def originals(owned: Mapping[str, Entry], names: list[str]) -> tuple[dict[str, File | Link], list[str]]:
    """Return the kept originals of ``names`` and the names of those whose copy is gone.

    Raises:
        Unavailable: a copy cannot be read.
    """
    found: dict[str, File | Link] = {}
    lost: list[str] = []
    for name in names:
        before = owned[name].before
        if before["type"] == "link":
            found[name] = Link(before["target"])
            continue
        content = read_bytes(before["archive"])
        if content is None:
            lost.append(name)
        else:
            found[name] = File(content, int(before["mode"], 8), before["uid"], before["gid"])
    return found, lost


def forget(ledger: str, dest: str, name: str) -> None:
    """Remove the kept original of ``name``, which is back in its place, and directories that are empty then."""
    path = archive_path(ledger, dest, name)
    path.unlink(missing_ok=True)
    for directory in list(path.parents):
        if directory == Path(ledger).parent / "archive":
            return
        try:
            directory.rmdir()
        except OSError:
            return
