# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses that every mail domain has to have: what becomes of them where nobody made them.

They are aliases with the mark `model.Alias.required`. Only those are ever added, changed or taken away here; a mailbox
or alias of such a name that somebody made, now or earlier, stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection

from ..core.errors import Conflict
from .model import Accounts, Domain, delivery_keys, domain_of
from .wanted import Wanted

# RFC 5321, section 4.5.1, and RFC 2142, section 4.
LOCAL_PARTS = ("postmaster", "abuse")

_NOBODY: tuple[str, ...] = ()


def required_aliases(after: Accounts, wanted: Wanted) -> dict[str, tuple[str, ...]]:
    """Return the destinations of the required aliases that are to be set, by address; none for one that is to go.

    Only the domains that are ``wanted`` present are looked at. ``after`` has everything else as it will be.

    Raises:
        Conflict: the destination is to be absent.
    """
    if wanted.required is None:
        return {}
    if wanted.required.present:
        _check_destination(wanted, wanted.required.destination)
    ours = {
        address: after.domains[domain.name]
        for domain in wanted.domains.values()
        if domain.present
        for address in (f"{local_part}@{domain.name}" for local_part in LOCAL_PARTS)
        if not _is_somebodys(address, after, wanted)
    }
    added = {address for address, domain in ours.items() if domain.active and not domain.backup_mx}
    receivers = _Receivers(after, wanted, added)
    destinations = {address: _destinations(address, domain, wanted, receivers) for address, domain in ours.items()}
    return {address: found for address, found in destinations.items() if found is not None}


def _is_somebodys(address: str, after: Accounts, wanted: Wanted) -> bool:
    """Whether a mailbox or alias has the address that is not ours, or the user says that no alias is to have it."""
    alias = after.aliases.get(address)
    return address in after.mailboxes or address in wanted.aliases or (alias is not None and not alias.required)


def _destinations(address: str, domain: Domain, wanted: Wanted, receivers: _Receivers) -> tuple[str, ...] | None:
    """Return where a required alias leads, `_NOBODY` if it is to go, ``None`` if it stays as it is.

    A backup MX hands its mail to the main server, as all other mail.
    """
    if wanted.required is None or not wanted.required.present or domain.backup_mx:
        return _NOBODY
    if not domain.active:
        return None
    receiver = receivers.of(address)
    return None if receiver is None else (receiver,)


class _Receivers:
    """Who receives the mail to the required addresses that are ``added``."""

    def __init__(self, after: Accounts, wanted: Wanted, added: Collection[str]) -> None:
        self._first_listed = _first_listed(after, wanted)
        self._destination = wanted.required.destination if wanted.required else ""
        self._on_the_way = _on_the_way(self._destination, after, added) if self._destination else set()

    def of(self, address: str) -> str | None:
        """Return who receives the mail to ``address``, ``None`` where nobody is there to receive it.

        An address that mail to the destination itself comes to has the receiver that it would have without one:
        otherwise the mail would come back. Without that receiver, the destination leads nowhere for the others, too.
        """
        default = self._first_listed.get(domain_of(address), next(iter(self._first_listed.values()), None))
        if not self._destination or address in self._on_the_way:
            return default
        return None if self._on_the_way and default is None else self._destination


def _first_listed(after: Accounts, wanted: Wanted) -> dict[str, str]:
    """Return the first mailbox listed of each domain, of those that receive here, in the order of the list."""
    result: dict[str, str] = {}
    for address in wanted.mailboxes:
        if after.mailbox_is_live(address) and not after.domains[domain_of(address)].backup_mx:
            result.setdefault(domain_of(address), address)
    return result


def _on_the_way(destination: str, after: Accounts, added: Collection[str]) -> set[str]:
    """Return those ``added`` that mail to ``destination`` comes to, directly or through somebody's aliases."""
    result: set[str] = set()
    seen: set[str] = set()
    waiting = [destination]
    while waiting:
        keys = delivery_keys(waiting.pop())
        name = next((key for key in keys if key in added or after.has(key)), "")
        if name in added:
            result.add(name)
        elif name in after.aliases and name not in seen:
            seen.add(name)
            waiting += after.aliases[name].destinations
    return result


def _check_destination(wanted: Wanted, destination: str) -> None:
    listed = destination in wanted.mailboxes or destination in wanted.aliases
    if listed and not wanted.wants(destination):
        raise Conflict(f"required_destination {destination} is to be absent; give another one")
