#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell what the world sees of mail domains in the DNS, and judge it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_check
short_description: Check what the DNS has for mail domains
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Asks resolvers for all that makes mail work for a domain, and judges it - SPF, DKIM, DMARC, MX, MTA-STS with its
    policy, TLS reporting, DANE with the certificates that the mail hosts present, CAA, PTR, DNSSEC, the names that
    clients look for, BIMI, and lists of senders.
  - Nothing is changed. All questions go out side by side, and each is asked once in a call.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
options:
  domains:
    description: The mail domains. Internationalised names are converted.
    type: list
    elements: str
    required: true
  checks:
    description:
      - The checks to make. All but V(dnsbl) if nothing is given.
      - V(mta_sts) connects to the web server that has the policy (port 443), V(dane) to the mail hosts (port 25).
    type: list
    elements: str
    choices: [spf, dkim, dmarc, mx, ptr, mta_sts, tls_rpt, dane, caa, dnssec, autoconfig, bimi, dnsbl]
    default: [spf, dkim, dmarc, mx, ptr, mta_sts, tls_rpt, dane, caa, dnssec, autoconfig, bimi]
  records:
    description:
      - Records that ought to be there, as RV(mailwright.mail.dns_records_info#module:records) or
        RV(mailwright.mail.dkim_key_info#module:dkim_keys[].record) has them. What differs is an error that names both
        sides.
      - Nothing is expected of names and types that no record is given for.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The record's full name.
        type: str
        required: true
      type:
        description: Its type.
        type: str
        choices: [A, AAAA, CAA, CNAME, MX, NS, PTR, SRV, SSHFP, TLSA, TXT]
        required: true
      value:
        description: Its value as in a zone file, names in full. TXT is its text, without quotes around it.
        type: str
        required: true
      ttl:
        description: Its TTL in seconds. It is not compared.
        type: int
  dkim_selectors:
    description: DKIM selectors to look for, beside those in O(records).
    type: list
    elements: str
    default: []
  addresses:
    description:
      - The IP addresses that the domains' mail is sent from. SPF has to allow each of them.
      - If nothing is given, V(ptr) and V(dnsbl) take those of the MX hosts, and V(spf) judges the record alone.
    type: list
    elements: str
    default: []
  resolvers:
    description: The addresses of the resolvers to ask, in their order. The system's if nothing is given.
    type: list
    elements: str
    default: []
  port:
    description: Their port.
    type: int
    default: 53
  timeout:
    description: How many seconds one question may take. A conversation with a web or mail server may take twice that.
    type: int
    default: 5
  budget:
    description: How many seconds all may take together. A check that has not ended then is V(unknown).
    type: int
    default: 60
  fail_on:
    description:
      - Which status lets the module fail. With V(warning), V(unknown) does, too.
      - All results are returned in any case.
    type: str
    choices: [error, warning, never]
    default: error
  dnsbl_zones:
    description: The lists of senders that the check V(dnsbl) asks. Mind the terms of their operators.
    type: list
    elements: str
    default: []
  ca_path:
    description:
      - A file with the certificates of the authorities that may have issued the certificates of web servers with
        MTA-STS policies, where the system's are not those.
    type: path
requirements:
  - python3-dnspython
  - python3-cryptography for the checks V(dkim) and V(dane)
  - python3-idna for internationalised names
seealso:
  - module: mailwright.mail.dns_records_info
  - module: mailwright.mail.dns_records
"""

EXAMPLES = r"""
- name: Look at a domain, whatever comes of it
  mailwright.mail.dns_check:
    domains: [example.com]
    dkim_selectors: [s2026a]
    fail_on: never
  register: seen
  delegate_to: localhost

- name: Show what is not well
  ansible.builtin.debug:
    msg: "{{ item.key }}: {{ item.value.message }}"
  loop: "{{ seen.domains[0].checks | dict2items | rejectattr('value.status', 'eq', 'success') }}"
  loop_control:
    label: "{{ item.key }}"

- name: Compute what a domain wants
  mailwright.mail.dns_records_info:
    domains:
      - name: example.com
    mail_hosts:
      - name: mx1.example.net
        addresses: [192.0.2.1]
  register: wanted

- name: Compare it with what is there
  mailwright.mail.dns_check:
    domains: [example.com]
    checks: [spf, dmarc, mx]
    records: "{{ wanted.records }}"
    fail_on: never
"""

RETURN = r"""
domains:
  description: The domains in the order of O(domains).
  returned: always, unless options cannot be taken
  type: list
  elements: dict
  contains:
    domain:
      description: The domain as A-labels.
      type: str
      returned: always
      sample: example.com
    unicode_domain:
      description: The domain as people write it.
      type: str
      returned: always
      sample: example.com
    status:
      description: The worst status of its checks - V(success), V(warning), V(unknown) or V(error), in that order.
      type: str
      returned: always
      sample: success
    checked_at:
      description: When that was, in UTC.
      type: str
      returned: always
      sample: "2026-11-22T12:00:00Z"
    checks:
      description:
        - The verdicts by the names of O(checks). Beside the fields below, each has those that the guide on checks names
          for it.
      type: dict
      returned: always
      contains:
        status:
          description: V(success), V(warning), V(error), or V(unknown) where nobody could be asked.
          type: str
          returned: always
        message:
          description: The verdict in a sentence.
          type: str
          returned: always
        record:
          description: What was found in the DNS, several records joined by C(; ). V(null) if there is nothing.
          type: str
          returned: always
        warnings:
          description: What ought to be changed, errors among it.
          type: list
          elements: str
          returned: always
        info:
          description: What is only worth knowing.
          type: list
          elements: str
          returned: always
status:
  description: The worst status of all domains.
  returned: always, unless options cannot be taken
  type: str
  sample: success
summary:
  description: How many domains have which status.
  returned: always, unless options cannot be taken
  type: dict
  sample: {success: 3, warning: 1, unknown: 0, error: 0}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.checks.argspec import DNS_CHECK
from ansible_collections.mailwright.mail.plugins.module_utils.checks.run import check_call
from ansible_collections.mailwright.mail.plugins.module_utils.core.run import failing


def main() -> None:
    """Check and return."""
    module = AnsibleModule(argument_spec=DNS_CHECK, supports_check_mode=True)
    with failing(module):
        module.exit_json(changed=False, **check_call(module.params))


if __name__ == "__main__":
    main()
