# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands the module `mailbox` its secrets as one JSON document in one argument that is never logged.

As plain arguments they would be searched for in the whole result: a password ``alice`` would blank
``alice@example.com`` in what the module returns.
"""

from __future__ import annotations

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import COMMON, MAILBOX
from ansible_collections.mailwright.mail.plugins.plugin_utils.document import DocumentAction


class ActionModule(DocumentAction):
    """``password`` and ``password_hash`` go into the document."""

    MODULE = "mailwright.mail.mailbox"
    OPTIONS = (*COMMON, *MAILBOX)
    HIDDEN = ("password", "password_hash", "login_password")
