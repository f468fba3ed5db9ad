# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of tags and values as DKIM has them (RFC 6376, section 3.2); DMARC, TLS-RPT, BIMI and MTA-STS have them too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..core.errors import shown

# RFC 6376, section 3.2: ALPHA *ALNUMPUNC.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
# RFC 8460, section 3, and RFC 8461, section 3.1: the names of extensions.
EXTENSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", re.ASCII)
# Printable ASCII and the folding white space between; a semicolon cannot get here.
_VALUE = re.compile(r"[ -~\t\r\n]*", re.ASCII)
_SPACE = " \t\r\n"
_WHITE = re.compile(r"[ \t\r\n]+", re.ASCII)
# A record with more tags is not one that anybody wrote by hand or program.
_TAG_LIMIT = 200
_PROBLEM_LIMIT = 5


@dataclass(frozen=True)
class TagList:
    """What a record says: ``tags`` in its order, white space around values gone, and of two with one name the first.

    ``problems`` are sentences on what is not as the grammar wants it; the parts that they speak of are not in ``tags``,
    but for values with characters that they may not have.
    """

    tags: Mapping[str, str]
    problems: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """The name of the first tag, empty where there is none."""
        return next(iter(self.tags), "")


def read_tags(text: str, name: re.Pattern[str] = _NAME) -> TagList:
    """Return the tags of ``text``; names are what ``name`` matches. Whatever the text is, nothing is raised."""
    tags: dict[str, str] = {}
    problems: list[str] = []
    parts = text.split(";", _TAG_LIMIT)
    if len(parts) > _TAG_LIMIT:
        parts.pop()
        problems.append(f"it has more than {_TAG_LIMIT} tags")
    for number, part in enumerate(parts):
        tag, equals, value = (piece.strip(_SPACE) for piece in part.partition("="))
        if not tag and not equals:
            # A semicolon may stand at the end.
            if number < len(parts) - 1 or number == 0:
                problems.append("it has nothing before a semicolon" if ";" in text else "it is empty")
        elif not equals:
            problems.append(f"{shown(tag, 60)} is no tag=value")
        elif not name.fullmatch(tag):
            problems.append(f"{shown(tag, 60)} is no name of a tag")
        elif tag in tags:
            problems.append(f"the tag {tag}= is there twice")
        else:
            tags[tag] = value
            if not _VALUE.fullmatch(value):
                problems.append(f"the tag {tag}= has characters that are not printable ASCII: {shown(value, 60)}")
    if len(problems) > _PROBLEM_LIMIT:
        problems[_PROBLEM_LIMIT:] = [f"and {len(problems) - _PROBLEM_LIMIT} more of that kind"]
    return TagList(tags, tuple(problems))


def without_space(text: str) -> str:
    """Return ``text`` without its white space."""
    return _WHITE.sub("", text)


def comparable(text: str) -> str:
    """Return ``text`` in a form in which records that say the same are equal: no white space, tags in one order."""
    read = read_tags(text)
    if read.problems:
        return without_space(text)
    return ";".join(sorted(f"{tag}={without_space(value)}" for tag, value in read.tags.items()))
