# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of ``mail_mailboxes`` can be logged in to for a proof that mail flows; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import BOOLEANS, boolean

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import PROTOCOLS
from ansible_collections.mailwright.mail.plugins.module_utils.core.addresses import parse_address
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue

# What a mailbox has to be allowed, so that it can send a message and read it.
SEND_AND_READ = ("smtp", "imap")


def logins_for(mailboxes: Any, limit: int, protocols: Any = SEND_AND_READ) -> dict[str, str]:
    """Return the passwords of mailboxes that can be logged in to, by address.

    One mailbox for each domain, the first that has a ``password`` and may use all of ``protocols``, and whose password
    is the one given (not with ``update_password: on_create``). At most ``limit`` of them.

    Raises:
        InvalidValue: no list of mailboxes, an address that is none, or a protocol that is none.
    """
    if isinstance(protocols, (str, bytes, Mapping)) or not isinstance(protocols, Iterable):
        raise InvalidValue("protocols", type(protocols).__name__, "is no list", f"give some of {', '.join(PROTOCOLS)}")
    needed = list(protocols)
    unknown = [name for name in needed if name not in PROTOCOLS]
    if unknown:
        problem = "is no protocol of a mailbox"
        raise InvalidValue("protocols", unknown[0], problem, f"give some of {', '.join(PROTOCOLS)}")
    if isinstance(mailboxes, (str, bytes, Mapping)) or not isinstance(mailboxes, Iterable):
        raise InvalidValue("mailboxes", type(mailboxes).__name__, "is no list", "give a list")
    found: dict[str, tuple[str, str]] = {}
    for number, entry in enumerate(mailboxes, 1):
        if not isinstance(entry, Mapping):
            raise InvalidValue(
                f"mailboxes[{number}]", type(entry).__name__, "is no dictionary", "give address, password"
            )
        password = entry.get("password")
        if not password or not _usable(entry, needed):
            continue
        address = parse_address(entry.get("address", ""), f"address of mailboxes[{number}]")
        if not address.is_catch_all and address.domain not in found:
            found[address.domain] = (str(address), str(password))
    return dict(list(found.values())[: max(0, limit)])


def _usable(entry: Mapping[str, Any], needed: Iterable[str]) -> bool:
    if entry.get("state", "present") != "present" or not _true(entry.get("active", True)):
        return False
    # Its user may have another one by now.
    if entry.get("update_password", "always") != "always":
        return False
    protocols = entry.get("protocols")
    return protocols is None or set(protocols).issuperset(needed)


def _true(value: Any) -> bool:
    return value is None or (value in BOOLEANS and boolean(value))
