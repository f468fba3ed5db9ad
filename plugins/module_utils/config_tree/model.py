# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tree consists of: the nodes found below its root, the files wanted there, and their names.

Names are relative to the tree's root with ``/`` between their parts; ``.`` is the root itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..core.errors import InvalidValue
from ..core.text import SURROGATE

ROOT = "."
_NAME_LIMIT = 255  # bytes in one part of a path (NAME_MAX of Linux)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class File:
    """A regular file. ``uid`` or ``gid`` is ``None`` where a wanted account does not exist yet (check mode only)."""

    data: bytes = field(repr=False)
    mode: int
    uid: int | None
    gid: int | None

    @property
    def world_readable(self) -> bool:
        """Whether everybody on the host may read it, so that its content may be shown."""
        return bool(self.mode & 0o004)


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Directory:
    """A directory; ``entries`` are the names in it, read only where a plan needs them."""

    mode: int
    uid: int | None
    gid: int | None
    entries: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Other:
    """A device, socket or pipe."""


Node: TypeAlias = "File | Link | Directory | Other"


@dataclass(frozen=True)
class Wanted:
    """The tree as it should be: files by name, names whose content must not be shown, and how new directories look."""

    files: Mapping[str, File]
    secret: frozenset[str]
    directory: Directory

    @property
    def directories(self) -> list[str]:
        """The root and every directory that a wanted file needs, parents first."""
        names = {ROOT} if self.files else set()
        for name in self.files:
            names.update(parents(name))
        return sorted(names, key=lambda name: (name != ROOT, name))


def parents(name: str) -> list[str]:
    """Return the directories above ``name`` within the tree, outermost first, without the root."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def parent(name: str) -> str:
    """Return the directory that holds ``name``."""
    return posixpath.dirname(name) or ROOT


def check_name(name: object, subject: str = "file name") -> str:
    """Return ``name`` if it is a plain relative path that stays inside the tree.

    Raises:
        InvalidValue: empty, absolute, with ``.``, ``..`` or empty parts, with control characters, with bytes that are
            no UTF-8, or too long.
    """
    right = "give a path relative to dest, such as conf.d/10-auth.conf"
    if not isinstance(name, str) or not name:
        raise InvalidValue(subject, name, "is empty or is no text", right)
    if name.startswith("/"):
        raise InvalidValue(subject, name, "is absolute", right)
    _check_characters(subject, name, right)
    for part in name.split("/"):
        if part in ("", ".", ".."):
            raise InvalidValue(subject, name, f"has the part {part!r}", right)
        if len(part.encode("utf-8")) > _NAME_LIMIT:
            raise InvalidValue(subject, name, f"has a part of more than {_NAME_LIMIT} bytes", right)
    return name


def check_root(dest: str) -> str:
    """Return ``dest`` without a last slash if it can be the root of a tree.

    Raises:
        InvalidValue: not absolute, the file system's root, with ``.`` or ``..`` parts, with control characters or
            with bytes that are no UTF-8.
    """
    right = "give an absolute path such as /etc/dovecot"
    if not dest.startswith("/"):
        raise InvalidValue("dest", dest, "is not absolute", right)
    _check_characters("dest", dest, right)
    if any(part in (".", "..") for part in dest.split("/")):
        raise InvalidValue("dest", dest, "has . or .. in it", right)
    root = "/" + "/".join(part for part in dest.split("/") if part)
    if root == "/":
        raise InvalidValue("dest", dest, "is the root of the file system", right)
    return root


def _check_characters(subject: str, path: str, right: str) -> None:
    if _CONTROL.search(path):
        raise InvalidValue(subject, path, "has control characters", right)
    if SURROGATE.search(path):
        raise InvalidValue(subject, path, "has bytes that are no UTF-8", right)


def parse_mode(subject: str, value: object, *, largest: int = 0o777) -> int:
    """Return an octal mode such as ``"0640"`` as a number.

    Raises:
        InvalidValue: not a text of octal digits (a YAML number has lost how it was written), or over ``largest``.
    """
    right = 'give it as a quoted octal number such as "0640"'
    if not isinstance(value, str):
        raise InvalidValue(subject, value, "is no text", right)
    if not value or len(value) > 5 or any(digit not in "01234567" for digit in value):
        raise InvalidValue(subject, value, "is not an octal number", right)
    mode = int(value, 8)
    if mode > largest:
        raise InvalidValue(
            subject, value, f"has bits that may not be set here (the largest is {largest:#o})".replace("0o", "0"), right
        )
    return mode
