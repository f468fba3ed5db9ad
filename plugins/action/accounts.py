# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands the module `accounts` its lists and what the files of ``src`` hold.

It is one JSON document in one argument that is never logged.

As plain lists, each secret in them would be searched for in the whole result, at a cost that grows with the square of
their number, and a password ``alice`` would blank ``alice@example.com`` in what the module returns.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import ACCOUNTS, COMMON
from ansible_collections.mailwright.mail.plugins.plugin_utils.document import DocumentAction
from ansible_collections.mailwright.mail.plugins.plugin_utils.source import read_source


class ActionModule(DocumentAction):
    """``domains``, ``mailboxes`` and ``aliases`` go into the document, and what ``src`` has of them after them."""

    MODULE = "mailwright.mail.accounts"
    OPTIONS = (*COMMON, *ACCOUNTS)
    HIDDEN = ("domains", "mailboxes", "aliases", "login_password")

    def _hidden(self, arguments: dict[str, Any], omitted: object) -> dict[str, Any]:
        src = arguments.pop("src", None)
        lists = super()._hidden(arguments, omitted)
        if not src:
            return lists
        for kind, entries in read_source(src, self._read, self._loader._vault.decrypt).items():
            inline = lists.setdefault(kind, [])
            if not isinstance(inline, list):
                raise AnsibleActionFail(f"{kind} is no list; give a list of {kind}")
            inline += entries
        return lists

    def _read(self, name: str) -> bytes:
        """Return the content of the file that Ansible finds by ``name`` as it finds others, decrypted.

        Raises:
            AnsibleActionFail: there is no such file, or it cannot be read or decrypted.
        """
        try:
            # A role's files, then the playbook's directory. Not by a temporary copy: that would be in plain text.
            content: bytes = self._loader._get_file_contents(self._find_needle("files", name))[0]
        except (AnsibleError, OSError) as error:
            raise AnsibleActionFail(f"src: {name} cannot be read: {error}") from error
        return content
