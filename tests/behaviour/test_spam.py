# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S05, R15, R16, R17: what goes out is signed; what pretends to be ours is refused, and so is spam."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from behaviour.bed import MailHost, wait_for
from behaviour.client import Client, encode
from behaviour.messages import compose, new_token
from behaviour.outside import partner_server
from behaviour.site import run_site

ALICE = "alice@example.com"
STRANGER = "stranger@external.example"
PARTNER = "partner@partner.example"
# A text that every filter for spam knows (https://spamassassin.apache.org/gtube/).
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n"


@pytest.fixture(scope="module")
def verifier(client: Client) -> None:
    """A client that has dkimpy."""
    packages = "python3-dkim python3-nacl python3-dnspython"
    client.host.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends {packages}")


@pytest.mark.usefixtures("verifier")
@pytest.mark.parametrize(("port", "sender"), [(587, ALICE), (465, "sender@example.com")])
def test_s05_every_key_signs(mx: MailHost, client: Client, name_server: str, port: int, sender: str) -> None:
    """Another host's verifier, which asks our name server, accepts the RSA and the Ed25519 signature."""
    token = new_token()
    with partner_server(client) as received:
        message = compose(token, sender, PARTNER, "Grüße.\n\n.A dot comes first.\n")
        client.send(mx, sender, [PARTNER], message, port, login=mx.login(sender))
        mx.wait_for_empty_queue()
    [arrived] = received
    task = {"message": base64.b64encode(arrived.raw).decode(), "server": name_server}
    verdicts = client.host.program("dkim_verify.py", json.dumps(task))
    assert {(one["domain"], one["algorithm"], one["valid"]) for one in verdicts} == {
        ("example.com", "rsa-sha256", True),
        ("example.com", "ed25519-sha256", True),
    }, verdicts
    # The key belongs to the host that has signed.
    assert all(one["selector"].startswith(f"{mx.name}-") for one in verdicts)
    # And the verifier sees when a message is not what was signed.
    changed = arrived.raw.replace(b"A dot", b"A dog")
    task["message"] = base64.b64encode(changed).decode()
    assert [one["valid"] for one in client.host.program("dkim_verify.py", json.dumps(task))] == [False, False]


@pytest.mark.usefixtures("name_server")
def test_r15_a_forged_sender(mx: MailHost, client: Client) -> None:
    """From outside, nobody writes as one of us: the domain's own DMARC policy refuses it, and Rspamd heeds it."""
    reply = send_data(mx, client, STRANGER, compose(new_token(), ALICE, ALICE))
    assert reply[0] == 554, reply
    assert "DMARC" in reply[1], reply


def test_r16_spam(mx: MailHost, client: Client) -> None:
    """Refused where it is offered, so that nothing bounces, and nothing arrives."""
    token = new_token()
    reply = send_data(mx, client, STRANGER, compose(token, STRANGER, ALICE, GTUBE))
    assert reply[0] == 554, reply
    assert not mx.queue()
    client.read(mx, ALICE, token, count=0)


def send_data(mx: MailHost, client: Client, sender: str, message: bytes) -> tuple[int, str]:
    """Offer a message to alice from outside; return the answer to its data."""
    conversation = client.smtp(mx, [f"MAIL FROM:<{sender}>", f"RCPT TO:<{ALICE}>", encode(message)])
    *envelope, (status, text) = conversation["replies"]
    assert [reply[0] for reply in envelope] == [250, 250], conversation
    return status, text


@pytest.fixture(scope="module")
def greylisting() -> Iterator[None]:
    """The hosts with greylisting, for whatever has any score at all."""
    settings = {"rspamd_greylisting": True, "rspamd_greylist_score": 0.1, "rspamd_greylist_delay": 2}
    nothing_left_out = {"ANSIBLE_SKIP_TAGS": ""}
    run = run_site("--tags", "rspamd", variables=settings, environment=nothing_left_out)
    assert run.status == 0, run.output
    yield
    run = run_site("--tags", "rspamd", environment=nothing_left_out)
    assert run.status == 0, run.output


@pytest.mark.usefixtures("greylisting")
def test_r17_greylisting(mx: MailHost, client: Client) -> None:
    """Whoever is new is asked to come back, and is let in when he does."""
    token = new_token()
    message = compose(token, STRANGER, ALICE)
    status, text = send_data(mx, client, STRANGER, message)
    assert status == 451, text
    wait_for("the message is let in", lambda: send_data(mx, client, STRANGER, message)[0] == 250)
    assert len(client.read(mx, ALICE, token)) == 1
