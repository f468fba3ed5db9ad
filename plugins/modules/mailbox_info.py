#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox_info
short_description: Read mailboxes
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Reads mailboxes and their app passwords from the account store, and changes nothing.
  - A store that does not exist yet holds none.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
seealso:
  - module: mailwright.mail.mailbox
  - module: mailwright.mail.app_password
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  address:
    description: Only this mailbox. None is returned where it is not in the store.
    type: str
  domain:
    description: Only the mailboxes of this domain.
    type: str
  with_password_hash:
    description:
      - Return the hashes too, also those of app passwords. Set C(no_log) on the task, which otherwise shows them.
    type: bool
    default: false
  gather_usage:
    description:
      - Whether to return RV(mailboxes[].usage) too, which is what this host's Dovecot knows. It takes about 2 ms a
        mailbox.
      - Values that nobody can tell are V(null), and a warning says why.
    type: bool
    default: false
  mail_root:
    description: Where Dovecot keeps mail, for O(gather_usage).
    type: path
    default: /var/vmail
"""

EXAMPLES = r"""
- name: Read one mailbox
  mailwright.mail.mailbox_info:
    address: alice@example.com
  register: alice

- name: Name its app passwords that work for ever
  ansible.builtin.debug:
    msg: >-
      {{ alice.mailboxes | map(attribute='app_passwords') | flatten | selectattr('expires', 'eq', 'never')
         | map(attribute='name') | list }}

- name: Read the mailboxes of a domain
  mailwright.mail.mailbox_info:
    domain: example.com
  register: mailboxes

- name: See how full they are, and when they were last used
  mailwright.mail.mailbox_info:
    domain: example.com
    gather_usage: true
  register: used

- name: Name those that nobody has logged in to
  ansible.builtin.debug:
    msg: >-
      {{ used.mailboxes | selectattr('usage.last_login.imap', 'none') | selectattr('usage.last_login.pop3', 'none')
         | map(attribute='address') | list }}

- name: Name those that cannot send
  ansible.builtin.debug:
    msg: "{{ mailboxes.mailboxes | rejectattr('protocols', 'contains', 'smtp') | map(attribute='address') | list }}"
"""

RETURN = r"""
mailboxes:
  description: The mailboxes, by address.
  type: list
  elements: dict
  returned: success
  contains:
    address:
      description: The address.
      type: str
      returned: always
      sample: alice@example.com
    unicode_address:
      description: The address with its domain in U-labels.
      type: str
      returned: always
      sample: alice@example.com
    password_scheme:
      description: The scheme of the password's hash, V(null) where nobody can log in.
      type: str
      returned: always
      sample: ARGON2ID
    quota:
      description: The quota in bytes, V(0) for unlimited.
      type: int
      returned: always
      sample: 5368709120
    display_name:
      description: The person's name.
      type: str
      returned: always
    active:
      description: Whether the mailbox receives mail and can log in.
      type: bool
      returned: always
    protocols:
      description: The protocols it may log in to.
      type: list
      elements: str
      returned: always
      sample: [imap, pop3, smtp, sieve]
    rate_limit:
      description: Messages per time, or V(unlimited).
      type: str
      returned: always
      sample: 100/1h
    send_as:
      description: What it may send as beside itself and the aliases that lead to it.
      type: list
      elements: str
      returned: always
      sample: [sales@example.com, "@example.org"]
    password_hash:
      description: The hash with its scheme, or V(*).
      type: str
      returned: with O(with_password_hash=true)
    app_passwords:
      description: The app passwords of the mailbox, by name.
      type: list
      elements: dict
      returned: always
      contains:
        mailbox:
          description: The address of the mailbox.
          type: str
          returned: always
          sample: alice@example.com
        name:
          description: Its name.
          type: str
          returned: always
          sample: phone
        password_scheme:
          description: The scheme of the password's hash.
          type: str
          returned: always
          sample: SHA512-CRYPT
        protocols:
          description: The protocols it opens, as far as the mailbox may use them.
          type: list
          elements: str
          returned: always
          sample: [imap, smtp]
        expires:
          description: When it stops working, UTC, or V(never).
          type: str
          returned: always
          sample: "2030-12-31T23:59:59Z"
        active:
          description: Whether anybody can log in with it.
          type: bool
          returned: always
        password_hash:
          description: The hash with its scheme.
          type: str
          returned: with O(with_password_hash=true)
        created:
          description: When it was added, UTC.
          type: str
          returned: always
          sample: "2026-01-31T12:00:00Z"
        modified:
          description: When it was last changed, UTC.
          type: str
          returned: always
          sample: "2026-01-31T12:00:00Z"
    usage:
      description: What this host's Dovecot knows of the mailbox.
      type: dict
      returned: with O(gather_usage=true)
      contains:
        quota_used:
          description: How much it holds in bytes, as Dovecot counts for its quota, in steps of 1024.
          type: int
          returned: always
        quota_limit:
          description: The quota that Dovecot applies in bytes, V(0) for unlimited.
          type: int
          returned: always
        quota_percent:
          description: How much of the quota that is, rounded down. V(null) where the quota is unlimited.
          type: int
          returned: always
        messages:
          description: The number of messages in all folders.
          type: int
          returned: always
        last_login:
          description:
            - When somebody last logged in successfully, UTC, by protocol, V(null) for never.
            - The role dovecot records V(imap) and V(pop3), unless told not to. V(smtp) and V(sieve) are never recorded,
              because sending and scripts do not open the mailbox.
          type: dict
          returned: always
          sample: {imap: "2026-01-31T12:00:00Z", pop3: null, smtp: null, sieve: null}
    created:
      description: When it was added, UTC.
      type: str
      returned: always
      sample: "2026-01-31T12:00:00Z"
    modified:
      description: When it was last changed, UTC.
      type: str
      returned: always
      sample: "2026-01-31T12:00:00Z"
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import COMMON, MAILBOX_FILTER
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.info import run_info


def main() -> None:
    module = AnsibleModule(argument_spec={**COMMON, **MAILBOX_FILTER}, supports_check_mode=True)
    run_info(module, "mailbox")


if __name__ == "__main__":
    main()
