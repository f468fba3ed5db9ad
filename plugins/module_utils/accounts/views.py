# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts as users see them: returned values (named as the options, quotas in bytes) and the lines of a diff."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..core.addresses import show_domain
from ..core.sizes import show_size
from .expiry import show_expiry
from .model import NO_LOGIN, Accounts, Alias, AppPassword, Domain, Mailbox, domain_of
from .passwords import scheme_of
from .schemes.known import Recipe
from .strays import is_dangling


def domain_value(domain: Domain) -> dict[str, Any]:
    """Return a domain as modules return it."""
    return {
        "name": domain.name,
        "unicode_name": show_domain(domain.name),
        "description": domain.description,
        "active": domain.active,
        "max_mailboxes": domain.max_mailboxes,
        "max_aliases": domain.max_aliases,
        "default_quota": domain.default_quota,
        "max_quota": domain.max_quota,
        "total_quota": domain.total_quota,
        "backup_mx": domain.backup_mx,
        "display_name": domain.display_name,
        "short_display_name": domain.short_display_name,
        "imap_host": domain.imap_host,
        "pop3_host": domain.pop3_host,
        "smtp_host": domain.smtp_host,
    }


def mailbox_value(mailbox: Mailbox, recipe: Recipe | None = None) -> dict[str, Any]:
    """Return a mailbox as modules return it, never with its hash; ``recipe`` where one is still to be made."""
    return {
        "address": mailbox.address,
        "unicode_address": show_address(mailbox.address),
        "password_scheme": recipe.name if recipe else scheme_of(mailbox.password_hash),
        "quota": mailbox.quota,
        "display_name": mailbox.display_name,
        "active": mailbox.active,
        "protocols": list(mailbox.protocols),
        "rate_limit": mailbox.rate_limit or "unlimited",
        "send_as": list(mailbox.send_as),
    }


def app_password_value(one: AppPassword, recipe: Recipe | None = None) -> dict[str, Any]:
    """Return an app password as modules return it, never with its hash; ``recipe`` where one is still to be made."""
    return {
        "mailbox": one.mailbox,
        "name": one.name,
        "password_scheme": recipe.name if recipe else scheme_of(one.password_hash),
        "protocols": list(one.protocols),
        "expires": show_expiry(one.expires),
        "active": one.active,
    }


def alias_value(alias: Alias) -> dict[str, Any]:
    """Return an alias as modules return it."""
    return {
        "address": alias.address,
        "unicode_address": show_address(alias.address),
        "destinations": list(alias.destinations),
        "allow_from": list(alias.allow_from),
        "list_members": alias.list_members,
        "active": alias.active,
    }


def destination_values(alias: Alias, accounts: Accounts) -> list[dict[str, Any]]:
    """Return for each destination whether it is outside our domains (external), or inside and nobody's (dangling)."""
    result = []
    for destination in alias.destinations:
        external = domain_of(destination) not in accounts.domains
        dangling = is_dangling(destination, accounts)
        result.append({"address": destination, "external": external, "dangling": dangling})
    return result


def show_address(address: str) -> str:
    """Return a stored address with its domain in U-labels."""
    local_part, domain = address.rpartition("@")[::2]
    return f"{local_part}@{show_domain(domain)}"


def shown_domain(domain: Domain, _before: Domain | None) -> dict[str, Any]:
    """Return the lines of a diff for a domain."""
    quotas = {name: getattr(domain, name) for name in ("default_quota", "max_quota", "total_quota")}
    value = {key: entry for key, entry in domain_value(domain).items() if key not in ("name", "unicode_name")}
    value.update({name: show_size(quota) for name, quota in quotas.items()})
    return value


def shown_mailbox(mailbox: Mailbox, before: Mailbox | None) -> dict[str, Any]:
    """Return the lines of a diff for a mailbox, with ``(set)`` or ``(changed)`` for its password."""
    password = "(none)" if mailbox.password_hash == NO_LOGIN else "(set)"
    if before is not None and NO_LOGIN not in (mailbox.password_hash, before.password_hash):
        password = "(set)" if before.password_hash == mailbox.password_hash else "(changed)"
    return {
        "password": password,
        "quota": show_size(mailbox.quota),
        "display_name": mailbox.display_name,
        "active": mailbox.active,
        "protocols": list(mailbox.protocols),
        "rate_limit": mailbox.rate_limit or "unlimited",
        "send_as": list(mailbox.send_as),
    }


def shown_app_password(one: AppPassword, before: AppPassword | None) -> dict[str, Any]:
    """Return the lines of a diff for an app password, with ``(set)`` or ``(changed)`` for the password itself."""
    changed = before is not None and before.password_hash != one.password_hash
    return {
        "password": "(changed)" if changed else "(set)",
        "protocols": list(one.protocols),
        "expires": show_expiry(one.expires),
        "active": one.active,
    }


def shown_alias(alias: Alias, _before: Alias | None) -> dict[str, Any]:
    """Return the lines of a diff for an alias."""
    value = {key: entry for key, entry in alias_value(alias).items() if key not in ("address", "unicode_address")}
    return {**value, "required": True} if alias.required else value


def listed(names: Collection[str], limit: int = 10) -> str:
    """Return ``names`` for a message, with the number of those that are left out beyond ``limit``."""
    shown = list(names)
    if len(shown) <= limit:
        return ", ".join(shown)
    return f"{', '.join(shown[:limit])} and {len(shown) - limit} more"
