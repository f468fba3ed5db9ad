# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms in which a server may repeat a password, so that none of them is shown."""

from __future__ import annotations

import base64
from urllib.parse import quote

from .target import Login

# Pieces that are shorter stand in ordinary words, too.
_SHORTEST_PIECE = 6


def forms(login: Login | None) -> list[str]:
    """Return the texts to cut out of all that is shown: the password as it is, quoted, and in base64."""
    if login is None:
        return []
    password, raw = login.password, login.password.encode()
    found = [
        password,
        password.replace("\\", "\\\\").replace('"', '\\"'),
        repr(password)[1:-1],
        repr(raw)[2:-1],
        quote(password, safe=""),
        raw.hex(),
    ]
    # AUTH PLAIN (RFC 4616), with and without an authorization identity, and AUTH LOGIN.
    user = login.username.encode()
    for told in (raw, b"\0" + user + b"\0" + raw, user + b"\0" + user + b"\0" + raw):
        coded = base64.b64encode(told).decode()
        found += [coded, coded.rstrip("=")]
    # The password within any other base64: what its bytes alone decide, wherever they begin in it.
    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw).decode()
        inner = coded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        if len(inner) >= _SHORTEST_PIECE:
            found.append(inner)
    return list(dict.fromkeys(found))
