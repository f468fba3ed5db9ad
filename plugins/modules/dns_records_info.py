#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell which DNS records mail domains and mail hosts want."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_records_info
short_description: Compute the DNS records that mail domains want
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Computes all records that make mail work for a domain and its hosts - MX, SPF, DKIM, DMARC, MTA-STS, TLS reporting,
    TLSA, CAA, the names and SRV records that clients look for, and those of the hosts themselves.
  - Nothing is asked and nothing is changed, neither on the target nor in the DNS.
extends_documentation_fragment:
  - mailwright.mail.dns
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
seealso:
  - module: mailwright.mail.dns_records
"""

EXAMPLES = r"""
- name: Compute the records of a domain
  mailwright.mail.dns_records_info:
    domains:
      - name: example.com
        dmarc:
          policy: quarantine
          rua: [dmarc-reports@example.com]
        tls_rpt:
          rua: [tls-reports@example.com]
    mail_hosts:
      - name: mx1.example.net
        addresses: [192.0.2.1, "2001:db8::1"]
  register: wanted

- name: Show them as a zone file has them
  ansible.builtin.debug:
    msg: "{{ wanted.text.splitlines() }}"
"""

RETURN = r"""
records:
  description: The records, sorted.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name as A-labels, without the last dot.
      type: str
      returned: always
      sample: _dmarc.example.com
    type:
      description: The type.
      type: str
      returned: always
      sample: TXT
    value:
      description: The value as in a zone file. TXT is its text, without quotes around it.
      type: str
      returned: always
      sample: v=DMARC1; p=reject
    ttl:
      description: The TTL in seconds.
      type: int
      returned: always
      sample: 3600
text:
  description: The same as the lines of a zone file, with names in full.
  returned: success
  type: str
  sample: "example.com. 3600 IN MX 10 mx1.example.net.\n"
mta_sts_policies:
  description: The MTA-STS policies that the records announce, to be served as they are.
  returned: success
  type: list
  elements: dict
  contains:
    domain:
      description: The domain.
      type: str
      returned: always
    text:
      description: The policy, with lines ending in CRLF.
      type: str
      returned: always
overridden:
  description: Defaults that a record of O(domains[].records) stands in for.
  returned: success
  type: list
  elements: str
  sample: ["_dmarc.example.com TXT: a record of your own stands in for v=DMARC1; p=reject"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import failing
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import COMMON
from ansible_collections.mailwright.mail.plugins.module_utils.dns.run import wanted_call


def main() -> None:
    """Compute and return."""
    module = AnsibleModule(argument_spec=COMMON, supports_check_mode=True)
    with failing(module):
        module.exit_json(changed=False, **wanted_call(module.params))


if __name__ == "__main__":
    main()
