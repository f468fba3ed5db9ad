#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alias_info
short_description: Read aliases and catch-alls
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Reads aliases and catch-alls from the account store, and changes nothing.
  - A store that does not exist yet holds none.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
seealso:
  - module: mailwright.mail.alias
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  address:
    description: Only this alias. None is returned where it is not in the store.
    type: str
  domain:
    description: Only the aliases of this domain.
    type: str
"""

EXAMPLES = r"""
- name: Read all aliases
  mailwright.mail.alias_info:
  register: aliases

- name: Name the destinations that lead nowhere
  ansible.builtin.debug:
    msg: "{{ details | selectattr('dangling') | map(attribute='address') | unique }}"
  vars:
    details: "{{ aliases.aliases | map(attribute='destination_details') | flatten }}"
"""

RETURN = r"""
aliases:
  description: The aliases, by address.
  type: list
  elements: dict
  returned: success
  contains:
    address:
      description: The address, or V(@example.com) for a catch-all.
      type: str
      returned: always
      sample: info@example.com
    unicode_address:
      description: The address with its domain in U-labels.
      type: str
      returned: always
      sample: info@example.com
    destinations:
      description: Where mail to it goes, sorted.
      type: list
      elements: str
      returned: always
      sample: [alice@example.com, bob@example.com]
    allow_from:
      description: Who may write to it, empty for everybody.
      type: list
      elements: str
      returned: always
    list_members:
      description: Whether members may see the other members.
      type: bool
      returned: always
    active:
      description: Whether mail to it is taken.
      type: bool
      returned: always
    required:
      description:
        - Whether O(mailwright.mail.accounts#module:required_aliases) added it and nobody has changed it since.
      type: bool
      returned: always
    destination_details:
      description: What is known of each destination.
      type: list
      elements: dict
      returned: always
      contains:
        address:
          description: The destination.
          type: str
          returned: always
          sample: alice@example.com
        external:
          description: Whether its domain is none of ours.
          type: bool
          returned: always
        dangling:
          description:
            - Whether its domain is one of ours and has no such mailbox, alias or catch-all. What a domain with
              O(mailwright.mail.domain#module:backup_mx) does not have, its main server may.
          type: bool
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

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import ALIAS_FILTER, COMMON
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.info import run_info


def main() -> None:
    module = AnsibleModule(argument_spec={**COMMON, **ALIAS_FILTER}, supports_check_mode=True)
    run_info(module, "alias")


if __name__ == "__main__":
    main()
