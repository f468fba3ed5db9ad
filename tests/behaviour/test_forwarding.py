# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""R14: an alias leads to an address elsewhere."""

from __future__ import annotations

import pytest
from behaviour.bed import MailHost
from behaviour.client import Client
from behaviour.messages import compose, new_token
from behaviour.outside import partner_server

STRANGER = "stranger@external.example"
PARTNER = "partner@partner.example"


@pytest.mark.parametrize(("alias", "copies"), [("forward@example.com", 0), ("copy@example.com", 1)])
def test_r14_forwarding(mx: MailHost, client: Client, alias: str, copies: int) -> None:
    """One message goes out, whole and with its own sender; where a mailbox is a member too, it has a copy."""
    token = new_token()
    with partner_server(client) as received:
        client.send(mx, STRANGER, [alias], compose(token, STRANGER, alias, "Grüße von außen.\n"))
        mx.wait_for_empty_queue()
    [forwarded] = received
    assert (forwarded.sender, forwarded.recipients) == (STRANGER, [PARTNER])
    assert token in forwarded.message["Subject"]
    assert forwarded.message["To"] == alias
    assert forwarded.message.get_content().strip() == "Grüße von außen."
    assert len(client.read(mx, "bob@example.com", token, count=copies)) == copies
