# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the relay modules."""

from __future__ import annotations

from typing import Any

from ..argspec import COMMON as POSTFIX
from .model import TLS_LEVELS

Spec = dict[str, Any]

# config_dir, ledger and pending are the postconf module's; the owner is another one.
COMMON: Spec = {**POSTFIX, "owner": {"type": "str", "default": "relay"}}
INFO: Spec = {"config_dir": POSTFIX["config_dir"]}

_LOGIN: Spec = {
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
}
ONE: Spec = {
    "name": {"type": "str"},
    "host": {"type": "str"},
    "port": {"type": "int"},
    "tls": {"type": "str", "choices": list(TLS_LEVELS), "default": "secure"},
    "implicit_tls": {"type": "bool"},
    **_LOGIN,
    "mechanisms": {"type": "list", "elements": "str", "default": []},
    "match": {
        "type": "dict",
        "options": {
            "senders": {"type": "list", "elements": "str", "default": []},
            "sender_domains": {"type": "list", "elements": "str", "default": []},
            "recipient_domains": {"type": "list", "elements": "str", "default": []},
        },
    },
    "fallback": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"host": {"type": "str", "required": True}, "port": {"type": "int"}, **_LOGIN},
    },
    "ca_file": {"type": "path", "default": "/etc/ssl/certs/ca-certificates.crt"},
}
RELAY: Spec = {
    **COMMON,
    **ONE,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "group": {"type": "str"},
    "relays": {"type": "list", "elements": "dict", "options": ONE},
    "check_login": {"type": "bool", "default": False},
    "take_over": {"type": "bool", "default": False},
    "document": {"type": "str", "no_log": True},
}
# What the action plugin hands over without showing it.
HIDDEN = ("password", "fallback", "relays")
HIDDEN_SPEC: Spec = {name: RELAY[name] for name in HIDDEN}
