# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one document in which the controller hands lists and secrets to the account modules: JSON, compressed, in Base64.

On its way the text is quoted twice and held several times by Ansible and by the interpreter. Of 100,000 mailboxes that
would be most of the module's memory.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from ..core.errors import InvalidValue

# The fastest: hashes do not compress, and what surrounds them does at any level.
_LEVEL = 1


def encode(options: Mapping[str, Any]) -> str:
    """Return the document for ``options``, which are of JSON's own types."""
    return base64.b64encode(zlib.compress(json.dumps(options).encode(), _LEVEL)).decode()


def decode(document: str) -> dict[str, Any]:
    """Return what `encode` was given.

    Raises:
        InvalidValue: no such document; what it holds is never shown.
    """
    try:
        options = json.loads(zlib.decompress(base64.b64decode(document, validate=True)))
    except (ValueError, zlib.error):
        options = None
    if not isinstance(options, dict):
        raise InvalidValue("document", "(hidden)", "is not what the collection makes", "leave this option out")
    return options
