#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talk to an SMTP server as its clients do, and tell how it went."""

from __future__ import annotations

DOCUMENTATION = r"""
module: smtp_probe
short_description: Probe an SMTP server, step by step
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Connects to an SMTP server, negotiates TLS, judges the certificate, logs in, and asks whether mail would be taken.
    No message is sent.
  - It can also try whether the server relays for strangers, in the spellings that servers have been talked into it
    with.
  - Every step is told with the time it took. A server that stalls, hangs up, or answers with what is no SMTP is told as
    such within O(timeout) and O(budget).
extends_documentation_fragment:
  - mailwright.mail.probe
attributes:
  check_mode:
    description: Can run in check mode and does then what a run does, as nothing is changed.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
options:
  helo_name:
    description:
      - The name to say in EHLO. If nothing is given, it is the full name of the machine that the module runs on, or its
        address in brackets.
    type: str
  sender:
    description:
      - The envelope's sender for O(recipients), V("") for none. O(username) if nothing is given and it is an address.
    type: str
  recipients:
    description: Addresses to ask for. The transaction is dropped then, before any message.
    type: list
    elements: str
    default: []
  relay_checks:
    description:
      - Try to have mail for O(relay_recipient) taken in a conversation without a login, in several spellings of the
        address. The server has to refuse each with a code of 5xx. No message is sent.
      - A domain of the host's with a catch-all may take some of the spellings for addresses in it.
    type: bool
    default: false
  own_domain:
    description: A domain that the server takes mail for. Needed for O(relay_checks).
    type: str
  relay_recipient:
    description: An address that the server has nothing to do with.
    type: str
    default: probe@relay-check.invalid
seealso:
  - module: mailwright.mail.imap_probe
  - module: mailwright.mail.pop3_probe
  - module: mailwright.mail.sieve_probe
"""

EXAMPLES = r"""
- name: See that alice can send
  mailwright.mail.smtp_probe:
    host: mx1.example.net
    username: alice@example.com
    password: "{{ vault_alice }}"
    recipients: [bob@example.org]
  delegate_to: localhost

- name: See that port 25 offers TLS, no login, and no way for strangers
  mailwright.mail.smtp_probe:
    host: mx1.example.net
    port: 25
    relay_checks: true
    own_domain: example.com
  register: mx
  failed_when: mx.failed or mx.auth_before_tls or mx.auth_after_tls
  delegate_to: localhost

- name: Look at the certificate, whatever is wrong with it
  mailwright.mail.smtp_probe:
    host: mx1.example.net
    port: 465
    fail_on: never
  register: submissions

- name: Tell how many days it is valid
  ansible.builtin.debug:
    var: submissions.certificate.days_left
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
  sample: "mx1.example.net:587 answers with TLSv1.3 and takes the login of alice@example.com"
steps:
  description: What was done, in its order, up to the first step that failed.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description:
        - The step, C(connect), C(tls) where TLS comes first, C(banner), C(ehlo), C(starttls), C(certificate),
          C(ehlo_tls), C(auth), C(mail), C(rcpt), C(rset) and C(quit), and with C(relay_) before their names those of
          the relay checks.
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
    - Starting SMTP connection test...
    - "Host: mail.example.com"
    - "Port: 587"
    - Connecting to SMTP server...
    - "✗ 192.0.2.1:587 refused the connection: nothing listens there, or a firewall (1 ms)"
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
auth_before_tls:
  description: The login mechanisms that are offered before TLS. There ought to be none.
  returned: always
  type: list
  elements: str
auth_after_tls:
  description: The login mechanisms that are offered within TLS. On port 25 there ought to be none.
  returned: always
  type: list
  elements: str
  sample: [PLAIN, LOGIN]
mechanism:
  description: The mechanism of the login, V(null) without one.
  returned: always
  type: str
  sample: PLAIN
relay:
  description: How the server took each spelling of O(relay_checks).
  returned: always
  type: list
  elements: dict
  contains:
    spelling:
      description:
        - The name of the spelling, one of C(plain), C(empty_sender), C(percent), C(source_route), C(quoted),
          C(quoted_percent), C(quoted_local) and C(bang).
      type: str
      returned: always
    sender:
      description: The envelope's sender.
      type: str
      returned: always
    recipient:
      description: The recipient.
      type: str
      returned: always
      sample: probe%relay-check.invalid@example.com
    refused:
      description: Whether the server refused for good.
      type: bool
      returned: always
    code:
      description: The code of the answer that decided, 0 for no answer.
      type: int
      returned: always
      sample: 554
    message:
      description: What the server said.
      type: str
      returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.run import failing
from ansible_collections.mailwright.mail.plugins.module_utils.probe.argspec import MUTUALLY_EXCLUSIVE, SMTP
from ansible_collections.mailwright.mail.plugins.module_utils.probe.call import end, probe_smtp


def main() -> None:
    """Probe, and tell."""
    module = AnsibleModule(SMTP, mutually_exclusive=MUTUALLY_EXCLUSIVE, supports_check_mode=True)
    with failing(module):
        end(module, probe_smtp(module.params))


if __name__ == "__main__":
    main()
