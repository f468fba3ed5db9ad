# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that compute DNS records document in common."""

from __future__ import annotations


class ModuleDocFragment:
    """The mail domains and mail hosts; `dns.argspec.COMMON` has their specs."""

    DOCUMENTATION = r"""
options:
  domains:
    description:
      - The mail domains. Each wants all the records that its facts are given for, but for what it leaves out.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The domain. Internationalised names are converted.
        type: str
        required: true
      state:
        description:
          - V(absent) takes out all that was published for the domain.
        type: str
        choices: [present, absent]
        default: present
      leave_out:
        description: Rows that the domain does without.
        type: list
        elements: str
        choices:
          - mx
          - spf
          - dkim
          - dmarc
          - mta_sts
          - tls_rpt
          - client
          - autoconfig
          - services
          - caa
          - bimi
          - report_authorization
        default: []
      no_mail:
        description:
          - The domain neither sends nor takes mail. It gets an SPF record that allows nobody, a null MX and DMARC.
        type: bool
        default: false
      no_mail_names:
        description: Full names in the domain that get the same three records each.
        type: list
        elements: str
        default: []
      host:
        description: The mail host that clients are led to. The first of O(mail_hosts) if nothing is given.
        type: str
      client_name:
        description:
          - The name that clients are set up with, C(mail.) and the domain if nothing is given. In the domain, it
            becomes a CNAME of the host.
        type: str
      spf:
        description: The SPF record beside C(mx) and the addresses of O(mail_hosts).
        type: dict
        suboptions:
          mechanisms:
            description: Further mechanisms, such as C(include:spf.relay.example) for a relay.
            type: list
            elements: str
            default: []
          all:
            description: What receivers do with mail from elsewhere.
            type: str
            choices: ["-all", "~all", "?all"]
            default: "-all"
      dkim:
        description:
          - The domain's published DKIM keys, each the RV(ignore:record) that made it.
          - Without the option nothing is known of the keys, and published ones stay.
        type: list
        elements: dict
        suboptions:
          name:
            description: The record's name, C(selector._domainkey.example.com).
            type: str
            required: true
          value:
            description: The record's text.
            type: str
            required: true
          type:
            description: The record's type.
            type: str
            choices: [TXT]
            default: TXT
          ttl:
            description: Its TTL in seconds.
            type: int
          strings:
            description: The text in strings. It has to be the value; you need not give it.
            type: list
            elements: str
          host:
            description: The mail host that signs with the key, one of O(mail_hosts).
            type: str
      dmarc:
        description:
          - The DMARC policy. With O(mail_hosts), it is O(domains[].dmarc.policy=reject) alone if nothing is given.
        type: dict
        suboptions:
          policy:
            description: What receivers do with mail that fails.
            type: str
            choices: [none, quarantine, reject]
            default: reject
          subdomain_policy:
            description: The same for subdomains.
            type: str
            choices: [none, quarantine, reject]
          nonexistent_policy:
            description: The same for subdomains that do not exist.
            type: str
            choices: [none, quarantine, reject]
          dkim_alignment:
            description: Whether the signing domain may be a parent or child of the sender's.
            type: str
            choices: [relaxed, strict]
          spf_alignment:
            description: Whether the envelope sender's domain may be.
            type: str
            choices: [relaxed, strict]
          failure_options:
            description: Which failures are reported to O(domains[].dmarc.ruf).
            type: list
            elements: str
            choices: ["0", "1", "d", "s"]
          testing:
            description: Receivers treat the policy as one step weaker.
            type: bool
            default: false
          rua:
            description: Addresses that get the reports in sum.
            type: list
            elements: str
            default: []
          ruf:
            description: Addresses that get reports of single failures.
            type: list
            elements: str
            default: []
      mta_sts:
        description:
          - The MTA-STS policy. Give it where the policy is served at C(https://mta-sts.) and the domain.
        type: dict
        suboptions:
          mode:
            description: The policy's mode.
            type: str
            choices: [enforce, testing, none]
            default: enforce
          max_age:
            description: How many seconds senders keep it.
            type: int
            default: 604800
          mx:
            description: The names that the policy allows. The domain's mail hosts if nothing is given.
            type: list
            elements: str
      tls_rpt:
        description: Reports of TLS failures.
        type: dict
        suboptions:
          rua:
            description: Addresses or https URLs that get them.
            type: list
            elements: str
            required: true
      caa:
        description: Which authorities may issue certificates for the domain. Other CAA records stay.
        type: list
        elements: dict
        default: []
        suboptions:
          tag:
            description: The property, such as V(issue), V(issuewild) or V(iodef).
            type: str
            default: issue
          value:
            description: The authority, or what the property takes.
            type: str
            required: true
          critical:
            description: An authority that does not know the property issues nothing.
            type: bool
            default: false
          account_uri:
            description: Only for this account with the authority.
            type: str
          validation_methods:
            description: Only by these methods.
            type: list
            elements: str
            default: []
      bimi:
        description: The brand's logo.
        type: dict
        suboptions:
          logo:
            description: Its https URL.
            type: str
            required: true
          authority:
            description: The https URL of the certificate that proves the right to it.
            type: str
      records:
        description:
          - Further records in the domain. They stand beside what others have published, and one takes the place of a
            default of ours with the same name and type.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The record's full name.
            type: str
            required: true
          type:
            description: Its type.
            type: str
            choices: [A, AAAA, CAA, CNAME, MX, NS, PTR, SRV, SSHFP, TLSA, TXT]
            required: true
          value:
            description: Its value as in a zone file, names in full. TXT is its text, without quotes around it.
            type: str
            required: true
          ttl:
            description: Its TTL in seconds.
            type: int
      ttl:
        description: The TTL of the domain's records in seconds. O(ttl) if nothing is given.
        type: int
  mail_hosts:
    description: The mail hosts of all O(domains).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The host's full name.
        type: str
        required: true
      state:
        description: V(absent) takes out all that was published for the host.
        type: str
        choices: [present, absent]
        default: present
      addresses:
        description:
          - Its IP addresses. Without the option nothing is known of the host but its name, and what was published for
            it stays.
        type: list
        elements: str
      mx:
        description: Whether it takes mail for the domains.
        type: bool
        default: true
      preference:
        description: Its preference as an MX, smaller ones first.
        type: int
        default: 10
      spki_sha256:
        description:
          - SHA-256 hashes of the public keys that it answers with, and of those to come, as
            RV(mailwright.mail.certificate#module:certificate.spki_sha256) and
            RV(mailwright.mail.certificate#module:certificate.next_spki_sha256). Each becomes C(TLSA 3 1 1).
          - Without the option nothing is known of the keys, and published TLSA records stay.
        type: list
        elements: str
      issuer_spki_sha256:
        description: The same for issuers of its certificates, as C(TLSA 2 1 1).
        type: list
        elements: str
      tlsa_ports:
        description: Ports that get TLSA records.
        type: list
        elements: int
        default: [25]
  services:
    description:
      - What the mail hosts offer to clients. Of the others, SRV records say that they are not offered.
      - V(autoconfig) is for hosts that answer clients' requests for settings by HTTPS.
    type: list
    elements: str
    choices: [submission, submissions, imap, imaps, pop3, pop3s, sieve, autoconfig]
    default: [submission, submissions, imaps, pop3s, sieve]
  ttl:
    description: The TTL of records in seconds.
    type: int
    default: 3600
requirements:
  - python3-idna for internationalised names
"""
