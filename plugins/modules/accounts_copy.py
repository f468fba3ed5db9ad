#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: accounts_copy
short_description: Copy an account store into another
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Makes one account store the copy of another, of the same backend or not, in one transaction, for example to move
    from SQLite to PostgreSQL and back.
  - Everything comes along as it is, password hashes, app passwords, sender rights, required aliases and the times of
    all objects among them.
  - The source is only read. Nothing keeps the two the same afterwards, so use the copy from then on.
  - What Postfix and Dovecot read is published from the copy in the same run.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Shows what changes, and for passwords only that they change.
    support: full
seealso:
  - module: mailwright.mail.accounts
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  source:
    description:
      - The store to copy. The other options name the one that becomes the copy.
    type: dict
    required: true
    suboptions:
      backend:
        description: As O(backend).
        type: str
        choices: [sqlite, postgresql]
        default: sqlite
      path:
        description: As O(path).
        type: path
      login_host:
        description: As O(login_host).
        type: str
      login_port:
        description: As O(login_port).
        type: int
      login_user:
        description: As O(login_user).
        type: str
      login_password:
        description: As O(login_password).
        type: str
      login_db:
        description: As O(login_db).
        type: str
      ssl_mode:
        description: As O(ssl_mode).
        type: str
        choices: [disable, allow, prefer, require, verify-ca, verify-full]
      ca_cert:
        description: As O(ca_cert).
        type: path
  replace:
    description:
      - Whether objects of the copy that differ from the source's may be changed, and those that the source lacks
        removed. Without it, nothing is copied where there are such, and the message has their numbers.
    type: bool
    default: false
  document:
    description:
      - How the collection hands over the databases' passwords without showing them. Leave it alone.
    type: str
"""

EXAMPLES = r"""
- name: Move from SQLite to PostgreSQL on this host
  mailwright.mail.accounts_copy:
    backend: postgresql
    source:
      backend: sqlite

- name: Move back, whatever the old file still holds
  mailwright.mail.accounts_copy:
    backend: sqlite
    source:
      backend: postgresql
      login_host: db1.example.net
      login_password: "{{ vault_accounts_database }}"
      ssl_mode: verify-full
      ca_cert: /etc/ssl/certs/ca-certificates.crt
    replace: true
"""

RETURN = r"""
counts:
  description: How many objects the run added, changed and removed, by kind.
  type: dict
  returned: success
  contains:
    domain:
      description: Domains that were added, changed and removed.
      type: dict
      returned: always
      sample: {add: 2, change: 0, remove: 0}
    mailbox:
      description: Mailboxes that were added, changed and removed.
      type: dict
      returned: always
      sample: {add: 2, change: 0, remove: 0}
    alias:
      description: Aliases that were added, changed and removed.
      type: dict
      returned: always
      sample: {add: 2, change: 0, remove: 0}
    app_password:
      description: App passwords that were added, changed and removed.
      type: dict
      returned: always
      sample: {add: 2, change: 0, remove: 0}
total:
  description: How many objects the copy holds after the run.
  type: dict
  returned: success
  contains:
    domains:
      description: The number of domains.
      type: int
      returned: always
    mailboxes:
      description: The number of mailboxes.
      type: int
      returned: always
    aliases:
      description: The number of aliases and catch-alls.
      type: int
      returned: always
    app_passwords:
      description: The number of app passwords.
      type: int
      returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import COMMON, COPY, DOCUMENT
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.run import run_copy


def main() -> None:
    module = AnsibleModule(argument_spec={**COMMON, **COPY, **DOCUMENT}, supports_check_mode=True)
    run_copy(module)


if __name__ == "__main__":
    main()
