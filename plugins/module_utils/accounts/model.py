# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the account store holds, as immutable values. Field names equal the modules' options.

Names and addresses are in the stored form of `core.addresses`, quotas in bytes, times in UTC as
``2026-01-31T23:59:59Z``. Times take no part in comparisons: two objects are equal when a user sees no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.addresses import RECIPIENT_DELIMITER

PROTOCOLS = ("imap", "pop3", "smtp", "sieve")
# What a store holds: kind of object -> attribute of `Accounts`, in the order in which one refers to another.
KINDS = {"domain": "domains", "mailbox": "mailboxes", "alias": "aliases", "app_password": "app_passwords"}
# In place of a password hash: the mailbox receives, and nobody can log in to it.
NO_LOGIN = "*"


@dataclass(frozen=True, slots=True)
class Domain:
    """A mail domain. Limits of 0 are none; a ``default_quota`` of 0 stands for ``max_quota``."""

    name: str
    description: str = ""
    active: bool = True
    max_mailboxes: int = 0
    max_aliases: int = 0
    default_quota: int = 0
    max_quota: int = 0
    total_quota: int = 0
    backup_mx: bool = False
    display_name: str = ""
    short_display_name: str = ""
    imap_host: str = ""
    pop3_host: str = ""
    smtp_host: str = ""
    created: str = field(default="", compare=False)
    modified: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox. ``quota`` 0 is unlimited, ``rate_limit`` ``""`` is none, ``protocols`` stand in `PROTOCOLS`' order."""

    address: str
    # Out of every repr, and so out of every traceback.
    password_hash: str = field(default=NO_LOGIN, repr=False)
    quota: int = 0
    display_name: str = ""
    active: bool = True
    protocols: tuple[str, ...] = PROTOCOLS
    rate_limit: str = ""
    # Addresses, or ``@domain``, that it may send as beside itself and the aliases that lead to it.
    send_as: tuple[str, ...] = ()
    created: str = field(default="", compare=False)
    modified: str = field(default="", compare=False)

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return domain_of(self.address)


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A further password of a mailbox, for one program. ``expires`` ``""`` is never; ``name`` is a label."""

    mailbox: str
    name: str
    password_hash: str = field(default=NO_LOGIN, repr=False)
    protocols: tuple[str, ...] = PROTOCOLS
    expires: str = ""
    active: bool = True
    created: str = field(default="", compare=False)
    modified: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """What it is called among all: ``alice@example.com/phone`` (a mailbox's address has no slash)."""
        return app_password_key(self.mailbox, self.name)


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias, or with an address ``@domain`` the domain's catch-all. Lists are sorted and without repetition.

    ``required`` marks what `required` added because every domain has to have it, and nobody has edited since.
    """

    address: str
    destinations: tuple[str, ...] = ()
    allow_from: tuple[str, ...] = ()
    list_members: bool = False
    active: bool = True
    required: bool = False
    created: str = field(default="", compare=False)
    modified: str = field(default="", compare=False)

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return domain_of(self.address)

    @property
    def is_catch_all(self) -> bool:
        """Whether this is ``@domain``."""
        return self.address.startswith("@")


@dataclass(frozen=True, slots=True)
class Accounts:
    """All of a store at one moment.

    ``generation`` grows with every commit, and is 0 where there is no store; ``schema_version`` likewise. The
    mappings are keyed by name, address or `AppPassword.key` and are never changed in place.
    """

    domains: Mapping[str, Domain] = field(default_factory=dict)
    mailboxes: Mapping[str, Mailbox] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    app_passwords: Mapping[str, AppPassword] = field(default_factory=dict)
    generation: int = 0
    schema_version: int = 0

    def has(self, address: str) -> bool:
        """Whether ``address`` is a mailbox, an alias or a catch-all."""
        return address in self.mailboxes or address in self.aliases

    def receiver_of(self, address: str) -> str | None:
        """Return the mailbox or alias that mail to ``address`` goes to, ``None`` where there is none."""
        return next((name for name in delivery_keys(address) if self.has(name)), None)

    def domain_is_active(self, domain: str) -> bool:
        """Whether ``domain`` is one of ours and active."""
        found = self.domains.get(domain)
        return found is not None and found.active

    def mailbox_is_live(self, address: str) -> bool:
        """Whether ``address`` is an active mailbox of an active domain."""
        mailbox = self.mailboxes.get(address)
        return mailbox is not None and mailbox.active and self.domain_is_active(mailbox.domain)


def app_password_key(mailbox: str, name: str) -> str:
    """Return the key of an app password in `Accounts`."""
    return f"{mailbox}/{name}"


def domain_of(address: str) -> str:
    """Return the domain of a stored ``address``."""
    return address.rpartition("@")[2]


def without_tag(address: str) -> str:
    """Return ``address`` as mail to it is delivered: ``alice+tag@example.com`` reaches ``alice@example.com``.

    ``address`` is returned as it is where nothing stands before the delimiter.
    """
    local_part, domain = address.rpartition("@")[::2]
    name = local_part.partition(RECIPIENT_DELIMITER)[0]
    return f"{name}@{domain}" if name else address


def delivery_keys(address: str) -> tuple[str, str, str]:
    """Return what is looked for, in this order, to deliver mail to ``address``: itself, untagged, the catch-all.

    That is Postfix's order for all its tables of addresses (virtual(5)).
    """
    return address, without_tag(address), f"@{domain_of(address)}"
