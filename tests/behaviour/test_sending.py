# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S01, S02, S04 and S07: who may send, and what the world learns of it (S03 is in test_sender_rights.py)."""

from __future__ import annotations

from typing import Any

import pytest
from behaviour.bed import MailHost, wait_for
from behaviour.client import Client, parse
from behaviour.messages import compose, new_token

SUBMISSION = {587: "--tls", 465: "--tls-on-connect"}


@pytest.mark.parametrize("port", SUBMISSION)
@pytest.mark.parametrize("sender", ["alice@example.com", "bcrypt@example.com", "sha512@example.com"])
def test_s01_a_good_password_sends(mx: MailHost, client: Client, port: int, sender: str) -> None:
    token, login = new_token(), mx.login(sender)
    sent = client.program(
        "swaks", "--server", mx.fqdn, "--port", str(port), SUBMISSION[port], "--auth", "PLAIN",
        "--auth-user", login["address"], "--from", sender, "--to", "bob@example.com",
        "--header", f"Subject: {token}", "--silent", "2",
        environment={"SWAKS_OPT_auth_password": login["password"]},
    )  # fmt: skip
    assert sent["status"] == 0, sent["output"]
    [message] = client.read(mx, "bob@example.com", token)
    assert message["Return-Path"] == f"<{sender}>"


def test_s01_a_bad_password_does_not(mx: MailHost, client: Client) -> None:
    """Refused and logged with the client's address, be there such a mailbox or not; the log has no password."""
    start, wrong = mx.journal_now(), f"wrong-{new_token()}"
    addresses = ["bob@example.com", "nobody@example.com", "receiver@example.com", "dora@closed.example"]
    answers = try_logins(mx, client, [{"address": address, "password": wrong} for address in addresses])
    for (port, address, source), answer in answers.items():
        assert answer["login"][0] in (535, 454), (port, address, answer)
        line = f"[{source}]: SASL PLAIN authentication failed"
        wait_for(f"'{line}' is logged", lambda line=line: line in mx.journal(start))
    assert wrong not in mx.journal(start)


def try_logins(
    mx: MailHost, client: Client, logins: list[dict[str, str]], steps: list[Any] | None = None
) -> dict[tuple[int, str, str], Any]:
    """Try each login on both ports, at once, each from an address of its own; (port, login, source) -> answer."""
    keys = [(port, login["address"], client.stranger()) for port in SUBMISSION for login in logins]
    requests = [
        client.smtp_request(mx, steps or [], port, login=login, source=source)
        for (port, _address, source), login in zip(keys, logins * len(SUBMISSION), strict=True)
    ]
    return dict(zip(keys, client.together(requests), strict=True))


def test_s02_no_password_before_tls(mx: MailHost, client: Client) -> None:
    """AUTH is not offered on 25 at all, nor on 587 before TLS, and one who tries it anyway is refused."""
    attempt = "AUTH PLAIN AGJvYkBleGFtcGxlLmNvbQBndWVzcw=="
    for port, tls in ((25, "none"), (25, "starttls"), (587, "none")):
        conversation = client.smtp(mx, [attempt], port, tls=tls, source=client.stranger())
        for offered in (conversation["ehlo"], conversation["ehlo_tls"]):
            assert offered is None or "AUTH" not in offered[1].upper(), (port, tls, offered)
        assert 500 <= conversation["replies"][0][0] < 600, (port, tls, conversation["replies"])
    offered = client.smtp(mx, [], 587)["ehlo_tls"][1]
    assert "AUTH PLAIN LOGIN" in offered.split("\n")


@pytest.mark.parametrize("port", SUBMISSION)
def test_s04_the_senders_privacy(mx: MailHost, client: Client, port: int) -> None:
    """Neither the client's addresses and name nor its program are in what arrives; a message inside stays whole."""
    token = new_token()
    private = {"X-Mailer": "Secret Mailer 7", "User-Agent": "Secret Agent 7", "X-Originating-IP": "[192.0.2.77]"}
    message = parse(compose(token, "alice@example.com", "bob@example.com", **private))
    message.add_attachment(parse(compose(new_token(), "bob@example.com", "alice@example.com", X_Mailer="Inner Mailer")))
    source = client.stranger()
    client.send(
        mx, "alice@example.com", ["bob@example.com"], message.as_bytes(), port,
        login=mx.login("alice@example.com"), source=source, helo="secret-name.client.example",
    )  # fmt: skip
    [received] = client.read(mx, "bob@example.com", token)
    head = "\n".join(f"{name}: {value}" for name, value in received.items())
    for trace in (source, "secret-name", "Secret", "192.0.2.77", *private):
        assert trace not in head, head
    assert "X-Mailer: Inner Mailer" in received.as_string()


def test_s07_without_the_protocol_smtp(mx: MailHost, client: Client) -> None:
    """A mailbox that may read but not send is not let in, nor does it get anywhere without."""
    logins = [mx.login(f"only-{protocol}@example.com") for protocol in ("imap", "pop3", "sieve")]
    answers = try_logins(mx, client, logins, ["MAIL FROM:<only-imap@example.com>", "RCPT TO:<bob@example.com>"])
    for key, answer in answers.items():
        assert answer["login"][0] == 535, (key, answer)
        # The second command counts: Postfix judges the sender when it knows the recipient (smtpd_delay_reject).
        assert 500 <= answer["replies"][1][0] < 600, (key, answer)
