#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dkim_key
short_description: Manage DKIM key pairs
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Makes key pairs that a mail host signs with, on that host, and says which records to publish for them. Private keys
    never leave the host, and never stand in a result, a diff or a log.
  - One task takes one key pair (O(domain) and O(selector)) or any number of them (O(dkim_keys)).
  - A key is never changed. It stays until O(regenerate) or O(state=absent) says that it goes, and then it goes into
    C(old/) in O(key_dir), where nothing is ever written over.
  - A run that is killed leaves whole keys only, and the next one completes it.
  - To go from one key to another while mail is on its way, make it under another selector and keep the former one for
    some days.
attributes:
  check_mode:
    description:
      - Can run in check mode and returns what a run would return, but for what only a new key tells. Those values are
        V(null).
    support: full
  diff_mode:
    description: Shows what changes, and never a private key.
    support: full
seealso:
  - module: mailwright.mail.dkim_key_info
  - module: mailwright.mail.dkim_rotation
extends_documentation_fragment:
  - mailwright.mail.dkim
options:
  domain:
    description:
      - The domain that mail is signed for. Upper case and U-labels are converted to lower-case A-labels.
      - Either this or O(dkim_keys) is needed.
    type: str
  selector:
    description:
      - The name of the key in the domain's DNS, one label such as V(s2026a). Quote it if it has digits only.
    type: str
  state:
    description:
      - Whether the key pair is to be there. With V(absent) it goes into the archive, and nothing signs with it any
        more. Whoever gets mail that it signed needs its record for some days.
    type: str
    choices: [present, absent]
    default: present
  algorithm:
    description:
      - What kind of key to make. Every receiver verifies V(rsa), and many ignore V(ed25519), so sign with an RSA key
        also.
    type: str
    choices: [rsa, ed25519]
    default: rsa
  bits:
    description:
      - The size of an RSA key, 2048, 3072 or 4096. The records of the larger ones do not fit into every DNS answer.
      - With O(allow_weak_key=true) also 1024.
    type: int
    default: 2048
  regenerate:
    description:
      - When a key that is there is replaced by another one under the same selector. That breaks the signatures of mail
        that is on its way.
      - With V(never) the key stays, and a warning says where it is not what O(algorithm) and O(bits) want. With
        V(fail) the task fails in that case. With V(partial) the key is replaced in that case, and with V(always) in
        any.
    type: str
    choices: [never, fail, partial, always]
    default: fail
  allow_weak_key:
    description: Whether an RSA key may have less than 2048 bits. Nobody takes one of less than 1024.
    type: bool
    default: false
  flags:
    description:
      - The flags of the record (its tag C(t=)). With V(y), receivers are told that the domain only tests DKIM. With
        V(s), the key does not sign for addresses of domains below O(domain).
    type: list
    elements: str
    choices: [y, s]
    default: []
  hash_algorithms:
    description: The hash algorithms that the key may be used with (tag C(h=)). If nothing is given, all of them.
    type: list
    elements: str
    choices: [sha256]
    default: []
  service_types:
    description: The services that the key may be used for (tag C(s=)). If nothing is given, all of them.
    type: list
    elements: str
    choices: [email]
    default: []
  notes:
    description:
      - A note for people who look at the record (tag C(n=)), one line. It takes at most 255 characters in the record,
        and three of them for each that is no plain letter, digit or sign.
    type: str
    default: ''
  dkim_keys:
    description:
      - Many key pairs, in place of O(domain). What an entry leaves out is what stands beside the list.
    type: list
    elements: dict
    suboptions:
      domain:
        description: As O(domain).
        type: str
        required: true
      selector:
        description: As O(selector).
        type: str
      state:
        description: As O(state).
        type: str
        choices: [present, absent]
      algorithm:
        description: As O(algorithm).
        type: str
        choices: [rsa, ed25519]
      bits:
        description: As O(bits).
        type: int
      regenerate:
        description: As O(regenerate).
        type: str
        choices: [never, fail, partial, always]
      allow_weak_key:
        description: As O(allow_weak_key).
        type: bool
      flags:
        description: As O(flags).
        type: list
        elements: str
        choices: [y, s]
      hash_algorithms:
        description: As O(hash_algorithms).
        type: list
        elements: str
        choices: [sha256]
      service_types:
        description: As O(service_types).
        type: list
        elements: str
        choices: [email]
      notes:
        description: As O(notes).
        type: str
  owner:
    description:
      - The user that keys belong to, by name or number, who is the only one to read them. If nothing is given, the
        user that the module runs as.
      - A key that is there and belongs to neither of the two is somebody else's, and the task fails.
    type: str
  group:
    description: The group of the keys. If nothing is given, the group that the module runs as.
    type: str
  ledger:
    description:
      - The file in which the collection keeps what it owns on this host.
    type: path
    default: /var/lib/mailwright/owned.json
