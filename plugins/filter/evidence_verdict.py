# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: evidence_verdict
short_description: Judge what was proved of a mail service
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - What the role verify has collected comes to one verdict, for an assertion and for programs. What is not green is
    listed, what matters first.
positional: fail_on
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
  fail_on:
    description:
      - What counts as a failure. V(error) is what is wrong, or missing in the evidence; V(warning) is all that is not
        green, also what is V(unknown); V(never) is nothing.
    type: str
    choices: [error, warning, never]
    default: error
seealso:
  - plugin: mailwright.mail.evidence_table
    plugin_type: filter
  - plugin: mailwright.mail.evidence_page
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Fail if something is wrong
  ansible.builtin.assert:
    that: not (evidence | mailwright.mail.evidence_verdict("error")).failed
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
  description: The verdict.
  type: dict
  contains:
    status:
      description: The worst status of all, V(success), V(warning), V(unknown) or V(error), whatever O(fail_on) says.
      type: str
    failed:
      description: Whether there are failures.
      type: bool
    failures:
      description:
        - What counts as a failure, each with C(kind) (V(evidence), V(host), V(probe) or V(domain)), C(place) (the name
          of the host or domain), C(check), C(status), C(message) and C(warnings).
      type: list
      elements: dict
    warnings:
      description: What else is not green, in the same form.
      type: list
      elements: dict
    counts:
      description:
        - How many verdicts there are of each status, under C(success), C(warning), C(unknown) and C(error), and of how
          many C(hosts), C(probes) and C(domains).
      type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import evidence_verdict as utils


def evidence_verdict(evidence: Any, fail_on: Any = "error") -> dict[str, Any]:
    """Return `evidence_verdict.evidence_verdict` with errors as Ansible shows them."""
    try:
        return utils.evidence_verdict(evidence, fail_on)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"evidence_verdict": evidence_verdict}
