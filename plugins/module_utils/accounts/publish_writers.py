# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may write to aliases with ``allow_from``: Postfix's tables ``restricted`` and ``allowed``. Pure.

Postfix looks a recipient up in ``restricted`` as access(5) says: the whole address, without its ``+tag``, the domain.
For those who are found, and for nobody else, it asks the policy service of the role postfix
(``roles/postfix/templates/policy/allow_from.py``), which looks in ``allowed`` by the keys of `delivery_keys`.
"""

from __future__ import annotations

from collections.abc import Collection

from .model import Accounts, delivery_keys, domain_of

# The restriction class in main.cf that asks the policy service.
ASK = "mailwright_allow_from"
# Instead of senders: everybody may write. No address is written so.
ANYBODY = "*"
_DUNNO = "DUNNO"


def writer_tables(accounts: Accounts, addresses: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return ``restricted`` and ``allowed`` for the ``addresses`` that receive, mailboxes and aliases.

    Both have an entry for each alias with ``allow_from``, and for each address that is not to be taken for one of them
    when its ``+tag`` or its whole local part is left away.
    """
    allowed = {
        address: ", ".join(alias.allow_from)
        for address in addresses
        if (alias := accounts.aliases.get(address)) is not None and alias.allow_from
    }
    if not allowed:
        return {}, {}
    restricted = {_access_key(address): ASK for address in allowed}
    for address in addresses:
        if address not in allowed and any(key in allowed for key in delivery_keys(address)):
            allowed[address] = ANYBODY
            restricted[_access_key(address)] = _DUNNO
    return restricted, allowed


def _access_key(address: str) -> str:
    """Return the key by which access(5) finds ``address``: a catch-all is its domain."""
    return domain_of(address) if address.startswith("@") else address
