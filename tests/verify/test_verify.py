# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role "verify" proves of good hosts, and what it finds on broken ones."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from behaviour.bed import Host, ansible
from signed.zones import renew, zone
from verify.proof import Proof, prove

PASSWORD = "proves-that-mail-flows"
OTHER_PASSWORDS = ("sends-and-no-more", "fetches-and-filters")
KINDS = ["delivery", "imap", "pop3", "sieve", "smtp", "smtp", "smtp"]
# All that a run could leave behind: what is configured, what is stored, what waits, and what is in the mailboxes.
# SQLite's readers note in a file that they are there.
STATE = """
find /etc /var/lib/mailwright /usr/share /usr/lib/python3 -type f ! -name '*.db-shm' -newermt '{since}' -print
postqueue -p
doveadm -f tab mailbox status -A 'messages uidnext' '*' | cut -f 1-3
dpkg-query --show | sha256sum
"""


@pytest.fixture(scope="module")
def proof(hosts: dict[str, Host]) -> Proof:
    """A run on good hosts that shows all that Ansible can show."""
    return prove("-vvv")


def test_good_hosts_pass(proof: Proof) -> None:
    assert proof.not_green() == {}
    assert proof.code == 0, proof.output[-3000:]
    assert proof.evidence["status"] in ("success", "warning")


def test_every_service_of_every_host_was_spoken_with(proof: Proof) -> None:
    for name in ("mx.proved.example", "mx.shown.example"):
        assert sorted(one["kind"] for one in proof.evidence["probes"] if one["host"] == name) == KINDS
    [refused] = [
        one["relay"] for one in proof.evidence["probes"] if (one["host"], one["port"]) == ("mx.shown.example", 25)
    ]
    assert len(refused) == 8
    assert all(one["refused"] and 500 <= one["code"] < 600 for one in refused)


def test_messages_are_signed_with_both_keys_and_arrive(proof: Proof) -> None:
    deliveries = [one for one in proof.evidence["probes"] if one["kind"] == "delivery"]
    # The first mailbox's user may have changed the password.
    assert [one["target"] for one in deliveries] == ["second@proved.example", "second@shown.example"]
    for one in deliveries:
        assert one["cleaned_up"] and one["folder"] == "INBOX" and one["latency_ms"] > 0
        assert one["dkim"]["status"] == "success", one["dkim"]
        assert one["dmarc"]["status"] == "success", one["dmarc"]


def test_every_domain_was_asked_for_by_the_host_that_has_it(proof: Proof) -> None:
    assert [one["domain"] for one in proof.evidence["domains"]] == ["proved.example", "shown.example"]
    for domain in proof.evidence["domains"]:
        checks = domain["checks"]
        good = {"spf", "dkim", "dmarc", "mx", "dane", "dnssec"}
        assert good <= {name for name, check in checks.items() if check["status"] == "success"}, checks


def test_what_is_shown_has_no_password(proof: Proof) -> None:
    assert "second@proved.example" in proof.output
    for text in (proof.output, json.dumps(proof.evidence), proof.page):
        assert not [password for password in (PASSWORD, *OTHER_PASSWORDS) if password in text]


def test_the_page_is_of_these_hosts(proof: Proof) -> None:
    assert proof.page.lstrip().lower().startswith("<!doctype html>")
    assert "mx.proved.example" in proof.page and "shown.example" in proof.page


def test_a_run_by_tag_touches_nothing(hosts: dict[str, Host]) -> None:
    since = {name: host.run("date --iso-8601=ns").strip() for name, host in hosts.items()}
    before = {name: host.run(STATE.format(since=since[name])) for name, host in hosts.items()}
    run = prove("--tags", "verify", playbook="playbooks/site.yml")
    assert run.code == 0, run.output[-3000:]
    assert not run.changed, run.output[-3000:]
    for name, host in hosts.items():
        after = host.run(STATE.format(since=since[name]))
        # The next message's number is what a message leaves that came and went.
        assert _without_uids(after) == _without_uids(before[name])


