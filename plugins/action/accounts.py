# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands the module `accounts` its lists as one JSON document in one argument that is never logged.

As plain lists, each secret in them would be searched for in the whole result, at a cost that grows with the square of
their number, and a password ``alice`` would blank ``alice@example.com`` in what the module returns.
"""

from __future__ import annotations

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import ACCOUNTS, COMMON
from ansible_collections.mailwright.mail.plugins.plugin_utils.document import DocumentAction


class ActionModule(DocumentAction):
    """``domains``, ``mailboxes`` and ``aliases`` go into the document."""

    MODULE = "mailwright.mail.accounts"
    OPTIONS = (*COMMON, *ACCOUNTS)
    HIDDEN = ("domains", "mailboxes", "aliases")
