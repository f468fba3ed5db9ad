#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep whole zones of a PowerDNS server, and what they are transferred and signed with."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_zone
short_description: Keep the zones of a PowerDNS server
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Makes, changes and removes zones of PowerDNS's authoritative server by its HTTP API - their kind, name servers, SOA
    record, DNSSEC, and who may transfer them with which TSIG key. All zones go in one task, and all are judged before
    any is changed.
  - What is not given stays as it is. Of a zone's records, only the SOA record and the zone's own NS records are ever
    touched, and those only where O(soa), O(ttl) or O(nameservers) say so. All others are those of
    M(mailwright.mail.dns_records), or yours.
  - Serials move by themselves with every change that is made by the API, as C(SOA-EDIT-API) is set to C(DEFAULT) where
    a zone that is no Secondary has none.
  - Secondaries are notified of every change at once, and a Secondary that changes is fetched at once.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Where the name server is still to be set up, all is new. RV(unchecked) names what could not be judged, and the
        zones whose DS records are not known because their key is still to be made.
  diff_mode:
    description: Returns details on what has changed, or possibly needs changing in C(check_mode), when in diff mode.
    support: full
options:
  api_url:
    description: Where PowerDNS's API answers, as seen from the target.
    type: str
    default: http://127.0.0.1:8081
  api_key_file:
    description: The file on the target that holds the API's key, one word in one line.
    type: path
    required: true
  server_id:
    description: The server's name in PowerDNS's API.
    type: str
    default: localhost
  timeout:
    description: How many seconds to wait for an answer.
    type: int
    default: 10
  name:
    description:
      - The zone. Internationalised names are converted.
      - For many zones, use O(zones).
    type: str
  zones:
    description:
      - Many zones in one task. What an entry leaves out is what stands beside the list.
    type: list
    elements: dict
    suboptions:
      name:
        description: The zone.
        type: str
        required: true
      state:
        description: As O(state).
        type: str
        choices: [present, absent]
      kind:
        description: As O(kind).
        type: str
        choices: [Native, Primary, Secondary]
      primaries:
        description: As O(primaries).
        type: list
        elements: str
      nameservers:
        description: As O(nameservers).
        type: list
        elements: str
      soa:
        description: As O(soa).
        type: dict
        suboptions:
          primary:
            description: As O(soa.primary).
            type: str
          contact:
            description: As O(soa.contact).
            type: str
          refresh:
            description: As O(soa.refresh).
            type: int
          retry:
            description: As O(soa.retry).
            type: int
          expire:
            description: As O(soa.expire).
            type: int
          minimum:
            description: As O(soa.minimum).
            type: int
      ttl:
        description: As O(ttl).
        type: int
      dnssec:
        description: As O(dnssec).
        type: bool
      tsig_keys:
        description: As O(tsig_keys).
        type: list
        elements: str
      also_notify:
        description: As O(also_notify).
        type: list
        elements: str
      allow_axfr_from:
        description: As O(allow_axfr_from).
        type: list
        elements: str
      metadata:
        description: As O(metadata).
        type: dict
      force:
        description: As O(force).
        type: bool
  state:
    description:
      - V(absent) removes the zone. One with records beside its SOA record and its own NS records, or with keys that
        sign it, is only removed with O(force=true). A Secondary is a copy and needs no O(force).
    type: str
    choices: [present, absent]
    default: present
  kind:
    description:
      - V(Primary) notifies its secondaries of changes, V(Secondary) is fetched from O(primaries), and V(Native) is
        neither, so that it is for a single server, or for several with one database.
      - A new zone is V(Native) if nothing is given.
      - A zone with records or keys becomes V(Secondary) only with O(force=true), because they are replaced by those of
        its primary server.
    type: str
    choices: [Native, Primary, Secondary]
  primaries:
    description:
      - The IP addresses that a V(Secondary) is fetched from, with a port where it is not 53, as V(192.0.2.1),
        V(192.0.2.1:5300), V(2001:db8::1) or V([2001:db8::1]:5300).
    type: list
    elements: str
  nameservers:
    description:
      - The names of all the zone's name servers. A new zone that is no V(Secondary) needs them.
      - These are the zone's own NS records, all of them. Values that somebody else has put there are taken out. NS
        records of other names, which delegate what is below the zone, stay.
    type: list
    elements: str
  soa:
    description:
      - Fields of the SOA record. Those that are not given stay as they are. The serial moves by itself.
    type: dict
    suboptions:
      primary:
        description: The name of the primary server. The first of O(nameservers) in a new zone.
        type: str
      contact:
        description:
          - The mail address of who is responsible for the zone, or the name that stands for it in the record.
            C(hostmaster) at the zone in a new zone.
        type: str
      refresh:
        description: After how many seconds secondaries look for changes on their own. 10800 in a new zone.
        type: int
      retry:
        description: After how many seconds they try again. 3600 in a new zone.
        type: int
      expire:
        description: After how many seconds without the primary server they give up the zone. 604800 in a new zone.
        type: int
      minimum:
        description: How many seconds resolvers remember that a name does not exist. 3600 in a new zone.
        type: int
  ttl:
    description: The TTL in seconds of the SOA record and the zone's own NS records. 3600 in a new zone.
    type: int
  dnssec:
    description:
      - V(true) makes PowerDNS sign the zone. Where it has no key, it makes one of its default algorithm, which is ECDSA
        P-256 with SHA-256 (13) unless its settings say otherwise, and NSEC. The key never leaves it.
      - In a zone that is signed for the first time C(SOA-EDIT) is set to C(INCEPTION-INCREMENT), if nothing is, so that
        secondaries fetch new signatures every week.
      - V(false) takes all keys away. As resolvers refuse a zone whose parent zone still points to a key, this takes
        O(force=true).
    type: bool
  tsig_keys:
    description:
      - The names of TSIG keys of the server, all of them. On a V(Primary) or V(Native) zone, who has one of them may
        transfer it. On a V(Secondary), it is the one that its requests are signed with.
    type: list
    elements: str
  also_notify:
    description:
      - IP addresses that are notified of changes beside the zone's name servers, with a port where it is not 53. All of
        them.
    type: list
    elements: str
  allow_axfr_from:
    description:
      - Networks that may transfer the zone without a TSIG key, all of them. V(AUTO-NS) is the zone's name servers.
    type: list
    elements: str
  metadata:
    description:
      - Further metadata of the zone, by kind, each with all of its values, such as C(SOA-EDIT-API) or those that begin
        with C(X-). An empty list takes a kind away. Kinds that are not given stay.
    type: dict
  force:
    description:
      - Do it although records or keys are lost that no run makes again.
    type: bool
    default: false
  server_tsig_keys:
    description:
      - TSIG keys that the server is to have, made ahead of the zones that name them.
    type: list
    elements: dict
    suboptions:
      name:
        description: The key's name, which is the same on all servers that use it.
        type: str
        required: true
      algorithm:
        description: Its algorithm.
        type: str
        choices: [hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512]
        default: hmac-sha256
      secret_file:
        description:
          - The file on the target that holds its secret in base64, one word in one line. The server is given what it
            holds.
          - Where there is none, it is made, readable by its owner only, with the secret that the server has or else a
            new one.
          - Needed unless the key is to be absent.
        type: path
      state:
        description:
          - V(absent) takes the key from the server, unless a zone names it. Its file stays.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: mailwright.mail.dns_records
  - name: PowerDNS's guide to DNSSEC
    description: How keys are rolled over, and what else PowerDNS can do with a signed zone.
    link: https://doc.powerdns.com/authoritative/dnssec/index.html