def test_a_part_of_the_hosts_can_be_proved() -> None:
    run = prove("--limit", "verify12")
    assert run.code == 0, run.output[-3000:]
    assert [one["name"] for one in run.evidence["hosts"]] == ["mx.proved.example"]
    assert [one["domain"] for one in run.evidence["domains"]] == ["proved.example"]


def test_a_service_that_is_not_declared_is_not_missed() -> None:
    run = prove("-e", json.dumps({"verify_services": ["submission", "imaps"], "verify_checks": ["spf"]}))
    assert run.not_green() == {}
    assert {one["kind"] for one in run.evidence["probes"]} == {"smtp", "imap", "delivery"}
    assert run.code == 0


@pytest.fixture
def broken(hosts: dict[str, Host]) -> Iterator[None]:
    """The hosts with one fault each that users would feel, and one in the DNS."""
    relaying, reading = hosts["verify12"], hosts["verify13"]
    [policy] = [one for one in zone(reading, "proved.example") if one[0] == "_dmarc.proved.example"]
    relaying.run("cp -a /etc/postfix/main.cf /etc/postfix/master.cf /root/")
    try:
        relaying.run("postconf mynetworks=0.0.0.0/0,[::]/0 && postfix reload")
        reading.run("systemctl stop dovecot.service")
        reading.run("pdnsutil delete-rrset proved.example _dmarc TXT")
        _renew(hosts)
        yield
    finally:
        relaying.run("cp -a /root/main.cf /root/master.cf /etc/postfix/ && postfix reload")
        reading.run("systemctl start dovecot.service")
        reading.run(f"pdnsutil replace-rrset proved.example _dmarc TXT {policy[1]} '{policy[4]}'")
        _renew(hosts)


def _renew(hosts: dict[str, Host]) -> None:
    renew(hosts["verify13"], "proved.example")
    for host in hosts.values():
        host.run("unbound-control -q flush_zone proved.example")


@pytest.mark.usefixtures("broken")
def test_faults_are_found_and_named() -> None:
    run = prove()
    assert run.code != 0
    found = {name: one["message"] for name, one in run.not_green().items()}
    assert "_dmarc.proved.example" in found.pop("proved.example dmarc")
    assert "would relay" in found.pop("mx.proved.example smtp port 25")
    assert found.pop("mx.shown.example service dovecot") == "dovecot is inactive"
    for probe in ("imap imaps", "pop3 pop3s", "sieve sieve"):
        assert "refused the connection" in found.pop(f"mx.shown.example {probe}")
    # Postfix asks Dovecot for logins.
    assert {name.split(" ", 1)[1] for name in found} <= {
        "smtp submission", "smtp submissions", "delivery second@shown.example", "bimi"
    }  # fmt: skip
    assert "mx.shown.example delivery second@shown.example" in found
    assert "FAIL" in run.output and "of the findings above are failures" in run.output


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3", "sieve"])
def test_a_wrong_password_is_told_in_the_servers_words(protocol: str) -> None:
    given = {
        "host": "{{ mail_hostname }}",
        "address": "{{ ansible_host }}",
        "ca_path": "/etc/mailwright/ca/ca.pem",
        "username": "second@{{ own_domain }}",
        "password": f"{PASSWORD}-not",
    }
    module = f"mailwright.mail.{protocol}_probe"
    answer = ansible("ansible", "mail_hosts", "--module-name", module, "--args", json.dumps(given))
    assert answer.returncode != 0
    told = answer.stdout + answer.stderr
    words = {"smtp": "535", "imap": "AUTHENTICATIONFAILED", "pop3": "AUTH", "sieve": "NO"}
    for host in ("verify12", "verify13"):
        assert f"{host} | FAILED" in told
    assert told.count(words[protocol]) >= 2, told
    assert PASSWORD not in told


def _without_uids(state: str) -> list[str]:
    return [line.rpartition("\t")[0] if "\t" in line else line for line in state.splitlines()]
