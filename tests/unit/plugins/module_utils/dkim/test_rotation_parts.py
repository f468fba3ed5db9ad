# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of new selectors, the list of keys that sign, and what is told of what nobody could look for."""

from __future__ import annotations

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.keys import load_key, make_key, seed_form
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation import signing
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation.machine import advance
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation.model import (
    SIGNING,
    Policy,
    Rotation,
    Selector,
    Sights,
)
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation.names import (
    host_prefix,
    new_name,
    parse_prefix,
)
from ansible_collections.mailwright.mail.plugins.module_utils.dns.seen import Seen


@pytest.mark.parametrize(
    ("host", "prefix"),
    [
        ("mx1.example.net", "mx1-"),
        ("MX_1", "mx-1-"),
        ("-a-", "a-"),
        ("", "mail-"),
        ("ü", "mail-"),
        ("a" * 99, "a" * 47 + "-"),
    ],
)
def test_the_prefix_of_a_host(host: str, prefix: str) -> None:
    assert host_prefix(host) == parse_prefix(prefix) == prefix


@pytest.mark.parametrize("value", ["-", "a.b", "a_", " ", "a" * 49])
def test_what_no_selector_begins_with(value: str) -> None:
    with pytest.raises(InvalidValue, match="selector_prefix"):
        parse_prefix(value)


def test_names_go_on_and_on() -> None:
    taken: set[str] = set()
    for _name in range(30):
        taken.add(new_name("date", "mx1-", "2026-11-21T22:00:00Z", taken))
    assert sorted(taken)[0] == "mx1-202611a"
    assert {"mx1-202611z", "mx1-202611aa", "mx1-202611ad"} <= taken
    assert new_name("counter", "", "", {"1", "2", "4"}) == "3"
    # A clock that is thousands of years off.
    assert new_name("date", "mx1-", "unknown", set()) == "mx1-a"


def test_the_list_says_what_it_was_made_of() -> None:
    signers = {"example.com": [("a", "/k/a.pem"), ("b", "/k/b.key")], "example.org": [("a", "/k/c.pem")], "x.test": []}
    text = signing.text(signers)
    assert signing.listed(text) == {"example.com": frozenset("ab"), "example.org": frozenset("a")}
    assert signing.listed(None) == signing.listed(b"domain { what others wrote }\n\xff") == {}


def test_a_key_for_rspamd() -> None:
    pem, public = make_key("ed25519", 0)
    bare = seed_form(pem, "x")
    assert load_key(bare, "x").public == public.public
    assert seed_form(bare, "x") == bare
    rsa, _public = make_key("rsa", 2048)
    with pytest.raises(InvalidValue, match="rsa 2048"):
        seed_form(rsa, "x")


def test_nobody_could_be_asked() -> None:
    one = Selector("a", "rsa", 2048, SIGNING, value="v", spki_sha256="h", signed=True)
    seen = {"a": Seen(problem="there is no resolver")}
    policy = Policy({"rsa": 2048}, 0, 10, 10)
    sights = Sights(seen, frozenset("a"), frozenset("a"))
    course = advance("example.com", Rotation((one,)), policy, sights, elapsed=5, now="", make_name=lambda _taken: "b")
    assert [selector.state for selector in course.rotation.selectors] == [SIGNING]
    assert course.warnings == ["example.com: the record of selector a was not looked for: there is no resolver"]
