#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox
short_description: Manage a mailbox
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Adds, changes and removes one mailbox in the account store. Options that are not given keep what is stored.
  - What Postfix and Dovecot read is published from the store in the same run, also when an earlier run was interrupted
    before it got there.
  - A loop over many mailboxes costs a task each. M(mailwright.mail.accounts) takes them all in one.
  - In check mode, a domain that is not in the store is a warning, because an earlier task of the play would have
    added it.
  - Mail stays on disk when a mailbox is removed, unless O(mail_data) says otherwise.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Shows what changes, and for passwords only that they change.
    support: full
seealso:
  - module: mailwright.mail.accounts
  - module: mailwright.mail.mailbox_info
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  address:
    description:
      - The address. Upper case is converted to lower case.
      - Its local part is also the name of a directory and may hold neither C(/) nor C(+), the recipient delimiter.
    type: str
    required: true
  state:
    description: Whether the mailbox is to be there.
    type: str
    choices: [present, absent]
    default: present
  cascade:
    description:
      - With O(state=absent), takes the address out of the aliases that deliver to it. Without it, a mailbox that
        aliases refer to is not removed.
      - Refuses where an alias would be left without a destination.
    type: bool
    default: false
  mail_data:
    description:
      - What becomes of the mailbox's mail with O(state=absent). With V(keep) it stays on the disk, and a mailbox that
        is added again has it.
      - With V(archive) its directory is moved to O(archive_path), under the address and the time. With V(delete) it is
        deleted.
      - It also holds for mail that an earlier removal kept. Sieve scripts and the times of last logins lie in the same
        directory and go along. Open sessions are ended.
    type: str
    choices: [keep, archive, delete]
    default: keep
  password:
    description:
      - The password in plain text. It is hashed on the target and never shown.
      - A new mailbox needs this or O(password_hash).
      - Text only, so put a password of digits in quotes. Control characters are refused.
    type: str
  password_hash:
    description:
      - The password's hash as Dovecot writes it, such as V({ARGON2ID}$argon2id$...). The scheme before it may be left
        out.
      - V(*) makes a mailbox that receives mail and that nobody can log in to, not with an app password either.
    type: str
  password_scheme:
    description:
      - The scheme in which O(password) is hashed, by Dovecot's name, such as V(ARGON2ID), V(BLF-CRYPT),
        V(SHA512-CRYPT), V(SCRAM-SHA-256), V(PBKDF2) or V(SSHA512). V(.b64) or V(.hex) behind it chooses the encoding.
      - When it is not given, new hashes are V(ARGON2ID), and a stored hash of another scheme stays as long as it
        matches the password and is not weak. When it is given, a stored hash of another scheme is replaced.
      - A warning says when the Dovecot of this host does not know the scheme, or refuses logins with it.
    type: str
  password_options:
    description:
      - What hashing costs. V(rounds) for V(BLF-CRYPT) (the logarithm, V(4) to V(31)), V(SHA512-CRYPT),
        V(SHA256-CRYPT), V(PBKDF2), V(SCRAM-SHA-256) and V(SCRAM-SHA-1). V(memory) in KiB, V(passes) and V(lanes) for
        Argon2.
      - A stored hash with another cost than one given here is replaced.
    type: dict
  allow_weak_scheme:
    description:
      - Whether O(password_scheme) and O(password_hash) may be of a weak scheme, that is one without a salt, or
        built on MD5, SHA-1 or DES.
      - Without it, a stored hash of a weak scheme is replaced when O(password) is given.
    type: bool
    default: false
  update_password:
    description:
      - With V(always), the stored hash is verified against O(password) and replaced when it does not match, and
        replaced by O(password_hash) when it differs.
      - With V(on_create), the password or hash is set for a new mailbox only.
    type: str
    choices: [always, on_create]
    default: always
  quota:
    description:
      - How much mail the mailbox may hold, such as V(5G) or V(500M) (powers of 1024), in bytes, or V(unlimited).
      - A new mailbox without one gets the domain's default, which is unlimited where the domain sets none.
    type: str
  display_name:
    description: The person's name as mail programs show it.
    type: str
  active:
    description: Whether the mailbox receives mail and can log in. A new mailbox is active.
    type: bool
  protocols:
    description:
      - The protocols that the mailbox may log in to. Without V(smtp) it cannot send. A new mailbox has all of them.
      - An empty list leaves a mailbox that only receives.
    type: list
    elements: str
    choices: [imap, pop3, smtp, sieve]
  rate_limit:
    description:
      - How many messages the mailbox may send in which time, such as V(100/1h) (V(s), V(m), V(h) or V(d)), or
        V(unlimited).
      - It is stored for the spam filter, which enforces it.
    type: str
  send_as:
    description:
      - What the mailbox may send as beside itself and the aliases that lead to it. Addresses, or V(@example.com) for
        all of a domain, in domains that are served here or anywhere else.
      - The list replaces what is stored. An empty one takes all of it away.
      - An address may be used with a tag (C(address+tag@)) too. While a domain that is served here is inactive,
        nobody sends as one of its addresses.
    type: list
    elements: str
  mail_root:
    description:
      - Where Dovecot keeps mail. O(mail_data) concerns C(example.com/alice) in it for C(alice@example.com), and
        C(example.com) for a domain.
      - Symbolic links in it are not followed, and no other file system is touched. The task fails where a directory
        that is to go is either.
    type: path
    default: /var/vmail
  archive_path:
    description:
      - Where O(mail_data=archive) moves mail, such as to C(alice@example.com/20260131T235959Z) in it.
        An earlier archive is never written over. Only root can read what is there, and nothing ever removes it.
      - It has to be on the file system of O(mail_root), so that the move is one step that cannot be left half done. By
        default it is C(.archive) in O(mail_root).
    type: path
  document:
    description:
      - How the collection hands over O(password) and O(password_hash) without showing them. Leave it alone.
    type: str
