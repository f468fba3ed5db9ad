# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of the DKIM modules, in pieces that are put together with ``{**PIECE, **PIECE}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.ledger import DEFAULT_PATH
from .keys import ALGORITHMS, STRONG_BITS

Spec = dict[str, dict[str, Any]]

# Documented by the fragment of the same name: the modules of the action group `dkim` share exactly these.
COMMON: Spec = {"key_dir": {"type": "path", "default": "/var/lib/mailwright/dkim", "no_log": False}}
# One key pair. What an entry of a list leaves out is what stands beside the list, and there these are the defaults.
KEY: Spec = {
    "domain": {"type": "str"},
    "selector": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"]},
    "algorithm": {"type": "str", "choices": list(ALGORITHMS)},
    "bits": {"type": "int"},
    "regenerate": {"type": "str", "choices": ["never", "fail", "partial", "always"]},
    "allow_weak_key": {"type": "bool", "no_log": False},
    "flags": {"type": "list", "elements": "str", "choices": ["y", "s"]},
    "hash_algorithms": {"type": "list", "elements": "str", "choices": ["sha256"]},
    "service_types": {"type": "list", "elements": "str", "choices": ["email"]},
    "notes": {"type": "str"},
}
DEFAULTS: Mapping[str, Any] = {
    "state": "present",
    "algorithm": ALGORITHMS[0],
    "bits": STRONG_BITS,
    "regenerate": "fail",
    "allow_weak_key": False,
    "flags": [],
    "hash_algorithms": [],
    "service_types": [],
    "notes": "",
}
KEYS: Spec = {
    **{name: {**option, **({"default": DEFAULTS[name]} if name in DEFAULTS else {})} for name, option in KEY.items()},
    "dkim_keys": {
        "type": "list",
        "elements": "dict",
        "no_log": False,
        "options": {**KEY, "domain": {**KEY["domain"], "required": True}},
    },
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "ledger": {"type": "path", "default": DEFAULT_PATH},
}
# Either one key pair, or many of them.
ONE_OR_MANY: list[tuple[str, str]] = [("domain", "dkim_keys")]
FILTER: Spec = {
    "domain": {"type": "str"},
    "selector": {"type": "str"},
    "files": {
        "type": "list",
        "elements": "dict",
        "options": {
            "path": {"type": "path", "required": True},
            "domain": {"type": "str"},
            "selector": {"type": "str"},
        },
    },
}
FILES_OR_DIRECTORY: list[tuple[str, str]] = [("files", "domain"), ("files", "selector")]
# What an entry of ``domains`` leaves out is what stands beside the list.
DOMAIN: Spec = {
    "state": {"type": "str", "choices": ["present", "absent"]},
    "algorithms": {"type": "list", "elements": "str", "choices": list(ALGORITHMS)},
    "bits": {"type": "int"},
    "interval": {"type": "str"},
    "overlap": {"type": "str"},
    "revoked": {"type": "str"},
    "spares": {"type": "int"},
    "rotate_now": {"type": "bool"},
    "ttl": {"type": "int"},
}
DOMAIN_DEFAULTS: Mapping[str, Any] = {
    "state": "present",
    "algorithms": [ALGORITHMS[0]],
    "bits": STRONG_BITS,
    "interval": "180d",
    "overlap": "14d",
    "revoked": "30d",
    "spares": 0,
    "rotate_now": False,
}
ROTATION: Spec = {
    **{
        name: {**option, **({"default": DOMAIN_DEFAULTS[name]} if name in DOMAIN_DEFAULTS else {})}
        for name, option in DOMAIN.items()
    },
    "domains": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            **DOMAIN,
            "switch_to": {"type": "str"},
            "revoke": {"type": "list", "elements": "str"},
        },
    },
    "selector_prefix": {"type": "str"},
    "selector_scheme": {"type": "str", "choices": ["date", "counter"], "default": "date"},
    **{name: KEYS[name] for name in ("flags", "hash_algorithms", "service_types", "notes")},
    "signing_file": {"type": "path", "default": "/var/lib/mailwright/signing/dkim_domains.conf"},
    "signing_file_mode": {"type": "str", "default": "0644"},
    "signing_read": {"type": "path"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "ledger": {"type": "path", "default": DEFAULT_PATH},
    "resolvers": {"type": "list", "elements": "str", "default": []},
    "servers": {"type": "list", "elements": "str", "default": []},
    "port": {"type": "int", "default": 53},
    "timeout": {"type": "int", "default": 5},
}
