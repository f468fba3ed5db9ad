# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of certificates."""

from __future__ import annotations

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.certificates.names import covers, parse_names
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue


def test_names_are_normalised_and_the_hosts_own_is_first() -> None:
    given = ["z.example.net", "A.example.net.", "mx1.example.net", "*.Example.net", "192.0.2.1", "2001:DB8:0::1"]
    assert parse_names("MX1.example.net", given) == (
        "DNS:mx1.example.net",
        "DNS:*.example.net",
        "DNS:a.example.net",
        "DNS:z.example.net",
        "IP:192.0.2.1",
        "IP:2001:db8::1",
    )
    assert parse_names("bücher.example", []) == ("DNS:xn--bcher-kva.example",)
    assert parse_names("bare13", []) == ("DNS:bare13",)


@pytest.mark.parametrize(
    "name", ["", "*.example.net", "a/b.example", "../x", "a b", "-a.example", "a..b", "a\n", "192.0.2.1"]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="name"):
        parse_names(name, [])


@pytest.mark.parametrize("name", ["*", "*.net", "a.*.net", "*a.example", "https://x.example", "192.0.2.256"])
def test_an_alternative_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="alt_names"):
        parse_names("mx1.example.net", [name])


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        (["DNS:a.example"], "DNS:a.example", True),
        (["DNS:*.a.example"], "DNS:x.a.example", True),
        (["DNS:*.a.example"], "DNS:a.example", False),
        (["DNS:*.a.example"], "DNS:x.y.a.example", False),
        (["DNS:*.a.example"], "IP:192.0.2.1", False),
        (["IP:192.0.2.1"], "IP:192.0.2.1", True),
        ([], "DNS:a", False),
    ],
)
def test_what_a_certificate_is_good_for(held: list[str], wanted: str, expected: bool) -> None:
    assert covers(held, wanted) is expected
