#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send a message, wait for it in a mailbox, and judge it as it arrived."""

from __future__ import annotations

DOCUMENTATION = r"""
module: delivery_probe
short_description: Deliver a message, and judge it as it arrived
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Submits a message with a token of its own, waits for it in a mailbox, fetches it by IMAP and deletes it again.
  - The message is judged as it lies in the mailbox - the way it took, its DKIM signatures, SPF for the host that
    brought it, and DMARC by RFC 9989. What the server noted in C(Authentication-Results) is returned beside it.
  - The mailbox is opened before anything is sent. Of the mailbox, only what has the token is touched.
attributes:
  check_mode:
    description: >-
      Can run in check mode; both servers are then talked to up to where the message would be handed over, and it is not
      sent.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: none
options:
  submission:
    description: The server that takes the message.
    type: dict
    required: true
    suboptions:
      host:
        description: The server's name or IP address. It is connected to from where the module runs.
        type: str
        required: true
      port:
        description: The port. If nothing is given, it is 587 for V(starttls), 465 for V(tls) and 25 for V(none).
        type: int
      tls:
        description:
          - V(starttls) asks for TLS on a connection that begins without, V(tls) begins with it, V(none) does without.
          - If nothing is given, it is V(tls) for the port 465 and V(starttls) for others.
        type: str
        choices: [starttls, tls, none]
      tls_name:
        description: The name or IP address that the certificate has to be for. The host if nothing is given.
        type: str
      address:
        description: The IP address to connect to, where it is not one that the name has in the DNS.
        type: str
      username:
        description: The username to log in with. Without it, there is no login.
        type: str
      password:
        description: >-
          The password. It goes only over TLS whose certificate was accepted, unless certificates are not validated, and
          is cut out of all that is returned.
        type: str
      password_file:
        description: A file, where the module runs, with the password as its only line.
        type: path
      validate_certs:
        description: Whether the probe ends where the certificate is not trusted, not valid, or not for the name.
        type: bool
        default: true
      ca_path:
        description: >-
          A file or directory, where the module runs, with the certificates of the only authorities to trust. The
          system's if nothing is given.
        type: path
      ca_pem:
        description: Certificates, in PEM, of authorities to trust beside those, where their file is on another host.
        type: str
      helo_name:
        description: The name to say in EHLO. The host's full name, or its address, if nothing is given.
        type: str
  mailbox:
    description: The mailbox that the message comes to.
    type: dict
    required: true
    suboptions:
      host:
        description: The IMAP server's name or IP address. It is connected to from where the module runs.
        type: str
        required: true
      port:
        description: The port. If nothing is given, it is 993 for V(tls) and 143 for others.
        type: int
      tls:
        description:
          - V(starttls) asks for TLS on a connection that begins without, V(tls) begins with it, V(none) does without.
          - If nothing is given, it is V(tls) for the port 993 or no port, and V(starttls) for others.
        type: str
        choices: [starttls, tls, none]
      tls_name:
        description: The name or IP address that the certificate has to be for. The host if nothing is given.
        type: str
      address:
        description: The IP address to connect to, where it is not one that the name has in the DNS.
        type: str
      username:
        description: The username to log in with. It is needed.
        type: str
      password:
        description: >-
          The password. It goes only over TLS whose certificate was accepted, unless certificates are not validated, and
          is cut out of all that is returned.
        type: str
      password_file:
        description: A file, where the module runs, with the password as its only line.
        type: path
      validate_certs:
        description: Whether the probe ends where the certificate is not trusted, not valid, or not for the name.
        type: bool
        default: true
      ca_path:
        description: >-
          A file or directory, where the module runs, with the certificates of the only authorities to trust. The
          system's if nothing is given.
        type: path
      ca_pem:
        description: Certificates, in PEM, of authorities to trust beside those, where their file is on another host.
        type: str
      folders:
        description: The folders to look for the message in. The first has to be there.
        type: list
        elements: str
        default: [INBOX, Junk]
  sender:
    description: The sender, on the envelope and in From. The username of O(submission) if nothing is given.
    type: str
  recipient:
    description: The recipient. The username of O(mailbox) if nothing is given.
    type: str
  wait:
    description: How many seconds the message is waited for.
    type: float
    default: 60
  timeout:
    description: How many seconds each step may take.
    type: float
    default: 10
  budget:
    description: How many seconds all steps may take together, beside O(wait).
    type: float
    default: 60
  cleanup:
    description:
      - Whether the message is deleted from the folder where it was found.
      - Where the server has no UIDPLUS, it is only marked as deleted, as everything that is marked would go otherwise.
    type: bool
    default: true
  require:
    description:
      - What the message has to show. V(dkim) is a signature that is right and aligned with the domain in From, of a key
        that is not only tested; V(spf) and V(dmarc) have to pass.
      - SPF says nothing of a message that is submitted on the host of the mailbox itself.
    type: list
    elements: str
    choices: [dkim, spf, dmarc]
    default: [dkim]
  fail_on:
    description: Whether a probe that finds an error fails the task, or only returns it.
    type: str
    choices: [error, never]
    default: error
  client_address:
    description:
      - The address that SPF is judged by. If nothing is given, it is that of the client which the topmost C(Received)
        field names that is neither of the host itself nor of O(trusted_networks).
    type: str
  trusted_networks:
    description: Networks of hosts that pass mail on to the mailbox's host, and whose C(Received) fields are believed.
    type: list
    elements: str
    default: []
  authserv_id:
    description:
      - The name under which the server notes its C(Authentication-Results). If nothing is given, it is the name in the
        topmost of these fields. Fields that came with the message are left out.
    type: str
    default: ""
  resolvers:
    description: IP addresses of the resolvers that are asked for keys and policies. The system's if nothing is given.
    type: list
    elements: str
    default: []
  resolver_port:
    description: Their port.
    type: int
    default: 53
requirements:
  - python3-dkim
  - python3-nacl for Ed25519 signatures
  - python3-dnspython
  - python3-cryptography with TLS
seealso:
  - module: mailwright.mail.smtp_probe
  - module: mailwright.mail.imap_probe
"""

