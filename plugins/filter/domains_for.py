# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: domains_for
short_description: Take what concerns one part of the collection out of mail_domains
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - C(mail_domains) says all of a domain in one place. This filter takes out of it what concerns one part of the
    collection, as the roles' defaults do it.
positional: part
options:
  _input:
    description: The domains.
    type: list
    elements: dict
    required: true
  part:
    description:
      - V(accounts) is what M(mailwright.mail.accounts) takes, and whatever no other part knows, so that a misspelt key
        is told.
      - V(dns) is what M(mailwright.mail.dns_records) takes, but for the keys.
      - V(dkim) is what stands under C(dkim), as M(mailwright.mail.dkim_rotation) takes it.
      - V(zones) is a zone of its own for each, as M(mailwright.mail.dns_zone) takes it. It stays where a domain is
        V(absent), as its records are taken out of it.
      - Domains with C(backup_mx) go to V(accounts) alone, as their DNS and their keys are those of the primary server.
    type: str
    choices: [accounts, dkim, dns, zones]
    required: true
seealso:
  - module: mailwright.mail.dkim_rotation
  - module: mailwright.mail.dns_records
  - module: mailwright.mail.dns_zone
"""

EXAMPLES = r"""
- name: Show what DKIM rotation is told of each domain
  ansible.builtin.debug:
    msg: "{{ mail_domains | mailwright.mail.domains_for('dkim') }}"
  vars:
    mail_domains:
      - name: example.com
        max_mailboxes: 100
        dmarc: {policy: quarantine}
        dkim: {interval: 90d}
"""

RETURN = r"""
_value:
  description: The domains with what concerns that part.
  type: list
  elements: dict
  sample: [{name: example.com, interval: 90d}]
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import mail_domains


def domains_for(domains: Any, part: Any) -> list[dict[str, Any]]:
    """Return `mail_domains.domains_for` with errors as Ansible shows them."""
    try:
        return mail_domains.domains_for(part, domains)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"domains_for": domains_for}
