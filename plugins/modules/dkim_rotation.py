#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dkim_rotation
short_description: Rotate DKIM keys
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Makes DKIM keys, lets them sign once their records are seen on every authoritative name server, and takes old ones
    away when no mail that they signed can be on its way any more. It writes the list of the keys that Rspamd
    signs with.
  - It does not publish. Call it, publish RV(dns_domains) with M(mailwright.mail.dns_records), and call it again
    with the same options. Do that each day, or when you like; it does what is due and no more.
  - A selector is V(made), V(published) (on its way through the name servers), V(visible), V(signing), V(retiring) (its
    record stays for mail on its way), V(revoked) (its record has an empty C(p=)) and then removed, with its key in
    the archive. Each step is noted in C(DOMAIN/rotation.json) in O(key_dir).
  - A key begins to sign only in a run that sees its record on all name servers. While there is none, the former one
    goes on. The host's clock may jump, runs may be skipped or killed, and name servers may fail; nothing is then lost,
    and the next run goes on.
  - Keys that lie in O(key_dir) already are taken over, if they are of a domain that is named in O(domains).
attributes:
  check_mode:
    description:
      - Can run in check mode and returns what a run would return, but for RV(domains[].records) of keys that are still
        to be made. It asks the name servers, too.
    support: full
  diff_mode:
    description: Shows what changes, and never a private key.
    support: full
seealso:
  - module: mailwright.mail.dkim_key
  - module: mailwright.mail.dkim_key_info
  - module: mailwright.mail.dns_records
extends_documentation_fragment:
  - mailwright.mail.dkim
