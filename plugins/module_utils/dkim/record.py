# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TXT form of a public key: tags, their text, and the strings it is published in (RFC 6376, section 3.6.1)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ..core.errors import InvalidValue
from ..core.text import SURROGATE

# Bytes of one string of a TXT record (RFC 1035, section 3.3.14).
STRING_LIMIT = 255
# A note makes every answer longer, and an answer has to fit into one UDP packet.
NOTES_LIMIT = 255
# What stands for p= where the key is still to be made.
NEW = "(new)"
# The characters that notes have as they are; quotes and backslashes could be left too, but web forms of DNS providers
# and zone files each have their own way with them.
_PLAIN = re.compile(r"[!#-:<>-\[\]-~]", re.ASCII)


@dataclass(frozen=True)
class Tags:
    """The optional tags, each in the order in which it is published; an empty one is left out.

    ``flags`` (``t=``): ``y`` for a domain that tests DKIM, ``s`` for a key that signs for the domain itself and not
    for those below it. ``hash_algorithms`` (``h=``) and ``service_types`` (``s=``) limit what the key is good for.
    ``notes`` (``n=``) are for people, here as they were given.
    """

    flags: tuple[str, ...] = ()
    hash_algorithms: tuple[str, ...] = ()
    service_types: tuple[str, ...] = ()
    notes: str = ""


def record_value(algorithm: str, public: str, tags: Tags) -> str:
    """Return the record's value, unquoted.

    ``public`` is what stands after ``p=``: the public key in Base64, nothing for a key that is revoked, or `NEW`.
    """
    found = [
        ("v", "DKIM1"),
        ("k", algorithm),
        ("h", ":".join(tags.hash_algorithms)),
        ("s", ":".join(tags.service_types)),
        ("t", ":".join(tags.flags)),
        ("n", _encode_notes(tags.notes)),
    ]
    # A revoked key has its p= too, with nothing in it.
    return "; ".join([f"{tag}={text}" for tag, text in found if text] + [f"p={public}"])


def split_strings(value: str) -> list[str]:
    """Return ``value``, which is ASCII, in strings as a TXT record holds them; readers put them together again."""
    return [value[start : start + STRING_LIMIT] for start in range(0, len(value), STRING_LIMIT)]


def parse_notes(value: str) -> str:
    """Return the notes ``value``.

    Raises:
        InvalidValue: they have control characters or bytes that are no UTF-8, or are too long.
    """
    right = f"give one line of text, of at most {NOTES_LIMIT} characters as it is published"
    if SURROGATE.search(value):
        raise InvalidValue("notes", value, "has bytes that are no UTF-8", right)
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise InvalidValue("notes", value, "has control characters", right)
    length = len(_encode_notes(value))
    if length > NOTES_LIMIT:
        raise InvalidValue("notes", value, f"takes {length} characters in the record", right)
    return value


def _encode_notes(text: str) -> str:
    """Return ``text`` quoted-printable, as ``n=`` has it (RFC 2045, section 6.7), without soft line breaks."""
    return "".join(
        character
        # A tag's white space at its ends means nothing, and many a tool makes one blank of several.
        if _PLAIN.fullmatch(character)
        or (character == " " and text[index - 1 : index].strip() and text[index + 1 :].strip())
        else "".join(f"={byte:02X}" for byte in character.encode())
        for index, character in enumerate(text)
    )
