# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run found on the disk, and the new keys; `converge` decides with it, `machine` judges."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...core.errors import Conflict, Unavailable
from .. import place
from ..keys import PublicKey, check_library, load_key, make_key
from ..owner import Owner, check_key_owner
from ..plan import held_value
from ..record import Tags, record_value
from . import storage
from .model import Rotation, Selector


@dataclass(frozen=True)
class DomainFound:
    """What lies there of one domain, by selector; ``publics`` is empty where the library to read keys is missing."""

    domain: str
    noted: storage.Noted
    files: dict[str, place.Found] = field(default_factory=dict)
    publics: dict[str, PublicKey] = field(default_factory=dict)

    def adopt(self, tags: Tags) -> tuple[Selector, ...]:
        """Return the keys that nobody rotates yet."""
        return tuple(
            Selector(
                name,
                public.algorithm,
                public.bits,
                value=_value(self.files[name], public, tags),
                spki_sha256=public.spki_sha256,
                adopted=True,
            )
            for name, public in sorted(self.publics.items())
            if name not in self.noted.rotation.names
        )

    def left_behind(self) -> list[str]:
        """Return the selectors that a run was killed over while it took them away."""
        return [name for name in self.files if name in self.noted.rotation.used]


def read_domain(directory: str, domain: str, names: Iterable[str], *, library: bool) -> DomainFound:
    """Return what lies there of ``domain``, whose keys are ``names``.

    Raises:
        Conflict, InvalidValue, Unavailable: a file is none of ours, no key, damaged, or another key than is noted.
    """
    noted = storage.read(directory, domain)
    files = {}
    publics = {}
    for name in names:
        found = place.read_found(directory, domain, name)
        if found.key is None:
            continue
        files[name] = found
        if library:
            publics[name] = load_key(found.key.content, str(place.key_path(directory, domain, name)))
    for one in noted.rotation.selectors:
        public = publics.get(one.name)
        if public is not None and public.spki_sha256 != one.spki_sha256:
            # Its record is of the key that was there, so that nothing it signs could be verified.
            raise Conflict(
                f"the DKIM key {place.key_path(directory, domain, one.name)} is another one than "
                f"{storage.path_of(directory, domain)} knows; put the former one back (old/ in {directory} may have "
                "it), or move this one away and a new one is made"
            )
    return DomainFound(domain, noted, files, publics)


def has_library(check_mode: bool, unchecked: list[str]) -> bool:
    """Whether keys can be read; in check mode, in which it may only now be installed, it is noted where not.

    Raises:
        Unavailable: the library is not installed.
    """
    try:
        check_library()
    except Unavailable as error:
        if not check_mode:
            raise
        unchecked.append(f"the keys: {error}")
        return False
    return True


def make_keys(rotations: list[Rotation], tags: Tags) -> tuple[list[Rotation], dict[tuple[int, str], bytes]]:
    """Make the keys that are still to be made, and return the states with them and the keys by place and selector."""
    missing = [
        (index, one) for index, rotation in enumerate(rotations) for one in rotation.selectors if one.value is None
    ]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        made = list(pool.map(lambda entry: make_key(entry[1].algorithm, entry[1].bits or 0), missing))
    keys: dict[tuple[int, str], bytes] = {}
    filled: dict[tuple[int, str], Selector] = {}
    for (index, one), (pem, public) in zip(missing, made, strict=True):
        keys[index, one.name] = pem
        value = record_value(public.algorithm, public.public, tags)
        filled[index, one.name] = replace(one, value=value, spki_sha256=public.spki_sha256)
    return [
        replace(rotation, selectors=tuple(filled.get((index, one.name), one) for one in rotation.selectors))
        for index, rotation in enumerate(rotations)
    ], keys


def wrong_owner(path: Path, found: place.Found, owner: Owner) -> bool:
    """Whether the key is to be given another owner or mode.

    Raises:
        Conflict: it is somebody else's, who could have written it.
    """
    key = found.key
    if key is None:
        return False
    check_key_owner(path, key, owner)
    return key.mode != place.KEY_MODE or owner.uid not in (None, key.uid) or owner.gid not in (None, key.gid)


def name_maker(make: Callable[[set[str]], str], taken: set[str]) -> Callable[[set[str]], str]:
    """Return ``make`` that avoids the names ``taken``, too."""
    return lambda names: make(names | taken)


def _value(found: place.Found, public: PublicKey, tags: Tags) -> str:
    value = held_value(found.record)
    if value is not None and value.endswith(f"; p={public.public}"):
        return value
    return record_value(public.algorithm, public.public, tags)
