# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: evidence_table
short_description: Show what was proved of a mail service as a table
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - What the role verify has collected as text for a terminal. It is readable without colours, and no line is longer
    than O(width).
  - A table of domains by checks comes first, then hosts and probes, then what is said of all that is not green, what
    matters first. The last line has the verdict, with counts.
  - Of more than 50 domains, hosts or probes only those that are not green have a row, and the rest is counted. Where a
    check says the same of several domains, it is told once.
positional: width
options:
  _input:
    description:
      - C(title); C(made_at), the time in UTC; C(status); and the lists C(hosts), C(domains) and C(probes).
      - A host has C(name), and what was found on it in C(checks), C(certificates) and C(dkim_keys). A domain has
        C(domain) and C(checks), by their names. A probe has C(host), C(kind), C(target), and what the probe returned.
      - A verdict has C(status), which is V(success), V(warning), V(unknown) or V(error), and C(message). One that
        checks the DNS may have C(record), C(warnings), C(info), and C(expected_record) beside C(actual_record).
      - What is missing is an error of its own, as nothing is proved there. A value of a wrong type fails.
    type: dict
    required: true
  width:
    description: How many characters a line has at most, 40 or more.
    type: int
    default: 120
seealso:
  - plugin: mailwright.mail.evidence_verdict
    plugin_type: filter
  - plugin: mailwright.mail.evidence_page
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what was proved
  ansible.builtin.debug:
    msg: "{{ (evidence | mailwright.mail.evidence_table).splitlines() }}"
  vars:
    evidence:
      title: example.net
      made_at: "2026-11-22T12:00:00Z"
      hosts: []
      probes: []
      domains:
        - domain: example.com
          checks:
            spf: {status: success, message: "The record is right.", record: "v=spf1 mx -all"}
            dmarc: {status: warning, message: "The policy is none, so nothing is refused."}
"""

RETURN = r"""
_value:
  description: The text, without a line end after its last line.
  type: str
  sample: "WARN: 0 failed, 0 unknown, 1 warning, 1 passed (0 hosts, 0 probes, 1 domain)"
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import evidence_table as utils


def evidence_table(evidence: Any, width: Any = 120) -> str:
    """Return `evidence_table.evidence_table` with errors as Ansible shows them."""
    try:
        return utils.evidence_table(evidence, width)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"evidence_table": evidence_table}
