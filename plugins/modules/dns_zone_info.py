#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read zones of a PowerDNS server, without their records."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_zone_info
short_description: Read zones of a PowerDNS server
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Tells which zones PowerDNS's authoritative server has, of what kind they are, and which keys they are signed with.
    Their DS records are what the parent zone, or a resolver of one's own, has to know. Nothing is changed.
attributes:
  check_mode:
    description: Can run in C(check_mode) and returns what a run would return.
    support: full
    details:
      - Where the name server is still to be set up, there are no zones, and RV(unchecked) says so.
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
seealso:
  - module: mailwright.mail.dns_zone
options:
  api_url:
    description: Where PowerDNS's API answers, as seen from the target.
    type: str
    default: http://127.0.0.1:8081
  api_key_file:
    description: The file on the target that holds the API's key, one word in one line.
    type: path
    required: true
  server_id:
    description: The server's name in PowerDNS's API.
    type: str
    default: localhost
  timeout:
    description: How many seconds to wait for an answer.
    type: int
    default: 10
  names:
    description: Only these zones. Internationalised names are converted. All zones of the server if not given.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Ask which keys a zone is signed with
  mailwright.mail.dns_zone_info:
    api_key_file: /etc/powerdns/api.key
    names: [example.com]
  register: found

- name: Show the DS records for the parent zone
  ansible.builtin.debug:
    msg: "{{ found.zones[0].ds | map(attribute='value') }}"
"""

RETURN = r"""
zones:
  description: The zones, in the order of O(names), else sorted.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The zone as A-labels.
      type: str
      sample: xn--bcher-kva.example
    unicode_name:
      description: The zone as U-labels.
      type: str
      sample: bücher.example
    state:
      description: Whether it is there, V(present) or V(absent).
      type: str
      sample: present
    kind:
      description: Its kind. V(null) where it is not there.
      type: str
      sample: Primary
    primaries:
      description: The addresses that it is fetched from.
      type: list
      elements: str
      sample: []
    tsig_keys:
      description: The names of the TSIG keys that it is transferred with.
      type: list
      elements: str
      sample: [transfer]
    dnssec:
      description: Whether it is signed.
      type: bool
      sample: true
    ds:
      description: The DS records for the parent zone.
      type: list
      elements: dict
      contains:
        name:
          description: The zone.
          type: str
          sample: example.com
        type:
          description: The type.
          type: str
          sample: DS
        value:
          description: Key tag, algorithm, digest type and digest.
          type: str
          sample: 7756 13 2 8e9effe782b73e083800cb39a4a4b6399a155a123be940321587aead1eb7ce22
    dnskey:
      description: The keys that those point to, as DNSKEY records in the same form.
      type: list
      elements: dict
unchecked:
  description: What could not be read. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import failing
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import ZONES_INFO
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zones.run import zone_info_call


def main() -> None:
    """Read and return."""
    module = AnsibleModule(argument_spec=ZONES_INFO, supports_check_mode=True)
    with failing(module):
        module.exit_json(changed=False, **zone_info_call(module.params, module.check_mode))


if __name__ == "__main__":
    main()
