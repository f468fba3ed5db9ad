# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where keys lie, and how they get there and away; the one file that touches the disk.

::

    /var/lib/mailwright/dkim/            0755; ``key_dir``
        .lock                            held by whoever writes anywhere below
        example.com/                     0755; the domain as A-labels
            s2026a.pem                   0600; the private key of selector s2026a
            s2026a.record.json           0644; its record: {"name": ..., "type": "TXT", "value": ...}
            rotation.json                0644; the state of the domain's selectors, for those who rotate keys
        old/                             0700; what was removed or replaced. Nothing here is ever written over
            example.com/
                s2026a.0123456789abcdef.pem   named by the first 16 digits of the key's SPKI SHA-256

A label has no dot, and a domain has one. So no selector's files can be taken for ``rotation.json`` or for another
selector's, whatever its name, and no domain for ``old``.

The key is the only truth: its record's file follows from it and from the tags that were asked for, is written after it,
and is made again when it is missing or says something else. It is there so that whoever publishes records, or looks at
the host, need not know who asked for which tags.

Rotation belongs beside the keys because a backup, a restore or a move of a domain's directory then takes both. One file
for a domain, replaced by one rename, lets signing switch from one selector to another in one step. It names selectors
and holds their states, times and records, never a private key; a selector that it names and that has no key any more is
one that waits for its record to go. What a program needs in another form (Rspamd's Ed25519) is derived from the key and
belongs to whoever derives it, elsewhere: `remove` takes away what is named above.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..core.addresses import parse_domain
from ..core.errors import Conflict, InvalidValue, Unavailable
from ..core.files import make_directories, sync_directory, write_atomic
from ..core.owners import group_name, user_name
from .keys import SIZE_LIMIT
from .selectors import LABEL

KEY_MODE = 0o600
OPEN_MODE = 0o644
OLD = "old"
LOCK = ".lock"
_KEY = ".pem"
_RECORD = ".record.json"
_HASH_DIGITS = 16


@dataclass(frozen=True)
class KeyFile:
    """A key's file: its content, which is secret, and who may read it."""

    content: bytes = field(repr=False)
    mode: int
    uid: int
    gid: int

    def shown(self) -> dict[str, str]:
        """Return mode, owner and group as people read them."""
        return {"mode": f"{self.mode:04o}", "owner": user_name(self.uid), "group": group_name(self.gid)}


@dataclass(frozen=True)
class Found:
    """What lies at a selector; ``None`` for what is not there.

    ``leftovers`` are the paths of temporary files of a run that was killed.
    """

    key: KeyFile | None = None
    record: bytes | None = None
    leftovers: tuple[str, ...] = ()


def key_path(directory: str, domain: str, selector: str) -> Path:
    """Return where the private key lies."""
    return Path(directory, domain, selector + _KEY)


def record_path(directory: str, domain: str, selector: str) -> Path:
    """Return where the key's record lies."""
    return Path(directory, domain, selector + _RECORD)


def read_found(directory: str, domain: str, selector: str) -> Found:
    """Return what lies at the selector.

    Raises:
        Conflict: something stands there that is no file of ours: a symbolic link, a directory, a device.
        InvalidValue: the key's file is too large for a key.
        Unavailable: something cannot be read.
    """
    place = Path(directory, domain)
    _check_directory(Path(directory), links=True)
    for parent in (Path(directory, OLD), Path(directory, OLD, domain)):
        _check_directory(parent)
    if not _check_directory(place):
        return Found(leftovers=tuple(_leftovers(directory, domain, selector)))
    record = _read(record_path(directory, domain, selector))
    return Found(
        _read(key_path(directory, domain, selector)),
        None if record is None else record.content,
        tuple(_leftovers(directory, domain, selector)),
    )


def read_key(path: Path, *, links: bool = False) -> KeyFile | None:
    """Return the key's file at ``path``, ``None`` where there is none; ``links`` says whether to follow a symbolic one.

    Raises:
        Conflict, InvalidValue, Unavailable: as `read_found`.
    """
    return _read(path, links=links)


def list_keys(directory: str) -> Iterator[tuple[str, str]]:
    """Yield domain and selector of every key below ``directory``, by name.

    Raises:
        Conflict: ``directory`` is none.
        Unavailable: it, or a directory in it, cannot be read.
    """
    if not _check_directory(Path(directory), links=True):
        return
    for domain in _names(Path(directory)):
        if _is_domain(domain) and _is_directory(Path(directory, domain)):
            for name in _names(Path(directory, domain)):
                selector = name.removesuffix(_KEY)
                if name.endswith(_KEY) and LABEL.fullmatch(selector):
                    yield domain, selector


def archive_place(directory: str, domain: str, selector: str, spki_sha256: str, content: bytes) -> tuple[Path, bool]:
    """Return where in `OLD` a key goes, and whether a run that was killed has put it there already.

    Raises:
        Conflict, Unavailable: something that is no file stands there, or cannot be read.
    """
    number = 1
    while True:
        count = f"-{number}" if number > 1 else ""
        path = Path(directory, OLD, domain) / f"{selector}.{spki_sha256[:_HASH_DIGITS]}{count}{_KEY}"
        held = _read(path)
        if held is None or held.content == content:
            return path, held is not None
        number += 1


def put_key(path: Path, content: bytes, uid: int, gid: int) -> None:
    """Put a key at ``path``: either all of it is there, for its owner alone, or what was there before.

    Raises:
        Unavailable: it cannot be written.
    """
    _make(path.parent)
    write_atomic(path, content, mode=KEY_MODE, uid=uid, gid=gid)


def put_record(path: Path, content: bytes) -> None:
    """Put a record at ``path``, for everybody to read.

    Raises:
        Unavailable: it cannot be written.
    """
    write_atomic(path, content, mode=OPEN_MODE, uid=os.geteuid(), gid=os.getegid())


def put_archive(directory: str, path: Path, content: bytes) -> None:
    """Put a copy of a key at ``path`` in `OLD`, for the module's own user alone and over nothing.

    Raises:
        Unavailable: it cannot be written, or a file has come there meanwhile.
    """
    _make(Path(directory))
    _make(path.parent, mode=0o700)
    write_atomic(path, content, mode=KEY_MODE, uid=os.geteuid(), gid=os.getegid(), replace=False)


def set_owner(path: Path, uid: int, gid: int) -> None:
    """Give the key at ``path`` its mode and owner.

    Raises:
        Unavailable: only root may do that, or it went.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            # First nobody else reads it, then somebody else owns it.
            os.fchmod(descriptor, KEY_MODE)
            os.fchown(descriptor, uid, gid)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unavailable(f"{path} cannot be given to user {uid} and group {gid}: {error.strerror}") from error


def remove(directory: str, domain: str, selector: str, leftovers: tuple[str, ...], *, key: bool) -> None:
    """Remove ``leftovers``, and with ``key`` the selector's files too, and the domain's directory if nothing is left.

    Raises:
        Unavailable: one of them cannot be removed.
    """
    place = Path(directory, domain)
    paths = [Path(path) for path in leftovers]
    if key:
        # The key last: as long as it is there, the next run knows that there is something to do.
        paths += [record_path(directory, domain, selector), key_path(directory, domain, selector)]
    try:
        for path in paths:
            path.unlink(missing_ok=True)
        if place.is_dir():
            sync_directory(place)
            if key and not any(place.iterdir()):
                place.rmdir()
    except OSError as error:
        raise Unavailable(f"{error.filename} cannot be removed: {error.strerror}") from error


def _read(path: Path, *, links: bool = False) -> KeyFile | None:
    # Not blocking: else a pipe in the key's place would hold the module for ever.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
    try:
        if not links and path.is_symlink():
            raise Conflict(f"{path} is a symbolic link; put the file itself there, or move the link away")
        descriptor = os.open(path, flags)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                what = "directory" if stat.S_ISDIR(status.st_mode) else "device, pipe or socket"
                raise Conflict(f"{path} is a {what}, where a file belongs; move it away")
            if status.st_size > SIZE_LIMIT:
                reason = f"has {status.st_size} bytes, and no key has more than {SIZE_LIMIT}"
                raise InvalidValue("private key", str(path), reason, "move the file away")
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                content = stream.read(SIZE_LIMIT)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    return KeyFile(content, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def _check_directory(path: Path, *, links: bool = False) -> bool:
    """Return whether there is a directory ``path``; ``links`` says whether a symbolic link to one is one, too."""
    try:
        status = path.stat() if links else path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    if not stat.S_ISDIR(status.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a file"
        raise Conflict(f"{path} is {what}, where a directory belongs; move it away")
    return True


def _is_directory(path: Path) -> bool:
    try:
        return _check_directory(path)
    except Conflict:
        return False


def _is_domain(name: str) -> bool:
    try:
        return parse_domain(name) == name
    except InvalidValue:
        return False


def _leftovers(directory: str, domain: str, selector: str) -> list[str]:
    # As tempfile names what `write_atomic` writes first.
    ending = r"\.[a-z0-9_]{8}"
    name = re.escape(selector)
    live = re.compile(rf"\.{name}(?:{re.escape(_KEY)}|{re.escape(_RECORD)}){ending}")
    old = re.compile(rf"\.{name}\.[0-9a-f]{{{_HASH_DIGITS}}}(?:-[0-9]+)?{re.escape(_KEY)}{ending}")
    return [
        str(place / found)
        for place, pattern in ((Path(directory, domain), live), (Path(directory, OLD, domain), old))
        if _check_directory(place)
        for found in _names(place)
        if pattern.fullmatch(found)
    ]


def _names(place: Path) -> list[str]:
    try:
        return sorted(os.listdir(place))
    except OSError as error:
        raise Unavailable(f"{place} cannot be read: {error.strerror}") from error


def _make(directory: Path, *, mode: int = 0o755) -> None:
    try:
        make_directories(directory, mode=mode)
    except OSError as error:
        raise Unavailable(f"{directory} cannot be made: {error.strerror}") from error
