# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the postconf module; ``COMMON`` is shared with what else edits Postfix's configuration."""

from __future__ import annotations

from typing import Any

from ..core.ledger import DEFAULT_PATH
from ..core.pending import COMMON as PENDING
from .wanted import TYPES

COMMON: dict[str, Any] = {
    "config_dir": {"type": "path", "default": "/etc/postfix"},
    "owner": {"type": "str", "default": "postconf"},
    "ledger": {"type": "path", "default": DEFAULT_PATH},
    **PENDING,
}

POSTCONF: dict[str, Any] = {
    **COMMON,
    "main": {"type": "dict", "default": {}},
    "lists": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "parameter": {"type": "str", "required": True},
            "present": {"type": "list", "elements": "str", "default": []},
            "absent": {"type": "list", "elements": "str", "default": []},
            "position": {"type": "str", "choices": ["first", "last"], "default": "last"},
        },
    },
    "master": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "service": {"type": "str", "required": True},
            "type": {"type": "str", "choices": list(TYPES), "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "private": {"type": "str"},
            "unprivileged": {"type": "str"},
            "chroot": {"type": "str"},
            "wakeup": {"type": "str"},
            "maxproc": {"type": "str"},
            "command": {"type": "str"},
            "options": {"type": "dict", "default": {}},
        },
    },
    "restore": {"type": "list", "elements": "str", "default": []},
}
