#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: accounts_info
short_description: Export the whole account store
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Reads domains, mailboxes, aliases and app passwords from the account store in exactly the form in which
    M(mailwright.mail.accounts) takes them, and changes nothing.
  - Given to M(mailwright.mail.accounts), directly or as a file for O(mailwright.mail.accounts#module:src), what is
    returned changes nothing where it comes from, and makes an equal store where there is none. Only the times
    C(created) and C(modified) are then those of the import.
  - Objects and the entries of lists stand in a fixed order, so that the exports of two hosts are equal where the stores
    are.
  - A store that does not exist yet holds nothing.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
seealso:
  - module: mailwright.mail.accounts
  - module: mailwright.mail.domain_info
  - module: mailwright.mail.mailbox_info
  - module: mailwright.mail.alias_info
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  domains:
    description:
      - Only these domains and what is in them. Those that are not in the store are left out, and an empty list returns
        nothing. Without this option everything is returned.
    type: list
    elements: str
  with_password_hash:
    description:
      - Return the hashes of mailboxes and app passwords too. Set C(no_log) on the task, which otherwise shows them.
      - Without them, what is returned can be compared and given to a store that has the mailboxes, which then keep
        their passwords. M(mailwright.mail.accounts) does not make new ones from it.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Export everything
  mailwright.mail.accounts_info:
    with_password_hash: true
  register: exported
  no_log: true

- name: Keep it in a file on the controller, which ansible-vault should encrypt
  ansible.builtin.copy:
    content: "{{ exported.accounts | to_nice_json }}"
    dest: "{{ playbook_dir }}/accounts.json"
    mode: "0600"
  delegate_to: localhost
  no_log: true

- name: Bring it to this host, be it another one than before
  mailwright.mail.accounts:
    src: "{{ playbook_dir }}/accounts.json"

- name: Export one domain
  mailwright.mail.accounts_info:
    domains: [example.com]
  register: one

- name: Name the mailboxes that are not in both
  ansible.builtin.debug:
    msg: "{{ here | symmetric_difference(there) }}"
  vars:
    here: "{{ exported.accounts.mailboxes | map(attribute='address') }}"
    there: "{{ one.accounts.mailboxes | map(attribute='address') }}"
"""

RETURN = r"""
accounts:
  description: The lists of the store, by the names that they have as options of M(mailwright.mail.accounts).
  type: dict
  returned: success
  contains:
    domains:
      description: The domains by name, each with all its options.
      type: list
      elements: dict
      returned: always
      sample: [{"name": "example.com", "active": true, "max_mailboxes": 0, "max_quota": 0}]
    mailboxes:
      description:
        - The mailboxes by address, each with all its options, quotas in bytes.
        - Where hashes are asked for, each has C(password_hash), and with a weak one C(allow_weak_scheme).
      type: list
      elements: dict
      returned: always
      sample: [{"address": "alice@example.com", "quota": 5368709120, "active": true, "protocols": ["imap", "smtp"]}]
    aliases:
      description: The aliases and catch-alls by address, each with all its options, without RV(required_aliases).
      type: list
      elements: dict
      returned: always
      sample: [{"address": "info@example.com", "destinations": ["alice@example.com"], "active": true}]
    app_passwords:
      description: The app passwords by mailbox and name, each with all its options.
      type: list
      elements: dict
      returned: always
      sample: [{"mailbox": "alice@example.com", "name": "phone", "expires": "never", "protocols": ["imap"]}]
required_aliases:
  description:
    - The aliases that O(mailwright.mail.accounts#module:required_aliases) added and nobody has changed since, by
      address. They are no part of the lists, where they would become the user's own. Where a store is made from the
      lists, O(mailwright.mail.accounts#module:required_aliases) makes them.
  type: list
  elements: dict
  returned: success
  contains:
    address:
      description: The address.
      type: str
      returned: always
      sample: postmaster@example.com
    destinations:
      description: Where mail to it goes.
      type: list
      elements: str
      returned: always
      sample: [alice@example.com]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import ACCOUNTS_FILTER, COMMON
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.info import run_export


def main() -> None:
    module = AnsibleModule(argument_spec={**COMMON, **ACCOUNTS_FILTER}, supports_check_mode=True)
    run_export(module)


if __name__ == "__main__":
    main()
