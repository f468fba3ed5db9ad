# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one document in which the controller hands a rendered tree to the target.

``{"files": {NAME: {"text": ...} or {"base64": ...}}, "skipped": [NAME, ...]}``; ``skipped`` names templates that
rendered to nothing, so that an override for one of them is no mistake.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..core.errors import InvalidValue
from .model import check_name


@dataclass(frozen=True)
class Rendered:
    """A rendered tree: contents by name, and the names of templates that rendered to nothing."""

    files: Mapping[str, bytes]
    skipped: frozenset[str]


def encode(files: Mapping[str, bytes], skipped: Iterable[str]) -> str:
    """Return the document for ``files``; content that is UTF-8 travels as text, anything else as Base64."""
    return json.dumps({"files": {name: _encode(files[name]) for name in sorted(files)}, "skipped": sorted(skipped)})


def decode(document: str) -> Rendered:
    """Return what `encode` was given.

    Raises:
        InvalidValue: no such document, or a name in it that would leave the tree. The content is never shown.
    """
    try:
        outer = json.loads(document)
        files = {check_name(name): _decode(entry) for name, entry in outer["files"].items()}
        skipped = frozenset(check_name(name) for name in outer["skipped"])
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise InvalidValue(
            "tree", type(error).__name__, "is not a rendered tree", "leave it out; the action plugin makes it"
        ) from error
    for name in files:
        if any(other.startswith(f"{name}/") for other in files):
            raise InvalidValue("file name", name, "is the name of a directory of the tree too", "rename one of them")
    return Rendered(files, skipped)


def _encode(content: bytes) -> dict[str, str]:
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode("ascii")}


def _decode(entry: Mapping[str, str]) -> bytes:
    if "text" in entry:
        return entry["text"].encode("utf-8")
    return base64.b64decode(entry["base64"], validate=True)
