# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""R01 to R07 and R13: mail from another server reaches whom it is for, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from behaviour.bed import MailHost, wait_for
from behaviour.client import Client, encode
from behaviour.messages import compose, new_token
from behaviour.modules import run_module
from behaviour.quota import fill

STRANGER = "stranger@external.example"


def test_r01_to_a_mailbox(mx: MailHost, client: Client) -> None:
    token = new_token()
    sent = client.program(
        "swaks", "--server", mx.fqdn, "--port", "25", "--tls", "--from", STRANGER, "--to", "bob@example.com",
        "--header", f"Subject: {token}", "--body", "From a stranger.", "--silent", "2",
    )  # fmt: skip
    assert sent["status"] == 0, sent["output"]
    [message] = client.read(mx, "bob@example.com", token)
    assert message.get_content().strip() == "From a stranger."
    assert message["Return-Path"] == f"<{STRANGER}>"


@pytest.mark.parametrize(
    "address", ["alice@example.com", "o'brien#$&*=?^_`{|}~-x@example.com", "reader@bücher.example"]
)
def test_r01_to_a_mailbox_of_any_name(mx: MailHost, client: Client, address: str) -> None:
    token = new_token()
    travelling = address.replace("bücher", "xn--bcher-kva")
    client.send(mx, STRANGER, [travelling], compose(token, STRANGER, travelling))
    mx.wait_for_empty_queue()
    login = {**mx.login(address), "address": travelling}
    assert len(client.do("imap_read", host=mx.fqdn, ca=mx.ca, login=login, token=token)) == 1


def test_r02_to_an_alias(mx: MailHost, client: Client) -> None:
    """Every member gets one copy: of an alias, of an alias of an alias, and less those who are inactive."""
    team, nested, half = new_token(), new_token(), new_token()
    for token, address in ((team, "team"), (nested, "nested"), (half, "half")):
        recipient = f"{address}@example.com"
        client.send(mx, STRANGER, [recipient], compose(token, STRANGER, recipient))
    mx.wait_for_empty_queue()
    for token in (team, nested):
        for member in ("alice@example.com", "bob@example.com"):
            [message] = client.read(mx, member, token)
            assert message["Delivered-To"] == member
    assert len(client.read(mx, "bob@example.com", half)) == 1


def test_r03_to_a_catch_all(mx: MailHost, client: Client) -> None:
    token = new_token()
    recipients = ["nobody.in.particular@example.org", "carol@example.org", "info@example.org", "carol+tag@example.org"]
    for recipient in recipients:
        client.send(mx, STRANGER, [recipient], compose(token, STRANGER, recipient))
    mx.wait_for_empty_queue()
    to = {
        reader: sorted(message["To"] for message in client.read(mx, reader, token))
        for reader in ("alice@example.com", "bob@example.com", "carol@example.org")
    }
    assert to == {
        "alice@example.com": ["nobody.in.particular@example.org"],
        "bob@example.com": ["info@example.org"],
        "carol@example.org": ["carol+tag@example.org", "carol@example.org"],
    }


def test_r04_to_a_tagged_address(mx: MailHost, client: Client) -> None:
    token = new_token()
    client.send(mx, STRANGER, ["bob+lists+more@example.com"], compose(token, STRANGER, "bob+lists+more@example.com"))
    client.send(mx, STRANGER, ["BOB+Lists@Example.COM"], compose(token, STRANGER, "BOB+Lists@Example.COM"))
    assert len(client.read(mx, "bob@example.com", token, count=2)) == 2


def test_r01_to_a_new_domain(mx: MailHost, client: Client) -> None:
    """It gets mail at once, though smtpd has refused it before and remembers that; and none when it is gone."""
    steps = [f"MAIL FROM:<{STRANGER}>", "RCPT TO:<somebody@fresh.example>"]

    def answers(code: int) -> Callable[[], bool]:
        return lambda: client.smtp(mx, steps)["replies"][1][0] == code

    assert answers(554)()
    run_module(
        mx,
        "accounts",
        domains=[{"name": "fresh.example"}],
        aliases=[{"address": "@fresh.example", "destinations": ["bob@example.com"]}],
    )
    try:
        wait_for("the domain gets mail", answers(250), 5)
    finally:
        run_module(mx, "domain", name="fresh.example", state="absent", cascade=True)
    wait_for("the domain is refused", answers(554), 5)


