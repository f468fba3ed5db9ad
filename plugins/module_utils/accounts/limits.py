# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the accounts as they would be keep to the limits of the domains that a plan touches."""

from __future__ import annotations

from ..core.errors import Conflict
from ..core.sizes import show_size
from .model import Accounts, Domain, Mailbox, domain_of
from .wanted import Wanted


def check_limits(after: Accounts, wanted: Wanted) -> None:
    """Refuse a result over a domain's limits.

    Raises:
        Conflict: too many mailboxes or aliases, a quota over ``max_quota``, quotas over ``total_quota`` together, or
            limits that contradict each other. Values, limits and names stand in the message.
    """
    touched = {domain_of(address) for _kind, address in wanted.present_addresses()}
    touched.update(domain.name for domain in wanted.domains.values() if domain.present)
    limited = {
        name: after.domains[name]
        for name in sorted(touched)
        if name in after.domains and _has_limits(after.domains[name])
    }
    if not limited:
        return
    mailboxes: dict[str, list[Mailbox]] = {name: [] for name in limited}
    aliases: dict[str, list[str]] = {name: [] for name in limited}
    for mailbox in after.mailboxes.values():
        if mailbox.domain in limited:
            mailboxes[mailbox.domain].append(mailbox)
    for alias in after.aliases.values():
        # A limit is on what people make.
        if alias.domain in limited and not alias.required:
            aliases[alias.domain].append(alias.address)
    for name, domain in limited.items():
        _check_numbers(domain, "mailboxes", domain.max_mailboxes, [mailbox.address for mailbox in mailboxes[name]])
        _check_numbers(domain, "aliases", domain.max_aliases, aliases[name])
        _check_quotas(domain, mailboxes[name])


def _has_limits(domain: Domain) -> bool:
    return any((domain.max_mailboxes, domain.max_aliases, domain.max_quota, domain.total_quota, domain.default_quota))


def _check_numbers(domain: Domain, kind: str, limit: int, names: list[str]) -> None:
    if limit and len(names) > limit:
        listed = ", ".join(sorted(names)[:10]) + (", ..." if len(names) > 10 else "")
        raise Conflict(
            f"domain {domain.name}: max_{kind} is {limit} and there would be {len(names)} ({listed}); "
            "raise the limit or remove some"
        )


def _check_quotas(domain: Domain, mailboxes: list[Mailbox]) -> None:
    if domain.max_quota and domain.default_quota > domain.max_quota:
        raise Conflict(
            f"domain {domain.name}: default_quota {show_size(domain.default_quota)} is over its max_quota "
            f"{show_size(domain.max_quota)}; lower the one or raise the other"
        )
    for mailbox in mailboxes:
        if domain.max_quota and not 0 < mailbox.quota <= domain.max_quota:
            raise Conflict(
                f"mailbox {mailbox.address}: quota {show_size(mailbox.quota)} is over the domain's max_quota "
                f"{show_size(domain.max_quota)}; give a quota up to that, or raise max_quota"
            )
        if domain.total_quota and not mailbox.quota:
            raise Conflict(
                f"mailbox {mailbox.address}: quota unlimited does not go with the domain's total_quota "
                f"{show_size(domain.total_quota)}; give the mailbox a quota, or the domain a default_quota"
            )
    total = sum(mailbox.quota for mailbox in mailboxes)
    if domain.total_quota and total > domain.total_quota:
        raise Conflict(
            f"domain {domain.name}: the quotas of its {len(mailboxes)} mailboxes together are {show_size(total)}, "
            f"over its total_quota {show_size(domain.total_quota)}; lower quotas or raise total_quota"
        )
