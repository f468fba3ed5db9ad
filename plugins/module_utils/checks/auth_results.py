# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server has noted of a message in ``Authentication-Results`` fields (RFC 8601, section 2.2).

The library authres was tried: it refuses a whole field for one word that it does not expect, and nested comments of a
hostile message run it out of stack.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .header_fields import COMMENT, QUOTED, TEXT, parts

# Of one message.
RESULT_LIMIT = 100
_FIELDS_LIMIT = 20
_FIELD_LIMIT = 8 * 1024
_VALUE_LIMIT = 500
# name=value, where the value may be a quoted string, or a quoted local part with a domain behind it. A name is looked
# for only where a word begins, so that a long word is read once.
_PAIR = re.compile(r'(?<![^\s])([A-Za-z0-9][A-Za-z0-9._/-]*) ?= ?((?:"(?:[^"\\]|\\.)*"|[^\s"])+)')
_BLANKS = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')
_MARKS = re.compile(r'("(?:[^"\\]|\\.)*")| ([./]) ')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Noted:
    """One result: the ``method`` (``dkim``), its ``result``, and ``properties`` (``{"header.d": "example.com"}``).

    ``authserv_id`` is the name of the server that says so; ``reason`` is for a person, empty without one.
    """

    authserv_id: str
    method: str
    result: str
    reason: str = ""
    properties: dict[str, str] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {
            "authserv_id": self.authserv_id,
            "method": self.method,
            "result": self.result,
            "reason": self.reason,
            "properties": dict(self.properties),
        }


def parse_results(value: str) -> tuple[str, list[Noted]]:
    """Return the server's name, in lower case, and the results of one field; what is no result is left out."""
    first, *others = _segments(value[:_FIELD_LIMIT])
    # The name may be followed by a version.
    authserv_id = _plain(first.strip().split(" ")[0] if not first.strip().startswith('"') else first.strip()).lower()
    results = []
    for segment in others[:RESULT_LIMIT]:
        pairs = [(match[1].lower(), _plain(match[2])[:_VALUE_LIMIT]) for match in _PAIR.finditer(segment)]
        if not pairs:
            continue
        (method, result), *rest = pairs
        reason = next((text for name, text in rest if name == "reason"), "")
        properties = {name: text for name, text in rest if "." in name}
        results.append(Noted(authserv_id, method.partition("/")[0], result.lower(), reason, properties))
    return authserv_id, results


def noted(values: Sequence[str], authserv_id: str = "") -> list[Noted]:
    """Return what the server ``authserv_id`` has noted in the fields ``values``; without a name, that of the topmost.

    The caller hands over only fields that the own hosts may have written: anybody can write one into a message.
    """
    wanted = authserv_id.lower()
    found: list[Noted] = []
    for value in values[:_FIELDS_LIMIT]:
        name, results = parse_results(value)
        wanted = wanted or name
        if name == wanted:
            found += results
    return found[:RESULT_LIMIT]


def _segments(value: str) -> list[str]:
    """Return ``value`` without comments, parted at semicolons outside of quoted strings, which keep their quotes."""
    segments = [""]
    for kind, text in parts(value):
        if kind == QUOTED:
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            segments[-1] += f'"{escaped}"'
        elif kind == COMMENT:
            segments[-1] += " "
        elif kind == TEXT:
            head, *tail = text.split(";")
            segments[-1] += head
            segments += tail
    return [_joined(segment) for segment in segments]


def _joined(segment: str) -> str:
    """Return ``segment`` with single blanks, and none around a mark inside of a name, but for quoted strings."""
    single = _BLANKS.sub(lambda match: match[1] or " ", segment)
    return _MARKS.sub(lambda match: match[1] or match[2], single)


def _plain(text: str) -> str:
    """Return a value without its quotes."""
    if len(text) >= 2 and text.startswith('"') and text.endswith('"'):
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text
