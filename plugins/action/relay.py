# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands the module `relay` its passwords, and the lists that hold some, as one JSON document that is never logged.

As plain arguments they would be searched for in the whole result: a password ``relay`` would blank the word wherever
the module returns it.
"""

from __future__ import annotations

from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.argspec import HIDDEN, RELAY
from ansible_collections.mailwright.mail.plugins.plugin_utils.document import DocumentAction


class ActionModule(DocumentAction):
    """``password``, ``fallback`` and ``relays`` go into the document."""

    MODULE = "mailwright.mail.relay"
    OPTIONS = tuple(name for name in RELAY if name != "document")
    HIDDEN = HIDDEN
