# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of ``mail_mailboxes`` can be logged in to for a proof that mail flows; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import BOOLEANS, boolean

from ansible_collections.mailwright.mail.plugins.module_utils.core.addresses import parse_address
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue

# What a mailbox has to be allowed to, so that it can send a message and read it.
_NEEDED = frozenset({"smtp", "imap"})


def logins_for(mailboxes: Any, limit: int) -> dict[str, str]:
    """Return the passwords of mailboxes that mail can be sent from and read in, by address.

    One mailbox for each domain, the first that has a ``password`` and may use both ``smtp`` and ``imap``, and whose
    password is the one given (not with ``update_password: on_create``). At most ``limit`` of them.

    Raises:
        InvalidValue: no list of mailboxes, or an address that is none.
    """
    if isinstance(mailboxes, (str, bytes, Mapping)) or not isinstance(mailboxes, Iterable):
        raise InvalidValue("mailboxes", type(mailboxes).__name__, "is no list", "give a list")
    found: dict[str, tuple[str, str]] = {}
    for number, entry in enumerate(mailboxes, 1):
        if not isinstance(entry, Mapping):
            raise InvalidValue(
                f"mailboxes[{number}]", type(entry).__name__, "is no dictionary", "give address, password"
            )
        password = entry.get("password")
        if not password or not _usable(entry):
            continue
        address = parse_address(entry.get("address", ""), f"address of mailboxes[{number}]")
        if not address.is_catch_all and address.domain not in found:
            found[address.domain] = (str(address), str(password))
    return dict(list(found.values())[: max(0, limit)])


def _usable(entry: Mapping[str, Any]) -> bool:
    if entry.get("state", "present") != "present" or not _true(entry.get("active", True)):
        return False
    # Its user may have another one by now.
    if entry.get("update_password", "always") != "always":
        return False
    protocols = entry.get("protocols")
    return protocols is None or set(protocols) >= _NEEDED


def _true(value: Any) -> bool:
    return value is None or (value in BOOLEANS and boolean(value))
