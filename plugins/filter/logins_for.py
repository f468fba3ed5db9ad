# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: logins_for
short_description: Choose mailboxes of mail_mailboxes for a proof that mail flows
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Takes one mailbox of each domain, the first whose password is given and that may use all of O(protocols), as the
    role verify does it. Mailboxes that have only a hash, that are not active, or whose password is given for their
    creation alone (C(update_password=on_create)) are passed over.
positional: limit, protocols
options:
  _input:
    description: The mailboxes, as M(mailwright.mail.accounts) takes them.
    type: list
    elements: dict
    required: true
  limit:
    description: How many mailboxes are taken at most.
    type: int
    default: 10
  protocols:
    description: What a mailbox has to be allowed. Without more, it can send a message and read it.
    type: list
    elements: str
    choices: [imap, pop3, smtp, sieve]
    default: [smtp, imap]
seealso:
  - module: mailwright.mail.delivery_probe
"""

EXAMPLES = r"""
- name: Show whose mail would be tried
  ansible.builtin.debug:
    msg: "{{ (mailboxes | mailwright.mail.logins_for).keys() }}"
  vars:
    mailboxes:
      - address: alice@example.com
        password: "{{ vault_alice | default('correct horse battery') }}"
      - address: bob@example.com
        password_hash: "{SHA512-CRYPT}$6$..."
"""

RETURN = r"""
_value:
  description: The passwords by address.
  type: dict
  sample:
    alice@example.com: correct horse battery
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import mail_logins


def logins_for(mailboxes: Any, limit: int = 10, protocols: Any = mail_logins.SEND_AND_READ) -> dict[str, str]:
    """Return `mail_logins.logins_for` with errors as Ansible shows them."""
    try:
        return mail_logins.logins_for(mailboxes, limit, protocols)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"logins_for": logins_for}
