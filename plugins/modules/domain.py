#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: domain
short_description: Manage a mail domain
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Adds, changes and removes one domain in the account store. Options that are not given keep what is stored.
  - What Postfix and Dovecot read is published from the store in the same run, also when an earlier run was interrupted
    before it got there.
  - A loop over many domains costs a task each. M(mailwright.mail.accounts) takes them all in one.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Shows what changes.
    support: full
seealso:
  - module: mailwright.mail.accounts
  - module: mailwright.mail.domain_info
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  name:
    description:
      - The domain. Upper case and U-labels are converted to lower-case A-labels.
    type: str
    required: true
  state:
    description: Whether the domain is to be there.
    type: str
    choices: [present, absent]
    default: present
  cascade:
    description:
      - With O(state=absent), removes the mailboxes and aliases of the domain as well, and takes them out of the
        aliases of other domains. Without it, a domain that still has any is not removed. Aliases that
        O(mailwright.mail.accounts#module:required_aliases) added go along in any case.
      - Refuses where an alias elsewhere would be left without a destination.
    type: bool
    default: false
  mail_data:
    description:
      - What becomes of the mail of all the domain's mailboxes with O(state=absent). With V(keep) it stays on the disk,
        and mailboxes that are added again have it.
      - With V(archive) the domain's directory is moved to O(archive_path), under the domain and the time. With
        V(delete) it is deleted.
      - Both take the mail of mailboxes along that went earlier. Open sessions are ended.
    type: str
    choices: [keep, archive, delete]
    default: keep
  description:
    description: A note on the domain.
    type: str
  active:
    description: Whether mail of the domain is received and its mailboxes can log in. A new domain is active.
    type: bool
  max_mailboxes:
    description: The largest number of mailboxes, V(0) for no limit.
    type: int
  max_aliases:
    description:
      - The largest number of aliases, the catch-all among them, V(0) for no limit. Those that
        O(mailwright.mail.accounts#module:required_aliases) added do not count.
    type: int
  default_quota:
    description:
      - The quota of a new mailbox for which none is given, such as V(5G), in bytes, or V(unlimited).
      - Where it is unlimited, O(max_quota) takes its place.
    type: str
  max_quota:
    description: The largest quota of a single mailbox, such as V(10G), in bytes, or V(unlimited).
    type: str
  total_quota:
    description: What the quotas of all mailboxes may come to together, such as V(1T), in bytes, or V(unlimited).
    type: str
  backup_mx:
    description:
      - Whether this host only takes mail in for the domain's main server, as a backup MX.
      - Addresses that the main server does not know are then rejected. Mailboxes of the domain never get mail, and a
        warning names them.
    type: bool
  display_name:
    description: The provider's name as mail programs show it when they configure themselves.
    type: str
  short_display_name:
    description: The short form of O(display_name).
    type: str
  imap_host:
    description: The host name of the IMAP server that mail programs are told, empty for the mail host itself.
    type: str
  pop3_host:
    description: The host name of the POP3 server that mail programs are told, empty for the mail host itself.
    type: str
  smtp_host:
    description: The host name of the submission server that mail programs are told, empty for the mail host itself.
    type: str
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
"""

EXAMPLES = r"""
- name: Serve a domain
  mailwright.mail.domain:
    name: example.com

- name: Serve a domain with limits
  mailwright.mail.domain:
    name: bücher.example
    description: Customer 4711
    max_mailboxes: 50
    default_quota: 2G
    max_quota: 10G
    total_quota: 100G

- name: Stop serving a domain, with its mailboxes and aliases (their mail stays on disk)
  mailwright.mail.domain:
    name: bücher.example
    state: absent
    cascade: true

- name: Put its mail into the archive too
  mailwright.mail.domain:
    name: bücher.example
    state: absent
    mail_data: archive
"""

RETURN = r"""
domain:
  description: The domain as it is after the run, V(null) when it is absent.
  type: dict
  returned: success
  contains:
    name:
      description: The domain in A-labels.
      type: str
      returned: always
      sample: xn--bcher-kva.example
    unicode_name:
      description: The domain in U-labels.
      type: str
      returned: always
      sample: bücher.example
    description:
      description: A note on the domain.
      type: str
      returned: always
    active:
      description: Whether the domain is served.
      type: bool
      returned: always
    max_mailboxes:
      description: The largest number of mailboxes, V(0) for no limit.
      type: int
      returned: always
    max_aliases:
      description: The largest number of aliases, V(0) for no limit.
      type: int
      returned: always
    default_quota:
      description: The quota of new mailboxes in bytes, V(0) for none.
      type: int
      returned: always
    max_quota:
      description: The largest quota of a mailbox in bytes, V(0) for no limit.
      type: int
      returned: always
    total_quota:
      description: What all quotas may come to in bytes, V(0) for no limit.
      type: int
      returned: always
    backup_mx:
      description: Whether mail is only taken in for another server.
      type: bool
      returned: always
    display_name:
      description: The provider's name for mail programs.
      type: str
      returned: always
    short_display_name:
      description: The short form of it.
      type: str
      returned: always
    imap_host:
      description: The IMAP server that mail programs are told, empty for the mail host.
      type: str
      returned: always
    pop3_host:
      description: The POP3 server that mail programs are told, empty for the mail host.
      type: str
      returned: always
    smtp_host:
      description: The submission server that mail programs are told, empty for the mail host.
      type: str
      returned: always
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

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import COMMON, DOMAIN, MAIL
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.run import run_object


def main() -> None:
    module = AnsibleModule(argument_spec={**COMMON, **MAIL, **DOMAIN}, supports_check_mode=True)
    run_object(module, "domain")


if __name__ == "__main__":
    main()
