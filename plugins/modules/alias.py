#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alias
short_description: Manage an alias or catch-all
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Adds, changes and removes one alias in the account store. Options that are not given keep what is stored.
  - What Postfix and Dovecot read is published from the store in the same run, also when an earlier run was interrupted
    before it got there.
  - A loop over many aliases costs a task each. M(mailwright.mail.accounts) takes them all in one.
  - In check mode, a domain that is not in the store is a warning, because an earlier task of the play would have
    added it.
  - Mailboxes and aliases of a domain keep precedence over its catch-all.
  - A destination may be an alias, too, but never one that leads back, also not by its catch-all or a tag, and mail may
    pass 100 aliases at most. Inactive aliases lead nowhere. A store of an earlier release may have such aliases; tasks
    that have nothing to do with them warn of it.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Shows what changes.
    support: full
seealso:
  - module: mailwright.mail.accounts
  - module: mailwright.mail.alias_info
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  address:
    description: The address, or V(@example.com) for the domain's catch-all.
    type: str
    required: true
  state:
    description: Whether the alias is to be there.
    type: str
    choices: [present, absent]
    default: present
  cascade:
    description:
      - With O(state=absent), takes the address out of other aliases that deliver to it. Without it, an alias that
        others refer to is not removed.
      - Refuses where an alias would be left without a destination.
    type: bool
    default: false
  destinations:
    description:
      - Where mail to the address goes, in this domain or anywhere. A new alias needs at least one.
    type: list
    elements: str
  exclusive:
    description:
      - With V(true), O(destinations) are all the destinations there are to be, and O(state=absent) removes the alias.
      - With V(false), they are added to those that are stored, or with O(state=absent) taken out of them. The last
        one is never taken out.
    type: bool
    default: true
  allow_from:
    description:
      - Who may write to the alias, addresses or V(@example.com) for a whole domain. An empty list admits
        everybody. Tagged forms of an address that is listed are listed too.
      - Postfix judges the envelope sender, and refuses mail from others with 550. Without a login anybody can claim to
        be a sender. Bounces have none, and are refused.
    type: list
    elements: str
  list_members:
    description:
      - Whether members of the alias may see who the other members are.
      - It is stored for now, for the programs that show it.
    type: bool
  active:
    description: Whether mail to the alias is taken. A new alias is active.
    type: bool
  check_destinations:
    description:
      - Whether the task is refused when O(destinations), or those that are stored, have addresses in our own domains
        that nobody has. In check mode that is a warning, because an earlier task of the play would have added them.
      - Other aliases are refused only for what loses its receiver in this task, and else a warning names them.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Serve the domain
  mailwright.mail.domain:
    name: example.com

- name: Deliver one address to two people
  mailwright.mail.alias:
    address: info@example.com
    destinations: [alice@example.com, bob@example.net]

- name: Add one more member and keep the others
  mailwright.mail.alias:
    address: info@example.com
    destinations: [carol@example.com]
    exclusive: false

- name: Take one member out
  mailwright.mail.alias:
    address: info@example.com
    destinations: [bob@example.net]
    exclusive: false
    state: absent

- name: Everything else of the domain goes to one mailbox
  mailwright.mail.alias:
    address: "@example.com"
    destinations: [alice@example.com]

- name: Remove the catch-all
  mailwright.mail.alias:
    address: "@example.com"
    state: absent
"""

RETURN = r"""
alias:
  description: The alias as it is after the run, V(null) when it is absent.
  type: dict
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
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import ALIAS, CHECKS, COMMON
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.run import run_object


def main() -> None:
    module = AnsibleModule(argument_spec={**COMMON, **ALIAS, **CHECKS}, supports_check_mode=True)
    run_object(module, "alias")


if __name__ == "__main__":
    main()
