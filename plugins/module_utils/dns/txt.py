# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TXT records: plain text, and the strings of at most 255 bytes that it travels in (RFC 1035, section 3.3.14)."""

from __future__ import annotations

from ..core.errors import InvalidValue

STRING_LIMIT = 255
# RDLENGTH has 16 bits (RFC 1035, section 3.2.1); each string has a byte of its own for its length.
TEXT_LIMIT = 65535 - 256


def parse_text(value: str, subject: str) -> str:
    """Return ``value``, the text of a TXT record as it is meant: without quotes around it and without escapes.

    Raises:
        InvalidValue: empty, in quotes, with a control character, or longer than a record.
    """
    if not isinstance(value, str) or not value:
        raise InvalidValue(subject, value, "is empty" if value == "" else "is no text", "give the text of the record")
    if value[0] == value[-1] == '"':
        raise InvalidValue(
            subject, value, "is in quotes", "give the text alone; it is quoted and split into strings for you"
        )
    for character in value:
        if ord(character) < 32 or ord(character) == 127:
            raise InvalidValue(subject, value, f"has the control character {character!r}", "give one line of text")
    if len(_bytes(value)) > TEXT_LIMIT:
        raise InvalidValue(subject, value, f"is longer than {TEXT_LIMIT} bytes", "a record holds no more")
    return value


def strings(text: str) -> list[bytes]:
    """Return ``text`` as strings of at most 255 bytes; their concatenation is the text (RFC 7208, section 3.3)."""
    content = _bytes(text)
    return [content[start : start + STRING_LIMIT] for start in range(0, len(content), STRING_LIMIT)] or [b""]


def quote(text: str) -> str:
    """Return ``text`` as it stands in a zone file: quoted strings with escapes (RFC 1035, section 5.1)."""
    return " ".join(f'"{_escape(string)}"' for string in strings(text))


def unquote(content: str) -> str:
    """Return the text of what stands in a zone file, its strings put together.

    Raises:
        ValueError: a quote or an escape without its end.
    """
    return b"".join(character_strings(content)).decode("utf-8", "surrogateescape")


def character_strings(content: str) -> list[bytes]:
    """Return the strings of ``content``, quoted or not, with their escapes resolved.

    Raises:
        ValueError: a quote or an escape without its end.
    """
    result: list[bytes] = []
    current = bytearray()
    open_, quoted, position = False, False, 0
    while position < len(content):
        character = content[position]
        position += 1
        if character == "\\":
            escape = content[position : position + 3]
            if len(escape) == 3 and escape.isascii() and escape.isdigit():
                current.append(int(escape))  # ValueError above 255
                position += 3
            elif escape:
                current += _bytes(escape[0])
                position += 1
            else:
                raise ValueError("ends in a backslash")
            open_ = True
        elif character == '"' or (character.isspace() and not quoted):
            if open_ or quoted:
                result.append(bytes(current))
                current.clear()
            open_, quoted = False, character == '"' and not quoted
        else:
            current += _bytes(character)
            open_ = True
    if quoted:
        raise ValueError("has a quote without its end")
    return [*result, bytes(current)] if open_ else result


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _escape(string: bytes) -> str:
    return "".join(_escape_byte(byte) for byte in string)


def _escape_byte(byte: int) -> str:
    if byte in b'"\\':
        return f"\\{chr(byte)}"
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03d}"
