# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""R02 and R03: who may write to an alias, or to what a catch-all catches, where the inventory lists them."""

from __future__ import annotations

import base64
from itertools import chain
from typing import Any

import pytest
from behaviour.bed import MailHost, wait_for
from behaviour.client import Client
from behaviour.messages import compose, new_token

BOARD = "board@example.com"
CAUGHT = "anything@lists.example"
REFUSED = (550, "5.7.1")
_AT_ONCE = 8

# Recipient -> who may write to it, and who not.
OPEN_TO = {
    BOARD: [
        "alice@example.com", "ALICE@Example.COM", "alice+tag@example.com", "team@example.com",
        "any.body@external.example", "o'brien#$&*=?^_`{|}~-x@example.com", '"quoted name"@external.example',
        '"a@b"@external.example',
    ],
    "Board+Tag@EXAMPLE.com": ["alice@example.com"],
    # An alias of its own, and not a tagged form of the other.
    "board+open@example.com": ["bob@example.com", ""],
    "closed@lists.example": ["bob@example.com", "bob+x@example.com"],
    CAUGHT: ["carol@example.org", "nobody+tag@example.org"],
    # What the catch-all does not catch has nothing to do with it.
    "open@lists.example": ["stranger@external.example", ""],
    "member@lists.example": ["stranger@external.example", ""],
    "member+tag@lists.example": ["stranger@external.example"],
    "postmaster@lists.example": ["stranger@external.example"],
}  # fmt: skip
CLOSED_TO = {
    BOARD: [
        "", "bob@example.com", "alic@example.com", "alice@external.example.com", "alice@sub.example.com",
        "somebody@sub.external.example", "xalice@example.com", "alice@example.com.evil.example",
        # Quotes, routes, separators of the table, percent signs, and letters that look alike.
        '"alice@example.com"@evil.example', '"alice@example.com,"@evil.example', '"*"@evil.example',
        '"x\\" alice@example.com"@evil.example', "*@evil.example",
        "%s@evil.example", "alice%example.com@evil.example", "'or''='@evil.example", "$`id`@evil.example",
        "a" * 64 + "@evil.example", "alice@" + "a." * 100 + "example",
    ],
    "board+tag@example.com": ["bob@example.com"],
    '"board"@example.com': ["bob@example.com"],
    "closed@lists.example": ["carol@example.org", "alice@example.com", "stranger@external.example", ""],
    "closed+tag@lists.example": ["carol@example.org"],
    CAUGHT: ["alice@example.com", "stranger@external.example", "carol@sub.example.org", ""],
    '"any thing"@lists.example': ["alice@example.com"],
    "anything+tag@lists.example": ["bob@example.com"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("senders", "wanted"), [(OPEN_TO, (250, "2.1.5")), (CLOSED_TO, REFUSED)], ids=["may", "may not"]
)
def test_r02_only_those_listed_may_write(
    mx: MailHost, client: Client, senders: dict[str, list[str]], wanted: tuple[int, str]
) -> None:
    asked = [(sender, recipient) for recipient, all_of_them in senders.items() for sender in all_of_them]
    got = dict(zip(asked, _answers(mx, client, asked), strict=True))
    assert {pair: (code, text.split()[0]) for pair, (code, text) in got.items()} == dict.fromkeys(asked, wanted), got
    if wanted == REFUSED:
        assert all("This sender may not write to this address" in text for _code, text in got.values()), got


def _answers(mx: MailHost, client: Client, asked: list[tuple[str, str]], port: int = 25, **options: Any) -> list[Any]:
    """Return what the server says of each recipient after each sender.

    In several conversations: who makes too many mistakes in one is slowed down and put out.
    """
    steps = [[f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "RSET"] for sender, recipient in asked]
    requests = [
        client.smtp_request(mx, list(chain(*steps[start : start + _AT_ONCE])), port, **options)
        for start in range(0, len(steps), _AT_ONCE)
    ]
    replies = [reply for conversation in client.together(requests) for reply in conversation["replies"]]
    refused = [pair for pair, reply in zip(asked, replies[::3], strict=True) if reply[0] != 250]
    assert refused == [], "their sender is none to Postfix"
    return replies[1::3]


@pytest.mark.parametrize("port", [587, 465])
def test_r02_the_same_for_who_is_logged_in(mx: MailHost, client: Client, port: int) -> None:
    """Being a member gives no right to write; writing as an alias that is listed does."""
    for login, sender, code in (
        ("alice@example.com", "alice@example.com", 250),
        ("alice@example.com", "alice+tag@example.com", 250),
        ("bob@example.com", "bob@example.com", 550),
        ("bob@example.com", "team@example.com", 250),
        ("bob@example.com", "alice@example.com", 553),
        ("bob@example.com", "", 550),
    ):
        [answer] = _answers(mx, client, [(sender, BOARD)], port, login=mx.login(login))
        assert answer[0] == code, (login, sender, answer)


def test_r02_one_refusal_is_not_the_others(mx: MailHost, client: Client) -> None:
    """Of one message's recipients, those who may have it get it."""
    token, stranger = new_token(), "somebody@evil.example"
    message = base64.b64encode(compose(token, stranger, BOARD)).decode()
    steps = [f"MAIL FROM:<{stranger}>", f"RCPT TO:<{BOARD}>", "RCPT TO:<carol@example.org>", {"message": message}]
    assert [reply[0] for reply in client.smtp(mx, steps)["replies"]] == [250, 550, 250, 250]
    allowed = "alice@example.com"
    client.send(mx, allowed, [BOARD], compose(f"{token} allowed", allowed, BOARD))
    mx.wait_for_empty_queue()
    assert len(client.read(mx, "carol@example.org", token)) == 1
    assert [each["Subject"] for each in client.read(mx, "bob@example.com", token)] == [f"Test {token} allowed"]


@pytest.mark.parametrize("sender", [b"\xc3\xa4lice@example.com", b"\xe2\x84\xaa@example.com", b"alice\xff@example.com"])
def test_r02_bytes_that_are_no_address(mx: MailHost, client: Client, sender: bytes) -> None:
    raw = b"MAIL FROM:<" + sender + b">\r\nRCPT TO:<board@example.com>\r\n"
    lines = client.smtp(mx, [{"raw": base64.b64encode(raw).decode()}])["replies"][0]
    assert lines[-1].startswith("5"), lines


def test_r02_an_overlong_tag(mx: MailHost, client: Client) -> None:
    """It is the same alias still, and no lookup fails of it."""
    answers = _answers(mx, client, [("bob@example.com", f"board+{'x' * 900}@example.com")])
    assert answers[0][0] == 550, answers


def test_r02_without_an_answer_the_mail_waits(mx: MailHost, client: Client) -> None:
    """Where the policy service fails, nobody gets through and nobody is refused for good; the rest goes on."""
    program = mx.run("postconf -M allow-from/unix | grep -o '/[^ ]*\\.py'").strip()
    stranger = "somebody@evil.example"
    asked = [("alice@example.com", BOARD), (stranger, BOARD), (stranger, "bob@example.com")]

    def codes() -> list[int]:
        return [code for code, _text in _answers(mx, client, asked)]

    mx.run(f"mv {program} {program}.away; pkill -u mailwright-policy || true")
    try:
        assert codes() == [451, 451, 250]
    finally:
        mx.run(f"mv {program}.away {program}")
    # master(8) waits a little before it starts again what has failed.
    wait_for("the policy service answers again", lambda: codes() == [250, 550, 250], 90)
