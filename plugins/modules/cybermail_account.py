#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connect an account of the CyberMail platform."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cybermail_account
short_description: Connect an account of the CyberMail platform
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Connects this host with an account of the CyberMail delivery platform, and registers the account where there is
    none. What the platform tells once, the API key, is kept in O(api_key_file) on the target.
  - Where the key is there and the platform takes it, nothing happens. Where the platform refuses it, the account is
    connected again.
  - Disconnecting forgets the account on this host only - the key, the passwords of its credentials that
    M(mailwright.mail.cybermail_credential) put into files, and when they were issued. The platform is not asked, and
    account, domains and credentials stay there as they are.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
    details:
      - Whether the platform takes O(password) is seen by a run only, as asking for that registers the account.
  diff_mode:
    description: Shows what changes, and for keys and passwords only that they change.
    support: full
extends_documentation_fragment:
  - mailwright.mail.cybermail
options:
  state:
    description: Whether this host is to be connected with the account.
    type: str
    choices: [present, absent]
    default: present
  password:
    description:
      - The account's password at the platform. It is needed, and sent, only when the account is connected.
    type: str
  return_api_key:
    description:
      - Whether the API key is returned too when the account is connected. Register it with C(no_log) on the task, which
        otherwise shows it.
    type: bool
    default: false
  state_file:
    description: Where this host keeps what it knows of credentials. No password stands in it.
    type: path
    default: /var/lib/mailwright/cybermail.json
seealso:
  - module: mailwright.mail.cybermail_domain
  - module: mailwright.mail.cybermail_credential
  - module: mailwright.mail.cybermail_info
"""

EXAMPLES = r"""
- name: Make the directory of the key
  ansible.builtin.file:
    path: /etc/mailwright
    state: directory
    mode: "0755"

- name: Connect the account
  mailwright.mail.cybermail_account:
    email: postmaster@example.com
    password: "{{ vault_cybermail | default('correct horse battery staple') }}"
    api_key_file: /etc/mailwright/cybermail.key

- name: Disconnect this host, and leave the account at the platform as it is
  mailwright.mail.cybermail_account:
    email: postmaster@example.com
    api_key_file: /etc/mailwright/cybermail.key
    state: absent
"""

RETURN = r"""
account:
  description: The account, V(null) with O(state=absent). In check mode, what only the platform knows is V(null).
  returned: success
  type: dict
  contains:
    email:
      description: Its address.
      type: str
      sample: postmaster@example.com
    account_id:
      description: Its number.
      type: int
      sample: 17
    plan_name:
      description: The plan as people call it.
      type: str
      sample: Free
    plan_slug:
      description: The plan as the platform calls it.
      type: str
      sample: free
    emails_per_month:
      description: How many messages the plan allows in a month.
      type: int
      sample: 15000
api_key:
  description: The API key.
  returned: with O(return_api_key=true), when the account was connected
  type: str
removed:
  description: The files that were removed.
  returned: with O(state=absent)
  type: list
  elements: str
  sample: [/etc/mailwright/cybermail.key]
unchecked:
  description: What check mode could not judge. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing, warn
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.account import account_call
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.argspec import ACCOUNT


def main() -> None:
    """Ask whether the key is taken, then connect or disconnect, or predict it."""
    module = AnsibleModule(argument_spec=ACCOUNT, supports_check_mode=True)
    with failing(module):
        call = account_call(module.params, module.check_mode)
        warn(module, call.warnings)
        converge(module, call.plan, call.apply, **call.returns)


if __name__ == "__main__":
    main()
