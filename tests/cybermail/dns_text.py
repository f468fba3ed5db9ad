# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TXT records asked of one name server over UDP (RFC 1035), as a program without libraries can."""

from __future__ import annotations

import secrets
import socket
import struct

_TXT, _IN = 16, 1
_PATIENCE_SECONDS = 3


def texts(server: str, name: str) -> list[str]:
    """Return the TXT records of ``name``, none where it has none or the server does not answer.

    ``server`` is an address, with its port behind a ``#`` where that is not 53.
    """
    address, _mark, port = server.partition("#")
    number = secrets.randbelow(65536)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack("!6H", number, 0x0100, 1, 0, 0, 1) + labels + b"\0" + struct.pack("!2H", _TXT, _IN)
    # EDNS, so that a long key fits into an answer (RFC 6891).
    query += b"\0" + struct.pack("!HHIH", 41, 4096, 0, 0)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as connection:
        connection.settimeout(_PATIENCE_SECONDS)
        connection.connect((address, int(port or 53)))
        try:
            connection.send(query)
            answer = connection.recv(4096)
        except OSError:
            return []
    return read_texts(answer) if answer[:2] == query[:2] else []


def read_texts(answer: bytes) -> list[str]:
    """Return the TXT records of an answer."""
    questions, count = struct.unpack("!2H", answer[4:8])
    place = 12
    for _question in range(questions):
        place = _after_name(answer, place) + 4
    found = []
    for _record in range(count):
        place = _after_name(answer, place)
        type_, _class, _ttl, length = struct.unpack("!HHIH", answer[place : place + 10])
        place += 10
        if type_ == _TXT:
            found.append(_joined(answer[place : place + length]))
        place += length
    return found


def _after_name(answer: bytes, place: int) -> int:
    while answer[place]:
        if answer[place] >= 0xC0:
            return place + 2
        place += answer[place] + 1
    return place + 1


def _joined(strings: bytes) -> str:
    text, place = b"", 0
    while place < len(strings):
        text += strings[place + 1 : place + 1 + strings[place]]
        place += 1 + strings[place]
    return text.decode("latin-1")
