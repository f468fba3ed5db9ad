# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""R08 to R11: what strangers try, and what is too large."""

from __future__ import annotations

import base64
import itertools

import pytest
from behaviour.bed import MailHost
from behaviour.client import Client, Request
from behaviour.messages import compose, new_token

STRANGER = "stranger@external.example"
LIMIT = 52_428_800
# Fewer than the errors after which Postfix answers slowly (smtpd_soft_error_limit).
ERRORS_A_SESSION = 8


def spellings(host: str) -> list[str]:
    """Recipients that all mean victim@other.example, or somebody else who is not served here."""
    return [
        "<victim@other.example>",
        "victim@other.example",
        "<victim@other.example.>",
        "<VICTIM@OTHER.EXAMPLE>",
        "<victim@sub.example.com>",
        "<victim%other.example@example.com>",
        f"<victim%other.example@{host}>",
        "<victim%other.example@localhost>",
        "<victim%other.example@[127.0.0.1]>",
        "<victim%other.example>",
        '<"victim%other.example"@example.com>',
        '<"victim@other.example"@example.com>',
        f'<"victim@other.example"@{host}>',
        '<"victim@other.example">',
        f"<victim@other.example@{host}>",
        "<victim@other.example@example.com>",
        "<@example.com:victim@other.example>",
        f"<@{host}:victim@other.example>",
        f"<@example.com,@{host}:victim@other.example>",
        f'<@{host}:"victim@other.example"@example.com>',
        "<other.example!victim>",
        "<other.example!victim@example.com>",
        f"<other.example!victim@{host}>",
        f'<"other.example!victim"@{host}>',
        "<victim@[192.0.2.1]>",
        "<victim@[IPv6:2001:db8::1]>",
        "<victim@192.0.2.1>",
        "<victim@other.example;bob@example.com>",
        "<victim@other.example,bob@example.com>",
        "<victim@other.example\tbob@example.com>",
    ]


def test_r08_strangers_do_not_relay(mx: MailHost, client: Client) -> None:
    """Every spelling of a foreign recipient, from every kind of sender, gets a 5xx and no message is taken."""
    senders = ["", STRANGER, "bob@example.com", "root@localhost", f"postmaster@{mx.fqdn}", "root"]
    attempts = list(itertools.product(["", "bob@example.com"], spellings(mx.fqdn)))
    attempts += [(sender, "<victim@other.example>") for sender in senders]
    attempts.sort()
    requests, asked = [], []
    for sender, group in itertools.groupby(attempts, key=lambda attempt: attempt[0]):
        recipients = [recipient for _sender, recipient in group]
        for first in range(0, len(recipients), ERRORS_A_SESSION):
            some = recipients[first : first + ERRORS_A_SESSION]
            steps = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:{recipient}" for recipient in some)]
            options = {"host": mx.fqdn, "port": 25, "steps": steps, "source": client.stranger()}
            requests.append(Request("smtp", options))
            asked.append(steps)
    for steps, conversation in zip(asked, client.together(requests), strict=True):
        for step, (code, text) in zip(steps[1:], conversation["replies"][1:], strict=True):
            assert 500 <= code < 600, f"after {steps[0]}: {step} got {code} {text}"
    assert mx.queue() == []


def test_r09_vrfy_and_expn_disclose_nothing(mx: MailHost, client: Client) -> None:
    """The answer is the same whether there is such an address or not."""
    known, unknown = "bob@example.com", "nil@example.com"
    steps = [f"{command} {address}" for address in (known, unknown) for command in ("VRFY", "EXPN")]
    conversation = client.smtp(mx, steps)
    replies = [
        (code, text.replace(known, "ADDRESS").replace(unknown, "ADDRESS")) for code, text in conversation["replies"]
    ]
    assert replies[:2] == replies[2:]
    assert all(code in (252, 500, 502) for code, _text in replies), replies
    assert not {"VRFY", "EXPN"} & set(conversation["ehlo"][1].split("\n"))


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n\0.\r\n", b"\r\n\0.\r\n"], ids=repr
)
def test_r10_no_message_is_smuggled(mx: MailHost, client: Client, end: bytes) -> None:
    """What only looks like the end of a message (a bare LF or CR in it) does not let a second one in."""
    outer, inner = new_token(), new_token()
    second = b"MAIL FROM:<root@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n"
    second += f"Subject: {inner}\r\n\r\nSmuggled.\r\n.\r\nQUIT\r\n".encode()
    content = f"Subject: {outer}\r\n\r\nThe outer message.".encode() + end + second
    steps = [
        f"MAIL FROM:<{STRANGER}>",
        "RCPT TO:<bob@example.com>",
        "DATA",
        {"raw": base64.b64encode(content).decode()},
    ]
    replies = client.smtp(mx, steps)["replies"]
    assert replies[2][0] == 354, replies
    mx.wait_for_empty_queue()
    accepted = [line for line in replies[3] if line.startswith("250")]
    assert len(accepted) <= 1, replies
    assert client.read(mx, "bob@example.com", inner, count=0) == []
    assert len(client.read(mx, "bob@example.com", outer, count=len(accepted))) == len(accepted)


def test_r11_a_large_attachment_passes(mx: MailHost, client: Client) -> None:
    token = new_token()
    head = base64.b64encode(compose(token, STRANGER, "bob@example.com")).decode()
    steps = [f"MAIL FROM:<{STRANGER}>", "RCPT TO:<bob@example.com>", {"attachment": 30 * 1024 * 1024, "head": head}]
    code, text, digest = client.smtp(mx, steps)["replies"][-1]
    assert code == 250, text
    options = {"host": mx.fqdn, "ca": mx.ca, "login": mx.login("bob@example.com"), "token": token, "digest": True}
    assert client.do("imap_read", **options) == [digest]


def test_r11_a_message_over_the_limit_is_refused(mx: MailHost, client: Client) -> None:
    """As soon as its size is announced, and otherwise when it turns out to be larger."""
    announced = client.smtp(mx, [f"MAIL FROM:<{STRANGER}> SIZE={LIMIT + 1}"])
    assert f"SIZE {LIMIT}" in announced["ehlo"][1].split("\n")
    assert announced["replies"][0][0] == 552, announced["replies"]
    token = new_token()
    head = base64.b64encode(compose(token, STRANGER, "bob@example.com")).decode()
    steps = [f"MAIL FROM:<{STRANGER}>", "RCPT TO:<bob@example.com>", {"filler": LIMIT + 100_000, "head": head}]
    replies = client.smtp(mx, steps)["replies"]
    assert [reply[0] for reply in replies] == [250, 250, 552], replies
    assert mx.queue() == []
    assert client.read(mx, "bob@example.com", token, count=0) == []