"""

EXAMPLES = r"""
- name: Serve the domain
  mailwright.mail.domain:
    name: example.com

- name: Add a mailbox, and set its password again whenever it differs
  mailwright.mail.mailbox:
    address: alice@example.com
    password: "{{ vault_alice | default('correct horse battery staple') }}"
    display_name: Alice
    quota: 5G

- name: Add a mailbox that only receives
  mailwright.mail.mailbox:
    address: archive@example.com
    password_hash: "*"

- name: Add a mailbox with a hash that costs more to guess
  mailwright.mail.mailbox:
    address: carol@example.com
    password: "{{ vault_carol | default('correct horse battery staple') }}"
    password_scheme: ARGON2ID
    password_options:
      memory: 131072
      passes: 4

- name: Take the leave to send from a mailbox, and keep the rest as it is
  mailwright.mail.mailbox:
    address: alice@example.com
    protocols: [imap, sieve]

- name: Let a mailbox send as a function, and as all addresses of another domain
  mailwright.mail.mailbox:
    address: alice@example.com
    send_as: [sales@example.com, "@example.org"]

- name: Remove a mailbox and take it out of the aliases that deliver to it
  mailwright.mail.mailbox:
    address: archive@example.com
    state: absent
    cascade: true

- name: Remove a mailbox and put its mail into the archive
  mailwright.mail.mailbox:
    address: carol@example.com
    state: absent
    mail_data: archive
"""

RETURN = r"""
mailbox:
  description: The mailbox as it is after the run, V(null) when it is absent. Never its hash.
  type: dict
  returned: success
  contains:
    address:
      description: The address.
      type: str
      returned: always
      sample: alice@example.com
    unicode_address:
      description: The address with its domain in U-labels.
      type: str
      returned: always
      sample: alice@example.com
    password_scheme:
      description: The scheme of the password's hash, V(null) where nobody can log in.
      type: str
      returned: always
      sample: ARGON2ID
    quota:
      description: The quota in bytes, V(0) for unlimited.
      type: int
      returned: always
      sample: 5368709120
    display_name:
      description: The person's name.
      type: str
      returned: always
    active:
      description: Whether the mailbox receives mail and can log in.
      type: bool
      returned: always
    protocols:
      description: The protocols it may log in to.
      type: list
      elements: str
      returned: always
      sample: [imap, pop3, smtp, sieve]
    rate_limit:
      description: Messages per time, or V(unlimited).
      type: str
      returned: always
      sample: 100/1h
    send_as:
      description: What it may send as beside itself and the aliases that lead to it.
      type: list
      elements: str
      returned: always
      sample: [sales@example.com, "@example.org"]
mail:
  description:
    - The directories with mail that O(mail_data) had moved or deleted. In check mode, those that it would have.
  type: list
  elements: dict
  returned: success
  contains:
    path:
      description: Where the mail was.
      type: str
      returned: always
      sample: /var/vmail/example.com/alice
    archive:
      description: The directory that it was moved into, under the time. V(null) for mail that was deleted.
      type: str
      returned: always
      sample: /var/vmail/.archive/alice@example.com
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import (
    COMMON,
    DOCUMENT,
    MAIL,
    MAILBOX,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.run import run_object


def main() -> None:
    module = AnsibleModule(
        argument_spec={**COMMON, **MAIL, **MAILBOX, **DOCUMENT},
        supports_check_mode=True,
    )
    run_object(module, "mailbox")


if __name__ == "__main__":
    main()