options:
  domains:
    description:
      - The domains to look after. What an entry leaves out is what stands beside the list. Other domains in O(key_dir)
        stay as they are, and go on signing.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The domain. Upper case and U-labels are converted to lower-case A-labels.
        type: str
        required: true
      state:
        description: As O(state).
        type: str
        choices: [present, absent]
      algorithms:
        description: As O(algorithms).
        type: list
        elements: str
        choices: [rsa, ed25519]
      bits:
        description: As O(bits).
        type: int
      interval:
        description: As O(interval).
        type: str
      overlap:
        description: As O(overlap).
        type: str
      revoked:
        description: As O(revoked).
        type: str
      spares:
        description: As O(spares).
        type: int
      rotate_now:
        description: As O(rotate_now).
        type: bool
      ttl:
        description: As O(ttl).
        type: int
      switch_to:
        description:
          - The selector that is to sign, at once if it is V(visible) or V(retiring) and seen on every name server, else
            at the first run that finds it so. As long as this is given, O(interval) does not end it.
        type: str
      revoke:
        description:
          - Selectors that are not to be trusted any more, because somebody else may have the key. Their records get an
            empty C(p=) and they stop signing at once, even if nothing signs then; keep O(spares) for that case.
        type: list
        elements: str
  state:
    description:
      - With V(absent), nothing signs for the domain any more. Its keys go as at the end of a rotation.
    type: str
    choices: [present, absent]
    default: present
  algorithms:
    description:
      - The algorithms to sign with, each with a key of its own. Many receivers ignore V(ed25519), so keep V(rsa).
    type: list
    elements: str
    choices: [rsa, ed25519]
    default: [rsa]
  bits:
    description:
      - The size of RSA keys, 2048, 3072 or 4096. Where it changes, the next key is made and replaces the
        old one.
    type: int
    default: 2048
  interval:
    description:
      - How long a key signs before the next one does, as V(180d), V(26w), V(12h), or a number of seconds. With V(0),
        only on demand.
    type: str
    default: 180d
  overlap:
    description: How long the record of a key that signs no more stays as it is, for mail on its way.
    type: str
    default: 14d
  revoked:
    description: How long a record stays with an empty C(p=) before it goes.
    type: str
    default: 30d
  spares:
    description:
      - How many keys of each algorithm are published and do not sign, for a quick switch. At most 10. With one or more,
        a rotation has a key at hand that is visible already.
    type: int
    default: 0
  rotate_now:
    description:
      - Whether to go to the next key now and not after O(interval). It is remembered until the next key signs, so give
        it once. A key that has been signing for less than an hour is left alone.
    type: bool
    default: false
  ttl:
    description: The TTL to publish the records with. If nothing is given, RV(domains[].records) have none.
    type: int
  selector_prefix:
    description:
      - What new selectors begin with. It has to be another one on each mail host. If nothing is given, the first label
        of the host's name and a hyphen.
    type: str
  selector_scheme:
    description:
      - How new selectors go on, with V(date) by year, month and a letter such as V(mx1-202611a), with V(counter) by a
        number such as V(mx1-1). No name is ever given twice.
    type: str
    choices: [date, counter]
    default: date
  flags:
    description: As the option of M(mailwright.mail.dkim_key), for the records of new keys.
    type: list
    elements: str
    choices: [y, s]
    default: []
  hash_algorithms:
    description: As the option of M(mailwright.mail.dkim_key), for the records of new keys.
    type: list
    elements: str
    choices: [sha256]
    default: []
  service_types:
    description: As the option of M(mailwright.mail.dkim_key), for the records of new keys.
    type: list
    elements: str
    choices: [email]
    default: []
  notes:
    description: As the option of M(mailwright.mail.dkim_key), for the records of new keys.
    type: str
    default: ''
  signing_file:
    description:
      - The list of the keys that Rspamd signs with, of all domains in O(key_dir). Include it in C(dkim_signing.conf),
        and reload Rspamd when RV(signing_changed).
      - Ed25519 keys are written once more, in the form that Rspamd reads, to C(ed25519/DOMAIN/SELECTOR.key) beside it.
    type: path
    default: /var/lib/mailwright/signing/dkim_domains.conf
  signing_file_mode:
    description: The mode of O(signing_file), octal digits in quotes.
    type: str
    default: "0644"
  signing_read:
    description:
      - A copy of O(signing_file) as the signer has read it last, which whoever reloads the signer keeps. A key that is
        listed there signs still. Its O(overlap) begins when the signer has read a list without it.
    type: path
  owner:
    description:
      - The user that keys and O(signing_file) belong to, by name or number. If nothing is given, the user that the
        module runs as.
    type: str
  group:
    description: The group of the same files. If nothing is given, the group that the module runs as.
    type: str
  ledger:
    description:
      - The file in which the collection keeps what it owns on this host.
    type: path
    default: /var/lib/mailwright/owned.json
  resolvers:
    description:
      - Addresses of the resolvers that tell which name servers a zone has. If nothing is given, those of the host.
    type: list
    elements: str
    default: []
  servers:
    description:
      - Addresses of the authoritative name servers, for zones of which resolvers do not tell. Every one of them has to
        show a record.
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
requirements:
  - python3-dnspython
  - python3-idna for internationalised domains
notes:
  - In check mode the libraries and the owner may be missing yet; RV(unchecked) then says so.
"""

EXAMPLES = r"""
- name: Make the keys that are due
  mailwright.mail.dkim_rotation:
    domains:
      - name: example.com
      - name: example.org
        interval: 90d
    algorithms: [rsa, ed25519]
    spares: 1
    owner: _rspamd
  register: rotation

- name: Say what to publish
  ansible.builtin.debug:
    msg: "{{ item.name }} TXT {{ item.strings | map('to_json') | join(' ') }}"
  loop: "{{ rotation.domains | map(attribute='records') | flatten }}"

- name: Switch to a spare at once, because the key that signs may be known to others
  mailwright.mail.dkim_rotation:
    domains:
      - name: example.com
        revoke: [mx1-202611a]
    algorithms: [rsa, ed25519]
    spares: 1
    owner: _rspamd
