# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of the account modules, in pieces that are put together with ``{**PIECE, **PIECE}``."""

from __future__ import annotations

from typing import Any

Spec = dict[str, dict[str, Any]]

# Documented by the fragment of the same name: the modules of the action group `accounts` share exactly these.
COMMON: Spec = {
    "backend": {"type": "str", "choices": ["sqlite", "postgresql"], "default": "sqlite"},
    # Of these, None is what was not given: the options of one backend are refused with the other (`backends`).
    "path": {"type": "path"},
    "login_host": {"type": "str"},
    "login_port": {"type": "int"},
    "login_user": {"type": "str"},
    "login_password": {"type": "str", "no_log": True},
    "login_db": {"type": "str"},
    "ssl_mode": {"type": "str", "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]},
    "ca_cert": {"type": "path"},
    "lock_timeout": {"type": "int", "default": 30},
}
STATE: Spec = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "cascade": {"type": "bool", "default": False},
}
# What an action plugin hands over in place of lists and secrets; one no_log value costs nothing, ten thousand do.
DOCUMENT: Spec = {"document": {"type": "str", "no_log": True}}
DOMAIN: Spec = {
    "name": {"type": "str", "required": True},
    **STATE,
    "description": {"type": "str"},
    "active": {"type": "bool"},
    "max_mailboxes": {"type": "int"},
    "max_aliases": {"type": "int"},
    "default_quota": {"type": "str"},
    "max_quota": {"type": "str"},
    "total_quota": {"type": "str"},
    "backup_mx": {"type": "bool"},
    "display_name": {"type": "str"},
    "short_display_name": {"type": "str"},
    "imap_host": {"type": "str"},
    "pop3_host": {"type": "str"},
    "smtp_host": {"type": "str"},
}
MAILBOX: Spec = {
    "address": {"type": "str", "required": True},
    **STATE,
    "password": {"type": "str", "no_log": True},
    "password_hash": {"type": "str", "no_log": True},
    "password_scheme": {"type": "str", "no_log": False},
    "password_options": {"type": "dict", "no_log": False},
    "allow_weak_scheme": {"type": "bool", "default": False},
    "update_password": {"type": "str", "choices": ["always", "on_create"], "default": "always", "no_log": False},
    "quota": {"type": "str"},
    "display_name": {"type": "str"},
    "active": {"type": "bool"},
    "protocols": {"type": "list", "elements": "str", "choices": ["imap", "pop3", "smtp", "sieve"]},
    "rate_limit": {"type": "str"},
}
ALIAS: Spec = {
    "address": {"type": "str", "required": True},
    **STATE,
    "destinations": {"type": "list", "elements": "str"},
    "exclusive": {"type": "bool", "default": True},
    "allow_from": {"type": "list", "elements": "str"},
    "list_members": {"type": "bool"},
    "active": {"type": "bool"},
}
ACCOUNTS: Spec = {
    "domains": {"type": "list", "elements": "dict", "default": [], "options": DOMAIN},
    "mailboxes": {"type": "list", "elements": "dict", "default": [], "options": MAILBOX},
    "aliases": {"type": "list", "elements": "dict", "default": [], "options": ALIAS},
    "src": {"type": "raw"},
    "required_aliases": {"type": "bool"},
    "required_destination": {"type": "str"},
    "purge": {"type": "str", "choices": ["none", "domains", "all"], "default": "none"},
    "purge_limit": {"type": "str", "default": "10%"},
}
COPY: Spec = {
    "source": {
        "type": "dict",
        "required": True,
        "options": {name: option for name, option in COMMON.items() if name != "lock_timeout"},
    },
    "replace": {"type": "bool", "default": False},
}
DOMAIN_FILTER: Spec = {"name": {"type": "str"}}
ALIAS_FILTER: Spec = {"address": {"type": "str"}, "domain": {"type": "str"}}
MAILBOX_FILTER: Spec = {**ALIAS_FILTER, "with_password_hash": {"type": "bool", "default": False, "no_log": False}}
