# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of the CyberMail modules; ``COMMON`` is what the modules of the action group share."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]

API_URL = "https://platform.cyberpersons.com/email/cp/"
STATE_FILE = "/var/lib/mailwright/cybermail.json"
SUBSETS = ("account", "domains", "credentials", "statistics", "domain_statistics", "logs", "health")
_STATE: Spec = {"type": "str", "choices": ["present", "absent"], "default": "present"}
_STATE_FILE: Spec = {"type": "path", "default": STATE_FILE}

COMMON: Spec = {
    "email": {"type": "str", "required": True},
    "api_key_file": {"type": "path", "required": True, "no_log": False},
    "api_url": {"type": "str", "default": API_URL},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 3},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}
ACCOUNT: Spec = {
    **COMMON,
    "state": _STATE,
    "password": {"type": "str", "no_log": True},
    "return_api_key": {"type": "bool", "default": False, "no_log": False},
    "state_file": _STATE_FILE,
}
DOMAIN: Spec = {
    **COMMON,
    "name": {"type": "str", "required": True},
    "state": _STATE,
    "wait_for_verification": {"type": "bool", "default": False},
    "verification_timeout": {"type": "str", "default": "5m"},
}
CREDENTIAL: Spec = {
    **COMMON,
    "description": {"type": "str", "required": True},
    "credential_id": {"type": "int"},
    "state": _STATE,
    "rotate_after": {"type": "str"},
    "rotate_now": {"type": "bool", "default": False},
    "password_file": {"type": "path", "no_log": False},
    "return_password": {"type": "bool", "default": False, "no_log": False},
    "state_file": _STATE_FILE,
}
INFO: Spec = {
    **COMMON,
    "gather": {"type": "list", "elements": "str", "choices": list(SUBSETS), "default": list(SUBSETS[:3])},
    "logs": {
        "type": "dict",
        "options": {
            "page": {"type": "int", "default": 1},
            "per_page": {"type": "int", "default": 50},
            "status": {"type": "str"},
            "from_domain": {"type": "str"},
            "days": {"type": "int", "default": 7},
        },
    },
}