"""

RETURN = r"""
domains:
  description: The domains after the call, in the order of the option.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The domain as A-labels.
      type: str
      sample: xn--bcher-kva.example
    unicode_name:
      description: The domain as U-labels.
      type: str
      sample: bücher.example
    records:
      description:
        - The records that are to be published now, those of revoked keys with an empty C(p=). In the form that
          M(mailwright.mail.dns_records) takes as C(domains[].dkim).
      type: list
      elements: dict
      contains:
        name:
          description: Its name, absolute and without the last dot.
          type: str
          sample: mx1-202611a._domainkey.xn--bcher-kva.example
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
        ttl:
          description: Its TTL, where O(ttl) is given.
          type: int
    signing:
      description: The selectors that sign.
      type: list
      elements: str
      sample: [mx1-202611a, mx1-202611b]
    selectors:
      description: All selectors, oldest first.
      type: list
      elements: dict
      contains:
        selector:
          description: The selector.
          type: str
          sample: mx1-202611a
        algorithm:
          description: The kind of its key.
          type: str
          sample: rsa
        bits:
          description: The size of an RSA key, V(null) for Ed25519.
          type: int
          sample: 2048
        key_path:
          description: The file with its private key.
          type: str
          sample: /var/lib/mailwright/dkim/xn--bcher-kva.example/mx1-202611a.pem
        state:
          description: V(made), V(published), V(visible), V(signing), V(retiring) or V(revoked).
          type: str
          sample: signing
        since:
          description: Since when, in UTC.
          type: str
          sample: "2026-11-21T22:00:00Z"
        visible:
          description: Whether every name server shows its record now.
          type: bool
        servers:
          description: What each address of each name server says of its record.
          type: list
          elements: dict
          contains:
            server:
              description: The name server, its address if the name is not known.
              type: str
              sample: ns1.example.net
            address:
              description: The address that was asked.
              type: str
              sample: 192.0.2.53
            verdict:
              description:
                - V(right), V(other value), V(no such name), V(no such record), V(not authoritative), V(time-out),
                  V(no answer), V(malformed answer), V(no route) (this host has no way there), or the server's own code
                  such as V(SERVFAIL).
              type: str
              sample: right
        problem:
          description: Why nobody could be asked, else V(null).
          type: str
        next_step:
          description:
            - The state that comes next, V(removed), or V(ready) for a spare that waits until it is needed.
          type: str
          sample: retiring
        next_date:
          description: The earliest time of that in UTC, V(null) where name servers or people decide.
          type: str
          sample: "2027-05-20T22:00:00Z"
    next_step:
      description: The next step of all, V(null) if there is none.
      type: dict
      contains:
        selector:
          description: The selector that takes it.
          type: str
          sample: mx1-202611a
        step:
          description: As RV(domains[].selectors[].next_step).
          type: str
          sample: retiring
        date:
          description: As RV(domains[].selectors[].next_date).
          type: str
    changes:
      description: The selectors that came into another state.
      type: list
      elements: dict
      contains:
        selector:
          description: The selector.
          type: str
          sample: mx1-202611a
        before:
          description: Its state before, V(null) for a new one.
          type: str
          sample: visible
        after:
          description: Its state now, V(null) where it was removed.
          type: str
          sample: signing
dns_domains:
  description:
    - Each domain with its RV(domains[].records) alone, in the form that M(mailwright.mail.dns_records) takes as
      C(domains).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The domain as A-labels.
      type: str
      sample: xn--bcher-kva.example
    dkim:
      description: As RV(domains[].records).
      type: list
      elements: dict
signing_file:
  description: The list of keys that sign.
  returned: success
  type: str
  sample: /var/lib/mailwright/signing/dkim_domains.conf
signing_changed:
  description: Whether the list changed, so that Rspamd has to read it again.
  returned: success
  type: bool
unchecked:
  description: What could not be judged because it is not there yet. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing, warn
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.argspec import COMMON, ROTATION
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation.converge import prepare


def main() -> None:
    module = AnsibleModule(argument_spec={**COMMON, **ROTATION}, supports_check_mode=True)
    with failing(module):
        call = prepare(module.params, check_mode=module.check_mode)
        warn(module, call.warnings)
        if not module.check_mode and not call.plan.changed:
            call.note()
        converge(module, call.plan, call.apply, **call.returns)


if __name__ == "__main__":
    main()
