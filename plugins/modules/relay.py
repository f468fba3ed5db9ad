#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand outgoing mail of a Postfix host on to relays."""

from __future__ import annotations

DOCUMENTATION = r"""
module: relay
short_description: Send a Postfix host's outgoing mail through relays
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Hands outgoing mail on to one or several relays, such as a provider's submission servers, with their login and TLS.
    It works on any Postfix, one that this collection has set up or not.
  - Of several relays, the first that applies gets the mail - one with the recipient's domain, then one with the
    sender's address, then one with the sender's domain, then the one without O(match).
  - Each relay is a transport of its own in C(master.cf), with its login, its mechanisms, its fallbacks and its TLS. The
    parameters for all other mail, such as C(smtp_tls_security_level), stay as they are, and so do domains that this
    host receives for others as a backup MX.
  - Logins stand in lookup tables in C(mailwright-relay) below O(config_dir) that only root can read. A password is not
    sent over a connection without TLS.
  - No mail in the queue is touched. Mail that waits takes the new way at its next attempt, or at once after
    C(postqueue -f).
  - What C(main.cf) and C(master.cf) said before comes back when the relay is taken out.
  - Postfix is not reloaded. RV(ignore:changed) says that it should be.
extends_documentation_fragment: [mailwright.mail.pending]
seealso:
  - module: mailwright.mail.relay_info
  - module: mailwright.mail.postconf
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - O(check_login) opens its sessions in check mode, too.
  diff_mode:
    description: Returns details on what has changed, or possibly needs changing in C(check_mode), when in diff mode.
    support: full
    details:
      - Passwords are shown as C((set)) or C((changed)).
  platform:
    description: Target operating systems that can be operated against.
    support: full
    platforms: debian
options:
  name:
    description:
      - The relay's name, of lower-case letters, digits, C(_), C(-) and C(.). Its transport is called C(relay-NAME).
      - Without it, host and port are the name. Needed where two relays have both in common.
    type: str
  host:
    description:
      - The relay's host name or IP address. It is used as it is, MX records are not asked for.
    type: str
  port:
    description: The port. V(587) unless given, V(465) with O(implicit_tls=true).
    type: int
  tls:
    description:
      - How the connection is protected. The level stands in a table for this next hop, never in C(main.cf).
      - V(may) uses TLS if the server offers it, V(encrypt) demands TLS from anybody, V(dane) goes by TLSA records
        (needs a validating resolver on the host).
      - V(verify) and V(secure) demand a certificate with the host's name by an authority in O(ca_file), V(verify) for
        the name of the host that answers, V(secure) for the name that is given here.
    type: str
    choices: [may, encrypt, dane, verify, secure]
    default: secure
  implicit_tls:
    description: Whether TLS starts with the connection, without C(STARTTLS). Unless given, so it is on port 465.
    type: bool
  username:
    description: The login, without a colon. Both it and O(password) are given, or neither.
    type: str
  password:
    description: The login's password.
    type: str
  mechanisms:
    description:
      - The login mechanisms that may be used, of C(PLAIN), C(LOGIN), C(CRAM-MD5), C(DIGEST-MD5), C(SCRAM-SHA-1) and
        C(SCRAM-SHA-256). Without it, all that the server offers.
      - C(XOAUTH2) is refused, as no package of Debian 12 or 13 gives Postfix a client for it. Use an application
        password of the provider.
    type: list
    elements: str
    default: []
  match:
    description: Which mail the relay gets. Without it, all that no other one gets, bounces included.
    type: dict
    suboptions:
      senders:
        description: Addresses in the envelope's sender.
        type: list
        elements: str
        default: []
      sender_domains:
        description: Domains of the envelope's sender.
        type: list
        elements: str
        default: []
      recipient_domains:
        description:
          - Domains of recipients, C(.example.com) for all below C(example.com). They go to the relay even if this host
            receives mail for them itself.
        type: list
        elements: str
        default: []
  fallback:
    description:
      - Hosts that are tried in this order when the relay cannot be reached or defers, with the same O(tls),
        O(implicit_tls) and O(mechanisms).
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: The host's name or IP address.
        type: str
        required: true
      port:
        description: The port, that of the relay unless given.
        type: int
      username:
        description: The login there, that of the relay unless given.
        type: str
      password:
        description: The login's password.
        type: str
  ca_file:
    description: Certificates of the authorities that V(verify) and V(secure) of O(tls) trust, in one PEM file.
    type: path
    default: /etc/ssl/certs/ca-certificates.crt
  state:
    description:
      - V(absent) takes the relay O(name) out, or all of O(host), on O(port) if that is given.
    type: str
    choices: [present, absent]
    default: present
  group:
    description:
      - Whose relay it is. A call deals with the relays of one group, O(relays) and O(state=absent) take out none of
        another. Without it, with those that are in no group, such as all of the role C(relay).
      - The playbook C(cybermail) has the group V(cybermail).
    type: str
  relays:
    description:
      - All relays of the host in one call. Others that this module has made are taken out, all of them with C([]). This
        is also the way from one provider to another.
    type: list
    elements: dict
    suboptions:
      name:
        description: As O(name).
        type: str
      host:
        description: As O(host). Required.
        type: str
      port:
        description: As O(port).
        type: int
      tls:
        description: As O(tls).
        type: str
        choices: [may, encrypt, dane, verify, secure]
        default: secure
      implicit_tls:
        description: As O(implicit_tls).
        type: bool
      username:
        description: As O(username).
        type: str
      password:
        description: As O(password).
        type: str
      mechanisms:
        description: As O(mechanisms).
        type: list
        elements: str
        default: []
      match:
        description: As O(match).
        type: dict
        suboptions:
          senders:
            description: As O(match.senders).
            type: list
            elements: str
            default: []
          sender_domains:
            description: As O(match.sender_domains).
            type: list
            elements: str
            default: []
          recipient_domains:
            description: As O(match.recipient_domains).
            type: list
            elements: str
            default: []
      fallback:
        description: As O(fallback).
        type: list
        elements: dict
        default: []
        suboptions:
          host:
            description: As O(fallback[].host).
            type: str
            required: true
          port:
            description: As O(fallback[].port).
            type: int
          username:
            description: As O(fallback[].username).
            type: str
          password:
            description: As O(fallback[].password).
            type: str
      ca_file:
        description: As O(ca_file).
        type: path
        default: /etc/ssl/certs/ca-certificates.crt
  check_login:
    description:
      - Before any change, open a session with each relay that is given and with its fallbacks, negotiate TLS, log in,
        and leave. A failure is told in the server's own words, and nothing is changed.
      - It can log in with C(CRAM-MD5), C(PLAIN) and C(LOGIN).
    type: bool
    default: false
  take_over:
    description:
      - Whether a relay without O(match) may replace what C(main.cf) says of all mail by hand (C(relayhost),
        C(default_transport), C(sender_dependent_relayhost_maps)). Without it, that is an error.
    type: bool
    default: false
  config_dir:
    description: The directory of C(main.cf) and C(master.cf), for one of several Postfix instances.
    type: path
    default: /etc/postfix
  owner:
    description: Who sets it, noted in the ledger.
    type: str
    default: relay
  ledger:
    description: The host's ledger.
    type: path
    default: /var/lib/mailwright/owned.json
  document:
    description: How the collection hands over what holds passwords without showing it. Leave it alone.
    type: str
"""

