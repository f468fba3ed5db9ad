#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talk to a ManageSieve server as its clients do, and tell how it went."""

from __future__ import annotations

DOCUMENTATION = r"""
module: sieve_probe
short_description: Probe a ManageSieve server, step by step
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Connects to a ManageSieve server, negotiates TLS, judges the certificate, logs in, and lists the user's scripts.
    Scripts stay as they are.
  - Every step is told with the time it took. A server that stalls, hangs up, or answers with what is no ManageSieve is
    told as such within O(timeout) and O(budget).
extends_documentation_fragment:
  - mailwright.mail.probe
attributes:
  check_mode:
    description: Can run in check mode and does then what a run does, as nothing is changed.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
seealso:
  - module: mailwright.mail.smtp_probe
  - module: mailwright.mail.imap_probe
  - module: mailwright.mail.pop3_probe
"""

EXAMPLES = r"""
- name: See that alice can manage her filters
  mailwright.mail.sieve_probe:
    host: mx1.example.net
    username: alice@example.com
    password: "{{ vault_alice }}"
  delegate_to: localhost
"""

RETURN = r"""
success:
  description: Whether every step succeeded.
  returned: always
  type: bool
message:
  description: What was shown, or which step failed and why, in a sentence.
  returned: always
  type: str
  sample: "mx1.example.net:4190 answers with TLSv1.3 and takes the login of alice@example.com; the user has 1 scripts"
steps:
  description: What was done, in its order, up to the first step that failed.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description:
        - The step, C(connect), C(tls) where TLS comes first, C(banner), C(starttls), C(certificate), C(capability),
          C(auth), C(scripts) and C(logout).
      type: str
      returned: always
      sample: connect
    success:
      description: Whether it succeeded.
      type: bool
      returned: always
    message:
      description: What it found, the server's own words among it.
      type: str
      returned: always
    started_ms:
      description: When it began, in milliseconds from the begin of the first.
      type: float
      returned: always
    duration_ms:
      description: How many milliseconds it took.
      type: float
      returned: always
logs:
  description: The same as lines to read.
  returned: always
  type: list
  elements: str
  sample:
    - Starting ManageSieve connection test...
    - "Host: mail.example.com"
    - "Port: 4190"
    - Connecting to ManageSieve server...
    - "✗ 192.0.2.1:4190 refused the connection: nothing listens there, or a firewall (1 ms)"
host:
  description: The O(host).
  returned: always
  type: str
port:
  description: The port.
  returned: always
  type: int
address:
  description: The IP address that was connected to, or tried last. V(null) if the name had none.
  returned: always
  type: str
duration_ms:
  description: How many milliseconds the probe took.
  returned: always
  type: float
banner:
  description: The server's greeting.
  returned: always
  type: str
capabilities:
  description: What the server offers, as it said last.
  returned: always
  type: list
  elements: str
tls:
  description: The TLS of the connection, V(null) where there is none.
  returned: always
  type: dict
  contains:
    version:
      description: The version.
      type: str
      returned: always
      sample: TLSv1.3
    cipher:
      description: The cipher suite.
      type: str
      returned: always
      sample: TLS_AES_256_GCM_SHA384
    bits:
      description: Its strength in bits.
      type: int
      returned: always
      sample: 256
certificate:
  description: The server's certificate, V(null) without TLS. It is told if it is not accepted, too.
  returned: always
  type: dict
  contains:
    subject:
      description: Whom it is for.
      type: str
      returned: always
    issuer:
      description: Who issued it.
      type: str
      returned: always
    names:
      description: The host names and IP addresses that it is for.
      type: list
      elements: str
      returned: always
      sample: ["DNS:mail.example.com"]
    not_before:
      description: From when it is valid, in UTC.
      type: str
      returned: always
      sample: "2026-11-21T12:00:00Z"
    not_after:
      description: Until when it is valid, in UTC.
      type: str
      returned: always
      sample: "2027-02-19T12:00:00Z"
    days_left:
      description: How many whole days are left until then, negative once it has expired.
      type: int
      returned: always
      sample: 89
    spki_sha256:
      description: SHA-256 of its public key in hexadecimal, as in a TLSA record C(3 1 1).
      type: str
      returned: always
    sha256:
      description: SHA-256 of the certificate in hexadecimal.
      type: str
      returned: always
    trusted:
      description: Whether it leads to a trusted authority, and is valid today.
      type: bool
      returned: always
    name_matches:
      description: Whether it is for O(tls_name).
      type: bool
      returned: always
    problem:
      description: What is wrong with it, V(null) for nothing.
      type: str
      returned: always
extensions:
  description: The extensions of Sieve that the server has.
  returned: always
  type: list
  elements: str
  sample: [fileinto, vacation]
scripts:
  description: The user's scripts, a thousand at most. Empty without a login.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The script's name.
      type: str
      returned: always
    active:
      description: Whether it is the active one.
      type: bool
      returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import failing
from ansible_collections.mailwright.mail.plugins.module_utils.probe.argspec import COMMON, MUTUALLY_EXCLUSIVE
from ansible_collections.mailwright.mail.plugins.module_utils.probe.call import end, probe_sieve


def main() -> None:
    """Probe, and tell."""
    module = AnsibleModule(COMMON, mutually_exclusive=MUTUALLY_EXCLUSIVE, supports_check_mode=True)
    with failing(module):
        end(module, probe_sieve(module.params))


if __name__ == "__main__":
    main()