def test_r03_a_backup_mx_asks_the_primary_server_first(mx: MailHost, client: Client) -> None:
    """It takes no mail for recipients that the primary has not confirmed, and relays for no domain beside it."""
    steps = [f"MAIL FROM:<{STRANGER}>", "RCPT TO:<somebody@backup.example>", "RCPT TO:<somebody@sub.backup.example>"]
    _mail, (code, text), (other, _text) = client.smtp(mx, steps)["replies"]
    # There is no such primary in the test bed: Postfix looked for it, and did not find it.
    assert code == 550, (code, text)
    assert "undeliverable address: Host or domain name not found" in text
    assert other == 554
    assert mx.postmap("virtual_mailbox_maps", "somebody@backup.example") == ""


@pytest.mark.parametrize("address", ["unknown@example.com", "unknown+tag@example.com", "bob.@example.com"])
def test_r05_to_an_unknown_address(mx: MailHost, client: Client, address: str) -> None:
    """Refused before the message is taken, so that nothing bounces to a sender who may be forged."""
    start = mx.journal_now()
    refused = client.smtp(mx, ["MAIL FROM:<bob@example.com>", f"RCPT TO:<{address}>", "DATA"])
    sender, recipient, data = refused["replies"]
    assert sender[0] == 250
    assert recipient[0] == 550 if "bob." not in address else recipient[0] in (501, 550), recipient
    assert data[0] in (503, 554), data
    assert mx.queue() == []
    assert "postfix/bounce" not in mx.journal(start)


@pytest.mark.parametrize(
    "address",
    [
        "inactive@example.com",
        "off@example.org",
        "paused@example.com",
        "dora@closed.example",
        "postmaster@closed.example",
    ],
)
def test_r06_to_who_is_disabled(mx: MailHost, client: Client, address: str) -> None:
    """A mailbox (also one in a domain with a catch-all), an alias, and whatever is in a disabled domain."""
    refused = client.smtp(mx, [f"MAIL FROM:<{STRANGER}>", f"RCPT TO:<{address}>"])
    assert refused["replies"][-1][0] in (550, 554), refused
    assert mx.queue() == []


def test_r07_to_a_full_mailbox(mx: MailHost, client: Client) -> None:
    """The message that does not fit is refused with 452 at RCPT (552: test_operating.py), those before it are there."""
    filled = fill(mx, client, "full@example.com")
    assert filled.refusal[0] == 452, filled
    assert "4.2.2" in filled.refusal[1]
    assert len(client.read(mx, "full@example.com", filled.token, count=filled.accepted)) == filled.accepted
    assert mx.queue() == []


@pytest.mark.parametrize("port", [25, 587])
def test_r13_8_bit_text_is_not_mangled(mx: MailHost, client: Client, port: int) -> None:
    """The bytes arrive as they were sent; and what could not be delivered, an address in UTF-8, is not offered."""
    token, body = new_token(), "Grüße: äöü €  日本語 \u00ff\r\n".encode() + b"raw bytes: \x80\xfe\xff\r\n"
    login = mx.login("bob@example.com") if port == 587 else None
    head = f"From: bob@example.com\r\nTo: bob@example.com\r\nSubject: {token}\r\nMIME-Version: 1.0\r\n".encode()
    head += b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    steps = ["MAIL FROM:<bob@example.com> BODY=8BITMIME", "RCPT TO:<bob@example.com>", encode(head + body)]
    conversation = client.smtp(mx, steps, port, login=login)
    assert [reply[0] for reply in conversation["replies"]] == [250, 250, 250], conversation
    offered = (conversation["ehlo_tls"] or conversation["ehlo"])[1].split("\n")
    assert "8BITMIME" in offered
    assert "SMTPUTF8" not in offered
    [message] = client.read(mx, "bob@example.com", token)
    assert message.get_payload(decode=True) == body
    refused = client.smtp(mx, ["MAIL FROM:<bob@example.com> SMTPUTF8"], port, login=login)
    assert refused["replies"][0][0] >= 500, refused
