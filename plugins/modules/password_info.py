#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: password_info
short_description: Say what the stored passwords ask of the server
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Says which schemes the passwords in the account store are hashed with, which challenge mechanisms every mailbox can
    log in by, and how much memory the most expensive hash takes. It returns no hash, and changes nothing.
  - The role P(mailwright.mail.dovecot#role) asks this for what it offers clients, and for the memory of Dovecot's
    auth-workers.
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
  - module: mailwright.mail.mailbox_info
extends_documentation_fragment:
  - mailwright.mail.accounts
"""

EXAMPLES = r"""
- name: Ask what the passwords allow
  mailwright.mail.password_info:
  register: passwords

- name: Say how many mailboxes still have an old hash
  ansible.builtin.debug:
    msg: "{{ passwords.schemes }}"
"""

RETURN = r"""
mailboxes:
  description: How many mailboxes have a password.
  type: int
  returned: success
  sample: 120
app_passwords:
  description: How many app passwords there are. Where there is one, no challenge mechanism is for everybody.
  type: int
  returned: success
  sample: 3
schemes:
  description: The number of mailboxes by the scheme of their hashes, without encoding.
  type: dict
  returned: success
  sample: {ARGON2ID: 118, SCRAM-SHA-256: 2}
mechanisms:
  description: Those of V(SCRAM-SHA-256) and V(SCRAM-SHA-1) that every mailbox can log in by, the better one first.
  type: list
  elements: str
  returned: success
  sample: []
argon2_memory:
  description: The memory of the most expensive Argon2 hash in KiB, V(0) where there is none.
  type: int
  returned: success
  sample: 65536
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import COMMON
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.info import run_password_info


def main() -> None:
    module = AnsibleModule(argument_spec={**COMMON}, supports_check_mode=True)
    run_password_info(module)


if __name__ == "__main__":
    main()
