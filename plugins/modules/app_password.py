#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: app_password
short_description: Manage an app password of a mailbox
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Adds, changes and revokes one app password, a further password of a mailbox for one program or device. Options that
    are not given keep what is stored.
  - A mailbox may have several, each limited to protocols and in time. They work beside the mailbox's own password.
  - A new one for which neither O(password) nor O(password_hash) is given gets a generated password of 125 bits, such
    as C(k3fpq-7hxwe-m2c9t-vz4ru-nd8ys). It is handed over by O(password_file), by O(return_password) or by both, and
    with neither the module refuses. Only its hash is stored. A generated password never changes; revoke it, and the
    next one is another.
  - What Dovecot reads is published from the store in the same run, also when an earlier run was interrupted before it
    got there.
  - In check mode nothing is generated, and a mailbox that is not in the store is a warning, because an earlier task of
    the play would have added it.
  - App passwords go with their mailbox.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return, but for a generated password.
    support: full
  diff_mode:
    description: Shows what changes, and for passwords only that they change.
    support: full
seealso:
  - module: mailwright.mail.accounts
  - module: mailwright.mail.mailbox
  - module: mailwright.mail.mailbox_info
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  mailbox:
    description: The address of the mailbox that it opens. An alias cannot have one.
    type: str
    required: true
  name:
    description:
      - What the app password is called among those of its mailbox, such as V(phone). One to 64 printable characters,
        which people see where app passwords are listed.
    type: str
    required: true
  state:
    description: Whether the app password is to be there. Revoking one leaves the others alone.
    type: str
    choices: [present, absent]
    default: present
  password:
    description:
      - The password in plain text. It is hashed on the target and never shown.
      - Text only, so put a password of digits in quotes. Control characters are refused.
    type: str
  password_hash:
    description:
      - The password's hash as Dovecot writes it, such as V({ARGON2ID}$argon2id$...). The scheme before it may be left
        out.
    type: str
  password_scheme:
    description:
      - The scheme in which the password is hashed, as M(mailwright.mail.mailbox) takes it.
      - When it is not given, a password of your own is hashed as V(ARGON2ID), and a generated one, which nobody can
        guess, as V(SHA512-CRYPT), because Dovecot verifies the app passwords of a mailbox one after the other.
    type: str
  password_options:
    description:
      - What hashing costs, as M(mailwright.mail.mailbox) takes it. Without O(password_scheme) they are those of
        V(ARGON2ID).
    type: dict
  allow_weak_scheme:
    description: Whether O(password_scheme) and O(password_hash) may be of a weak scheme.
    type: bool
    default: false
  update_password:
    description:
      - With V(always), the stored hash is verified against O(password) and replaced when it does not match, and
        replaced by O(password_hash) when it differs.
      - With V(on_create), the password or hash is set for a new app password only.
    type: str
    choices: [always, on_create]
    default: always
  protocols:
    description:
      - The protocols that it opens, as far as the mailbox may use them. A new app password opens all of those.
      - A warning says when one that is named is not open to the mailbox.
    type: list
    elements: str
    choices: [imap, pop3, smtp, sieve]
  expires:
    description:
      - When it stops working. A date such as V(2026-12-31), at the end of that day in UTC; a time with its zone such as
        V(2026-12-31T18:00:00+01:00); or V(never). A new app password never expires.
      - A time in the past is taken with a warning.
    type: str
  active:
    description: Whether anybody can log in with it. A new app password is active.
    type: bool
  password_file:
    description:
      - A file on the target, with its full path, that a generated password is written to, with a newline behind it. It
        belongs to root alone (0600), and appears all at once.
      - A file that is there already is never overwritten. When the app password is new, the password in the file is
        taken; otherwise nothing changes.
      - With O(state=absent) the file is removed, so that the next app password does not get the revoked one's password.
    type: path
  return_password:
    description:
      - Whether a generated password is returned. Register it with C(no_log) on the task, which otherwise shows it.
    type: bool
    default: false
  document:
    description:
      - How the collection hands over O(password) and O(password_hash) without showing them. Leave it alone.
    type: str
"""

EXAMPLES = r"""
- name: Serve the domain
  mailwright.mail.domain:
    name: example.com

- name: Add a mailbox
  mailwright.mail.mailbox:
    address: alice@example.com
    password: "{{ vault_alice | default('correct horse battery staple') }}"

- name: Let a phone read and send for a year, with a password that waits on the host
  mailwright.mail.app_password:
    mailbox: alice@example.com
    name: phone
    protocols: [imap, smtp]
    expires: "2030-12-31"
    password_file: /root/alice-phone.txt

- name: Generate a password for a program that is set up by this play
  mailwright.mail.app_password:
    mailbox: alice@example.com
    name: monitoring
    protocols: [smtp]
    return_password: true
  register: monitoring
  no_log: true

- name: Use a password of your own
  mailwright.mail.app_password:
    mailbox: alice@example.com
    name: printer
    protocols: [smtp]
    password: "{{ vault_printer | default('tr0ub4dor and three') }}"

- name: Revoke the phone that was lost, and its password file
  mailwright.mail.app_password:
    mailbox: alice@example.com
    name: phone
    state: absent
    password_file: /root/alice-phone.txt
"""

RETURN = r"""
app_password:
  description: The app password as it is after the run, V(null) when it is absent. Never its hash.
  type: dict
  returned: success
  contains:
    mailbox:
      description: The address of its mailbox.
      type: str
      returned: always
      sample: alice@example.com
    name:
      description: Its name.
      type: str
      returned: always
      sample: phone
    password_scheme:
      description: The scheme of the password's hash.
      type: str
      returned: always
      sample: SHA512-CRYPT
    protocols:
      description: The protocols it opens, as far as the mailbox may use them.
      type: list
      elements: str
      returned: always
      sample: [imap, smtp]
    expires:
      description: When it stops working, UTC, or V(never).
      type: str
      returned: always
      sample: "2030-12-31T23:59:59Z"
    active:
      description: Whether anybody can log in with it.
      type: bool
      returned: always
password:
  description: The password of a new app password that was generated, or was found in O(password_file).
  type: str
  returned: with O(return_password=true), for a new app password, not in check mode
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import (
    APP_PASSWORD,
    COMMON,
    DOCUMENT,
    HANDOVER,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.run import run_object


def main() -> None:
    module = AnsibleModule(
        argument_spec={**COMMON, **APP_PASSWORD, **HANDOVER, **DOCUMENT},
        supports_check_mode=True,
    )
    run_object(module, "app_password")


if __name__ == "__main__":
    main()
