# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one question to a resolver comes to that has trouble of its own."""

from __future__ import annotations

import socket

import pytest
from checked.loopback import serving

from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.exchange import Failed, exchange


def test_a_resolver_that_is_silent_and_then_closes() -> None:
    """A resolver that waits for others closes connections when it has too many: that is no malformed answer."""
    with (
        serving(lambda connection: connection.recv(1000) and None) as port,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("127.0.0.1", port))
        with pytest.raises(Failed) as raised:
            exchange("127.0.0.1", "example.com", "MX", port=port, timeout=0.3, recursive=True)
    assert raised.value.verdict == seen.TIMEOUT
