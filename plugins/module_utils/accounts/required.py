# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses that every mail domain has to have: what becomes of them where nobody made them.

They are aliases with the mark `model.Alias.required`. Only those are ever added, changed or taken away here; a mailbox
or alias of such a name that somebody made, now or earlier, stays as it is.
"""

from __future__ import annotations

from ..core.errors import Conflict, InvalidValue
from .model import Accounts, Domain, domain_of
from .wanted import Wanted

# RFC 5321, section 4.5.1, and RFC 2142, section 4.
LOCAL_PARTS = ("postmaster", "abuse")

_NOBODY: tuple[str, ...] = ()


def required_aliases(after: Accounts, wanted: Wanted) -> dict[str, tuple[str, ...]]:
    """Return the destinations of the required aliases that are to be set, by address; none for one that is to go.

    Only the domains that are ``wanted`` present are looked at. ``after`` has everything else as it will be.

    Raises:
        InvalidValue: the destination is itself a required address that nobody has.
        Conflict: the destination is to be absent.
    """
    if wanted.required is None:
        return {}
    if wanted.required.present:
        _check_destination(wanted, wanted.required.destination)
    receivers = _receivers(after, wanted)
    result: dict[str, tuple[str, ...]] = {}
    for name in (domain.name for domain in wanted.domains.values() if domain.present):
        for address in (f"{local_part}@{name}" for local_part in LOCAL_PARTS):
            if not _is_somebodys(address, after, wanted):
                destinations = _destinations(after.domains[name], wanted, receivers)
                if destinations is not None:
                    result[address] = destinations
    if result.get(wanted.required.destination):
        raise InvalidValue(
            "required_destination",
            wanted.required.destination,
            "has no mailbox or alias",
            "it is one of the addresses that are added; add it yourself, or give another one",
        )
    return result


def _is_somebodys(address: str, after: Accounts, wanted: Wanted) -> bool:
    """Whether a mailbox or alias has the address that is not ours, or the user says that no alias is to have it."""
    alias = after.aliases.get(address)
    return address in after.mailboxes or address in wanted.aliases or (alias is not None and not alias.required)


def _destinations(domain: Domain, wanted: Wanted, receivers: dict[str, str]) -> tuple[str, ...] | None:
    """Return where the domain's required aliases lead, `_NOBODY` if they are to go, ``None`` if they stay as they are.

    A backup MX hands their mail to the main server, as all other mail.
    """
    if wanted.required is None or not wanted.required.present or domain.backup_mx:
        return _NOBODY
    if not domain.active:
        return None
    first_listed = next(iter(receivers.values()), None)
    receiver = wanted.required.destination or receivers.get(domain.name, first_listed)
    return None if receiver is None else (receiver,)


def _receivers(after: Accounts, wanted: Wanted) -> dict[str, str]:
    """Return the first mailbox listed of each domain, of those that receive here, in the order of the list."""
    result: dict[str, str] = {}
    for address in wanted.mailboxes:
        if after.mailbox_is_live(address) and not after.domains[domain_of(address)].backup_mx:
            result.setdefault(domain_of(address), address)
    return result


def _check_destination(wanted: Wanted, destination: str) -> None:
    listed = destination in wanted.mailboxes or destination in wanted.aliases
    if listed and not wanted.wants(destination):
        raise Conflict(f"required_destination {destination} is to be absent; give another one")
