# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the resolver makes of answers that are not quite as the question was."""

from __future__ import annotations

import dns.flags
import dns.message
import pytest
from mail_zones.fake_nameserver import FakeNameServer, serving

from ansible_collections.mailwright.mail.plugins.module_utils.dns.resolver import Resolver


@pytest.mark.parametrize("name", ["joe@example.net.example.com", "a;b.example.com..", 'a"(b) $.example.com'])
def test_names_that_are_written_with_escapes(name: str) -> None:
    """SPF's macros put a sender's characters into names (``exists:%{s}.example.com``)."""
    server = FakeNameServer("127.0.0.2")
    escaped = name.rstrip(".").replace("@", "\\@").replace(";", "\\;").replace('"(b) $', '\\"\\(b\\)\\032\\$')
    server.records[escaped, "A"] = ["127.0.0.1"]
    with serving(server) as port:
        reply = Resolver([server.address], port, timeout=2.0).resolve(name, "A")
    assert server.asked == [("udp", escaped, "A")]
    assert (reply.outcome, reply.values) == ("found", ("127.0.0.1",))


class Validating(FakeNameServer):
    """A resolver to which all that it has is bogus: it gives it only to those who do not want it validated."""

    def answer(self, wire: bytes, transport: str) -> bytes | None:
        """Return the answer to a question, ``None`` for none."""
        self.fault = "" if dns.message.from_wire(wire).flags & dns.flags.CD else "servfail"
        return super().answer(wire, transport)


@pytest.mark.parametrize(
    ("fault", "first"),
    [("silent", False), ("refused", False), ("refused", True), ("servfail", False), ("servfail", True)],
)
def test_a_bogus_answer_beside_a_resolver_that_does_not_help(fault: str, first: bool) -> None:
    validating, other = Validating("127.0.0.2"), FakeNameServer("127.0.0.3", fault=fault)
    validating.records["example.com", "A"] = ["192.0.2.1"]
    servers = [validating, other] if first else [other, validating]
    with serving(*servers) as port:
        reply = Resolver([server.address for server in servers], port, timeout=1.0).resolve("example.com", "A")
    assert (reply.outcome, reply.bogus) == ("SERVFAIL", True)
