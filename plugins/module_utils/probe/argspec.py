# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of the probes; ``COMMON`` is what the modules of the action group share."""

from __future__ import annotations

from typing import Any

from .relaying import RECIPIENT

Spec = dict[str, Any]

COMMON: Spec = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int"},
    "tls": {"type": "str", "choices": ["starttls", "tls", "none"]},
    "tls_name": {"type": "str"},
    "address": {"type": "str"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "password_file": {"type": "path", "no_log": False},
    "timeout": {"type": "float", "default": 10},
    "budget": {"type": "float", "default": 60},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "ca_pem": {"type": "str"},
    "fail_on": {"type": "str", "choices": ["error", "never"], "default": "error"},
}
SMTP: Spec = {
    **COMMON,
    "helo_name": {"type": "str"},
    "sender": {"type": "str"},
    "recipients": {"type": "list", "elements": "str", "default": []},
    "relay_checks": {"type": "bool", "default": False},
    "own_domain": {"type": "str"},
    "relay_recipient": {"type": "str", "default": RECIPIENT},
}
IMAP: Spec = {
    **COMMON,
    "folder": {"type": "str", "default": "INBOX"},
    "search": {"type": "str", "default": "ALL"},
}
# With each of them.
MUTUALLY_EXCLUSIVE = [["password", "password_file"]]
