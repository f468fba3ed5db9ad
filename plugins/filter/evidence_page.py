# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: evidence_page
short_description: Show what was proved of a mail service as an HTML page
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - What the role verify has collected as one page for a browser, which loads nothing from elsewhere and runs no script.
    The verdict comes first, then what is wrong and what to do, then what comes next, then hosts, probes and domains
    with all that was seen.
  - Of more than 50 domains, hosts or probes only those that are not green are shown singly, and the rest by name. Long
    records are cut.
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
seealso:
  - plugin: mailwright.mail.evidence_table
    plugin_type: filter
  - plugin: mailwright.mail.evidence_verdict
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the page
  ansible.builtin.copy:
    content: "{{ evidence | mailwright.mail.evidence_page }}"
    dest: /tmp/verify.html
    mode: "0600"
  delegate_to: localhost
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
  description: The page, in HTML.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import evidence_page as utils


def evidence_page(evidence: Any) -> str:
    """Return `evidence_page.evidence_page` with errors as Ansible shows them."""
    try:
        return utils.evidence_page(evidence)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"evidence_page": evidence_page}
