# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S09, S10, O06: the playbook ``cybermail`` has the mail hosts send through a delivery platform, and takes it all back.

The tests are steps of one story, in their order. What they change is taken back in the end, also where one fails.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

import pytest
from behaviour.bed import Host, ansible, open_group, wait_for
from signed.conftest import Hosts
from signed.delivery import NAME, URL, Delivery
from signed.runs import run_playbook
from signed.zones import zone

PLAYBOOK = "mailwright.mail.cybermail"
ROTATION = "mailwright.mail.dkim_rotation"
EMAIL = "postmaster@alpha.example"
PASSWORD = "of-the-account-at-the-platform"
CA = "/root/platform-ca.pem"
KEY, LOGIN = "/etc/mailwright/cybermail.key", "/etc/mailwright/cybermail.password"
VARIABLES: dict[str, Any] = {
    "cybermail_email": EMAIL,
    "cybermail_password": PASSWORD,
    "cybermail_api_url": URL,
    "cybermail_ca_path": CA,
    "cybermail_api_retries": 1,
    # Who never learnt the answer to making a login does not know it.
    "cybermail_host": NAME,
    "cybermail_verification_timeout": "30s",
    "cybermail_domains": ["{{ own_domain }}"],
    # The one sends all of its mail through the platform, the other that of its domain.
    "cybermail_match": "{{ omit if own_domain == 'alpha.example' else {'sender_domains': [own_domain]} }}",
}
OWN_KEY = re.compile(r"signed1[23]-\w+\._domainkey\.")
ALGORITHMS = {"rsa-sha256", "ed25519-sha256"}
Completed = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def outputs() -> list[str]:
    """What all runs have said."""
    return []


@pytest.fixture(scope="module")
def platform(hosts: Hosts) -> Iterator[Delivery]:
    [host] = open_group("platforms", hosts.server.sockets).values()
    delivery = Delivery(host, hosts.server)
    delivery.start()
    for mail_host in hosts.mail.values():
        mail_host.run(f"cat > {CA}", delivery.authority)
    yield delivery
    # A story that ended early is taken back, too.
    delivery.ask("faults")
    if any(host.run(f"ls {KEY} 2>/dev/null || true") for host in hosts.mail.values()):
        run_playbook(PLAYBOOK, {**VARIABLES, "cybermail_state": "absent"})
    for mail_host in hosts.mail.values():
        mail_host.run(f"rm -f {CA} {KEY} {LOGIN}")
    delivery.stop()


@pytest.fixture(scope="module")
def before(hosts: Hosts, platform: Delivery) -> dict[str, str]:
    return kept(hosts)


def run(outputs: list[str], *options: str, **variables: Any) -> Completed:
    """Run the playbook, telling all that it can tell."""
    result = run_playbook(PLAYBOOK, {**VARIABLES, **variables}, "-vvv", "--diff", *options)
    outputs.append(result.stdout + result.stderr)
    return result


def changed(result: Completed) -> int:
    """Return how many tasks of a run that succeeded changed something, on all hosts."""
    assert result.returncode == 0, tail(result)
    return sum(int(number) for number in re.findall(r" changed=(\d+) ", result.stdout))


def tail(result: Completed) -> str:
    return (result.stdout + result.stderr)[-6000:]


def kept(hosts: Hosts) -> dict[str, str]:
    """Return all that the playbook could change: files and settings by host, records by domain."""
    files = "find /etc/mailwright -type f -exec sha256sum {} + | sort -k 2; cat /var/lib/mailwright/owned.json; "
    files += "ls -I '*.lock' /var/lib/mailwright"
    found = {name: host.run(files) + postfix(host) for name, host in hosts.mail.items()}
    for host in hosts.mail.values():
        domain = str(host.variables["own_domain"])
        found[domain] = "\n".join(records(hosts, domain))
    return found


def postfix(host: Host) -> str:
    return host.run("postconf -n; postconf -M; find /etc/postfix -type f -exec sha256sum {} + | sort -k 2")


def records(hosts: Hosts, domain: str) -> list[str]:
    """Return a zone's records but those of the hosts' own keys, which go on with what other tests began."""
    found = ["\t".join(one) for one in zone(hosts.server, domain) if one[3] != "SOA"]
    return sorted(line for line in found if not OWN_KEY.match(line))


