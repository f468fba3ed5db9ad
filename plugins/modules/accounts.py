#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: accounts
short_description: Manage domains, mailboxes, aliases and app passwords together
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Adds, changes and removes any number of domains, mailboxes, aliases and app passwords in the account store, in one
    transaction. Either all of it happens or nothing.
  - What is not listed stays as it is, unless O(purge) says otherwise, and so do options that are not given.
  - The order in the lists has no meaning. What is to be there is set first, then what is to be absent goes, and the
    result is judged as a whole.
  - Makes the store when there is none, and brings an older store to the present schema, even when the lists are empty.
  - What Postfix and Dovecot read is published from the store in the same run, also when an earlier run was interrupted
    before it got there.
  - Passwords are hashed on the target, which costs about 0.1 s each and core. For thousands of mailboxes, give hashes.
  - Aliases may lead to aliases, but never back, also not by a catch-all or a tag, and mail may pass 100 of them at
    most. Inactive aliases lead nowhere. A store of an earlier release may have such aliases; tasks that have nothing to
    do with them warn of it.
  - In check mode, a domain that is not in the store is a warning, because an earlier task of the play would have
    added it.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Shows what changes, and for passwords only that they change.
    support: full
seealso:
  - module: mailwright.mail.domain
  - module: mailwright.mail.mailbox
  - module: mailwright.mail.alias
  - module: mailwright.mail.app_password
extends_documentation_fragment:
  - mailwright.mail.accounts
