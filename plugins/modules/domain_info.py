#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_info
short_description: Read mail domains
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Reads domains from the account store, and changes nothing.
  - A store that does not exist yet holds none.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
seealso:
  - module: mailwright.mail.domain
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  name:
    description: Only this domain. None is returned where it is not in the store.
    type: str
"""

EXAMPLES = r"""
- name: Read all domains
  mailwright.mail.domain_info:
  register: domains

- name: Say how full each is
  ansible.builtin.debug:
    msg: "{{ item.unicode_name }}: {{ item.mailboxes }} mailboxes, {{ item.assigned_quota }} bytes promised"
  loop: "{{ domains.domains }}"
"""

RETURN = r"""
domains:
  description: The domains, by name.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The domain in A-labels.
      type: str
      returned: always
      sample: xn--bcher-kva.example
    unicode_name:
      description: The domain in U-labels.
      type: str
      returned: always
      sample: bücher.example
    description:
      description: A note on the domain.
      type: str
      returned: always
    active:
      description: Whether the domain is served.
      type: bool
      returned: always
    max_mailboxes:
      description: The largest number of mailboxes, V(0) for no limit.
      type: int
      returned: always
    max_aliases:
      description: The largest number of aliases, V(0) for no limit.
      type: int
      returned: always
    default_quota:
      description: The quota of new mailboxes in bytes, V(0) for none.
      type: int
      returned: always
    max_quota:
      description: The largest quota of a mailbox in bytes, V(0) for no limit.
      type: int
      returned: always
    total_quota:
      description: What all quotas may come to in bytes, V(0) for no limit.
      type: int
      returned: always
    backup_mx:
      description: Whether mail is only taken in for another server.
      type: bool
      returned: always
    display_name:
      description: The provider's name for mail programs.
      type: str
      returned: always
    short_display_name:
      description: The short form of it.
      type: str
      returned: always
    imap_host:
      description: The IMAP server that mail programs are told, empty for the mail host.
      type: str
      returned: always
    pop3_host:
      description: The POP3 server that mail programs are told, empty for the mail host.
      type: str
      returned: always
    smtp_host:
      description: The submission server that mail programs are told, empty for the mail host.
      type: str
      returned: always
    mailboxes:
      description: The number of its mailboxes.
      type: int
      returned: always
    aliases:
      description: The number of its aliases, the catch-all among them.
      type: int
      returned: always
    assigned_quota:
      description: What the quotas of its mailboxes come to in bytes. Unlimited ones count nothing.
      type: int
      returned: always
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

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import COMMON, DOMAIN_FILTER
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.info import run_info


def main() -> None:
    module = AnsibleModule(argument_spec={**COMMON, **DOMAIN_FILTER}, supports_check_mode=True)
    run_info(module, "domain")


if __name__ == "__main__":
    main()
