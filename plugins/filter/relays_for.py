# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: relays_for
short_description: Take what concerns one part of the collection out of mail_relays
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - C(mail_relays) says all of a relay in one place. This filter takes out of it what concerns one part of the
    collection, as the roles' defaults do it.
positional: part
options:
  _input:
    description: The relays.
    type: list
    elements: dict
    required: true
  part:
    description:
      - V(relay) is what the module M(mailwright.mail.relay) takes as C(relays), and whatever is not known, so that a
        misspelt key is told.
      - V(dns) is which mail each relay gets (C(match)), and the SPF record of its provider (C(spf_include)). It has no
        login.
    type: str
    choices: [dns, relay]
    required: true
seealso:
  - module: mailwright.mail.relay
  - plugin: mailwright.mail.dns_calls
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what the DNS is told of relays
  ansible.builtin.debug:
    msg: "{{ mail_relays | mailwright.mail.relays_for('dns') }}"
  vars:
    mail_relays:
      - host: smtp.provider.example
        username: example
        password: "{{ vault_relay | default('correct horse battery') }}"
        spf_include: spf.provider.example
"""

RETURN = r"""
_value:
  description: The relays with what concerns that part.
  type: list
  elements: dict
  sample: [{spf_include: spf.provider.example}]
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils import mail_relays


def relays_for(relays: Any, part: Any) -> list[dict[str, Any]]:
    """Return `mail_relays.relays_for` with errors as Ansible shows them."""
    try:
        return mail_relays.relays_for(part, relays)
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"relays_for": relays_for}