def submit(host: Host, token: str) -> None:
    """Submit a message with a login, as a user's client does."""
    own, other = str(host.variables["own_domain"]), str(host.variables["other_domain"])
    message = EmailMessage()
    message["From"], message["To"] = f"writer@{own}", f"reader@{other}"
    message["Subject"], message["Date"], message["Message-ID"] = token, formatdate(), make_msgid(domain=own)
    message.set_content("Through the platform, and as it was signed.\n")
    steps = [f"MAIL FROM:<writer@{own}>", f"RCPT TO:<reader@{other}>"]
    request = {
        "do": "smtp",
        "host": f"mx.{own}",
        "port": 587,
        "tls": "starttls",
        "ca": host.run("cat /etc/mailwright/ca/ca.pem"),
        "login": {"address": f"writer@{own}", "password": "writes-to-the-other"},
        "steps": [*steps, {"message": base64.b64encode(message.as_bytes()).decode()}],
    }
    [answer] = host.program("mailclient.py", json.dumps([request]))
    assert [reply[0] for reply in answer["value"]["replies"]] == [250, 250, 250], answer


def test_check_mode_says_what_it_cannot_foretell(
    hosts: Hosts, platform: Delivery, before: dict[str, str], outputs: list[str]
) -> None:
    result = run(outputs, "--check")
    assert changed(result) >= 3 * len(hosts.mail)
    assert "the relay, whose password is not there yet" in result.stdout
    assert "the records of alpha.example, which the platform tells once the domain is added" in result.stdout
    assert (kept(hosts), platform.ask("state")) == (before, {})


@pytest.mark.parametrize(
    ("endpoint", "fault", "words"),
    [
        ("api/domains/dns-records/", {"status": 401}, "the API key is refused"),
        # It does make the credentials, and nobody learns their passwords.
        ("api/smtp/create/", {"status": 500, "done": True}, "the server answers 500"),
    ],
)
def test_a_platform_that_fails_half_way_leaves_the_mail_as_it_was(
    hosts: Hosts,
    platform: Delivery,
    outputs: list[str],
    endpoint: str,
    fault: dict[str, Any],
    words: str,
) -> None:
    untouched = {name: postfix(host) for name, host in hosts.mail.items()}
    platform.fail(endpoint, **fault)
    result = run(outputs)
    platform.ask("faults")
    assert result.returncode != 0
    assert words in result.stdout, tail(result)
    assert {name: postfix(host) for name, host in hosts.mail.items()} == untouched


def test_the_next_run_completes_it(hosts: Hosts, platform: Delivery, outputs: list[str]) -> None:
    assert changed(run(outputs)) > 0
    [account] = platform.ask("state").values()
    assert sorted(account["domains"]) == sorted(str(host.variables["own_domain"]) for host in hosts.mail.values())
    for host in hosts.mail.values():
        # The one that was made and not learnt got another password, and there is no second one.
        assert platform.credential(f"mx.{host.variables['own_domain']}")["rotations"] == 1


def test_the_platform_has_verified_by_what_the_name_server_answers(
    hosts: Hosts, platform: Delivery, before: dict[str, str]
) -> None:
    [account] = platform.ask("state").values()
    for domain, told in account["domains"].items():
        assert [told[f"{name}_verified"] for name in ("spf", "dkim", "dmarc")] == [True, True, True]
        assert told["status"] == "verified"
        old, new = set(before[domain].splitlines()), set(records(hosts, domain))
        # One record more; in another, one word more.
        assert (len(old - new), len(new - old)) == (1, 2)
        [spf] = [line for line in new - old if "v=spf1" in line]
        assert spf.replace("include:spf.cyberpersons.com ", "") in old
        assert any(line.startswith(f"cm1._domainkey.{domain}\t") for line in new - old)


def test_the_second_run_changes_nothing(hosts: Hosts, platform: Delivery, outputs: list[str]) -> None:
    there = (kept(hosts), platform.ask("state"))
    assert changed(run(outputs)) == 0
    assert (kept(hosts), platform.ask("state")) == there


def test_a_password_that_is_lost_is_replaced_on_demand_and_at_the_relay(
    hosts: Hosts, platform: Delivery, outputs: list[str]
) -> None:
    for host in hosts.mail.values():
        host.run(f"rm {LOGIN}")
    # Login, relay, and Postfix that reads it.
    assert changed(run(outputs, cybermail_rotate_now=True)) == 3 * len(hosts.mail)
    for host in hosts.mail.values():
        assert platform.credential(f"mx.{host.variables['own_domain']}")["rotations"] == 2