options:
  domains:
    description:
      - The domains that are to be there or to be absent, each as M(mailwright.mail.domain) takes it.
    type: list
    elements: dict
    default: []
    suboptions:
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
          - With O(domains[].state=absent), removes the mailboxes and aliases of the domain as well, and takes them
            out of the aliases of other domains. Without it, a domain that still has any is not removed. Aliases that
            O(mailwright.mail.accounts#module:required_aliases) added go along in any case.
          - Refuses where an alias elsewhere would be left without a destination.
        type: bool
        default: false
      mail_data:
        description:
          - What becomes of the mail of all the domain's mailboxes with O(domains[].state=absent). With V(keep) it stays
            on the disk, and mailboxes that are added again have it.
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
          - Where it is unlimited, O(domains[].max_quota) takes its place.
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
          - Addresses that the main server does not know are then rejected. Mailboxes of the domain never get mail, and
            a warning names them.
        type: bool
      display_name:
        description: The provider's name as mail programs show it when they configure themselves.
        type: str
      short_display_name:
        description: The short form of O(domains[].display_name).
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
  mailboxes:
    description:
      - The mailboxes that are to be there or to be absent, each as M(mailwright.mail.mailbox) takes it.
    type: list
    elements: dict
    default: []
    suboptions:
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
          - With O(mailboxes[].state=absent), takes the address out of the aliases that deliver to it. Without it, a
            mailbox that aliases refer to is not removed.
          - Refuses where an alias would be left without a destination.
        type: bool
        default: false
      mail_data:
        description:
          - What becomes of the mailbox's mail with O(mailboxes[].state=absent). With V(keep) it stays on the disk, and
            a mailbox that is added again has it.
          - With V(archive) its directory is moved to O(archive_path), under the address and the time. With V(delete) it
            is deleted.
          - It also holds for mail that an earlier removal kept. Sieve scripts and the times of last logins lie in the
            same directory and go along. Open sessions are ended.
        type: str
        choices: [keep, archive, delete]
        default: keep
      password:
        description:
          - The password in plain text. It is hashed on the target and never shown.
          - A new mailbox needs this or O(mailboxes[].password_hash).
          - Text only, so put a password of digits in quotes. Control characters are refused.
        type: str
      password_hash:
        description:
          - The password's hash as Dovecot writes it, such as V({ARGON2ID}$argon2id$...). The scheme before it may be
            left out.
          - V(*) makes a mailbox that receives mail and that nobody can log in to, not with an app password either.
        type: str
      password_scheme:
        description:
          - The scheme in which O(mailboxes[].password) is hashed, by Dovecot's name, such as V(ARGON2ID),
            V(BLF-CRYPT), V(SHA512-CRYPT), V(SCRAM-SHA-256), V(PBKDF2) or V(SSHA512). V(.b64) or V(.hex) behind it
            chooses the encoding.
          - When it is not given, new hashes are V(ARGON2ID), and a stored hash of another scheme stays as long as it
            matches the password and is not weak. When it is given, a stored hash of another scheme is replaced.
          - A warning says when the Dovecot of this host does not know the scheme, or refuses logins with it.
        type: str
      password_options:
        description:
          - What hashing costs. V(rounds) for V(BLF-CRYPT) (the logarithm, V(4) to V(31)), V(SHA512-CRYPT),
            V(SHA256-CRYPT), V(PBKDF2), V(SCRAM-SHA-256) and V(SCRAM-SHA-1). V(memory) in KiB, V(passes) and
            V(lanes) for Argon2.
          - A stored hash with another cost than one given here is replaced.
        type: dict
      allow_weak_scheme:
        description:
          - Whether O(mailboxes[].password_scheme) and O(mailboxes[].password_hash) may be of a weak scheme, that is
            one without a salt, or built on MD5, SHA-1 or DES.
          - Without it, a stored hash of a weak scheme is replaced when O(mailboxes[].password) is given.
        type: bool
        default: false
      update_password:
        description:
          - With V(always), the stored hash is verified against O(mailboxes[].password) and replaced when it does not
            match, and replaced by O(mailboxes[].password_hash) when it differs.
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
          - The protocols that the mailbox may log in to. Without V(smtp) it cannot send. A new mailbox has all of
            them.
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
          - What the mailbox may send as beside itself and the aliases that lead to it. Addresses, or V(@example.com)
            for all of a domain, in domains that are served here or anywhere else.
          - The list replaces what is stored. An empty one takes all of it away.
          - An address may be used with a tag (C(address+tag@)) too. While a domain that is served here is inactive,
            nobody sends as one of its addresses.
        type: list
        elements: str
  aliases:
    description:
      - The aliases and catch-alls that are to be there or to be absent, each as M(mailwright.mail.alias) takes it.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: The address, or V(@example.com) for the domain's catch-all.
        type: str
        required: true
      state:
        description: Whether the alias is to be there.
        type: str
        choices: [present, absent]
        default: present
      cascade:
        description:
          - With O(aliases[].state=absent), takes the address out of other aliases that deliver to it. Without it, an
            alias that others refer to is not removed.
          - Refuses where an alias would be left without a destination.
        type: bool
        default: false
      destinations:
        description:
          - Where mail to the address goes, in this domain or anywhere. A new alias needs at least one.
        type: list
        elements: str
      exclusive:
        description:
          - With V(true), O(aliases[].destinations) are all the destinations there are to be, and
            O(aliases[].state=absent) removes the alias.
          - With V(false), they are added to those that are stored, or with O(aliases[].state=absent) taken out of
            them. The last one is never taken out.
        type: bool
        default: true
      allow_from:
        description:
          - Who may write to the alias, addresses or V(@example.com) for a whole domain. An empty list admits
            everybody. Tagged forms of an address that is listed are listed too.
          - Postfix judges the envelope sender, and refuses mail from others with 550. Without a login anybody can
            claim to be a sender. Bounces have none, and are refused.
        type: list
        elements: str
      list_members:
        description:
          - Whether members of the alias may see who the other members are.
          - It is stored for now, for the programs that show it.
        type: bool
      active:
        description: Whether mail to the alias is taken. A new alias is active.
        type: bool
  app_passwords:
    description:
      - The app passwords that are to be there or to be absent, each as M(mailwright.mail.app_password) takes it.
        Nothing is generated here. A new one needs a password or a hash.
      - Where this list is given, if only an empty one, O(purge) is for app passwords too.
    type: list
    elements: dict
    suboptions:
      mailbox:
        description: The address of the mailbox that it opens. An alias cannot have one.
        type: str
        required: true
      name:
        description:
          - What the app password is called among those of its mailbox, such as V(phone). One to 64 printable
            characters, which people see where app passwords are listed.
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
          - The password's hash as Dovecot writes it, such as V({ARGON2ID}$argon2id$...). The scheme before it may be
            left out.
        type: str
      password_scheme:
        description:
          - The scheme in which the password is hashed, as M(mailwright.mail.mailbox) takes it.
          - When it is not given, a password of your own is hashed as V(ARGON2ID), and a generated one, which nobody can
            guess, as V(SHA512-CRYPT), because Dovecot verifies the app passwords of a mailbox one after the other.
        type: str
      password_options:
        description:
          - What hashing costs, as M(mailwright.mail.mailbox) takes it. Without O(app_passwords[].password_scheme) they
            are those of V(ARGON2ID).
        type: dict
      allow_weak_scheme:
        description:
          - Whether O(app_passwords[].password_scheme) and O(app_passwords[].password_hash) may be of a weak scheme.
        type: bool
        default: false
      update_password:
        description:
          - With V(always), the stored hash is verified against O(app_passwords[].password) and replaced when it does
            not match, and replaced by O(app_passwords[].password_hash) when it differs.
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
          - When it stops working. A date such as V(2026-12-31), at the end of that day in UTC; a time with its zone
            such as V(2026-12-31T18:00:00+01:00); or V(never). A new app password never expires.
          - A time in the past is taken with a warning.
        type: str
      active:
        description: Whether anybody can log in with it. A new app password is active.
        type: bool
  src:
    description:
      - Files on the controller with more domains, mailboxes, aliases and app passwords, which follow those of the
        lists. A path, a list of paths, or a dictionary of them with the keys V(domains), V(mailboxes), V(aliases) and
        V(app_passwords).
      - Found as other files are, in C(files/) of the role and beside the playbook. They may be vaulted, as a whole or,
        in YAML, value by value. They are data and no templates.
      - A file ending in C(.yml), C(.yaml) or C(.json) is a dictionary with those keys, as this module takes them; one
        that is given under a key is the list alone.
      - A file ending in C(.csv) has one kind of objects, each on a line of its own. Its first line names the columns as
        the options are called; C(,), C(;) or a tab is between them. Where the columns do not tell of what kind the
        objects are, give the file under a key. An empty cell is an option that is not given. Lists have spaces, C(,) or
        C(;) between their entries.
      - All of them are UTF-8, with a byte-order mark or without.
    type: raw
  required_aliases:
    description:
      - Whether each domain of O(domains) has the addresses C(postmaster@) and C(abuse@) (RFC 5321, RFC 2142), where no
        mailbox or alias has them. A mailbox or alias of that name, listed here or stored earlier, is never touched,
        and neither is one of O(aliases) with C(state=absent) added.
      - What was added follows O(required_destination) and the lists, goes with its domain or its receiver, and belongs
        to whoever lists it in O(aliases) or changes it with M(mailwright.mail.alias).
      - Domains that are not active, or that are V(true) for O(domains[].backup_mx), get none.
      - With V(false), what was added goes. Without this option it stays as it is.
    type: bool
  required_destination:
    description:
      - Who receives O(required_aliases). Empty, or not given, is the first mailbox of O(mailboxes) in the domain that
        receives mail, and without one there the first of all. Where there is none either, nothing is added.
      - Where it is, or leads to, an address that is added itself, that one leads to the mailbox that an empty value
        means.
    type: str
  purge:
    description:
      - What becomes of domains, mailboxes and aliases that are in the store and not in the lists. With V(none) they
        stay.
      - With V(domains), mailboxes and aliases go that are not listed, within the domains that are listed as present.
      - With V(all), everything goes that is not listed, domains included. A listed mailbox or alias then needs its
        domain listed.
      - Where O(app_passwords) is given, the app passwords go of listed mailboxes that have others. Those of a mailbox
        that goes go with it in any case.
      - Whatever is listed counts, also with C(state=absent). What O(required_aliases) added is never unlisted, and goes
        with its domain.
      - Addresses that go are taken out of the aliases that stay. Where such an alias would be left without a
        destination, or is listed with the address, the task is refused and names both.
      - Mail that was delivered stays on the disk, because nobody has said for each of them what becomes of it.
    type: str
    choices: [none, domains, all]
    default: none
  purge_limit:
    description:
      - How much O(purge) may remove, as a share of all domains, mailboxes and aliases in the store, such as V(10%), or
        as a number of them. App passwords count where O(app_passwords) is given. A purge over it changes nothing and
        says what it would remove.
      - A share over V(0%) lets at least 10 go, unless the task lists nothing at all. V(100%) allows everything.
    type: str
    default: 10%
  check_destinations:
    description:
      - Whether the task is refused when aliases that it lists or changes have destinations in our own domains that
        nobody has, or O(required_destination) is one. In check mode that is a warning, because an earlier task of the
        play would have added them.
      - Other aliases are refused only for what loses its receiver in this task, and else a warning names them.
      - Without it, only O(required_destination) is warned of. M(mailwright.mail.alias_info) lists all that lead
        nowhere.
    type: bool
    default: false
  mail_root:
    description:
      - Where Dovecot keeps mail. C(mail_data) concerns C(example.com/alice) in it for C(alice@example.com), and
        C(example.com) for a domain.
      - Symbolic links in it are not followed, and no other file system is touched. The task fails where a directory
        that is to go is either.
    type: path
    default: /var/vmail
  archive_path:
    description:
      - Where V(archive) for C(mail_data) moves mail, such as to C(alice@example.com/20260131T235959Z) in it.
        An earlier archive is never written over. Only root can read what is there, and nothing ever removes it.
      - It has to be on the file system of O(mail_root), so that the move is one step that cannot be left half done. By
        default it is C(.archive) in O(mail_root).
    type: path
  document:
    description:
      - How the collection hands over the lists and the secrets in them without showing them. Leave it alone.
    type: str
"""

EXAMPLES = r"""
- name: Everything of two domains in one task
  mailwright.mail.accounts:
    domains:
      - name: example.com
      - name: example.org
        max_mailboxes: 10
    mailboxes:
      - address: alice@example.com
        password: "{{ vault_alice | default('correct horse battery staple') }}"
        quota: 5G
      - address: archive@example.org
        password_hash: "*"
    aliases:
      - address: info@example.com
        destinations: [alice@example.com]
      - address: "@example.org"
        destinations: [alice@example.com]

- name: Give both domains postmaster@ and abuse@, unless somebody has them
  mailwright.mail.accounts:
    domains:
      - name: example.com
      - name: example.org
    required_aliases: true
    required_destination: alice@example.com

- name: Everything of a file, and mailboxes that another system has exported
  mailwright.mail.accounts:
    src:
      domains: domains.yml
      mailboxes: [people.csv, shared.csv]

- name: An app password of each of two devices
  mailwright.mail.accounts:
    app_passwords:
      - mailbox: alice@example.com
        name: phone
        password: "{{ vault_phone | default('a long walk by the sea') }}"
        update_password: on_create
        protocols: [imap, smtp]
      - mailbox: alice@example.com
        name: printer
        password: "{{ vault_printer | default('tr0ub4dor and three') }}"
        protocols: [smtp]

- name: Let nothing be in these two domains that is not listed, a fifth of the store at most going in one run
  mailwright.mail.accounts:
    domains:
      - name: example.com
      - name: example.org
    mailboxes:
      - address: alice@example.com
      - address: archive@example.org
    purge: domains
    purge_limit: 20%

- name: Somebody leaves, and a colleague gets the mail
  mailwright.mail.accounts:
    mailboxes:
      - address: archive@example.org
        state: absent
    aliases:
      - address: archive@example.org
        destinations: [alice@example.com]
"""

RETURN = r"""
counts:
  description: What the run changed, or would change in check mode.
  type: dict
  returned: success
  contains:
    domain:
      description: Numbers of domains.
      type: dict
      returned: always
      contains:
        add:
          description: How many were new.
          type: int
          returned: always
        change:
          description: How many were changed.
          type: int
          returned: always
        remove:
          description: How many were removed.
          type: int
          returned: always
    mailbox:
      description: Numbers of mailboxes.
      type: dict
      returned: always
      contains:
        add:
          description: How many were new.
          type: int
          returned: always
        change:
          description: How many were changed.
          type: int
          returned: always
        remove:
          description: How many were removed.
          type: int
          returned: always
    alias:
      description: Numbers of aliases.
      type: dict
      returned: always
      contains:
        add:
          description: How many were new.
          type: int
          returned: always
        change:
          description: How many were changed.
          type: int
          returned: always
        remove:
          description: How many were removed.
          type: int
          returned: always
    app_password:
      description: Numbers of app passwords.
      type: dict
      returned: always
      contains:
        add:
          description: How many were new.
          type: int
          returned: always
        change:
          description: How many were changed.
          type: int
          returned: always
        remove:
          description: How many were removed.
          type: int
          returned: always
total:
  description: What the store holds after the run.
  type: dict
  returned: success
  contains:
    domains:
      description: The number of domains.
      type: int
      returned: always
    mailboxes:
      description: The number of mailboxes.
      type: int
      returned: always
    aliases:
      description: The number of aliases and catch-alls.
      type: int
      returned: always
    app_passwords:
      description: The number of app passwords.
      type: int
      returned: always
mail:
  description:
    - The directories with mail that C(mail_data) had moved or deleted. In check mode, those that it would have.
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
    ACCOUNTS,
    COMMON,
    DOCUMENT,
    MAIL,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.run import run_accounts


def main() -> None:
    module = AnsibleModule(
        argument_spec={**COMMON, **MAIL, **ACCOUNTS, **DOCUMENT},
        required_by={"required_destination": "required_aliases"},
        supports_check_mode=True,
    )
    run_accounts(module)


if __name__ == "__main__":
    main()
