# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_calls
short_description: Join what mail hosts say of themselves into calls of dns_records
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Mail hosts may have all domains in common, or each its own. This filter returns what M(mailwright.mail.dns_records)
    is to be called with, once for each set of hosts with domains in common, as the role dns does it. The DKIM records
    of all hosts of a domain come together, and its SPF record gets the providers that they relay its mail through.
positional: others
options:
  _input:
    description:
      - The mail hosts of the play. Each has C(host), its entry in C(mail_hosts); C(domains), as
        M(mailwright.mail.dns_records) takes them; C(keys), RV(mailwright.mail.dkim_rotation#module:dns_domains); and
        C(relays), as P(mailwright.mail.relays_for#filter) has them for V(dns). A domain whose C(spf) has C(mechanisms)
        stays as it is.
    type: list
    elements: dict
    required: true
  others:
    description:
      - Variables of mail hosts that the play may not reach, C(mail_hostname), C(dns_mx), C(dns_preference),
        C(dns_domains) or C(mail_domains), C(dns_relays) or C(mail_relays). Their records then stay. Hosts of the input
        may be among them.
    type: list
    elements: dict
    default: []
seealso:
  - module: mailwright.mail.dkim_rotation
  - module: mailwright.mail.dns_records
"""

EXAMPLES = r"""
- name: Show what two hosts are published with
  ansible.builtin.debug:
    msg: "{{ hosts | mailwright.mail.dns_calls }}"
  vars:
    hosts:
      - host: {name: mx1.example.net, addresses: [192.0.2.1]}
        domains: [{name: example.com}, {name: example.org}]
        keys:
          - name: example.com
            dkim: [{name: mx1-202611a._domainkey.example.com, type: TXT, value: "v=DKIM1; p="}]
      - host: {name: mx2.example.net, addresses: [192.0.2.2]}
        domains: [{name: example.com}]
        keys: []
"""

RETURN = r"""
_value:
  description: The calls, each with C(domains) and C(mail_hosts).
  type: list
  elements: dict
  sample:
    - domains: [{name: example.com}]
      mail_hosts: [{name: mx1.example.net, addresses: [192.0.2.1]}]
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import mail_domains


def dns_calls(hosts: Any, others: Any = ()) -> list[dict[str, Any]]:
    """Return `mail_domains.dns_calls` with errors as Ansible shows them."""
    try:
        return mail_domains.dns_calls(hosts, others)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dns_calls": dns_calls}