def test_s09_mail_goes_out_with_the_login_and_its_signatures_intact(hosts: Hosts, platform: Delivery) -> None:
    for host in hosts.mail.values():
        own, token = str(host.variables["own_domain"]), uuid.uuid4().hex
        submit(host, token)
        message = platform.message(token)
        assert message["username"] == platform.credential(f"mx.{own}")["username"]
        assert (message["port"], message["tls"], message["helo"]) == (587, "TLSv1.3", f"mx.{own}")
        assert (message["sender"], message["recipients"]) == (
            f"writer@{own}",
            [f"reader@{host.variables['other_domain']}"],
        )
        text = message["data"].encode("latin-1")
        judged = judge(host, hosts.server, text)
        assert {one["algorithm"] for one in judged} == ALGORITHMS
        assert all(one["valid"] and one["domain"] == own for one in judged), judged
        assert not any(one["valid"] for one in judge(host, hosts.server, text + b"One line more.\r\n"))


def test_s10_mail_waits_while_the_platform_takes_none(hosts: Hosts, platform: Delivery) -> None:
    platform.ask("replies", {"MAIL": "451 4.3.0 Not now"})
    tokens = {name: uuid.uuid4().hex for name in hosts.mail}
    for name, host in hosts.mail.items():
        submit(host, tokens[name])
        wait_for("the message waits", lambda host=host: "451 4.3.0 Not now" in host.run("postqueue -j"))
    platform.ask("replies")
    for name, host in hosts.mail.items():
        host.run("postqueue -f")
        assert platform.message(tokens[name])["sender"] == f"writer@{host.variables['own_domain']}"
        wait_for("nothing waits", lambda host=host: not host.run("postqueue -j"))


def judge(host: Host, server: Host, text: bytes) -> list[dict[str, Any]]:
    """Return what dkimpy says of each signature, by what the name server says of the keys."""
    task = {"message": base64.b64encode(text).decode(), "server": server.variables["ansible_host"]}
    told: list[dict[str, Any]] = host.program("dkim_verify.py", json.dumps(task))
    return told


def test_records_and_relay_stay_where_others_have_theirs(hosts: Hosts, platform: Delivery, outputs: list[str]) -> None:
    """The roles ``dns`` and ``relay`` take out what is no longer wanted, and know nothing of the platform."""
    there = published(hosts)
    assert run_playbook(ROTATION, {}).returncode == 0
    none = ansible("ansible", "mail_hosts", "--module-name", "mailwright.mail.relay", "--args", '{"relays": []}')
    assert none.stdout.count("SUCCESS") == len(hosts.mail), none.stdout
    assert published(hosts) == there


def published(hosts: Hosts) -> dict[str, str]:
    """Return what the platform is used by: records by domain, Postfix's settings by host."""
    domains = [str(host.variables["own_domain"]) for host in hosts.mail.values()]
    used = {domain: "\n".join(records(hosts, domain)) for domain in domains}
    return {**used, **{name: postfix(host) for name, host in hosts.mail.items()}}


def test_o08_no_secret_is_anywhere_but_in_its_file(hosts: Hosts, platform: Delivery, outputs: list[str]) -> None:
    for host in hosts.mail.values():
        secrets = [PASSWORD, *(host.run(f"cat {path}").strip() for path in (KEY, LOGIN))]
        assert [number for number, secret in enumerate(secrets) if any(secret in text for text in outputs)] == []
        found = host.program("leaks.py", json.dumps(secrets))
        assert found["journal"] == []
        assert set(found["files"].values()) == {"0600"}
        others = [name for name in found["files"] if not name.startswith("/etc/postfix/mailwright-relay/")]
        assert sorted(others) == [KEY, LOGIN]


def test_o06_the_reverse_leaves_nothing(
    hosts: Hosts, platform: Delivery, before: dict[str, str], outputs: list[str]
) -> None:
    foretold = run(outputs, "--check", cybermail_state="absent")
    taken_back = run(outputs, cybermail_state="absent")
    assert changed(taken_back) == changed(foretold) > 0
    assert kept(hosts) == before
    assert json.loads(hosts.server.run("cat /var/lib/mailwright/cybermail_records.json"))["owned"] == {}
    # The account stays, and has nothing in it.
    [account] = platform.ask("state").values()
    assert (account["domains"], account["credentials"]) == ({}, [])
    for host in hosts.mail.values():
        assert host.run(f"ls {KEY} {LOGIN} 2>/dev/null || true") == ""
    assert changed(run(outputs, cybermail_state="absent")) == 0
