# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""App passwords, as mail programs use them: each opens its protocols, until it expires or is revoked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from behaviour.bed import Bed, MailHost, wait_for
from behaviour.client import Client, Request
from behaviour.modules import run_everywhere, run_module

ADDRESS = "apps@example.com"
MAIN = "apps-main-password"
# Port and TLS of each way in, by the protocol that an app password names.
WAYS = {
    993: ("imap", "implicit"),
    995: ("pop3", "implicit"),
    4190: ("sieve", "starttls"),
    587: ("smtp", "starttls"),
    465: ("smtp", "implicit"),
}
ALL = {"imap", "pop3", "smtp", "sieve"}
# The mailbox itself may not use POP3, which no app password gives it.
BOX = {
    "address": ADDRESS,
    "password": MAIN,
    "password_scheme": "SHA512-CRYPT",
    "protocols": ["imap", "smtp", "sieve"],
}
APPS: dict[str, dict[str, Any]] = {
    "phone": {"protocols": ["imap"], "password_scheme": "ARGON2ID"},
    "scanner": {"protocols": ["smtp"], "password_scheme": "SHA512-CRYPT"},
    'laptop\'s "ü"': {"password_scheme": "BLF-CRYPT", "expires": "2099-12-31"},
    # Its hash holds the mailbox's address.
    "old": {"protocols": ["imap"], "password_scheme": "DIGEST-MD5", "allow_weak_scheme": True},
    "expired": {"expires": "2020-01-31", "password_scheme": "SSHA512"},
    "inactive": {"active": False, "password_scheme": "SSHA512"},
}
OPENS = {
    "phone": {"imap"},
    "scanner": {"smtp"},
    'laptop\'s "ü"': {"imap", "smtp", "sieve"},
    "old": {"imap"},
    "expired": set(),
    "inactive": set(),
}


def password_of(name: str) -> str:
    return f"app-password of {name} %u {{x}} ' \\ ü"


@pytest.fixture(scope="module")
def apps(bed: Bed) -> Iterator[None]:
    """A mailbox with app passwords on every host."""
    given = [{"mailbox": ADDRESS, "name": name, "password": password_of(name), **one} for name, one in APPS.items()]
    run_everywhere("accounts", mailboxes=[BOX], app_passwords=given)
    yield
    run_everywhere("accounts", mailboxes=[{"address": ADDRESS, "state": "absent"}])
    for mx in bed.mail_hosts.values():
        mx.run("rm -rf /var/vmail/example.com/apps")


def try_all(mx: MailHost, client: Client, passwords: dict[str, str]) -> dict[tuple[str, int], tuple[bool, str, str]]:
    """Try each password in each way, from an address of its own: (name, port) -> accepted, answer, address."""
    result = {}
    for name, password in passwords.items():
        sources = {port: client.stranger() for port in WAYS}
        answers = client.together([_request(mx, port, password, source) for port, source in sources.items()])
        for (port, source), answer in zip(sources.items(), answers, strict=True):
            result[name, port] = (answer["accepted"], answer["answer"], source)
    return result


def _request(mx: MailHost, port: int, password: str, source: str) -> Request:
    protocol, tls = WAYS[port]
    login = {"address": ADDRESS, "password": password}
    place = {"host": mx.fqdn, "ca": mx.ca, "port": port, "tls": tls, "source": source}
    return Request("login", {"protocol": protocol, "login": login, **place})


def accepts(mx: MailHost, client: Client, password: str, port: int = 993) -> bool:
    accepted: bool = client.together([_request(mx, port, password, client.stranger())])[0]["accepted"]
    return accepted


@pytest.mark.usefixtures("apps")
def test_each_opens_its_protocols_and_the_log_tells_of_no_other(mx: MailHost, client: Client) -> None:
    """Refused logins are logged once, with their address; those with a good app password not as refused ones."""
    start = mx.journal_now()
    passwords = {**{name: password_of(name) for name in APPS}, "none of them": f"{password_of('phone')}x", "": MAIN}
    answers = try_all(mx, client, passwords)
    wanted = {**OPENS, "none of them": set(), "": set(BOX["protocols"])}
    opened = {name: {WAYS[port][0] for port in WAYS if answers[name, port][0]} for name in passwords}
    assert opened == wanted, answers
    wait_for("the log is there", lambda: mx.journal(start).count("Password mismatch") >= _refused(answers))
    log = mx.journal(start)
    for key, (accepted, _answer, source) in answers.items():
        told = [line for line in log.splitlines() if "Password mismatch" in line and source in line]
        assert len(told) == (not accepted), (key, told)
    for password in passwords.values():
        assert password not in log


def _refused(answers: dict[tuple[str, int], tuple[bool, str, str]]) -> int:
    return sum(not accepted for accepted, _answer, _source in answers.values())


@pytest.mark.usefixtures("apps")
def test_a_good_one_does_not_wait_as_a_bad_one_does(mx: MailHost, client: Client) -> None:
    def seconds(password: str) -> float:
        begin = time.monotonic()
        assert accepts(mx, client, password)
        return time.monotonic() - begin

    # Dovecot makes those wait for two seconds whom it refuses, each time.
    assert min(seconds(password_of("phone")) for _again in range(3)) < 1.5


@pytest.mark.usefixtures("apps")
@pytest.mark.parametrize("service", sorted(ALL))
def test_who_asks_dovecot_is_told_no_hash(mx: MailHost, service: str) -> None:
    """Postfix, and the processes that face the network, learn whether a login is good, and nothing else."""
    asked = [MAIN, password_of("phone"), password_of("scanner"), "wrong"]
    document = {"address": ADDRESS, "passwords": asked, "service": service}
    for answer in mx.program("auth_service.py", json.dumps(document)):
        assert answer.split("\t")[0] in ("OK", "FAIL")
        assert "$" not in answer
        assert "{" not in answer
        assert "app_passwords" not in answer


@pytest.mark.usefixtures("apps")
def test_a_revoked_one_is_refused_at_once(mx: MailHost, client: Client) -> None:
    assert accepts(mx, client, password_of("phone"))
    run_module(mx, "app_password", mailbox=ADDRESS, name="phone", state="absent")
    assert not accepts(mx, client, password_of("phone"))
    assert accepts(mx, client, password_of('laptop\'s "ü"'))
    assert accepts(mx, client, MAIN)
