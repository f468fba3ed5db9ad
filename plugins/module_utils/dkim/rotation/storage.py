# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain's ``rotation.json``: its text, and where it lies (see `place`).

::

    {"version": 1,
     "noted": {"date": "2026-11-21T22:00:00Z", "wall": 1795298400, "boot": "...", "uptime": 86400},
     "selectors": {"mx1-202611a": {"algorithm": "rsa", "bits": 2048, "state": "signing", "since": "...", "age": 3600,
                                   "value": "v=DKIM1; k=rsa; p=...", "spki_sha256": "...", "seen": 7200, "wait": 300,
                                   "signed": true, "leave": false, "next_step": "retiring", "next_date": "..."}},
     "used": ["mx1-202607a"]}

The selectors stand there oldest first. ``next_step`` and ``next_date`` are for people, and nothing goes by them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ...core.clock import Moment
from ...core.errors import Unavailable
from ...core.files import read_bytes
from ..selectors import LABEL
from .model import MADE, PUBLISHED, RETIRING, REVOKED, SIGNING, VISIBLE, Rotation, Selector
from .steps import Step

FILE = "rotation.json"
_VERSION = 1
_STATES = (MADE, PUBLISHED, VISIBLE, SIGNING, RETIRING, REVOKED)
_NAMES = [one.name for one in fields(Selector) if one.name != "name"]


@dataclass(frozen=True)
class Noted:
    """What a file says: the state, when that was so, and each selector's next step as it was expected."""

    rotation: Rotation = field(default_factory=Rotation)
    moment: Moment | None = None
    steps: Mapping[str, Step] | None = None
    content: bytes | None = None


def path_of(directory: str, domain: str) -> Path:
    """Return where a domain's state lies."""
    return Path(directory, domain, FILE)


def read(directory: str, domain: str) -> Noted:
    """Return what is noted of a domain, nothing where there is no file.

    Raises:
        Unavailable: the file cannot be read, is damaged, or is of a newer version.
    """
    path = path_of(directory, domain)
    content = read_bytes(path)
    return Noted() if content is None else parse(content, str(path))


def parse(content: bytes, path: str) -> Noted:
    """Return what ``content`` says; ``path`` is told in errors.

    Raises:
        Unavailable: it is damaged, or of a newer version.
    """
    try:
        document = json.loads(content)
        version = document["version"]
        if version == _VERSION:
            noted = document["noted"]
            entries = document["selectors"]
            return Noted(
                Rotation(
                    tuple(_selector(name, entry) for name, entry in entries.items()),
                    tuple(_label(name) for name in document["used"]),
                ),
                Moment(int(noted["wall"]), str(noted["boot"]), int(noted["uptime"])),
                {name: Step(str(one["next_step"]), one["next_date"]) for name, one in entries.items()},
                content,
            )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Unavailable(
            f"{path} is damaged ({error}); restore it from a backup, or move it away: the keys beside it are then "
            "taken over as they are, and those that sign go on"
        ) from error
    raise Unavailable(f"{path} has version {version}, this collection knows {_VERSION}; upgrade the collection")


def dump(rotation: Rotation, moment: Moment, steps: Mapping[str, Step]) -> bytes:
    """Return the file's content."""
    document = {
        "version": _VERSION,
        "noted": {"date": moment.shown, **vars(moment)},
        "selectors": {
            one.name: {
                **{name: getattr(one, name) for name in _NAMES},
                "next_step": steps[one.name].what,
                "next_date": steps[one.name].date,
            }
            for one in rotation.selectors
        },
        "used": list(rotation.used),
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _selector(name: str, entry: Mapping[str, Any]) -> Selector:
    one = Selector(_label(name), **{key: entry[key] for key in _NAMES})
    numbers = (one.age, one.wait, *(value for value in (one.seen, one.bits) if value is not None))
    # To Python, True is a number too.
    good = all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers)
    if one.state not in _STATES or not good:
        raise ValueError(f"selector {name} is in no state that there is")
    if one.algorithm not in ("rsa", "ed25519") or not isinstance(one.value, str):
        raise ValueError(f"selector {name} has no record")
    return one


def _label(name: str) -> str:
    if not LABEL.fullmatch(name):
        raise ValueError(f"{name!r} is no selector")
    return name
