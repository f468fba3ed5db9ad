# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The macros of SPF (RFC 7208, section 7): read, checked and expanded. It knows no DNS.

What is expanded comes from strangers, so every result is bounded: a name to what the DNS takes, a text to
`EXPLANATION_LIMIT`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from ..core.errors import shown

# Section 7.3: of a longer name, labels are taken away from the left.
NAME_LIMIT = 253
# No receiver puts more into a reply (RFC 5321, section 4.5.3.1.5, has 512 bytes for a line of it).
EXPLANATION_LIMIT = 4096
# Sections 7.2 and 7.3: these are known only when mail arrives, and make sense only for people.
_EXPLANATION_ONLY = frozenset("crt")
_ESCAPED = {"%": "%", "_": " ", "-": "%20"}
_TOKEN = re.compile(
    r"%\{(?P<letter>[slodiphcrtv])(?P<digits>[0-9]*)(?P<reverse>r?)(?P<delimiters>[.+,/_=-]*)\}"
    r"|%(?P<escaped>[%_-])|(?P<literal>[^%]+)",
    re.IGNORECASE,
)
_VISIBLE = re.compile(r"[!-~]*")
_VISIBLE_OR_SPACE = re.compile(r"[ -~]*")
_TOP_LABEL = re.compile(r"(?![0-9]*$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
# More parts than any value has: a number is not read any further.
_MANY = 1000


class BadMacro(ValueError):
    """A text is no macro-string, or a name no domain-spec (section 7.1): why."""


@dataclass(frozen=True)
class Macro:
    """``%{letter...}``: which value, and how it is transformed. ``parts`` is 0 where all of them are meant."""

    letter: str
    parts: int
    reverse: bool
    delimiters: str
    escape: bool


Token: TypeAlias = "str | Macro"
# What stands for a macro letter in lower case.
Values = Callable[[str], str]


def parse(text: str, *, explanation: bool = False) -> tuple[Token, ...]:
    """Return the literal texts and macros that ``text`` consists of.

    With ``explanation`` it may have spaces and the letters that are only for people (``c``, ``r``, ``t``).

    Raises:
        BadMacro: it is no macro-string.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadMacro(f"has {shown(text[position : position + 8])}, which is no macro")
        position = match.end()
        if match["literal"] is not None:
            if not (_VISIBLE_OR_SPACE if explanation else _VISIBLE).fullmatch(match["literal"]):
                raise BadMacro("has a character that is not visible ASCII")
            tokens.append(match["literal"])
        elif match["escaped"] is not None:
            # Apart from the literal texts, so that one sees what a name ends in.
            tokens += ["", _ESCAPED[match["escaped"]], ""]
        else:
            tokens.append(_macro(match, explanation=explanation))
    return tuple(tokens)


def _macro(match: re.Match[str], *, explanation: bool) -> Macro:
    letter = match["letter"].lower()
    if letter in _EXPLANATION_ONLY and not explanation:
        raise BadMacro(f"has {match[0]}, which is only for explanations")
    digits = match["digits"].lstrip("0")
    if match["digits"] and not digits:
        raise BadMacro(f"has {shown(match[0])}, which asks for no part at all")
    return Macro(
        letter,
        (int(digits) if len(digits) <= 3 else _MANY) if digits else 0,
        bool(match["reverse"]),
        match["delimiters"] or ".",
        match["letter"].isupper(),
    )


def check_domain_spec(text: str) -> None:
    """See that ``text`` is a domain-spec: a macro-string that ends in a macro or in a dot and a top-level label.

    Raises:
        BadMacro: it is none.
    """
    if not text:
        raise BadMacro("has no domain")
    tokens = parse(text)
    last = tokens[-1]
    if isinstance(last, Macro) or not last:
        return
    _head, dot, label = last.removesuffix(".").rpartition(".")
    if not dot or not _TOP_LABEL.fullmatch(label):
        raise BadMacro(f"has the domain {shown(text)}, which does not end in a dot and a top-level label")


def letters(text: str) -> frozenset[str]:
    """Return the macro letters that the domain-spec ``text`` asks for.

    Raises:
        BadMacro: it is no macro-string.
    """
    return frozenset(token.letter for token in parse(text) if isinstance(token, Macro))


def expand_name(text: str, values: Values) -> str:
    """Return the name that the domain-spec ``text`` stands for, without a last dot, at most `NAME_LIMIT` characters.

    Raises:
        BadMacro: it is no macro-string.
    """
    pieces: list[str] = []
    size = 0
    # From the right: what is cut is not even expanded.
    for token in reversed(parse(text)):
        pieces.append(_expanded(token, values))
        size += len(pieces[-1])
        if size > NAME_LIMIT + 1:
            break
    name = "".join(reversed(pieces)).removesuffix(".")
    if len(name) <= NAME_LIMIT:
        return name
    return name[-NAME_LIMIT - 1 :].partition(".")[2]


def expand_text(text: str, values: Values) -> str:
    """Return the explanation that ``text`` stands for, at most `EXPLANATION_LIMIT` characters of it.

    Raises:
        BadMacro: it is no explain-string.
    """
    return _first(parse(text, explanation=True), values)[:EXPLANATION_LIMIT]


def _first(tokens: Sequence[Token], values: Values) -> str:
    pieces: list[str] = []
    size = 0
    for token in tokens:
        pieces.append(_expanded(token, values))
        size += len(pieces[-1])
        if size >= EXPLANATION_LIMIT:
            break
    return "".join(pieces)


def _expanded(token: Token, values: Values) -> str:
    if isinstance(token, str):
        return token
    value = values(token.letter)
    if token.parts or token.reverse or token.delimiters != ".":
        parts = re.split(f"[{re.escape(token.delimiters)}]", value)
        if token.reverse:
            parts.reverse()
        value = ".".join(parts[-token.parts :])
    return quote(value, safe="~", errors="surrogateescape") if token.escape else value
