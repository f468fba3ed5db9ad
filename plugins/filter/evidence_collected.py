# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: evidence_collected
short_description: Make evidence of what probes and checks returned
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Makes one document of what the tasks of the role verify returned, for P(mailwright.mail.evidence_table#filter),
    P(mailwright.mail.evidence_verdict#filter) and P(mailwright.mail.evidence_page#filter).
  - A task that failed, was skipped or did not run is a finding as any other.
positional: title, made_at
options:
  _input:
    description:
      - C(hosts), a list with what each host's tasks returned. Each has C(name), C(units), names of services, C(active),
        the result of C(systemctl is-active) for them, C(keys), that of M(mailwright.mail.dkim_key_info), C(probes), a
        list with C(kind), C(target) and C(result), C(logins), how many mailboxes could be tried, and
        C(certificate_days). The result of a loop is one for each item, which is its target. An empty entry is a host
        that was not verified, and C(names) says which.
      - C(domains), the result of M(mailwright.mail.dns_check), and C(expected), the names of the domains.
    type: dict
    required: true
  title:
    description: What the evidence is called.
    type: str
    required: true
  made_at:
    description: When it was collected, in UTC.
    type: str
    required: true
seealso:
  - plugin: mailwright.mail.evidence_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Speak with a server
  mailwright.mail.smtp_probe:
    host: mx1.example.net
    port: 25
    fail_on: never
  register: spoken

- name: Show what came of it
  ansible.builtin.debug:
    msg: "{{ (found | mailwright.mail.evidence_collected('My server', '2026-11-22T12:00:00Z')
              | mailwright.mail.evidence_table).splitlines() }}"
  vars:
    found:
      hosts:
        - name: mx1.example.net
          keys: {dkim_keys: []}
          probes: [{kind: smtp, target: port 25, result: "{{ spoken }}"}]
"""

RETURN = r"""
_value:
  description: The evidence, with C(title), C(made_at), C(status), C(hosts), C(domains) and C(probes).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import evidence_collect


def evidence_collected(found: Any, title: str, made_at: str) -> dict[str, Any]:
    """Return `evidence_collect.collect` with errors as Ansible shows them."""
    try:
        return evidence_collect.collect(found, title, made_at)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"evidence_collected": evidence_collected}
