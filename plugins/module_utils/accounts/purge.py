# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes because a task does not list it, and when that is too much to be meant.

Required aliases (`required`) are nobody's: they are neither unlisted nor counted, and go with their domain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..core.errors import Conflict
from .model import Accounts, domain_of
from .wanted import Wanted, WantedPurge

# So many may always go where the limit is a share: a tenth of a small store would be nothing.
LEAST = 10
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Unlisted:
    """What a purge removes, each sorted. ``required`` are aliases that go along with their domain, uncounted."""

    domains: Collection[str] = ()
    mailboxes: Collection[str] = ()
    aliases: Collection[str] = ()
    required: Collection[str] = ()
    # Those of mailboxes that stay; the others go along with theirs, uncounted.
    app_passwords: Collection[str] = ()

    def __len__(self) -> int:
        """How many objects count."""
        return len(self.domains) + len(self.mailboxes) + len(self.aliases) + len(self.app_passwords)

    def names(self) -> Iterator[str]:
        """Yield what counts, named as in messages."""
        yield from (f"domain {name}" for name in self.domains)
        yield from (f"mailbox {address}" for address in self.mailboxes)
        yield from (f"alias {address}" for address in self.aliases)
        yield from (f"app password {key}" for key in self.app_passwords)


def find_unlisted(accounts: Accounts, wanted: Wanted) -> Unlisted:
    """Return what of ``accounts`` is not listed and in the purge's reach.

    Raises:
        Conflict: a listed mailbox or alias is in a domain that is not listed.
    """
    if wanted.purge.scope == "none":
        return Unlisted()
    everywhere = wanted.purge.scope == "all"
    kept = {domain.name for domain in wanted.domains.values() if domain.present}
    # A domain that is listed absent has gone by now, or was never there.
    domains = {name for name in accounts.domains if name not in kept} if everywhere else set()
    _check_listed(domains, wanted)

    def goes(address: str, listed: Collection[str]) -> bool:
        return address not in listed and (everywhere or domain_of(address) in kept)

    return Unlisted(
        sorted(domains),
        sorted(address for address in accounts.mailboxes if goes(address, wanted.mailboxes)),
        sorted(
            alias.address
            for alias in accounts.aliases.values()
            if not alias.required and goes(alias.address, wanted.aliases)
        ),
        [alias.address for alias in accounts.aliases.values() if alias.required and alias.domain in domains],
        sorted(_unlisted_app_passwords(accounts, wanted, kept, everywhere)) if wanted.lists_app_passwords else (),
    )


def reachless(wanted: Wanted) -> list[str]:
    """Return a warning for a purge that cannot remove anything."""
    if wanted.purge.scope != "domains" or any(domain.present for domain in wanted.domains.values()):
        return []
    return [
        "purge: domains removes what is not listed in the domains that are, and none is: nothing is removed; list the "
        "domains too"
    ]


def _unlisted_app_passwords(
    accounts: Accounts, wanted: Wanted, kept: Collection[str], everywhere: bool
) -> Iterator[str]:
    """Yield the app passwords of listed mailboxes that are not listed themselves."""
    for key, one in accounts.app_passwords.items():
        is_kept = one.mailbox in accounts.mailboxes and one.mailbox in wanted.mailboxes
        if is_kept and key not in wanted.app_passwords and (everywhere or domain_of(one.mailbox) in kept):
            yield key


def check_purge_limit(unlisted: Unlisted, found: Accounts, wanted: Wanted) -> None:
    """Refuse to remove more of what was ``found`` than the limit allows.

    Raises:
        Conflict: the message has the numbers and some names.
    """
    total = len(found.domains) + len(found.mailboxes) + sum(not alias.required for alias in found.aliases.values())
    if wanted.lists_app_passwords:
        total += len(found.app_passwords)
    allowed = _allowed(wanted, total)
    if len(unlisted) <= allowed:
        return
    names = list(unlisted.names())
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    raise Conflict(
        f"purge: {len(names)} of {total} objects are not listed and would be removed "
        f"({len(unlisted.domains)} domains, {len(unlisted.mailboxes)} mailboxes, {len(unlisted.aliases)} aliases"
        f"{f', {len(unlisted.app_passwords)} app passwords' if unlisted.app_passwords else ''}): "
        f"{', '.join(names[:_NAMED])}{more}; purge_limit {wanted.purge.shown} allows {allowed}. Nothing was changed; "
        "list what is to stay, or raise purge_limit"
    )


def _allowed(wanted: Wanted, total: int) -> int:
    purge: WantedPurge = wanted.purge
    if not purge.is_share:
        return purge.limit
    share = total * purge.limit // 100
    # A task that lists nothing at all comes from a template or a file that turned out empty: no small change.
    return max(LEAST, share) if purge.limit and _lists_anything(wanted) else share


def _lists_anything(wanted: Wanted) -> bool:
    return bool(wanted.domains or wanted.mailboxes or wanted.aliases or wanted.app_passwords)


def _check_listed(domains: Collection[str], wanted: Wanted) -> None:
    for kind, address in wanted.present_addresses():
        if domain_of(address) in domains:
            raise Conflict(
                f"{kind} {address} is listed and its domain {domain_of(address)} is not, so that purge: all would "
                "remove it; list the domain too"
            )