requirements:
  - python3-idna for internationalised domains
notes:
  - In check mode the library and the owner may be missing yet; RV(unchecked) then says so.
"""

EXAMPLES = r"""
- name: Make a key pair for a domain
  mailwright.mail.dkim_key:
    domain: example.com
    selector: s2026a
    owner: _rspamd
  register: made

- name: Say what to publish
  ansible.builtin.debug:
    msg: "{{ made.dkim_key.record.name }} TXT {{ made.dkim_key.record.strings | map('to_json') | join(' ') }}"

- name: Make an RSA key and an Ed25519 key for each of many domains, in one task
  mailwright.mail.dkim_key:
    dkim_keys:
      - {domain: example.org, selector: s2026a}
      - {domain: example.org, selector: s2026b, algorithm: ed25519}
      - {domain: bücher.example, selector: s2026a}
      - {domain: bücher.example, selector: s2026b, algorithm: ed25519}
    flags: [s]
    owner: _rspamd

- name: Put a key into the archive
  mailwright.mail.dkim_key:
    domain: example.com
    selector: s2024a
    state: absent
"""

RETURN = r"""
dkim_key:
  description: The key pair after the call.
  returned: if O(domain) is given
  type: dict
  contains: &key
    domain:
      description: The domain as A-labels.
      type: str
      sample: xn--bcher-kva.example
    unicode_domain:
      description: The domain as U-labels.
      type: str
      sample: bücher.example
    selector:
      description: The selector.
      type: str
      sample: s2026a
    key_path:
      description: The file with the private key, V(null) with O(state=absent).
      type: str
      sample: /var/lib/mailwright/dkim/xn--bcher-kva.example/s2026a.pem
    algorithm:
      description: The kind of the key that is there after the call, V(rsa) or V(ed25519).
      type: str
      sample: rsa
    bits:
      description: The size of an RSA key, V(null) for Ed25519.
      type: int
      sample: 2048
    form:
      description:
        - How the private key is written. New ones are V(pkcs8). A key that was there already may also be V(pkcs1),
          or V(seed) or V(seed_and_public), which are rspamadm's forms of an Ed25519 key.
      type: str
      sample: pkcs8
    public_key:
      description: The public key in PEM, V(null) in check mode where the key is still to be made.
      type: str
    spki_sha256:
      description:
        - SHA-256 over the key's SubjectPublicKeyInfo in hexadecimal, V(null) in check mode where the key is still to be
          made.
      type: str
      sample: 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922
    record:
      description: The record to publish, V(null) with O(state=absent).
      type: dict
      contains:
        name:
          description: Its name, absolute and without the last dot.
          type: str
          sample: s2026a._domainkey.xn--bcher-kva.example
        type:
          description: Its type.
          type: str
          sample: TXT
        value:
          description: Its value, unquoted. V(null) in check mode where the key is still to be made.
          type: str
          sample: v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
        strings:
          description: The value in strings of at most 255 bytes, as a zone file has them.
          type: list
          elements: str
    archive:
      description: The file that a key went to which was replaced or removed, else V(null).
      type: str
      sample: /var/lib/mailwright/dkim/old/example.com/s2024a.8bd1da95272f7fa4.pem
    changes:
      description:
        - What of it changed. V(key) came, was replaced or went, V(record) says something else, V(permissions) were set
          right, the V(ledger) took over a key that was there, or V(leftovers) of a killed run went.
      type: list
      elements: str
      sample: [key, record]
dkim_keys:
  description: The key pairs after the call, in the order of the list, each as RV(dkim_key).
  returned: if O(dkim_keys) is given
  type: list
  elements: dict
  contains: *key
unchecked:
  description: What could not be judged because it is not there yet. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing, warn
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.argspec import COMMON, KEYS, ONE_OR_MANY
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.converge import prepare


def main() -> None:
    module = AnsibleModule(
        argument_spec={**COMMON, **KEYS},
        mutually_exclusive=ONE_OR_MANY,
        required_one_of=ONE_OR_MANY,
        supports_check_mode=True,
    )
    with failing(module):
        call = prepare(module.params, check_mode=module.check_mode)
        warn(module, call.warnings)
        converge(module, call.plan, call.apply, **call.returns)


if __name__ == "__main__":
    main()
