# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of IMAP's folders as they go over the wire: UTF-7 with changes (RFC 3501, section 5.1.3)."""

from __future__ import annotations

import base64
import re

_SHIFTED = re.compile("&([A-Za-z0-9+,]*)-")
_OUTSIDE = re.compile("[^\x20-\x7e]+")


def encode_folder(name: str) -> str:
    """Return the folder ``name`` as servers take it."""
    return _OUTSIDE.sub(_shifted, name.replace("&", "&-"))


def decode_folder(wire: str) -> str:
    """Return the name that a server tells as people write it; what is wrongly encoded stays as it is."""
    return _SHIFTED.sub(_plain, wire)


def _shifted(match: re.Match[str]) -> str:
    coded = base64.b64encode(match[0].encode("utf-16-be", "surrogatepass")).decode()
    return f"&{coded.rstrip('=').replace('/', ',')}-"


def _plain(match: re.Match[str]) -> str:
    coded = match[1].replace(",", "/")
    if not coded:
        return "&"
    try:
        return base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except ValueError:
        return match[0]
