# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on the mail host: ask its own resolver for records, and tell whether it has validated them.

Standard input is JSON: a list of ``[NAME, TYPE]``. Standard output is JSON, the answers' ``values``, and as ``valid``
their bit AD (RFC 4035, section 3.2.3).
"""

from __future__ import annotations

import json
import sys

import dns.flags
import dns.message
import dns.query

PATIENCE_SECONDS = 10


def main() -> None:
    answers = []
    for name, kind in json.load(sys.stdin):
        query = dns.message.make_query(name, kind, want_dnssec=True)
        answer, _tcp = dns.query.udp_with_fallback(query, "127.0.0.1", timeout=PATIENCE_SECONDS)
        rrsets = [rrset for rrset in answer.answer if rrset.rdtype == query.question[0].rdtype]
        values = [str(record) for rrset in rrsets for record in rrset]
        answers.append({"values": values, "valid": bool(answer.flags & dns.flags.AD)})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
