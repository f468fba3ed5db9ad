# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on the client host: judge a message's DKIM signatures with dkimpy, by what one name server says of the keys.

Standard input is JSON: ``{"message": base64, "server": ADDRESS}``. Standard output is JSON: for each signature, from
the top, ``{"domain": ..., "selector": ..., "algorithm": ..., "valid": ...}``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable

import dkim
import dns.message
import dns.query

PATIENCE_SECONDS = 10


def valid(judged: dkim.DKIM, number: int, text_record: Callable[..., bytes | None]) -> bool:
    try:
        return judged.verify(number, dnsfunc=text_record)
    except dkim.ValidationError:
        return False


def main() -> None:
    task = json.load(sys.stdin)

    def text_record(name: bytes | str, timeout: int = PATIENCE_SECONDS) -> bytes | None:
        query = dns.message.make_query(name.decode() if isinstance(name, bytes) else name, "TXT")
        answer, _tcp = dns.query.udp_with_fallback(query, task["server"], timeout=timeout)
        return next((b"".join(record.strings) for rrset in answer.answer for record in rrset), None)

    judged = dkim.DKIM(base64.b64decode(task["message"]))
    found = []
    for number, (_name, value) in enumerate(
        header for header in judged.headers if header[0].lower() == b"dkim-signature"
    ):
        tags = dkim.parse_tag_value(value)
        verdict = {"domain": tags[b"d"], "selector": tags[b"s"], "algorithm": tags[b"a"]}
        found.append(
            {**{key: text.decode() for key, text in verdict.items()}, "valid": valid(judged, number, text_record)}
        )
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
