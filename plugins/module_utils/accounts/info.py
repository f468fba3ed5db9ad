# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the account modules that only read return."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..core.addresses import parse_address, parse_domain
from ..core.run import failing, warn
from .backends import open_store, read_store
from .model import Accounts, Alias, Domain, Mailbox, domain_of
from .views import alias_value, destination_values, domain_value, mailbox_value


def run_info(module: AnsibleModule, kind: str) -> None:
    """Leave the module with the objects of ``kind`` that its options ask for."""
    with failing(module):
        params = module.params
        name = params.get("name") or params.get("address")
        if name is not None:
            name = parse_domain(name) if kind == "domain" else str(parse_address(name, catch_all=True))
        domain = params.get("domain") and parse_domain(params["domain"])
        with closing(open_store(params)) as store:
            accounts, warnings = read_store(store, predict=module.check_mode)
        warn(module, warnings)
        if kind == "domain":
            module.exit_json(changed=False, domains=domain_values(accounts, name))
        elif kind == "mailbox":
            mailboxes = _chosen(accounts.mailboxes, name, domain)
            module.exit_json(
                changed=False, mailboxes=[mailbox_entry(one, params["with_password_hash"]) for one in mailboxes]
            )
        else:
            module.exit_json(
                changed=False, aliases=[alias_entry(one, accounts) for one in _chosen(accounts.aliases, name, domain)]
            )


def domain_values(accounts: Accounts, name: str | None = None) -> list[dict[str, Any]]:
    """Return domains by name, each with the numbers of what it holds."""
    result = {
        domain.name: {**domain_value(domain), "mailboxes": 0, "aliases": 0, "assigned_quota": 0, **_times(domain)}
        for domain in _chosen(accounts.domains, name, None)
    }
    for mailbox in accounts.mailboxes.values():
        if (entry := result.get(mailbox.domain)) is not None:
            entry["mailboxes"] += 1
            entry["assigned_quota"] += mailbox.quota
    for alias in accounts.aliases.values():
        if (entry := result.get(alias.domain)) is not None:
            entry["aliases"] += 1
    return list(result.values())


def mailbox_entry(mailbox: Mailbox, with_hash: bool = False) -> dict[str, Any]:
    """Return a mailbox with its times, and its hash when asked for."""
    secret = {"password_hash": mailbox.password_hash} if with_hash else {}
    return {**mailbox_value(mailbox), **secret, **_times(mailbox)}


def alias_entry(alias: Alias, accounts: Accounts) -> dict[str, Any]:
    """Return an alias with its times, whether it is a required one, and what is known of its destinations."""
    details = destination_values(alias, accounts)
    return {**alias_value(alias), "required": alias.required, "destination_details": details, **_times(alias)}


def _chosen(objects: Mapping[str, Any], name: str | None, domain: str | None) -> list[Any]:
    names = sorted(objects) if name is None else [name] if name in objects else []
    return [objects[one] for one in names if domain is None or domain_of(one) == domain]


def _times(one: Domain | Mailbox | Alias) -> dict[str, str]:
    return {"created": one.created, "modified": one.modified}
