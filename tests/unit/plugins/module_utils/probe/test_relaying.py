# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a server relays for strangers."""

from __future__ import annotations

from typing import Any

import pytest
from probed.calling import Probe, Serve, names

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.probe.relaying import RECIPIENT, spellings

_CHECK: dict[str, Any] = {"relay_checks": True, "own_domain": "example.com"}


def test_every_spelling_is_refused_and_told(serve: Serve, probe: Probe) -> None:
    server = serve("smtp")
    result = probe("smtp", server, **_CHECK)
    assert result["success"], result["message"]
    assert [(one["spelling"], one["recipient"]) for one in result["relay"]] == [
        ("plain", "probe@relay-check.invalid"),
        ("empty_sender", "probe@relay-check.invalid"),
        ("percent", "probe%relay-check.invalid@example.com"),
        ("source_route", "@example.com:probe@relay-check.invalid"),
        ("quoted", '"probe@relay-check.invalid"@example.com'),
        ("quoted_percent", '"probe%relay-check.invalid"@example.com'),
        ("quoted_local", '"probe@relay-check.invalid"'),
        ("bang", "relay-check.invalid!probe@example.com"),
    ]
    assert all(one["refused"] and one["code"] == 554 for one in result["relay"])
    assert "refuses to relay in all 8 spellings" in result["message"]
    # The login of the first conversation does not count in the second, and nothing is ever sent.
    assert len(server.logins) == 1
    said = [line for _encrypted, line in server.said]
    assert "MAIL FROM:<postmaster@example.com>" in said
    assert said.count("RSET") == 8
    assert not server.messages
    assert names(result)[-2:] == ["relay_bang", "relay_quit"]


@pytest.mark.parametrize("spelling", spellings("example.com"), ids=lambda one: one.name)
def test_each_spelling_that_is_taken_fails_the_probe(serve: Serve, probe: Probe, spelling: Any) -> None:
    result = probe("smtp", serve("smtp", relayed=frozenset({spelling.recipient})), **_CHECK)
    assert not result["success"]
    taken = {one["spelling"] for one in result["relay"] if not one["refused"]}
    assert spelling.name in taken
    assert taken <= {spelling.name, "plain", "empty_sender"}
    assert len(result["relay"]) == 8
    assert "the server would relay to" in result["message"]


def test_putting_off_is_no_refusal(serve: Serve, probe: Probe) -> None:
    server = serve("smtp", put_off=frozenset({"probe%relay-check.invalid@example.com"}))
    result = probe("smtp", server, **_CHECK)
    assert [one["code"] for one in result["relay"] if not one["refused"]] == [451]
    assert "put off and not refused" in result["message"]
    assert "451 4.7.1 later" in result["message"]


def test_a_server_that_hangs_up_is_not_taken_for_one_that_refuses(serve: Serve, probe: Probe) -> None:
    result = probe("smtp", serve("smtp", faults={"RCPT": "close"}), **_CHECK)
    assert not result["success"]
    assert [one["refused"] for one in result["relay"]] == [False] * 8
    assert {one["code"] for one in result["relay"]} == {0}


def test_a_sender_that_is_refused_is_a_refusal(serve: Serve, probe: Probe) -> None:
    result = probe(
        "smtp", serve("smtp", faults={"MAIL": "530 5.7.0 log in first"}), **_CHECK, username=None, password=None
    )
    assert result["success"], result["message"]
    assert {one["code"] for one in result["relay"]} == {530}


def test_a_stalling_server_costs_one_time_out(serve: Serve, probe: Probe) -> None:
    result = probe("smtp", serve("smtp", faults={"RCPT": "stall"}), **_CHECK, timeout=1)
    assert not result["success"]
    assert result["duration_ms"] < 4000


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"own_domain": None}, "own_domain"),
        ({"own_domain": "not a domain"}, "own_domain"),
        ({"relay_recipient": "nobody"}, "relay_recipient"),
        ({"relay_recipient": "a@b\r\nDATA"}, "relay_recipient"),
    ],
)
def test_wrong_options_are_told(probe: Probe, given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        probe("smtp", 1, **{**_CHECK, **given})


def test_the_foreign_recipient_may_be_chosen() -> None:
    assert RECIPIENT.endswith(".invalid")
    assert all("eve" in one.recipient for one in spellings("example.com", "eve@example.org"))
