# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter ``mailwright.mail.required_aliases``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: required_aliases
short_description: The addresses that every mail domain has to have
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Returns the aliases C(postmaster@) and C(abuse@) (RFC 2142) of each domain that is to be present and names
    neither a mailbox nor an alias of its own for them.
positional: mailboxes, aliases, destination
options:
  _input:
    description: Domains, as the module M(mailwright.mail.accounts) takes them.
    type: list
    elements: dictionary
    required: true
  mailboxes:
    description: Mailboxes, as the module takes them.
    type: list
    elements: dictionary
    required: true
  aliases:
    description: Aliases, as the module takes them.
    type: list
    elements: dictionary
    required: true
  destination:
    description:
      - The address that receives.
      - If empty, the first mailbox listed in the domain, or the first one listed at all.
    type: string
    default: ""
"""

EXAMPLES = r"""
- name: Show the addresses that are added
  ansible.builtin.debug:
    msg: "{{ domains | mailwright.mail.required_aliases(mailboxes, []) }}"
  vars:
    domains: [{name: example.com}]
    mailboxes: [{address: alice@example.com}]
"""

RETURN = r"""
_value:
  description: Aliases, as the module M(mailwright.mail.accounts) takes them; none where no mailbox could receive.
  type: list
  elements: dictionary
  sample:
    - address: postmaster@example.com
      destinations: [alice@example.com]
    - address: abuse@example.com
      destinations: [alice@example.com]
"""

_REQUIRED = ("postmaster", "abuse")


def required_aliases(domains: list, mailboxes: list, aliases: list, destination: str = "") -> list:
    present = [entry for entry in mailboxes if entry.get("state", "present") == "present" and "address" in entry]
    taken = {str(entry["address"]).lower() for entry in [*mailboxes, *aliases] if "address" in entry}
    result = []
    for domain in domains:
        if domain.get("state", "present") != "present" or "name" not in domain:
            continue
        name = str(domain["name"]).lower()
        own = [entry for entry in present if str(entry["address"]).lower().endswith(f"@{name}")]
        receivers = [destination] if destination else [str(entry["address"]) for entry in (own or present)[:1]]
        result += [
            {"address": f"{local_part}@{name}", "destinations": receivers}
            for local_part in _REQUIRED
            if receivers and f"{local_part}@{name}" not in taken
        ]
    return result


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict:
        return {"required_aliases": required_aliases}
