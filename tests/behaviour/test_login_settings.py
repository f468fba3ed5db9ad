# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stored passwords make of Dovecot's settings: SCRAM for everybody or for nobody, and memory for Argon2."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from behaviour.bed import Bed, MailHost
from behaviour.client import Client, Request
from behaviour.modules import run_everywhere
from behaviour.remote.dovecot_passwords import scram
from behaviour.site import run_site

PASSWORD = "settings-password"
# Dovecot's own limit lets no hash of 256 MiB be checked, and the role's least none of 512.
COSTLY = {"costly256@example.com": 256 * 1024, "costly512@example.com": 512 * 1024}
# A store of its own, in which all can use SCRAM. The role only reads what its passwords allow from it.
ELSEWHERE = "/root/mailwright-scram"
SCRAM = "SCRAM-SHA-256"
ABLE = ("able@example.com", "also-able@example.com")


@dataclass
class Seen:
    """What one host said at each step."""

    mechanisms: dict[str, dict[str, str]] = field(default_factory=dict)
    memory: dict[str, str] = field(default_factory=dict)
    logins: dict[tuple[str, str], bool] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    # What a login by SCRAM came to, by password.
    proven: dict[str, str] = field(default_factory=dict)
    # Where mail processes are shared: whom each process served, and which subjects each mailbox saw.
    served: dict[str, list[str]] = field(default_factory=dict)
    subjects: dict[str, set[bytes]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def seen(bed: Bed, client: Client) -> Iterator[dict[str, Seen]]:
    """The hosts are given costly hashes and served by them, then offer SCRAM, and are put back."""
    steps = Steps(bed, client)
    steps.look("before")
    steps.store("costly", mailboxes=[_box(address, {"memory": memory}) for address, memory in COSTLY.items()])
    steps.log_in("stored", "costly256@example.com")
    steps.provision()
    steps.look("costly")
    for address in COSTLY:
        steps.log_in("provisioned", address)
    steps.remove(*COSTLY)
    everybody = {"address": "a@example.com", "password": PASSWORD, "password_scheme": SCRAM}
    steps.store("elsewhere", path=f"{ELSEWHERE}/accounts.db", domains=[{"name": "example.com"}], mailboxes=[everybody])
    steps.provision(dovecot_accounts_path=f"{ELSEWHERE}/accounts.db", dovecot_mail_processes="shared")
    steps.look("scram")
    steps.store("unable", mailboxes=[_box("unable@example.com")])
    steps.store("able", mailboxes=[_box(address, scheme=SCRAM) for address in ABLE])
    steps.prove(ABLE[0], PASSWORD, "another password")
    steps.take_turns()
    steps.remove("unable@example.com", *ABLE)
    steps.provision()
    steps.look("after")
    yield steps.seen


def anybody() -> ssl.SSLContext:
    """Return a context for which each server will do: what is asked here is not who it is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _box(address: str, options: dict[str, int] | None = None, scheme: str = "ARGON2ID") -> dict[str, Any]:
    cost = {"password_options": {**options, "passes": 1}} if options else {}
    return {"address": address, "password": PASSWORD, "password_scheme": scheme, **cost}


class Steps:
    """What is done to all hosts at once, and what each says."""

    def __init__(self, bed: Bed, client: Client) -> None:
        self._hosts = bed.mail_hosts
        self._client = client
        self.seen = {name: Seen() for name in bed.mail_hosts}

    def store(self, step: str, **options: Any) -> None:
        said = " ".join(run_everywhere("accounts", **options).split())
        for one in self.seen.values():
            # Warnings of an ad-hoc call name no host.
            one.warnings[step] = said

    def prove(self, address: str, *passwords: str) -> None:
        """Log in by SCRAM, where the server never sees the password."""
        for name, mx in self._hosts.items():
            for password in passwords:
                with imaplib.IMAP4_SSL(str(mx.variables["ansible_host"]), ssl_context=anybody()) as client:
                    try:
                        scram("sha256")(client, address, password)
                    except imaplib.IMAP4.error as error:
                        self.seen[name].proven[password] = str(error)
                    else:
                        self.seen[name].proven[password] = client.select("INBOX")[0]

    def take_turns(self) -> None:
        """Let two mailboxes log in in turns, each with a message of its own in its INBOX."""
        for name, mx in self._hosts.items():
            since = mx.journal_now()
            for turn in range(6):
                address = ABLE[turn % 2]
                with imaplib.IMAP4_SSL(str(mx.variables["ansible_host"]), ssl_context=anybody()) as client:
                    client.login(address, PASSWORD)
                    if turn < len(ABLE):
                        client.append("INBOX", "", "", f"Subject: of {address}\r\n\r\n".encode())
                    client.select("INBOX")
                    found = client.fetch("1:*", "(BODY[HEADER.FIELDS (SUBJECT)])")[1]
                seen = {part[1].strip() for part in found if isinstance(part, tuple)}
                self.seen[name].subjects.setdefault(address, set()).update(seen)
            logged_out = r"imap\((\S+@example\.com)\)<(\d+)>.*(?:Logged out|Disconnected)"
            for address, process in re.findall(logged_out, mx.journal(since, "dovecot")):
                self.seen[name].served.setdefault(process, []).append(address)

    def remove(self, *addresses: str) -> None:
        self.store("removed", mailboxes=[{"address": address, "state": "absent"} for address in addresses])
        for mx in self._hosts.values():
            mx.run(
                " ".join(["rm -rf", ELSEWHERE, *(f"/var/vmail/example.com/{one.split('@')[0]}" for one in addresses)])
            )

    def provision(self, **variables: Any) -> None:
        run = run_site("--tags", "dovecot", variables=variables)
        assert run.status == 0, run.output

    def look(self, step: str) -> None:
        for name, mx in self._hosts.items():
            self.seen[name].memory[step] = mx.run("doveconf -h service/auth-worker/vsz_limit").strip().replace(" ", "")
            self.seen[name].mechanisms[step] = self._offered(mx)

    def _offered(self, mx: MailHost) -> dict[str, str]:
        """Return what IMAP and submission offer, as they say it."""
        anything = "ssl._create_unverified_context()"
        script = f'import imaplib, ssl; print(imaplib.IMAP4_SSL("localhost", ssl_context={anything}).capabilities)'
        submission = self._client.smtp(mx, [], 587)["ehlo_tls"][1].split("\n")
        return {
            "imap": mx.run(f"python3 -c '{script}'"),
            "smtp": next(line for line in submission if line.startswith("AUTH ")),
        }

    def log_in(self, step: str, address: str) -> None:
        for name, mx in self._hosts.items():
            arguments = {"protocol": "imap", "host": mx.fqdn, "port": 993, "tls": "implicit", "ca": mx.ca}
            login = {"address": address, "password": PASSWORD}
            request = Request("login", {**arguments, "login": login, "source": self._client.stranger()})
            self.seen[name].logins[step, address] = self._client.together([request])[0]["accepted"]


def test_scram_is_offered_when_every_mailbox_can_use_it(mx: MailHost, seen: dict[str, Seen]) -> None:
    offered = seen[mx.name].mechanisms
    for step, wanted in {"before": False, "costly": False, "scram": True, "after": False}.items():
        for protocol, text in offered[step].items():
            assert (SCRAM in text) == wanted, (step, protocol, text)
            assert "PLAIN" in text


def test_who_can_use_it_logs_in_with_it(mx: MailHost, seen: dict[str, Seen]) -> None:
    """As the role has Dovecot ask: a mailbox's own password, and after it app passwords, which SCRAM cannot use."""
    proven = seen[mx.name].proven
    assert proven.pop(PASSWORD) == "OK"
    assert [text for text in proven.values() if "AUTHENTICATIONFAILED" in text] == list(proven.values())
    assert len(proven) == 1


def test_a_shared_mail_process_shows_each_mailbox_its_own(mx: MailHost, seen: dict[str, Seen]) -> None:
    found = seen[mx.name]
    assert any(set(addresses) == set(ABLE) for addresses in found.served.values()), found.served
    assert found.subjects == {address: {f"Subject: of {address}".encode()} for address in ABLE}


def test_a_mailbox_that_cannot_use_it_is_told_of(mx: MailHost, seen: dict[str, Seen]) -> None:
    warnings = seen[mx.name].warnings
    assert f"mailbox unable@example.com: Dovecot offers {SCRAM}" in warnings["unable"]
    assert "run the role dovecot again" in warnings["unable"]
    for step in warnings.keys() - {"unable"}:
        assert "Dovecot offers" not in warnings[step], step


def test_the_workers_have_the_memory_that_the_hashes_take(mx: MailHost, seen: dict[str, Seen]) -> None:
    found = seen[mx.name]
    assert found.memory == {"before": "512M", "costly": "640M", "scram": "512M", "after": "512M"}
    assert all(found.logins.values()), found.logins
    assert len(found.logins) == 3


def test_a_hash_that_takes_more_than_they_have_is_told_of(mx: MailHost, seen: dict[str, Seen]) -> None:
    warning = seen[mx.name].warnings["costly"]
    assert (
        "mailbox costly512@example.com: a hash of 524288 KiB is more than Dovecot can check within the 512 MiB"
        in warning
    )
    assert "costly256" not in warning
