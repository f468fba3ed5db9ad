# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: with_dkim
short_description: Put the DKIM records of all mail hosts to their domains
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Joins what M(mailwright.mail.dkim_rotation) returned on several mail hosts with the domains that
    M(mailwright.mail.dns_records) is to publish, so that one task publishes all.
positional: keys
options:
  _input:
    description: The domains, as M(mailwright.mail.dns_records) takes them.
    type: list
    elements: dict
    required: true
  keys:
    description:
      - RV(mailwright.mail.dkim_rotation#module:dns_domains) of each mail host, by its full name. Domains that the input
        lacks are left out.
    type: dict
    required: true
seealso:
  - module: mailwright.mail.dkim_rotation
  - module: mailwright.mail.dns_records
"""

EXAMPLES = r"""
- name: Show the records of two hosts' keys
  ansible.builtin.debug:
    msg: "{{ [{'name': 'example.com'}] | mailwright.mail.with_dkim(keys) }}"
  vars:
    keys:
      mx1.example.net:
        - name: example.com
          dkim: [{name: mx1-202611a._domainkey.example.com, type: TXT, value: "v=DKIM1; p="}]
      mx2.example.net:
        - name: example.com
          dkim: [{name: mx2-202611a._domainkey.example.com, type: TXT, value: "v=DKIM1; p="}]
"""

RETURN = r"""
_value:
  description: The domains, each with C(dkim) where a host knows its keys.
  type: list
  elements: dict
  sample: [{name: example.com, dkim: []}]
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import mail_domains


def with_dkim(domains: Any, keys: Any) -> list[dict[str, Any]]:
    """Return `mail_domains.with_dkim` with errors as Ansible shows them."""
    try:
        return mail_domains.with_dkim(domains, keys)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"with_dkim": with_dkim}
