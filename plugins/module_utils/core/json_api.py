# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clients of JSON APIs have in common: the URL that is given, the body that is answered, secrets in files."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .errors import InvalidValue, Unavailable, shown
from .files import read_bytes


def check_url(option: str, url: str, right: str, schemes: Collection[str] = ("http", "https")) -> SplitResult:
    """Return the parts of ``url``, which ``option`` gives; ``right`` says what would be one.

    Raises:
        InvalidValue: it is no URL of a host with one of ``schemes``, or has a user, a query or a fragment in it.
    """
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as error:
        raise InvalidValue(option, url, f"is no URL ({error})", right) from error
    if parts.username or parts.password:
        raise InvalidValue(option, f"{parts.scheme}://...@{parts.hostname}", "has a user in it", right)
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
        raise InvalidValue(option, url, f"is no {' or '.join(schemes)} URL of a server", right)
    return parts


def parse_body(content: bytes, status: int, told: str, subject: str, *, secret: bool) -> Any:
    """Return the body of an answer of ``subject``, parsed; ``None`` for an empty one.

    What refuses a request may speak to people: a body that is no JSON is returned as text, in quotes. ``secret`` says
    that no part of it may be shown.

    Raises:
        Unavailable: the answer to what was done is no JSON.
    """
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except ValueError as error:
        start = "something secret" if secret else shown(content[:200].decode("utf-8", "replace"))
        if status >= 300:
            return start
        raise Unavailable(f"{told}: the answer is no JSON but {start}; is {subject} what answers there?") from error


def read_key(option: str, path: str) -> str | None:
    """Return the one word that the file ``path`` holds, ``None`` where there is no such file.

    Raises:
        Unavailable: the file cannot be read, is empty or holds more than a word. Its content is not told.
    """
    content = read_bytes(path)
    if content is None:
        return None
    key = content.decode("utf-8", "replace").strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise Unavailable(f"{option} {path}: holds no key; it has to be one word in one line")
    return key
