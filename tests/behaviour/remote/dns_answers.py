# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks for records, as dns_records_info returns them, and says which of them are not answered as they are wanted.

Reads JSON: {"address": whom to ask, "flag": the flag that each answer has to have ("AA", "AD"), "records": [{"name",
"type", "value", "ttl"}]}. Writes a list of texts, one for each record that is not answered.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rdata
import dns.rdataclass
import dns.rdatatype


def missing(record: dict[str, Any]) -> str:
    """Return what is answered in place of the record, and nothing if it is there."""
    kind = dns.rdatatype.from_text(record["type"])
    query = dns.message.make_query(record["name"], kind, want_dnssec=True)
    answer, _tcp = dns.query.udp_with_fallback(query, wanted["address"], timeout=10)
    found = [rdata for rrset in answer.answer if rrset.rdtype == kind for rdata in rrset]
    if kind == dns.rdatatype.TXT:
        there = record["value"].encode() in [b"".join(rdata.strings) for rdata in found]
    else:
        origin = dns.name.root
        there = dns.rdata.from_text(dns.rdataclass.IN, kind, record["value"], origin, relativize=False) in found
    if there and answer.flags & dns.flags.from_text(wanted["flag"]):
        return ""
    return f"{record['name']} {record['type']} {record['value']}: {dns.flags.to_text(answer.flags)} {found}"


wanted = json.load(sys.stdin)
json.dump([text for text in map(missing, wanted["records"]) if text], sys.stdout)
