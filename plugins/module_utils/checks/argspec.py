# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of `dns_check`, in the form of Ansible's argument specs."""

from __future__ import annotations

from typing import Any

from ..dns.values import TYPES

# In the order in which they are shown.
NAMES = (
    "spf", "dkim", "dmarc", "mx", "ptr", "mta_sts", "tls_rpt", "dane", "caa", "dnssec", "autoconfig", "bimi", "dnsbl",
)  # fmt: skip
# Lists of senders are asked only by those who want it: their operators count questions.
DEFAULT = tuple(name for name in NAMES if name != "dnsbl")
FAIL_ON = ("error", "warning", "never")

DNS_CHECK: dict[str, Any] = {
    "domains": {"type": "list", "elements": "str", "required": True},
    "checks": {"type": "list", "elements": "str", "choices": list(NAMES), "default": list(DEFAULT)},
    "records": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "choices": sorted(TYPES), "required": True},
            "value": {"type": "str", "required": True},
            "ttl": {"type": "int"},
        },
    },
    "dkim_selectors": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "resolvers": {"type": "list", "elements": "str", "default": []},
    "port": {"type": "int", "default": 53},
    "timeout": {"type": "int", "default": 5},
    "budget": {"type": "int", "default": 60},
    "fail_on": {"type": "str", "choices": list(FAIL_ON), "default": "error"},
    "dnsbl_zones": {"type": "list", "elements": "str", "default": []},
    "ca_path": {"type": "path"},
}
