#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: a host's TLS certificate, from an own CA or from files that somebody else made."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: A TLS certificate for a host's services, from an own CA or from provided files
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Keeps a private key and a certificate with its chain where the host's services read them, C(privkey.pem) and
    C(fullchain.pem) in a folder named after the host.
  - With O(source=own_ca) key, certificate and, on the first call, the CA are made on the target; no private key ever
    leaves it. A certificate is replaced ahead of its end, and when its names or its CA are no longer right. Its key
    stays the same then, so that a TLSA record C(3 1 1) stays valid.
  - Beside it lies the next key, made ahead of time, so that its TLSA record can be published long before it is needed.
    Publish RV(certificate.spki_sha256) and RV(certificate.next_spki_sha256) together, as the role dns does. Where a key
    is to be replaced (O(key_type), O(retired_keys), O(key_max_age_days)), the next one takes its place in the first run
    that finds its record on every authoritative name server, and there for as long as the TTL of the TLSA records from
    before. Until then a warning tells what is waited for. Where no name server has TLSA records for O(tlsa_ports), it
    takes its place at once.
  - With O(source=provided) the two files are judged and copied. A certificate that does not match its key, is expired
    or does not cover a name is refused, and nothing is changed.
  - No service ever meets a key and a certificate that do not match. A renewal replaces one file by one rename. Another
    key comes as a whole new folder, to which the host's name, a symbolic link, is moved by one rename; the former
    folder goes to C(archive/tls) beside the ledger.
extends_documentation_fragment: [mailwright.mail.pending]
options:
  name:
    description:
      - The host's name, the certificate's first one. Internationalised names are converted.
    type: str
    required: true
  state:
    description:
      - V(present) makes and keeps the pair.
      - V(absent) takes it away, into the archive. The CA stays.
    type: str
    choices: [present, absent]
    default: present
  alt_names:
    description:
      - Further names that the certificate is for. These are host names, wildcards such as C(*.example.net), or IP
        addresses without a zone.
    type: list
    elements: str
    default: []
  source:
    description:
      - V(own_ca) issues the certificate with a CA on the target.
      - V(provided) takes O(certificate) and O(private_key).
    type: str
    choices: [own_ca, provided]
    default: own_ca
  certificate:
    description:
      - PEM file on the target with the server's certificate and then its chain. Needed with O(source=provided).
    type: path
  private_key:
    description:
      - PEM file on the target with the unencrypted private key. Needed with O(source=provided).
    type: path
  key_type:
    description:
      - What kind of key to make. When it changes, a next key of this kind is made, and replaces the one in use as the
        description says. Only for O(source=own_ca).
    type: str
    choices: [ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096]
    default: ecdsa-p256
  next_public_key:
    description:
      - PEM file on the target with the public key of the next key pair, for O(source=provided). Its hash is returned as
        RV(certificate.next_spki_sha256), so that it can be published before O(private_key) becomes that key. How long
        to wait is then up to you.
    type: path
  key_max_age_days:
    description:
      - After how many days of use a key is to be replaced, 0 for never. They are counted from the time of its file.
        Only for O(source=own_ca).
    type: int
    default: 0
  retired_keys:
    description:
      - Keys that are not to be used any more, as RV(certificate.spki_sha256) names them. If one is in use, it is to be
        replaced; if one is the next key, another one is made. Only for O(source=own_ca).
    type: list
    elements: str
    default: []
  tlsa_ports:
    description:
      - The ports whose TLSA records are looked for before a key is replaced, the same ones that are published.
      - With an empty list there is no next key, no name server is asked, and a key is replaced at once. That is for
        hosts for which nobody publishes TLSA records and which cannot ask name servers. It is also the way to replace a
        key at once whatever senders know of it; those that validate TLSA records then send nothing until they see the
        new ones.
      - Only for O(source=own_ca).
    type: list
    elements: int
    default: [25]
  resolvers:
    description:
      - Addresses of the resolvers that tell which name servers a zone has. If nothing is given, those of the host.
    type: list
    elements: str
    default: []
  servers:
    description:
      - Addresses of the authoritative name servers, for zones of which resolvers do not tell. Every one of them has to
        show a record. Give those that senders ask where the host's own resolvers show it something else.
    type: list
    elements: str
    default: []
  port:
    description: The port of name servers and resolvers.
    type: int
    default: 53
  timeout:
    description: How many seconds to wait for one answer over UDP, and then over TCP. At most 60.
    type: int
    default: 5
  valid_days:
    description:
      - How many days a new certificate is valid, at most 18250. Only for O(source=own_ca).
    type: int
    default: 365
  renew_before_days:
    description:
      - How many days before its end a certificate is replaced; for a provided one, from when on to warn.
    type: int
    default: 30
  ca_valid_days:
    description:
      - How many days a new CA certificate is valid, at least twice O(valid_days) and at most 36500. It is made again,
        for the same key, once it would end before a new certificate.
    type: int
    default: 3650
  directory:
    description:
      - Folder that holds the folders of the hosts.
    type: path
    default: /etc/mailwright/tls
  ca_directory:
    description:
      - Folder of the CA's certificate C(ca.pem), which everybody may read and clients are to trust, and its key
        C(ca.key).
    type: path
    default: /etc/mailwright/ca
  ledger:
    description:
      - The file in which the collection keeps what it owns on this host.
    type: path
    default: /var/lib/mailwright/owned.json
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
requirements:
  - python3-cryptography on the target
  - python3-dnspython on the target, unless O(tlsa_ports) is empty
