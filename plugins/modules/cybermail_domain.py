#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a sending domain of the CyberMail platform."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cybermail_domain
short_description: Keep a sending domain of the CyberMail platform
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Adds a sending domain to an account of the CyberMail delivery platform, or removes it.
  - Returns the DNS records that the platform demands in the form that M(mailwright.mail.dns_records) takes, and waits
    on demand until the platform has seen them.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
    details:
      - The records of a domain that is still to be added are not known, and verification is not asked for.
        RV(unchecked) says so.
  diff_mode:
    description: Shows what changes.
    support: full
extends_documentation_fragment:
  - mailwright.mail.cybermail
options:
  name:
    description: The domain. Internationalised names are converted.
    type: str
    required: true
  state:
    description: Whether the account is to have the domain.
    type: str
    choices: [present, absent]
    default: present
  wait_for_verification:
    description:
      - Whether to have the platform look for the records until it has seen those for SPF, DKIM and DMARC. The module
        fails when it has not by O(verification_timeout).
      - Without, the platform is not asked to look, and what it saw last is returned. Looking is no change.
    type: bool
    default: false
  verification_timeout:
    description:
      - How long to wait, such as V(30s) or V(5m), a day at most. With V(0) the platform is asked once.
    type: str
    default: 5m
seealso:
  - module: mailwright.mail.cybermail_account
  - module: mailwright.mail.dns_records
"""

EXAMPLES = r"""
- name: Add the domain
  mailwright.mail.cybermail_domain:
    email: postmaster@example.com
    api_key_file: /etc/mailwright/cybermail.key
    name: example.com
  register: sending

- name: Publish its records, and the platform's hosts in the SPF record that the domain has otherwise
  mailwright.mail.dns_records:
    provider: powerdns
    api_key_file: /etc/powerdns/api.key
    domains:
      - name: example.com
        spf:
          mechanisms: "{{ sending.spf_mechanisms }}"
        records: "{{ sending.records | rejectattr('value', 'match', 'v=spf1') }}"
    mail_hosts:
      - name: mx1.example.net
        addresses: [192.0.2.1]

- name: Wait until the platform has seen them
  mailwright.mail.cybermail_domain:
    email: postmaster@example.com
    api_key_file: /etc/mailwright/cybermail.key
    name: example.com
    wait_for_verification: true
    verification_timeout: 10m

- name: Remove the domain
  mailwright.mail.cybermail_domain:
    email: postmaster@example.com
    api_key_file: /etc/mailwright/cybermail.key
    name: example.com
    state: absent
"""

RETURN = r"""
domain:
  description: The domain, V(null) with O(state=absent). Returned with a failed verification too.
  returned: success
  type: dict
  contains:
    name:
      description: The domain as A-labels.
      type: str
      sample: example.com
    domain_id:
      description: Its number, V(null) in check mode for a new domain.
      type: int
      sample: 31
    status:
      description: V(pending) or V(verified).
      type: str
      sample: verified
    spf_verified:
      description: Whether the platform has seen its part of the SPF record.
      type: bool
    dkim_verified:
      description: Whether the platform has seen its DKIM key.
      type: bool
    dmarc_verified:
      description: Whether the platform has seen a DMARC record.
      type: bool
records:
  description:
    - The records that the platform demands, in the form that O(mailwright.mail.dns_records#module:domains[].records)
      takes.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: An absolute name as A-labels, without the last dot.
      type: str
      sample: example.com
    type:
      description: The type.
      type: str
      sample: TXT
    value:
      description: The value in presentation form, of TXT the text alone.
      type: str
      sample: v=spf1 include:spf.cyberpersons.com ~all
    ttl:
      description: The TTL in seconds, where the platform asks for one.
      type: int
      sample: 3600
spf_mechanisms:
  description:
    - What the SPF record among RV(records) allows, in the form that
      O(mailwright.mail.dns_records#module:domains[].spf.mechanisms) takes. With these, the domain's own SPF record
      gains the platform and keeps your mail hosts.
  returned: success
  type: list
  elements: str
  sample: ["include:spf.cyberpersons.com"]
unchecked:
  description: What check mode could not judge. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing, warn
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.argspec import DOMAIN
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.domain import domain_call


def main() -> None:
    """Read, then add, remove and verify, or predict it."""
    module = AnsibleModule(argument_spec=DOMAIN, supports_check_mode=True)
    with failing(module):
        call = domain_call(module.params, module.check_mode)
        warn(module, call.warnings)
        converge(module, call.plan, call.apply, **call.returns)


if __name__ == "__main__":
    main()
