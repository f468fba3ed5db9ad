#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publish the DNS records that mail domains and mail hosts want."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_records
short_description: Publish the DNS records that mail domains want
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Computes all records that make mail work for domains and their hosts, as M(mailwright.mail.dns_records_info) does,
    and brings zones to have them. All domains go in one task. Each zone is read once and written at most once, as a
    whole.
  - Only names and values of ours are touched. Other values of the same name and type stay, such as other TXT records of
    a domain, and so does their TTL. An SPF record that is there already gets our mechanisms put in.
  - A record of your own that stands where one of ours would go wins. RV(withheld) and a warning say so.
  - What was published stands in the ledger. Only that is ever changed or taken out. A record that was there before us
    with the very value we want is not ours.
extends_documentation_fragment:
  - mailwright.mail.dns
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Where the name server is still to be set up, all is new, and RV(unchecked) names what could not be judged.
  diff_mode:
    description: Returns details on what has changed, or possibly needs changing in C(check_mode), when in diff mode.
    support: full
options:
  provider:
    description:
      - How zones are reached. V(powerdns) is the HTTP API of PowerDNS's authoritative server.
      - V(rfc2136) is any name server that takes dynamic updates and zone transfers with a TSIG key, such as BIND and
        Knot.
      - V(zonefile) reaches none. It returns RV(text), and writes it to O(path) if that is given, to be copied to where
        your DNS is.
    type: str
    choices: [powerdns, rfc2136, zonefile]
    required: true
  api_url:
    description: Where PowerDNS's API answers, as seen from the target.
    type: str
    default: http://127.0.0.1:8081
  api_key_file:
    description: The file on the target that holds the API's key. Needed for O(provider=powerdns).
    type: path
  server_id:
    description: The server's name in PowerDNS's API.
    type: str
    default: localhost
  timeout:
    description: How many seconds to wait for an answer.
    type: int
    default: 10
  server:
    description: With O(provider=rfc2136), the zones' primary name server, its name or IP address.
    type: str
    default: 127.0.0.1
  port:
    description: With O(provider=rfc2136), the server's TCP port.
    type: int
    default: 53
  tsig_name:
    description: The name of the key that signs the messages. Needed for O(provider=rfc2136).
    type: str
  tsig_secret_file:
    description:
      - The file on the target that holds the key's secret in base64. Needed for O(provider=rfc2136).
    type: path
  tsig_algorithm:
    description: The key's algorithm.
    type: str
    choices: [hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512]
    default: hmac-sha256
  path:
    description: With O(provider=zonefile), the file on the target that the records are written to.
    type: path
  purge:
    description:
      - Take out what we published and no longer want, such as retired DKIM selectors and old TLSA records.
      - This concerns only domains of O(domains) and hosts of O(mail_hosts) whose facts are given. RV(kept) names the
        rest and the reason.
      - A record whose value changes, such as DMARC's, is changed without it.
    type: bool
    default: false
  ledger:
    description: The ledger of the host that the module runs on. Run it for the same zones on the same host every time.
    type: path
    default: /var/lib/mailwright/owned.json
notes:
  - Records of the mail hosts themselves (addresses, reverse names, TLSA) are published where the server has the zone,
    TLSA only in a signed one.
requirements:
  - python3-dnspython on the target for O(provider=rfc2136)
seealso:
  - module: mailwright.mail.dns_records_info
"""

EXAMPLES = r"""
- name: Publish the records of all domains
  mailwright.mail.dns_records:
    provider: powerdns
    api_key_file: /etc/powerdns/api.key
    domains:
      - name: example.com
        spf:
          mechanisms: ["include:spf.relay.example"]
        caa:
          - value: letsencrypt.org
        records:
          - name: www.example.com
            type: A
            value: 192.0.2.80
    mail_hosts:
      - name: mx1.example.net
        addresses: [192.0.2.1, "2001:db8::1"]
    purge: true

- name: Publish them on a name server that takes dynamic updates
  mailwright.mail.dns_records:
    provider: rfc2136
    server: ns1.example.net
    tsig_name: mailwright
    tsig_secret_file: /etc/mailwright/tsig.secret
    domains:
      - name: example.com
    mail_hosts:
      - name: mx1.example.net
        addresses: [192.0.2.1]

- name: Take a domain's records out again
  mailwright.mail.dns_records:
    provider: powerdns
    api_key_file: /etc/powerdns/api.key
    domains:
      - name: example.com
        state: absent

- name: Write the records to a file, to be copied to where the DNS is
  mailwright.mail.dns_records:
    provider: zonefile
    path: /root/example.com.records
    domains:
      - name: example.com
    mail_hosts:
      - name: mx1.example.net
        addresses: [192.0.2.1]
"""

RETURN = r"""
records:
  description: All records that are wanted, as M(mailwright.mail.dns_records_info) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - name: _dmarc.example.com
      type: TXT
      value: v=DMARC1; p=reject
      ttl: 3600
text:
  description: The same as the lines of a zone file, with names in full.
  returned: success
  type: str
  sample: "example.com. 3600 IN MX 10 mx1.example.net.\n"
mta_sts_policies:
  description: The MTA-STS policies that the records announce.
  returned: success
  type: list
  elements: dict
  contains:
    domain:
      description: The domain.
      type: str
      returned: always
    text:
      description: The policy as it is to be served.
      type: str
      returned: always
overridden:
  description: Defaults that a record of O(domains[].records) stands in for.
  returned: success
  type: list
  elements: str
changes:
  description: What changes in the zones.
  returned: success
  type: list
  elements: dict
  contains:
    zone:
      description: The zone.
      type: str
      returned: always
      sample: example.com
    name:
      description: The name.
      type: str
      returned: always
      sample: example.com
    type:
      description: The type.
      type: str
      returned: always
      sample: TXT
    before:
      description: All values of this name and type before.
      type: list
      elements: str
      returned: always
      sample: ["v=spf1 include:spf.elsewhere.example ~all"]
    after:
      description: All values after.
      type: list
      elements: str
      returned: always
      sample: ["v=spf1 include:spf.elsewhere.example mx ~all"]
withheld:
  description: Records that are wanted and not published, each with the C(reason).
  returned: success
  type: list
  elements: dict
  sample:
    - name: _dmarc.example.com
      type: TXT
      value: v=DMARC1; p=reject
      ttl: 3600
      reason: "there is a record of your own: v=DMARC1; p=none"
kept:
  description: Records of ours that are no longer wanted and still published, each with the C(reason).
  returned: success
  type: list
  elements: dict
unchecked:
  description: What could not be judged.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing, warn
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import RECORDS
from ansible_collections.mailwright.mail.plugins.module_utils.dns.run import records_call


def main() -> None:
    """Read and plan, then write or predict."""
    module = AnsibleModule(argument_spec=RECORDS, supports_check_mode=True)
    with failing(module):
        call = records_call(module.params, module.check_mode)
        warn(module, call.warnings)
        converge(module, call.plan, call.apply, **call.returns)


if __name__ == "__main__":
    main()