notes:
  - Name servers are asked in each run until they show the next key's record, and then again when a key is to be
    replaced. Since when they show it is noted beside the next key, and that alone is no change.
  - In check mode the library may be missing and provided files may not be there yet; RV(unchecked) then says so.
"""

EXAMPLES = r"""
- name: Issue a certificate from the host's own CA
  mailwright.mail.certificate:
    name: mx1.example.net
    alt_names: [imap.example.net, smtp.example.net]
  register: mx1

- name: Tell the hashes for TLSA 3 1 1 records
  ansible.builtin.debug:
    msg: "3 1 1 {{ item }}"
  loop: "{{ [mx1.certificate.spki_sha256, mx1.certificate.next_spki_sha256] | select }}"

- name: Replace a certain key as soon as senders know the next one
  mailwright.mail.certificate:
    name: mx1.example.net
    alt_names: [imap.example.net, smtp.example.net]
    retired_keys: [8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922]

- name: Use a certificate that another program keeps up to date
  mailwright.mail.certificate:
    name: mail.example.com
    source: provided
    certificate: /etc/letsencrypt/live/mail.example.com/fullchain.pem
    private_key: /etc/letsencrypt/live/mail.example.com/privkey.pem
"""

RETURN = r"""
certificate:
  description: The certificate after the call. With O(state=absent) it has the name only.
  returned: success
  type: dict
  contains:
    name:
      description: The host's name as A-labels.
      type: str
    names:
      description: All names that are wanted, the host's own first.
      type: list
      elements: str
    source:
      description: Where the certificate comes from.
      type: str
    fullchain:
      description: Path of the certificate with its chain.
      type: str
    private_key:
      description: Path of the private key.
      type: str
    ca:
      description: Path of the own CA's certificate, null for a provided certificate.
      type: str
    not_after:
      description: Until when it is valid, in UTC. Null in check mode where it is still to be made.
      type: str
    spki_sha256:
      description:
        - SHA-256 over the key's SubjectPublicKeyInfo in hexadecimal, as in a TLSA record C(3 1 1).
        - Null in check mode where the key is still to be made.
      type: str
    next_spki_sha256:
      description:
        - The same of the next key, to be published beside it.
        - Null where there is none, and in check mode where it is still to be made.
      type: str
    rollover:
      description: What a key that is to be replaced waits for, null where none is.
      type: dict
      contains:
        reason:
          description: Why it is to be replaced.
          type: str
          sample: is ecdsa-p256
        waiting:
          description: What has to happen before.
          type: str
          sample: "until 2026-11-21T13:00:00Z resolvers may still have the TLSA records from before"
  sample:
    name: mx1.example.net
    names: ["DNS:mx1.example.net", "DNS:imap.example.net"]
    source: own_ca
    fullchain: /etc/mailwright/tls/mx1.example.net/fullchain.pem
    private_key: /etc/mailwright/tls/mx1.example.net/privkey.pem
    ca: /etc/mailwright/ca/ca.pem
    not_after: "2027-11-21T12:00:00Z"
    spki_sha256: 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922
    next_spki_sha256: 5c1c2d2cf7b1a19bd0b6c9f38fd0a7a40ca7b7e08dd8a3b9c0c1b2b6f3f4e8a1
    rollover: null
unchecked:
  description: What could not be judged because it is not there yet. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
"""

import datetime as dt

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.certificates.converge import prepare
from ansible_collections.mailwright.mail.plugins.module_utils.certificates.options import ARGUMENT_SPEC
from ansible_collections.mailwright.mail.plugins.module_utils.core.pending import Pending
from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing, warn
from ansible_collections.mailwright.mail.plugins.module_utils.dns.visibility import NameServers


def main() -> None:
    """Read, ask and judge, then write or predict."""
    module = AnsibleModule(ARGUMENT_SPEC, supports_check_mode=True)
    given = module.params
    with failing(module):
        asker = NameServers(given["resolvers"], given["servers"], given["port"], given["timeout"], "TLSA")
        call = prepare(given, now=dt.datetime.now(dt.UTC), check_mode=module.check_mode, asker=asker)
        warn(module, call.warnings)
        if not module.check_mode and not call.plan.changed:
            call.note()
        pending = Pending(given["pending"])
        converge(module, call.plan, call.apply, pending, certificate=call.returns, unchecked=call.unchecked)


if __name__ == "__main__":
    main()
