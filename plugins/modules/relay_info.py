#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tell which relays a Postfix host sends its mail through."""

from __future__ import annotations

DOCUMENTATION = r"""
module: relay_info
short_description: Tell through which relays a Postfix host sends its mail
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Reads the relays that M(mailwright.mail.relay) has made, and whether their lookup tables are up to date. It changes
    nothing and opens no connection.
seealso:
  - module: mailwright.mail.relay
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Returns details on what has changed, or possibly needs changing in C(check_mode), when in diff mode.
    support: none
  platform:
    description: Target operating systems that can be operated against.
    support: full
    platforms: debian
options:
  config_dir:
    description: The directory of C(main.cf) and C(master.cf), for one of several Postfix instances.
    type: path
    default: /etc/postfix
"""

EXAMPLES = r"""
- name: Look at the relays
  mailwright.mail.relay_info:
  register: found

- name: See that there is one for all mail
  ansible.builtin.assert:
    that: found.relays | selectattr("match", "none") | list | length <= 1
"""

RETURN = r"""
relays:
  description: The relays by name, without passwords. Their fields are the options of M(mailwright.mail.relay).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The relay's name.
      type: str
      returned: always
      sample: smtp.provider.example-587
    host:
      description: Its host.
      type: str
      returned: always
      sample: smtp.provider.example
    port:
      description: Its port.
      type: int
      returned: always
      sample: 587
    username:
      description: The login, V(null) without one.
      type: str
      returned: always
      sample: example
    tls:
      description: The TLS level.
      type: str
      returned: always
      sample: secure
    implicit_tls:
      description: Whether TLS starts with the connection.
      type: bool
      returned: always
    mechanisms:
      description: The login mechanisms that may be used, empty for all.
      type: list
      elements: str
      returned: always
    match:
      description: Which mail it gets, V(null) for all that no other one gets.
      type: dict
      returned: always
    fallback:
      description: The hosts that are tried next, each with host, port and username.
      type: list
      elements: dict
      returned: always
    ca_file:
      description: The trusted authorities.
      type: str
      returned: always
      sample: /etc/ssl/certs/ca-certificates.crt
    group:
      description: Whose it is, empty for none.
      type: str
      returned: always
    transport:
      description: Its service in C(master.cf).
      type: str
      returned: always
      sample: relay-smtp.provider.example-587
table_type:
  description: The type of the lookup tables, V(lmdb) where Postfix has it, else V(hash).
  returned: success
  type: str
  sample: lmdb
stale_tables:
  description: Tables that are missing, outdated or readable by others. M(mailwright.mail.relay) would build them again.
  returned: success
  type: list
  elements: str
  sample: []
all_mail:
  description: The parameters of C(main.cf) that send all mail somewhere, and their values, whoever set them.
  returned: success
  type: dict
  sample: {default_transport: "relay-smtp.provider.example-587:[smtp.provider.example]:587"}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.argspec import INFO
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.converge import run_relay_info


def main() -> None:
    """Run the module."""
    run_relay_info(AnsibleModule(argument_spec=INFO, supports_check_mode=True))


if __name__ == "__main__":
    main()