EXAMPLES = r"""
- name: See that mail from alice to herself arrives and is signed
  mailwright.mail.delivery_probe:
    submission:
      host: mx1.example.net
      username: alice@example.com
      password: "{{ vault_alice }}"
    mailbox:
      host: mx1.example.net
      username: alice@example.com
      password: "{{ vault_alice }}"
  register: delivery
  delegate_to: localhost

- name: Show how long it took
  ansible.builtin.debug:
    msg: "{{ delivery.latency_ms }} ms to {{ delivery.folder }}"

- name: See that mail from one host to another passes DMARC, whatever it is worth
  mailwright.mail.delivery_probe:
    submission:
      host: mx1.example.net
      port: 465
      username: alice@example.com
      password_file: /etc/mailwright/probe/alice
    mailbox:
      host: mail.example.org
      username: bob@example.org
      password_file: /etc/mailwright/probe/bob
    wait: 120
    require: [dkim, spf, dmarc]
    fail_on: never
  register: abroad
"""

RETURN = r"""
success:
  description: Whether the message arrived and shows what is required.
  returned: always
  type: bool
message:
  description: What was shown, or which step failed and why, in a sentence.
  returned: always
  type: str
  sample: A message from alice@example.com to alice@example.com by mx1.example.net:587 came to INBOX in 412 ms
steps:
  description:
    - What was done, in its order, up to the first step that failed. The names are those of
      M(mailwright.mail.smtp_probe) and M(mailwright.mail.imap_probe) with C(submission_) and C(mailbox_) before them,
      and C(submission_data), C(mailbox_arrival), C(mailbox_fetch), C(mailbox_select), C(mailbox_find_again),
      C(mailbox_delete) and C(judge).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The step.
      type: str
      returned: always
      sample: mailbox_arrival
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
  sample: ["Starting delivery test...", "✓ mailbox_arrival: Message found in INBOX after 412 ms (398 ms)"]
host:
  description: The host of O(submission).
  returned: always
  type: str
port:
  description: Its port.
  returned: always
  type: int
address:
  description: The IP address that was connected to, V(null) if there was no connection.
  returned: always
  type: str
duration_ms:
  description: How many milliseconds the probe took, the questions to the DNS among it.
  returned: always
  type: float
submission:
  description: The server that took the message - C(host), C(port), C(address), C(banner), C(capabilities), C(tls) and
    C(certificate) as M(mailwright.mail.smtp_probe) returns them.
  returned: always
  type: dict
mailbox:
  description: The same of the IMAP server.
  returned: always
  type: dict
token:
  description: The message's token, which stands in its subject and in its field C(X-Mailwright-Probe).
  returned: always
  type: str
  sample: 0f5c1be43cf7e6a5d0f4c9a1b2d3e4f5
message_id:
  description: Its Message-ID.
  returned: always
  type: str
  sample: <0f5c1be43cf7e6a5d0f4c9a1b2d3e4f5@example.com>
sent:
  description: Whether the submission server took the message.
  returned: always
  type: bool
latency_ms:
  description: How many milliseconds it took from then until it was seen in the mailbox, V(null) if it was not.
  returned: always
  type: float
  sample: 412.3
folder:
  description: Where it was found, V(null) if it was not.
  returned: always
  type: str
  sample: INBOX
copies:
  description: How often it was there.
  returned: always
  type: int
  sample: 1
cleaned_up:
  description: Whether it was deleted, all copies of it in the folder.
  returned: always
  type: bool
received:
  description: The way that it took by its C(Received) fields, the first hop first; empty if it did not arrive.
  returned: always
  type: list
  elements: dict
  contains:
    from:
      description: What the client called itself.
      type: str
      returned: always
      sample: mx1.example.net
    address:
      description: The client's IP address, V(null) if none was noted.
      type: str
      returned: always
      sample: 192.0.2.1
    by:
      description: The server.
      type: str
      returned: always
      sample: mx2.example.net
    with:
      description: The protocol.
      type: str
      returned: always
      sample: ESMTPS
    date:
      description: When the server got it, in UTC, V(null) if that cannot be read.
      type: str
      returned: always
      sample: "2026-11-22T12:00:05Z"
    delay_ms:
      description: >-
        How many milliseconds it took since the hop before, in whole seconds as the fields have them; negative where
        clocks differ, V(null) where it is not known.
      type: int
      returned: always
      sample: 1000
dkim:
  description: The verdict on the signatures, V(null) if the message did not arrive.
  returned: always
  type: dict
  contains:
    status:
      description: V(success), V(warning), V(unknown) or V(error).
      type: str
      returned: always
    message:
      description: The verdict in a sentence.
      type: str
      returned: always
    record:
      description: The key records.
      type: str
      returned: always
    warnings:
      description: What ought to be changed.
      type: list
      elements: str
      returned: always
    info:
      description: What is worth knowing.
      type: list
      elements: str
      returned: always
    result:
      description: The best result of a signature, V(pass), V(fail), V(neutral), V(temperror), V(permerror) or V(none).
      type: str
      returned: always
    aligned:
      description: Whether a signature is right, aligned with the domain in From, and not only tested.
      type: bool
      returned: always
    from_domain:
      description: The domain in From.
      type: str
      returned: always
    signatures:
      description: The signatures, ten at most.
      type: list
      elements: dict
      returned: always
      contains:
        domain:
          description: The domain that signed (C(d=)).
          type: str
          returned: always
        selector:
          description: The selector (C(s=)).
          type: str
          returned: always
        algorithm:
          description: The algorithm (C(a=)).
          type: str
          returned: always
          sample: ed25519-sha256
        result:
          description: V(pass), V(fail), V(neutral), V(temperror) or V(permerror).
          type: str
          returned: always
        message:
          description: Why.
          type: str
          returned: always
        record:
          description: The key record.
          type: str
          returned: always
        aligned:
          description: Whether the domain is aligned with that in From.
          type: bool
          returned: always
        testing:
          description: Whether the key is only tested (C(t=y)).
          type: bool
          returned: always
spf:
  description: The verdict of SPF, V(null) if the message did not arrive. It has C(status), C(message), C(record),
    C(warnings) and C(info) as RV(dkim) has them.
  returned: always
  type: dict
  contains:
    result:
      description: V(pass), V(fail), V(softfail), V(neutral), V(none), V(temperror) or V(permerror).
      type: str
      returned: always
    aligned:
      description: Whether it passes for a domain that is aligned with that in From.
      type: bool
      returned: always
    domain:
      description: The domain that was judged.
      type: str
      returned: always
    sender:
      description: The envelope sender, V(null) if it is not known.
      type: str
      returned: always
    helo:
      description: What the client called itself.
      type: str
      returned: always
    client_address:
      description: The address that was judged, V(null) if there is none.
      type: str
      returned: always
    explanation:
      description: The domain's own words for a V(fail).
      type: str
      returned: always
    dns_lookups:
      description: How many terms of the record asked the DNS.
      type: int
      returned: always
dmarc:
  description: The verdict of DMARC, V(null) if the message did not arrive. It has C(status), C(message), C(record),
    C(warnings) and C(info) as RV(dkim) has them.
  returned: always
  type: dict
  contains:
    result:
      description: V(pass), V(fail), V(none), V(temperror) or V(permerror).
      type: str
      returned: always
    from_domain:
      description: The domain in From.
      type: str
      returned: always
    organizational_domain:
      description: Its organisational domain.
      type: str
      returned: always
    policy:
      description: What is wanted of messages that fail, V(null) without a policy.
      type: str
      returned: always
      sample: reject
    policy_domain:
      description: Whose record it is.
      type: str
      returned: always
    aligned_by:
      description: Which of V(dkim) and V(spf) prove the domain.
      type: list
      elements: str
      returned: always
    dkim_alignment:
      description: V(r) or V(s), V(null) without a record.
      type: str
      returned: always
    spf_alignment:
      description: V(r) or V(s), V(null) without a record.
      type: str
      returned: always
authentication_results:
  description: What the server noted (RFC 8601).
  returned: always
  type: list
  elements: dict
  contains:
    authserv_id:
      description: The server's name.
      type: str
      returned: always
      sample: mx1.example.net
    method:
      description: The method.
      type: str
      returned: always
      sample: dkim
    result:
      description: Its result.
      type: str
      returned: always
      sample: pass
    reason:
      description: The reason, empty without one.
      type: str
      returned: always
    properties:
      description: What it was judged by.
      type: dict
      returned: always
      sample: {"header.d": "example.com", "header.s": "s1"}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.checks.delivery import SPEC, probe_delivery
from ansible_collections.mailwright.mail.plugins.module_utils.core.run import failing
from ansible_collections.mailwright.mail.plugins.module_utils.probe.call import end


def main() -> None:
    """Deliver, judge, and tell."""
    module = AnsibleModule(SPEC, supports_check_mode=True)
    with failing(module):
        end(module, probe_delivery(module.params, send=not module.check_mode))


if __name__ == "__main__":
    main()
