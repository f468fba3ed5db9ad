# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an entry of a file of accounts may be. It is judged where file and line are still known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import (
    ALIAS,
    APP_PASSWORD,
    DOMAIN,
    MAILBOX,
    Spec,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import (
    parse_wanted_alias,
    parse_wanted_domain,
    parse_wanted_mailbox,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted_app_password import (
    parse_wanted_app_password,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError

# Kinds as the options of the module are called.
OPTIONS: Mapping[str, Spec] = {
    "domains": DOMAIN,
    "mailboxes": MAILBOX,
    "aliases": ALIAS,
    "app_passwords": APP_PASSWORD,
}
# The options that name an object, the last of them by itself within the others.
IDENTITY: Mapping[str, tuple[str, ...]] = {
    "domains": ("name",),
    "mailboxes": ("address",),
    "aliases": ("address",),
    "app_passwords": ("mailbox", "name"),
}
_PARSERS: Mapping[str, Callable[[Any], object]] = {
    "domains": parse_wanted_domain,
    "mailboxes": parse_wanted_mailbox,
    "aliases": parse_wanted_alias,
    "app_passwords": parse_wanted_app_password,
}


def fault_of(kind: str, entry: Any) -> str:
    """Return what is wrong with an ``entry``, ``""`` where nothing is; passwords and hashes are never shown."""
    try:
        _PARSERS[kind](entry)
    except MailwrightError as error:
        return str(error)
    return ""
