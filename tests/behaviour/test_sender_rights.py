# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S03: a mailbox sends as itself, as what leads to it, and as what it was granted, and as nobody else."""

from __future__ import annotations

from itertools import chain

import pytest
from behaviour.bed import MailHost
from behaviour.client import Client
from behaviour.messages import compose, new_token

PORTS = [587, 465]
_AT_ONCE = 8

# Itself, the aliases it is a member of, through others too, and what its catch-all catches; its grants.
OWN = {
    "bob@example.com": [
        "bob@example.com", "BOB@Example.COM", "bob+tag@example.com", "team@example.com", "team+tag@example.com",
        "Team@EXAMPLE.com", "nested@example.com", "nested+tag@example.com", "half@example.com", "info@example.org",
        "copy@example.com", '"bob"@example.com',
    ],
    "alice@example.com": [
        "alice@example.com", "outside@example.com", "anything@example.org", "any+thing@example.org",
    ],
    "carol@example.org": ["carol@example.org", "carol+x@example.org"],
    "sender@example.com": [
        "sender@example.com", "sender+tag@example.com", "office@partner.example", "Office@Partner.Example",
        "office+tag@partner.example", "carol@example.org", "carol+tag@example.org", "reader@xn--bcher-kva.example",
        "reader+tag@xn--bcher-kva.example", "anything@xn--bcher-kva.example", "any+thing@XN--bcher-kva.example",
        "postmaster@xn--bcher-kva.example",
    ],
    # Somebody else's right to send as an address takes nothing from its owner.
    "reader@bücher.example": ["reader@xn--bcher-kva.example"],
}  # fmt: skip
# Another mailbox, an alias it is no member of, what is disabled, what a catch-all does not catch, addresses of ours
# that there are not and of others; the domain below, and whatever looks like an address of one's own.
FOREIGN = {
    "bob@example.com": [
        "alice@example.com", "alice+bob@example.com", "outside@example.com", "forward@example.com",
        "unknown@example.com", "inactive@example.com", "dora@closed.example", "anything@example.org",
        "somebody@external.example", "bob@sub.example.com", "bob@example.com.evil.example",
        '"bob@example.com"@evil.example', "@example.com",
        '"bob@example.com,"@evil.example', "bob%example.com@evil.example", "bobx@example.com", "+tag@example.com",
    ],
    "alice@example.com": [
        "carol@example.org", "carol+x@example.org", "info@example.org", "off@example.org", "paused@example.com",
        "office@partner.example",
    ],
    "carol@example.org": ["anything@example.org", "sender@example.com"],
    "sender@example.com": [
        "other@partner.example", "anything@example.org", "alice@example.com", "team@example.com",
        "x@sub.xn--bcher-kva.example", "inactive@example.com",
    ],
    "reader@bücher.example": ["anything@xn--bcher-kva.example"],
}  # fmt: skip


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize(("senders", "code"), [(OWN, 250), (FOREIGN, 553)], ids=["own", "foreign"])
def test_s03_the_sender_belongs_to_the_login(
    mx: MailHost, client: Client, port: int, senders: dict[str, list[str]], code: int
) -> None:
    for login, addresses in senders.items():
        # Postfix takes a sender without a local part for none at all.
        wanted = {address: 501 if address.startswith("@") else code for address in addresses}
        assert answers(mx, client, port, mx.login(login), addresses) == wanted, login


def answers(
    mx: MailHost,
    client: Client,
    port: int,
    login: dict[str, str],
    addresses: list[str],
    recipient: str = "bob@example.com",
) -> dict[str, int]:
    """Return the code that each sender meets, which is that of the recipient where the sender itself is taken.

    In several conversations: who makes too many mistakes in one is slowed down and put out.
    """
    login = {**login, "address": login["address"].replace("bücher", "xn--bcher-kva")}
    steps = [[f"MAIL FROM:<{address}>", f"RCPT TO:<{recipient}>", "RSET"] for address in addresses]
    requests = [
        client.smtp_request(mx, list(chain(*steps[start : start + _AT_ONCE])), port, login=login)
        for start in range(0, len(steps), _AT_ONCE)
    ]
    replies = [reply[0] for conversation in client.together(requests) for reply in conversation["replies"]]
    return {
        address: sender if sender != 250 else to
        for address, sender, to in zip(addresses, replies[::3], replies[1::3], strict=True)
    }


@pytest.mark.parametrize("port", PORTS)
def test_s03_the_login_in_upper_case(mx: MailHost, client: Client, port: int) -> None:
    """It is the same mailbox with the same rights, and no others."""
    login = {**mx.login("sender@example.com"), "address": "SENDER@Example.COM"}
    wanted = {"sender@example.com": 250, "office@partner.example": 250, "alice@example.com": 553}
    assert answers(mx, client, port, login, list(wanted)) == wanted


@pytest.mark.parametrize("port", PORTS)
def test_s03_who_is_disabled_sends_as_nobody(mx: MailHost, client: Client, port: int) -> None:
    """An inactive mailbox is not let in, whatever it was granted."""
    conversation = client.smtp(
        mx, ["MAIL FROM:<office@partner.example>", "RCPT TO:<bob@example.com>"], port,
        login=mx.login("inactive@example.com"), source=client.stranger(),
    )  # fmt: skip
    assert conversation["login"][0] == 535, conversation
    # Without a login, nobody is the owner of the sender, who is one's own all the same.
    assert conversation["replies"][1][0] == 553, conversation


@pytest.mark.parametrize("port", PORTS)
def test_s03_a_read_receipt_has_no_sender(mx: MailHost, client: Client, port: int) -> None:
    """The null sender passes with any login (RFC 6409, section 3.2), and without one not."""
    token, login = new_token(), mx.login("alice@example.com")
    receipt = compose(token, "alice@example.com", "bob@example.com")
    client.send(mx, "", ["bob@example.com"], receipt, port, login=login)
    [message] = client.read(mx, "bob@example.com", token)
    assert message["Return-Path"] == "<>"
    refused = client.smtp(mx, ["MAIL FROM:<>", "RCPT TO:<bob@example.com>"], port)["replies"]
    assert refused[1][0] in (530, 554), refused
