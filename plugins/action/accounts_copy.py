# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands the module `accounts_copy` the databases' passwords as one JSON document in one argument that is never logged.

What a module was called with goes to the host's log. There Ansible blanks a secret inside a dictionary only where
Python writes it as it is: not one with a quotation mark or a backslash.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_dict

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import COMMON, COPY
from ansible_collections.mailwright.mail.plugins.plugin_utils.document import DocumentAction, plain


class ActionModule(DocumentAction):
    """``login_password`` goes into the document, and that of ``source`` as ``source``."""

    MODULE = "mailwright.mail.accounts_copy"
    OPTIONS = (*COMMON, *COPY)
    HIDDEN = ("login_password",)

    def _hidden(self, arguments: dict[str, Any], omitted: object) -> dict[str, Any]:
        hidden = super()._hidden(arguments, omitted)
        source = arguments.get("source")
        if isinstance(source, (str, Mapping)):
            try:
                # As the module would take it: key=value and JSON too.
                given = plain(check_type_dict(source), "source", omitted)
            except TypeError:
                return hidden
            if given.get("login_password") is not None:
                hidden["source"] = {"login_password": given.pop("login_password")}
            arguments["source"] = given
        return hidden
