# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S09: a relay with ``tls: dane`` gets mail when its TLSA record says so, and none when that says otherwise."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from behaviour.bed import Host, ansible, wait_for
from signed.conftest import Hosts
from signed.zones import renew, zone

WRONG = "3 1 1 " + 64 * "0"


@pytest.fixture(params=["signed12", "signed13"])
def sender(request: pytest.FixtureRequest, hosts: Hosts) -> Iterator[Host]:
    """A host whose mail to the other's domain goes through a relay, which is the other host."""
    host = hosts.mail[request.param]
    relay(host, state="present", port=25, tls="dane", match={"recipient_domains": [host.variables["other_domain"]]})
    yield host
    relay(host, state="absent")


@pytest.fixture
def receiver(sender: Host, hosts: Hosts) -> Host:
    return next(host for host in hosts.mail.values() if host.name != sender.name)


def relay(host: Host, **options: Any) -> None:
    """Run the module on a host, and let Postfix read what it says."""
    given = {"name": "dane", "group": "dane", "host": f"mx.{host.variables['other_domain']}", **options}
    answer = ansible("ansible", host.name, "--module-name", "mailwright.mail.relay", "--args", json.dumps(given))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    host.run("postfix reload")


def send(host: Host) -> str:
    """Send a message to the other domain and return its subject."""
    subject = uuid.uuid4().hex
    message = f"Subject: {subject}\n\nBy its TLSA record.\n"
    own, other = host.variables["own_domain"], host.variables["other_domain"]
    host.run(f"sendmail -f writer@{own} reader@{other}", message)
    return subject


def wait_until_there(host: Host, subject: str) -> None:
    search = f"doveadm search -u reader@{host.variables['own_domain']} mailbox INBOX header Subject {subject}"
    wait_for("the message is there", lambda: host.run(search))


def judgement(host: Host) -> str:
    """Return Postfix's first word on the certificate of the relay's last connection."""
    other = f"mx.{host.variables['other_domain']}"
    lines = host.run("journalctl --no-pager --output=cat --unit='postfix*'").splitlines()
    return [line.split()[0] for line in lines if f"TLS connection established to {other}[" in line][-1]


def test_s09_a_relay_is_known_by_its_tlsa_record(sender: Host, receiver: Host) -> None:
    wait_until_there(receiver, send(sender))
    assert judgement(sender) == "Verified"


def test_s10_mail_waits_while_the_record_is_another_keys(hosts: Hosts, sender: Host, receiver: Host) -> None:
    domain = str(receiver.variables["own_domain"])
    owner = f"_25._tcp.mx.{domain}"
    right = [one for one in zone(hosts.server, domain) if one[0] == owner and one[3] == "TLSA"]
    assert right

    def publish(values: list[str]) -> None:
        told = " ".join(f"'{value}'" for value in values)
        hosts.server.run(f"pdnsutil replace-rrset {domain} _25._tcp.mx TLSA {right[0][1]} {told}")
        renew(hosts.server, domain)
        # Postfix remembers a record for its TTL, too.
        sender.run(f"unbound-control -q flush_zone {domain}; postfix reload")

    try:
        publish([WRONG])
        subject = send(sender)
        waiting = wait_for("the message waits", lambda: sender.run("postqueue -j | grep delay_reason || true"))
        assert "Server certificate not verified" in waiting
    finally:
        publish([one[4] for one in right])
    sender.run("postqueue -f")
    wait_until_there(receiver, subject)
    assert judgement(sender) == "Verified"
