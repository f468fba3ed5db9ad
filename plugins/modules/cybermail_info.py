#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what the CyberMail platform knows of an account."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cybermail_info
short_description: Read an account of the CyberMail platform
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Reads the account and its plan, its domains, SMTP credentials, statistics and delivery logs from the CyberMail
    delivery platform, and how the platform itself is. Nothing is changed, and no secret is returned.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
    details:
      - Where the account is still to be connected, there is nothing to read, and RV(unchecked) says so.
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
extends_documentation_fragment:
  - mailwright.mail.cybermail
options:
  gather:
    description: What to read. Each costs a request. V(health) needs no API key.
    type: list
    elements: str
    choices: [account, domains, credentials, statistics, domain_statistics, logs, health]
    default: [account, domains, credentials]
  logs:
    description: Which entries V(logs) in O(gather) returns.
    type: dict
    suboptions:
      page:
        description: The page, from 1.
        type: int
        default: 1
      per_page:
        description: How many entries a page has, 1000 at most.
        type: int
        default: 50
      status:
        description: Only entries with this status, such as V(delivered) or V(bounced).
        type: str
      from_domain:
        description: Only messages from senders in this domain.
        type: str
      days:
        description: Only messages of as many days.
        type: int
        default: 7
seealso:
  - module: mailwright.mail.cybermail_account
  - module: mailwright.mail.cybermail_domain
  - module: mailwright.mail.cybermail_credential
"""

EXAMPLES = r"""
- name: Read which domains are verified
  mailwright.mail.cybermail_info:
    email: postmaster@example.com
    api_key_file: /etc/mailwright/cybermail.key
    gather: [domains]
  register: found

- name: Show those that are not
  ansible.builtin.debug:
    msg: "{{ found.domains | rejectattr('status', 'eq', 'verified') | map(attribute='name') }}"

- name: Read what bounced this month
  mailwright.mail.cybermail_info:
    email: postmaster@example.com
    api_key_file: /etc/mailwright/cybermail.key
    gather: [logs, statistics, domain_statistics]
    logs:
      status: bounced
      from_domain: example.com
      days: 30
"""

RETURN = r"""
account:
  description: The account, as M(mailwright.mail.cybermail_account) returns it.
  returned: with V(account) in O(gather)
  type: dict
domains:
  description: The sending domains by name, each as M(mailwright.mail.cybermail_domain) returns it.
  returned: with V(domains) in O(gather)
  type: list
  elements: dict
credentials:
  description:
    - The SMTP credentials by number, each as M(mailwright.mail.cybermail_credential) returns it, but for its age.
  returned: with V(credentials) in O(gather)
  type: list
  elements: dict
statistics:
  description: What the account has sent, in the platform's words.
  returned: with V(statistics) in O(gather)
  type: dict
domain_statistics:
  description: The same for each domain, which is named in C(domain), in the order of their names.
  returned: with V(domain_statistics) in O(gather)
  type: list
  elements: dict
logs:
  description: A page of the delivery logs.
  returned: with V(logs) in O(gather)
  type: dict
  contains:
    entries:
      description: The entries, with C(date), C(from), C(to) and what else the platform tells.
      type: list
      elements: dict
    page:
      description: The page.
      type: int
    total_pages:
      description: How many pages there are, V(null) where the platform does not say.
      type: int
    total:
      description: How many entries there are, V(null) where the platform does not say.
      type: int
health:
  description: What the platform says of itself.
  returned: with V(health) in O(gather)
  type: dict
unchecked:
  description: What check mode could not judge. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import failing
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.argspec import INFO
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.info import info_call


def main() -> None:
    """Read what is asked for."""
    module = AnsibleModule(argument_spec=INFO, supports_check_mode=True)
    with failing(module):
        module.exit_json(changed=False, **info_call(module.params, module.check_mode))


if __name__ == "__main__":
    main()