"""

EXAMPLES = r"""
- name: Make two signed zones on their primary server
  mailwright.mail.dns_zone:
    api_key_file: /etc/powerdns/api.key
    kind: Primary
    nameservers: [ns1.example.net, ns2.example.net]
    dnssec: true
    tsig_keys: [transfer]
    server_tsig_keys:
      - name: transfer
        secret_file: /etc/powerdns/tsig/transfer.secret
    zones:
      - name: example.com
      - name: example.org
        soa:
          contact: dns@example.org
          minimum: 300
  register: made

- name: Show what the parent zones have to have
  ansible.builtin.debug:
    msg: "{{ item.name }}. DS {{ item.value }}"
  loop: "{{ made.zones | map(attribute='ds') | flatten }}"
  loop_control:
    label: "{{ item.name }}"

- name: Follow them on another server
  mailwright.mail.dns_zone:
    api_key_file: /etc/powerdns/api.key
    kind: Secondary
    primaries: [192.0.2.1]
    tsig_keys: [transfer]
    zones:
      - name: example.com
      - name: example.org

- name: Remove a zone with all its records
  mailwright.mail.dns_zone:
    api_key_file: /etc/powerdns/api.key
    name: example.org
    state: absent
    force: true
"""

RETURN = r"""
zone:
  description: The zone after the call.
  returned: if O(name) is given
  type: dict
  contains: &zone
    name:
      description: The zone as A-labels.
      type: str
      sample: xn--bcher-kva.example
    unicode_name:
      description: The zone as U-labels.
      type: str
      sample: bücher.example
    state:
      description: Whether it is there.
      type: str
      sample: present
    kind:
      description: Its kind, V(null) with O(state=absent).
      type: str
      sample: Primary
    primaries:
      description: The addresses that it is fetched from.
      type: list
      elements: str
      sample: []
    nameservers:
      description: Its name servers. Empty for a Secondary.
      type: list
      elements: str
      sample: [ns1.example.net, ns2.example.net]
    tsig_keys:
      description: The names of the TSIG keys that it is transferred with.
      type: list
      elements: str
      sample: [transfer]
    dnssec:
      description: Whether it is signed.
      type: bool
      sample: true
    ds:
      description: The DS records for the parent zone. Empty in check mode where the key is still to be made.
      type: list
      elements: dict
      contains:
        name:
          description: The zone.
          type: str
          sample: example.com
        type:
          description: The type.
          type: str
          sample: DS
        value:
          description: Key tag, algorithm, digest type and digest.
          type: str
          sample: 7756 13 2 8e9effe782b73e083800cb39a4a4b6399a155a123be940321587aead1eb7ce22
    dnskey:
      description: The keys that those point to, as DNSKEY records in the same form.
      type: list
      elements: dict
zones:
  description: The zones after the call, in the order of the list, each as RV(zone).
  returned: if O(zones) is given
  type: list
  elements: dict
  contains: *zone
unchecked:
  description: What could not be judged. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import ONE_OR_MANY_ZONES, ZONES
from ansible_collections.mailwright.mail.plugins.module_utils.dns.zones.run import zone_call


def main() -> None:
    """Read and judge, then write or predict."""
    module = AnsibleModule(
        argument_spec=ZONES,
        mutually_exclusive=[ONE_OR_MANY_ZONES],
        required_one_of=[(*ONE_OR_MANY_ZONES, "server_tsig_keys")],
        supports_check_mode=True,
    )
    with failing(module):
        call = zone_call(module.params, module.check_mode)
        converge(module, call.plan, call.apply, **call.returns)


if __name__ == "__main__":
    main()
