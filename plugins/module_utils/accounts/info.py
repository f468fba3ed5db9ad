# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the account modules that only read return."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..core.addresses import parse_address, parse_domain
from ..core.run import failing, warn
from .backends import open_store, read_store
from .export import export, required_entries
from .host_usage import gather_usage
from .model import Accounts, Alias, AppPassword, Domain, Mailbox, domain_of
from .summary import summarise
from .views import alias_value, app_password_value, destination_values, domain_value, mailbox_value


def run_info(module: AnsibleModule, kind: str) -> None:
    """Leave the module with the objects of ``kind`` that its options ask for."""
    with failing(module):
        params = module.params
        name = params.get("name") or params.get("address")
        if name is not None:
            name = parse_domain(name) if kind == "domain" else str(parse_address(name, catch_all=True))
        domain = params.get("domain") and parse_domain(params["domain"])
        accounts = _read(module)
        if kind == "domain":
            module.exit_json(changed=False, domains=domain_values(accounts, name))
        elif kind == "mailbox":
            module.exit_json(changed=False, mailboxes=_mailboxes(module, accounts, name, domain))
        else:
            module.exit_json(
                changed=False, aliases=[alias_entry(one, accounts) for one in _chosen(accounts.aliases, name, domain)]
            )


def run_export(module: AnsibleModule) -> None:
    """Leave the module with the whole store, or some domains of it, as `accounts` takes it."""
    with failing(module):
        names = module.params["domains"]
        domains = None if names is None else {parse_domain(name) for name in names}
        accounts = _read(module)
        module.exit_json(
            changed=False,
            accounts=export(accounts, domains=domains, with_hashes=module.params["with_password_hash"]),
            required_aliases=required_entries(accounts, domains),
        )


def run_password_info(module: AnsibleModule) -> None:
    """Leave the module with what the stored passwords ask of the server."""
    with failing(module):
        module.exit_json(changed=False, **asdict(summarise(_read(module))))


def _read(module: AnsibleModule) -> Accounts:
    """Return all there is in the store that the module's options name."""
    with closing(open_store(module.params)) as store:
        accounts, warnings = read_store(store, predict=module.check_mode)
    warn(module, warnings)
    return accounts


def _mailboxes(module: AnsibleModule, accounts: Accounts, name: str | None, domain: str | None) -> list[dict[str, Any]]:
    with_hash = module.params["with_password_hash"]
    mailboxes = _chosen(accounts.mailboxes, name, domain)
    held = app_passwords_by_mailbox(accounts)
    entries = [
        {
            **mailbox_entry(one, with_hash),
            "app_passwords": [app_password_entry(each, with_hash) for each in held.get(one.address, ())],
        }
        for one in mailboxes
    ]
    if module.params["gather_usage"]:
        usages, warnings = gather_usage(mailboxes, module.params["mail_root"])
        warn(module, warnings)
        entries = [{**entry, "usage": one.value} for entry, one in zip(entries, usages, strict=True)]
    return entries


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


def app_passwords_by_mailbox(accounts: Accounts) -> dict[str, list[AppPassword]]:
    """Return the app passwords of each mailbox that has any, by name."""
    result: dict[str, list[AppPassword]] = {}
    for key in sorted(accounts.app_passwords):
        one = accounts.app_passwords[key]
        result.setdefault(one.mailbox, []).append(one)
    return result


def app_password_entry(one: AppPassword, with_hash: bool = False) -> dict[str, Any]:
    """Return an app password with its times, and its hash when asked for."""
    secret = {"password_hash": one.password_hash} if with_hash else {}
    return {**app_password_value(one), **secret, **_times(one)}


def alias_entry(alias: Alias, accounts: Accounts) -> dict[str, Any]:
    """Return an alias with its times, whether it is a required one, and what is known of its destinations."""
    details = destination_values(alias, accounts)
    return {**alias_value(alias), "required": alias.required, "destination_details": details, **_times(alias)}


def _chosen(objects: Mapping[str, Any], name: str | None, domain: str | None) -> list[Any]:
    names = sorted(objects) if name is None else [name] if name in objects else []
    return [objects[one] for one in names if domain is None or domain_of(one) == domain]


def _times(one: Domain | Mailbox | Alias | AppPassword) -> dict[str, str]:
    return {"created": one.created, "modified": one.modified}
