#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dkim_key_info
short_description: Read DKIM key pairs
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Tells what key pairs there are on a host and which records belong to them, and changes nothing. Private keys are
    never returned.
  - It reads the keys in O(key_dir), or O(files) that other programs made. These are opendkim-genkey, rspamadm, dknewkey
    of dkimpy, openssl, and all that write PKCS#8 or PKCS#1 in PEM.
attributes:
  check_mode:
    description: Can run in check mode and returns what a run would return.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
seealso:
  - module: mailwright.mail.dkim_key
  - module: mailwright.mail.dkim_rotation
extends_documentation_fragment:
  - mailwright.mail.dkim
options:
  domain:
    description: Only keys of this domain.
    type: str
  selector:
    description: Only keys with this selector.
    type: str
  files:
    description:
      - Files to read in place of those in O(key_dir). Symbolic links are followed, and a file that is not there or
        holds no key is an error.
    type: list
    elements: dict
    suboptions:
      path:
        description: The file with the private key.
        type: path
        required: true
      domain:
        description: The domain that the key signs for, so that RV(dkim_keys[].record) has a name.
        type: str
      selector:
        description: The key's selector, for the same purpose.
        type: str
"""

EXAMPLES = r"""
- name: Read all key pairs of the host
  mailwright.mail.dkim_key_info:
  register: found

- name: Name the keys that are too small
  ansible.builtin.debug:
    msg: "{{ item.record.name }} has {{ item.bits }} bits"
  loop: "{{ found.dkim_keys | rejectattr('bits', 'none') | selectattr('bits', 'lt', 2048) }}"

- name: Read a key that OpenDKIM signs with
  mailwright.mail.dkim_key_info:
    files:
      - path: /etc/dkimkeys/mail.private
        domain: example.com
        selector: mail
"""

RETURN = r"""
dkim_keys:
  description: The key pairs, by domain and selector, or in the order of O(files).
  returned: success
  type: list
  elements: dict
  contains:
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
      description: The file with the private key.
      type: str
      sample: /var/lib/mailwright/dkim/xn--bcher-kva.example/s2026a.pem
    algorithm:
      description: The kind of the key, V(rsa) or V(ed25519).
      type: str
      sample: rsa
    bits:
      description: The size of an RSA key, V(null) for Ed25519.
      type: int
      sample: 2048
    form:
      description:
        - How the private key is written. V(pkcs8) and V(pkcs1) are PEM, V(seed) and V(seed_and_public) are Base64 of an
          Ed25519 key, as dkimpy and rspamadm write it.
      type: str
      sample: pkcs8
    public_key:
      description: The public key in PEM.
      type: str
    spki_sha256:
      description: SHA-256 over the key's SubjectPublicKeyInfo in hexadecimal.
      type: str
      sample: 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922
    record:
      description:
        - The record that belongs to the key. For one in O(key_dir) it has the tags that were asked for when
          M(mailwright.mail.dkim_key) made it.
      type: dict
      contains:
        name:
          description: Its name, absolute and without the last dot. V(null) where domain or selector are not known.
          type: str
          sample: s2026a._domainkey.xn--bcher-kva.example
        type:
          description: Its type.
          type: str
          sample: TXT
        value:
          description: Its value, unquoted.
          type: str
          sample: v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
        strings:
          description: The value in strings of at most 255 bytes, as a zone file has them.
          type: list
          elements: str
    mode:
      description: The mode of the key's file.
      type: str
      sample: "0600"
    owner:
      description: The user that the file belongs to, by number where it has no name.
      type: str
      sample: _rspamd
    group:
      description: The group that the file belongs to, by number where it has no name.
      type: str
      sample: root
    state:
      description:
        - What M(mailwright.mail.dkim_rotation) noted of the key in O(key_dir), which is V(made), V(published),
          V(visible), V(signing), V(retiring) or V(revoked). V(null) for a key that it does not rotate.
      type: str
      sample: signing
    since:
      description: Since when it is in that state, in UTC.
      type: str
      sample: "2026-11-21T22:00:00Z"
    next_step:
      description: The state that comes next, V(removed), or V(ready) for a spare that waits until it is needed.
      type: str
      sample: retiring
    next_date:
      description:
        - The earliest time of that in UTC, as it was expected when the state was noted. V(null) where name servers or
          people decide.
      type: str
      sample: "2027-05-20T22:00:00Z"
    problem:
      description:
        - Why a key in O(key_dir) or its state cannot be read, else V(null). What is not known of it is V(null) then,
          and a warning says the same.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.dkim.argspec import COMMON, FILES_OR_DIRECTORY, FILTER
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.info import run_info


def main() -> None:
    module = AnsibleModule(
        argument_spec={**COMMON, **FILTER}, mutually_exclusive=FILES_OR_DIRECTORY, supports_check_mode=True
    )
    run_info(module)


if __name__ == "__main__":
    main()
