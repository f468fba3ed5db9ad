# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DKIM keys everybody has to find in the DNS."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.filter.published_keys import published_keys
from ansible_collections.mailwright.mail.plugins.plugin_utils.mail_domains import dns_calls


def key(selector: str, state: str | None, value: str | None = "v=DKIM1; p=AA==", domain: str = "example.com") -> dict:
    record = {"name": f"{selector}._domainkey.{domain}", "type": "TXT", "value": value}
    return {"domain": domain, "selector": selector, "state": state, "record": record}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (None, True),
        ("made", False),
        ("published", False),
        ("visible", True),
        ("signing", True),
        ("retiring", True),
        ("revoked", False),
    ],
)
def test_a_key_has_to_be_found_while_mail_may_be_signed_with_it(state: str | None, expected: bool) -> None:
    found = published_keys([key("s", state)])
    assert found == ([{"name": "example.com", "dkim": [key("s", state)["record"]]}] if expected else [])


def test_a_key_that_cannot_be_read_has_no_record() -> None:
    assert published_keys([key("s", None, value=None)]) == []


def test_keys_come_by_domain_as_dns_calls_takes_them() -> None:
    keys = published_keys([key("a", None), key("b", "signing"), key("a", None, domain="example.org")])
    assert [entry["name"] for entry in keys] == ["example.com", "example.org"]
    host = {"host": {"name": "mx1.example.net"}, "domains": [{"name": "example.com"}], "keys": keys}
    (call,) = dns_calls([host])
    assert [record["name"] for record in call["domains"][0]["dkim"]] == [
        "a._domainkey.example.com",
        "b._domainkey.example.com",
    ]


@pytest.mark.parametrize("keys", ["text", {"a": 1}, 7, [{"domain": "example.com"}], ["text"]])
def test_what_is_no_list_of_keys_is_told(keys: object) -> None:
    with pytest.raises(AnsibleFilterError, match="give dkim_keys of dkim_key_info"):
        published_keys(keys)
