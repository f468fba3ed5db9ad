#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an SMTP credential of the CyberMail platform."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cybermail_credential
short_description: Keep an SMTP credential of the CyberMail platform
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Makes, rotates and deletes one SMTP credential of an account of the CyberMail delivery platform. A credential is
    known by its description.
  - The platform tells a password once. It is handed over by O(password_file), by O(return_password) or by both, and
    with neither the module refuses to ask for one.
  - A password is rotated when it is older than O(rotate_after), when O(rotate_now) says so, and when an earlier run
    asked for one and was interrupted before it learnt it. It is never rotated because a playbook ran once more.
  - From the moment of a rotation, the password before does not work any more. Give the new one to your relay in the
    same play.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
    details:
      - The id and username of a new credential are not known. RV(unchecked) says so.
  diff_mode:
    description: Shows what changes, and for passwords only that they change.
    support: full
extends_documentation_fragment:
  - mailwright.mail.cybermail
options:
  description:
    description: What the credential is called, such as the name of the host that uses it.
    type: str
    required: true
  credential_id:
    description: Which credential is meant, where several have the same description.
    type: int
  state:
    description:
      - Whether the credential is to be there. With V(absent) the files that hold its password are removed too.
    type: str
    choices: [present, absent]
    default: present
  rotate_after:
    description:
      - The age at which the password is rotated, such as V(90d). An hour or more. Without, it is never rotated by age.
      - The age is counted from when this host got it. Where this host does not know, a warning says so and nothing is
        rotated.
    type: str
  rotate_now:
    description:
      - Whether to rotate the password now. One that was issued less than an hour ago is left alone, unless
        O(password_file) is lost.
    type: bool
    default: false
  password_file:
    description:
      - A file on the target, with its full path, that a new password is written to, with a newline behind it. It
        belongs to root alone (0600), and appears all at once.
      - A file that holds something else is not overwritten. When the credential is there and the file is not, the
        module fails, as nobody can tell the password any more; bring the file, or use O(rotate_now).
    type: path
  return_password:
    description:
      - Whether a new password is returned. Register it with C(no_log) on the task, which otherwise shows it.
    type: bool
    default: false
  state_file:
    description:
      - Where this host keeps when it got which password. No password stands in it. Its directory is made.
    type: path
    default: /var/lib/mailwright/cybermail.json
seealso:
  - module: mailwright.mail.cybermail_account
  - module: mailwright.mail.cybermail_info
"""

EXAMPLES = r"""
- name: Have a credential for this host, with another password every three months
  mailwright.mail.cybermail_credential:
    email: postmaster@example.com
    api_key_file: /etc/mailwright/cybermail.key
    description: mx1.example.net
    password_file: /etc/mailwright/cybermail.password
    rotate_after: 90d
  register: login

- name: Show how to log in
  ansible.builtin.debug:
    msg: "{{ login.credential.username }} at {{ login.credential.host }}:{{ login.credential.port }}"

- name: Change its password on demand, as in "ansible-playbook --extra-vars rotate=true"
  mailwright.mail.cybermail_credential:
    email: postmaster@example.com
    api_key_file: /etc/mailwright/cybermail.key
    description: mx1.example.net
    password_file: /etc/mailwright/cybermail.password
    rotate_now: "{{ rotate | default(false) | bool }}"

- name: Delete it
  mailwright.mail.cybermail_credential:
    email: postmaster@example.com
    api_key_file: /etc/mailwright/cybermail.key
    description: mx1.example.net
    password_file: /etc/mailwright/cybermail.password
    state: absent
"""

RETURN = r"""
credential:
  description: The credential, V(null) with O(state=absent). In check mode, what only the platform knows is V(null).
  returned: success
  type: dict
  contains:
    credential_id:
      description: Its number.
      type: int
      sample: 7
    username:
      description: The login.
      type: str
      sample: smtp_17_7
    description:
      description: What it is called.
      type: str
      sample: mx1.example.net
    host:
      description: Where it logs in.
      type: str
      sample: mail.cyberpersons.com
    port:
      description: The port, with STARTTLS.
      type: int
      sample: 587
    issued:
      description: When this host got its password, UTC. V(null) where it does not know, or will only know.
      type: str
      sample: "2026-03-06T12:00:00+00:00"
password:
  description: The new password.
  returned: with O(return_password=true), when the credential was made or rotated
  type: str
unchecked:
  description: What check mode could not judge. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing, warn
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.argspec import CREDENTIAL
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.credential import credential_call


def main() -> None:
    """Read and decide, then make, rotate or delete, or predict it."""
    module = AnsibleModule(argument_spec=CREDENTIAL, supports_check_mode=True)
    with failing(module):
        call = credential_call(module.params, module.check_mode)
        warn(module, call.warnings)
        converge(module, call.plan, call.apply, **call.returns)


if __name__ == "__main__":
    main()
