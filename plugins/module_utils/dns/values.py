# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of records, type by type, each in one form in which they are compared.

It is the presentation form (RFC 1035, section 5.1) with absolute lower-case names and without superfluous zeros; TXT is
its plain text, unquoted.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from ..core.errors import InvalidValue
from . import txt
from .names import parse_name

_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_TAG = re.compile(r"[a-z0-9]{1,15}", re.ASCII)
# Length of a TLSA's data by its matching type (RFC 6698, section 2.1.3); 0 is the whole certificate or key.
_TLSA_LENGTH = {1: 64, 2: 128}


def parse_value(type_: str, value: str, subject: str) -> str:
    """Return ``value`` of a record of ``type_`` in the form in which values are compared.

    Raises:
        InvalidValue: it cannot be the value of such a record, or the type is none that we write.
    """
    if type_ not in _PARSERS:
        raise InvalidValue(f"type of {subject}", type_, "is not known", f"known are {', '.join(TYPES)}")
    if not isinstance(value, str):
        raise InvalidValue(subject, value, "is no text", "put the value in quotes")
    return _PARSERS[type_](value, subject)


def compared(type_: str, content: str) -> str:
    """Return a server's ``content`` in that form; what we could not write ourselves stays as it is."""
    try:
        return txt.unquote(content) if type_ == "TXT" else parse_value(type_, content, "")
    except (InvalidValue, ValueError):
        return content


def presented(type_: str, value: str) -> str:
    """Return ``value`` as it stands in a zone file and in PowerDNS: TXT quoted, all else as it is."""
    return txt.quote(value) if type_ == "TXT" else value


def _host(value: str, subject: str, *, root: bool = False) -> str:
    if root and value == ".":
        return value
    return f"{parse_name(value, subject)}."


def _address(version: int) -> Callable[[str, str], str]:
    def parse(value: str, subject: str) -> str:
        try:
            address = ipaddress.ip_address(value.strip())
        except ValueError:
            address = None
        if address is None or address.version != version or "%" in value:
            example = "192.0.2.1" if version == 4 else "2001:db8::1"
            raise InvalidValue(subject, value, f"is no IPv{version} address", f"give one such as {example}")
        return str(address)

    return parse


def _numbers(words: list[str], limits: tuple[int, ...], subject: str, value: str, form: str) -> list[int]:
    """Return the first words as numbers of at most ``limits``; ``form`` shows how the whole value looks."""
    if len(words) < len(limits):
        raise InvalidValue(subject, value, "has too few fields", f"its form is {form}")
    numbers = []
    for word, limit in zip(words, limits, strict=False):
        if not (word.isascii() and word.isdigit() and len(word) <= 10 and int(word) <= limit):
            raise InvalidValue(subject, value, f"has {word!r} for a number from 0 to {limit}", f"its form is {form}")
        numbers.append(int(word))
    return numbers


def _mx(value: str, subject: str) -> str:
    words, form = value.split(), "10 mx1.example.net."
    if len(words) != 2:
        raise InvalidValue(subject, value, f"has {len(words)} fields and not 2", f"its form is {form}")
    numbers = _numbers(words, (65535,), subject, value, form)
    return f"{numbers[0]} {_host(words[1], subject, root=True)}"


def _srv(value: str, subject: str) -> str:
    words, form = value.split(), "0 1 993 mail.example.com."
    if len(words) != 4:
        raise InvalidValue(subject, value, f"has {len(words)} fields and not 4", f"its form is {form}")
    numbers = _numbers(words, (65535, 65535, 65535), subject, value, form)
    return f"{' '.join(map(str, numbers))} {_host(words[3], subject, root=True)}"


def _tlsa(value: str, subject: str) -> str:
    words, form = value.split(), "3 1 1 and 64 hexadecimal digits"
    numbers = _numbers(words, (255, 255, 255), subject, value, form)
    data = "".join(words[3:]).lower()
    if not _HEX.fullmatch(data) or len(data) != _TLSA_LENGTH.get(numbers[2], len(data) // 2 * 2):
        raise InvalidValue(subject, value, "has data of the wrong form or length", f"its form is {form}")
    return f"{' '.join(map(str, numbers))} {data}"


def _sshfp(value: str, subject: str) -> str:
    words, form = value.split(), "4 2 and 64 hexadecimal digits"
    numbers = _numbers(words, (255, 255), subject, value, form)
    data = "".join(words[2:]).lower()
    if not _HEX.fullmatch(data) or len(data) % 2:
        raise InvalidValue(subject, value, "has data of the wrong form", f"its form is {form}")
    return f"{' '.join(map(str, numbers))} {data}"


def _caa(value: str, subject: str) -> str:
    """RFC 8659, section 4.1.1: flags, tag, and a quoted text."""
    words, form = value.split(None, 2), '0 issue "ca.example"'
    numbers = _numbers(words[:1], (255,), subject, value, form)
    if len(words) != 3 or not _TAG.fullmatch(words[1].lower()):
        raise InvalidValue(subject, value, "is no flag, tag and text", f"its form is {form}")
    text = words[2].strip()
    if text.startswith('"'):
        try:
            (content,) = txt.character_strings(text)
        except ValueError:
            raise InvalidValue(subject, value, "has bad quotes", f"its form is {form}") from None
        text = content.decode("utf-8", "surrogateescape")
    if '"' in text or "\\" in text or not text.isprintable() or not text.isascii():
        raise InvalidValue(subject, value, "has characters that CAA does not take", f"its form is {form}")
    return f'{numbers[0]} {words[1].lower()} "{text}"'


_PARSERS: dict[str, Callable[[str, str], str]] = {
    "A": _address(4),
    "AAAA": _address(6),
    "CAA": _caa,
    "CNAME": _host,
    "MX": _mx,
    "NS": _host,
    "PTR": _host,
    "SRV": _srv,
    "SSHFP": _sshfp,
    "TLSA": _tlsa,
    "TXT": txt.parse_text,
}
TYPES = tuple(_PARSERS)
