# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""I01 to I05: how mail is read, and what the mailbox's owner sets."""

from __future__ import annotations

import base64
import re

import pytest
from behaviour.bed import MailHost
from behaviour.client import Client, Request, parse
from behaviour.messages import compose, new_token

# Protocol -> port and TLS as the inventory of this scenario opens them.
READING = {"imap": (993, "implicit"), "pop3": (995, "implicit"), "sieve": (4190, "starttls"), "smtp": (587, "starttls")}
FOLDERS = {"Drafts", "Sent", "Junk", "Trash", "Archive"}


def test_i01_ports(mx: MailHost, client: Client) -> None:
    """IMAPS and POP3S answer; their unencrypted ports are closed by default, and so is 2000 (old ManageSieve)."""
    ports = {993: True, 995: True, 4190: True, 143: False, 110: False, 2000: False}
    requests = [Request("connects", {"host": mx.fqdn, "port": port}) for port in ports]
    assert dict(zip(ports, client.together(requests), strict=True)) == ports


def test_i01_the_same_message_over_imap_and_pop3(mx: MailHost, client: Client) -> None:
    token = new_token()
    message = compose(token, "stranger@external.example", "alice@example.com", "Twice read.\n")
    client.send(mx, "stranger@external.example", ["alice@example.com"], message)
    [by_imap] = client.read(mx, "alice@example.com", token)
    found = client.do("pop3_read", host=mx.fqdn, ca=mx.ca, login=mx.login("alice@example.com"), token=token)
    [by_pop3] = [parse(base64.b64decode(each)) for each in found]
    assert by_imap.get_content().strip() == by_pop3.get_content().strip() == "Twice read."


def test_i02_each_mailbox_speaks_the_protocols_it_has(mx: MailHost, client: Client) -> None:
    """A mailbox with one protocol logs in by that one, and one with all by all; whoever is disabled by none."""
    wanted = {f"only-{protocol}@example.com": {protocol} for protocol in READING}
    wanted["bob@example.com"] = set(READING)
    for disabled in ("receiver@example.com", "inactive@example.com", "dora@closed.example"):
        wanted[disabled] = set()
    asked = [(address, protocol) for address in wanted for protocol in READING]
    answers = dict(zip(asked, client.together([_login(mx, client, *each) for each in asked]), strict=True))
    accepted = {address: {each for each in READING if answers[address, each]["accepted"]} for address in wanted}
    assert accepted == wanted, answers


def _login(mx: MailHost, client: Client, address: str, protocol: str) -> Request:
    port, tls = READING[protocol]
    arguments = {"protocol": protocol, "host": mx.fqdn, "port": port, "tls": tls, "ca": mx.ca}
    return Request("login", {**arguments, "login": mx.login(address), "source": client.stranger()})


def test_i03_quota_is_reported(mx: MailHost, client: Client) -> None:
    """In units of 1024 bytes (RFC 9208, section 5.1): small@ has 200K, bob@ 5G, alice@ none."""
    assert _limits(mx, client, "small@example.com") == [200]
    assert _limits(mx, client, "bob@example.com") == [5 * 1024 * 1024]
    assert _limits(mx, client, "alice@example.com") == []


def _limits(mx: MailHost, client: Client, address: str) -> list[int]:
    options = {"host": mx.fqdn, "ca": mx.ca, "login": mx.login(address), "response": "QUOTA"}
    lines = client.do("imap_command", command=["GETQUOTAROOT", '"INBOX"'], **options)
    return [int(limit) for line in lines for limit in re.findall(r"STORAGE \d+ (\d+)", line)]


def test_i03_quota_is_enforced(mx: MailHost, client: Client) -> None:
    address = "small@example.com"
    options = {"host": mx.fqdn, "ca": mx.ca, "login": mx.login(address)}
    fitting = compose(new_token(), address, address, "x" * 60 + "\n")
    status, text = client.do("imap_append", message=base64.b64encode(fitting).decode(), **options)
    assert status == "OK", text
    token = new_token()
    too_large = compose(token, address, address, ("y" * 70 + "\n") * 3000)
    status, text = client.do("imap_append", message=base64.b64encode(too_large).decode(), **options)
    assert (status, "[OVERQUOTA]" in text) == ("NO", True), text
    assert client.read(mx, address, token, count=0) == []