EXAMPLES = r"""
- name: Send all mail through a provider, if it takes the login
  mailwright.mail.relay:
    host: smtp.provider.example
    username: example
    password: "{{ vault_relay | default('correct horse battery') }}"
    check_login: true
  notify: Reload Postfix

- name: Have several relays side by side, and no others
  mailwright.mail.relay:
    relays:
      - host: smtp.provider.example
        username: example
        password: "{{ vault_relay | default('correct horse battery') }}"
        fallback:
          - host: smtp2.provider.example
      - host: smtps.newsletter.example
        port: 465
        username: news
        password: "{{ vault_news | default('staple') }}"
        match:
          senders: [news@example.com]
          sender_domains: [news.example.com]
      - host: gateway.partner.example
        port: 25
        tls: encrypt
        match:
          recipient_domains: [partner.example]
  notify: Reload Postfix

- name: Deliver directly again
  mailwright.mail.relay:
    relays: []
  notify: Reload Postfix
"""

RETURN = r"""
relays:
  description: All relays as they are after the run, without passwords. Their fields are the options.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The relay's name.
      type: str
      returned: always
      sample: smtp.provider.example-587
    transport:
      description: Its service in C(master.cf).
      type: str
      returned: always
      sample: relay-smtp.provider.example-587
logins:
  description: The sessions that O(check_login) opened.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The relay's name.
      type: str
      returned: always
    host:
      description: The host, the relay's own or that of a fallback.
      type: str
      returned: always
    port:
      description: The port.
      type: int
      returned: always
    tls:
      description: The TLS version, V(null) for a session without TLS.
      type: str
      returned: always
      sample: TLSv1.3
    mechanism:
      description: The mechanism of the login, V(null) without one.
      type: str
      returned: always
      sample: PLAIN
changed_parameters:
  description: The parameters of C(main.cf) whose value changes.
  returned: success
  type: list
  elements: str
  sample: [default_transport]
changed_services:
  description: The services of C(master.cf) that change.
  returned: success
  type: list
  elements: str
  sample: [relay-smtp.provider.example-587/unix]
restart_required:
  description: Whether Postfix has to be stopped and started. A reload is enough for relays.
  returned: success
  type: bool
  sample: false
restart_reasons:
  description: The parameters because of which, each with the reason.
  returned: success
  type: list
  elements: str
  sample: []
unchecked:
  description: What could not be judged, because Postfix is not installed (in check mode on a bare host).
  returned: success
  type: list
  elements: str
  sample: []
problems:
  description: Each problem that the change would have brought to Postfix's configuration.
  returned: when the change is refused
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.document import decode
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.argspec import RELAY
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.converge import run_relay


def main() -> None:
    """Run the module."""
    run_relay(AnsibleModule(argument_spec=RELAY, supports_check_mode=True), decode)


if __name__ == "__main__":
    main()
