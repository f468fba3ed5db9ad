# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""R01 to R07 and R13: mail from another server reaches whom it is for, and nobody else."""

from __future__ import annotations

import pytest
from behaviour.bed import MailHost
from behaviour.client import Client, encode
from behaviour.messages import compose, new_token

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


def test_r03_a_backup_mx_asks_the_primary_server_first(mx: MailHost, client: Client) -> None:
    """It takes no mail for recipients that the primary has not confirmed, and relays for no domain beside it."""
    steps = [f"MAIL FROM:<{STRANGER}>", "RCPT TO:<somebody@backup.example>", "RCPT TO:<somebody@sub.backup.example>"]
    _mail, (code, text), (other, _text) = client.smtp(mx, steps)["replies"]
    # There is no such primary in the test bed: Postfix looked for it, and did not find it.
    assert code == 550, (code, text)
    assert "undeliverable address: Host or domain name not found" in text
    assert other == 554
    primary = mx.run('postmap -q somebody@backup.example "$(postconf -h virtual_mailbox_maps)" || true')
    assert primary == ""


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
    """The message that does not fit is refused with 452 at RCPT; those before it are all there."""
    token, accepted = new_token(), 0
    message = compose(token, STRANGER, "full@example.com", "0123456789abcdef" * 4 * 20 + "\n" + "x\n" * 15000)
    for _attempt in range(10):
        steps = [f"MAIL FROM:<{STRANGER}> SIZE={len(message)}", "RCPT TO:<full@example.com>", encode(message)]
        replies = client.smtp(mx, steps)["replies"]
        if replies[1][0] != 250:
            break
        assert replies[2][0] == 250, replies
        accepted += 1
        mx.wait_for_empty_queue()
    assert replies[1][0] == 452, replies
    assert "4.2.2" in replies[1][1]
    assert accepted >= 1 or _stored(mx) > 0
    assert len(client.read(mx, "full@example.com", token, count=accepted)) == accepted
    assert mx.queue() == []


def _stored(mx: MailHost) -> int:
    return int(
        mx.run("doveadm -f flow quota get -u full@example.com | sed -n 's/.*type=STORAGE value=\\([0-9]*\\).*/\\1/p'")
    )


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