SCRIPT = """\
require ["fileinto", "mailbox", "vacation", "copy", "envelope", "subaddress"];
if header :contains "subject" "file-this" { fileinto :create "Projects/ü"; stop; }
if header :contains "subject" "redirect-this" { redirect "bob@example.com"; stop; }
if header :contains "subject" "answer-this" { vacation :handle "HANDLE" :subject "Away: HANDLE" "I am away."; }
"""


def test_i04_a_sieve_script_is_uploaded_and_obeyed(mx: MailHost, client: Client) -> None:
    """By sieve-connect, which gives the password through a pipe; then fileinto, redirect and vacation act."""
    owner = "filter@example.com"
    # A new handle each time: otherwise nobody is answered twice within the days.
    handle = new_token()
    _upload(mx, client, owner, SCRIPT.replace("HANDLE", handle))
    filed, redirected, answered = (f"{word}-this {new_token()}" for word in ("file", "redirect", "answer"))
    for token in (filed, redirected, answered):
        client.send(mx, "carol@example.org", [owner], compose(token, "carol@example.org", owner))
    mx.wait_for_empty_queue()
    assert len(client.read(mx, owner, filed, folder="Projects/&APw-")) == 1
    assert client.read(mx, owner, filed, count=0) == []
    [message] = client.read(mx, "bob@example.com", redirected)
    # Its envelope sender is our user's: SPF of the original sender's domain would fail at the next server.
    assert message["Return-Path"] == f"<{owner}>"
    assert client.read(mx, owner, redirected, count=0) == []
    assert len(client.read(mx, owner, answered)) == 1
    assert [answer["From"] for answer in client.read(mx, "carol@example.org", handle)] == [owner]


def _upload(mx: MailHost, client: Client, owner: str, script: str) -> None:
    login = mx.login(owner)
    # The program reads the password from a file descriptor, here its standard input.
    upload = client.program(
        "sieve-connect", "--server", mx.fqdn, "--port", "4190", "--user", owner, "--passwordfd", "0",
        "--authmech", "PLAIN", "--tlscafile", "ca.pem", "--localsieve", "rules.sieve", "--remotesieve", "rules",
        "--upload", text=f"{login['password']}\n", files={"ca.pem": mx.ca, "rules.sieve": script},
    )  # fmt: skip
    assert upload["status"] == 0, upload["output"]
    activate = client.program(
        "sieve-connect", "--server", mx.fqdn, "--port", "4190", "--user", owner, "--passwordfd", "0",
        "--authmech", "PLAIN", "--tlscafile", "ca.pem", "--remotesieve", "rules",
        "--activate", text=f"{login['password']}\n", files={"ca.pem": mx.ca},
    )  # fmt: skip
    assert activate["status"] == 0, activate["output"]


def test_i04_a_broken_script_is_refused(mx: MailHost, client: Client) -> None:
    with pytest.raises(AssertionError, match=r"[Ee]rror|unknown"):
        _upload(mx, client, "bob@example.com", 'require "no-such-extension"; keep')


def test_i05_special_use_folders(mx: MailHost, client: Client) -> None:
    """There from the first login, with the attributes by which clients find them (RFC 6154), and subscribed."""
    options = {"host": mx.fqdn, "ca": mx.ca, "login": mx.login("only-imap@example.com")}
    lines = client.do("imap_command", command=["LIST", '""', '"*"'], response="LIST", **options)
    found = {match[2]: match[1] for line in lines if (match := re.match(r'\(([^)]*)\) "/" "?([^"]*)"?$', line))}
    assert set(found) == FOLDERS | {"INBOX"}
    for folder in FOLDERS:
        assert f"\\{folder}" in found[folder].split(), lines
    subscribed = client.do("imap_command", command=["LSUB", '""', '"*"'], response="LSUB", **options)
    assert {line.split('"/" ')[1].strip('"') for line in subscribed} >= FOLDERS
