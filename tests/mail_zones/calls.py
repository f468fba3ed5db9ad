# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of the DNS modules' package with options as a playbook gives them, filled up as an argument spec would."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from mail_zones.memory import MemoryProvider

from ansible_collections.mailwright.mail.plugins.module_utils.core.ledger import Ledger
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import COMMON
from ansible_collections.mailwright.mail.plugins.module_utils.dns.converge import RecordsPlan, plan_records
from ansible_collections.mailwright.mail.plugins.module_utils.dns.model import WantedSet
from ansible_collections.mailwright.mail.plugins.module_utils.dns.options import parse_request
from ansible_collections.mailwright.mail.plugins.module_utils.dns.wanted import wanted_set

MX1 = {"name": "mx1.example.net", "addresses": ["192.0.2.1", "2001:db8::1"]}
MX2 = {"name": "mx2.example.net", "addresses": ["192.0.2.2"], "preference": 20}
HASH = "8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922"


def wanted(**options: Any) -> WantedSet:
    """Return what the options ask for; they have to pass the argument spec."""
    result = ArgumentSpecValidator(COMMON).validate(options)
    assert not result.error_messages, result.error_messages
    return wanted_set(parse_request(result.validated_parameters))


def values(found: WantedSet) -> dict[tuple[str, str], set[str]]:
    """Return the wanted values by name and type."""
    result: dict[tuple[str, str], set[str]] = {}
    for record in found.all_records():
        result.setdefault((record.name, record.type), set()).add(record.value)
    return result


def run(provider: MemoryProvider, ledger: Ledger, purge: bool = False, **options: Any) -> RecordsPlan:
    """Plan and apply in memory; the ledger is changed as `apply_records` changes the file."""
    plan = plan_records(provider, wanted(**options), ledger, purge)
    for one in plan.zones:
        if one.changes:
            provider.write(one.zone, one.changes)
        before, after = one.owned_before.entries(), one.owned_after.entries()
        for (kind, name), entry in after.items():
            ledger.take(kind, one.zone.name, name, entry.before, entry.owner)
        for kind, name in before.keys() - after.keys():
            ledger.release(kind, one.zone.name, name)
    return plan
