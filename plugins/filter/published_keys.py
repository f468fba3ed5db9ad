# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: published_keys
short_description: Take the DKIM keys that everybody has to find in the DNS
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Takes the records of keys that are seen on every name server, that sign, or that signed not long ago, and of those
    that are not rotated, in the form in which P(mailwright.mail.dns_calls#filter) takes the keys of a host.
  - A key that was just made may still be missing in a resolver's cache, and a revoked one is good for nothing.
options:
  _input:
    description: The keys, RV(mailwright.mail.dkim_key_info#module:dkim_keys).
    type: list
    elements: dict
    required: true
seealso:
  - module: mailwright.mail.dkim_key_info
  - plugin: mailwright.mail.dns_calls
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the host's keys
  mailwright.mail.dkim_key_info:
  register: found

- name: Show the records that have to be there
  ansible.builtin.debug:
    msg: "{{ found.dkim_keys | mailwright.mail.published_keys }}"
"""

RETURN = r"""
_value:
  description: The domains, each with C(name) and C(dkim), its records.
  type: list
  elements: dict
  sample:
    - name: example.com
      dkim: [{name: 202611a._domainkey.example.com, type: TXT, value: "v=DKIM1; k=ed25519; p="}]
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import published_keys as utils


def published_keys(keys: Any) -> list[dict[str, Any]]:
    """Return `published_keys.published_keys` with errors as Ansible shows them."""
    try:
        return utils.published_keys(keys)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"published_keys": published_keys}
