# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `dns_check` takes, and what it says of options that it cannot take."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.checks.argspec import DEFAULT, DNS_CHECK, NAMES
from ansible_collections.mailwright.mail.plugins.module_utils.checks.options import Request, parse_request
from ansible_collections.mailwright.mail.plugins.module_utils.checks.registry import CHECKS
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue


def parse(**given: Any) -> Request:
    params = {name: spec.get("default") for name, spec in DNS_CHECK.items()}
    return parse_request({**params, "domains": ["example.com"], **given})


def record(name: str, type_: str, value: str) -> dict[str, Any]:
    return {"name": name, "type": type_, "value": value, "ttl": 300}


def test_every_check_has_a_function() -> None:
    assert sorted(CHECKS) == sorted(NAMES)
    assert set(NAMES) - set(DEFAULT) == {"dnsbl"}


def test_defaults_and_forms() -> None:
    request = parse(
        domains=["Example.COM.", "bücher.example", "example.com"],
        dkim_selectors=["S1", "a.b"],
        addresses=["2001:DB8:0::1"],
        dnsbl_zones=["Zen.example"],
    )
    assert request.domains == ("example.com", "xn--bcher-kva.example")
    assert request.checks == DEFAULT
    assert (request.selectors, request.addresses) == (("s1", "a.b"), ("2001:db8::1",))
    assert (request.port, request.timeout, request.budget, request.fail_on) == (53, 5, 60, "error")
    assert request.blocklists == ("zen.example",)


def test_what_is_expected_of_whom() -> None:
    request = parse(
        domains=["example.com", "sub.example.com", "example.org"],
        records=[
            record("Example.com.", "MX", "10 MX1.example.net"),
            record("example.com", "MX", "20 mx2.example.net."),
            record("_dmarc.sub.example.com", "TXT", "v=DMARC1; p=none"),
            record("mx1.example.net", "A", "192.0.2.1"),
            record("_25._tcp.mx.example.org", "TLSA", "3 1 1 " + "AB" * 32),
        ],
    )
    mx = {("example.com", "MX"): ("10 mx1.example.net.", "20 mx2.example.net.")}
    dmarc = {("_dmarc.sub.example.com", "TXT"): ("v=DMARC1; p=none",)}
    hosts = {("mx1.example.net", "A"): ("192.0.2.1",), ("_25._tcp.mx.example.org", "TLSA"): ("3 1 1 " + "ab" * 32,)}
    assert request.expected_of("example.com") == {**mx, **dmarc, **hosts}
    assert request.expected_of("sub.example.com") == {**dmarc, **hosts}
    assert request.expected_of("example.org") == hosts


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"domains": []}, "domains '[]': is empty; name at least one domain"),
        ({"domains": ["localhost"]}, "domains 'localhost': has one label only"),
        ({"domains": ["-x.example"]}, "domains '-x.example': has the label '-x'"),
        ({"checks": []}, "is empty; name at least one check"),
        ({"checks": ["dnsbl"]}, "dnsbl_zones"),
        ({"dnsbl_zones": ["zen"]}, "dnsbl_zones 'zen': has one label only"),
        ({"records": [record("example.com", "MX", "mx1.example.net")]}, "MX example.com in records 'mx1.example.net'"),
        ({"records": [record("x y.example", "TXT", "a")]}, "name in records 'x y.example'"),
        ({"records": [record("example.com", "TXT", '"a"')]}, "is in quotes"),
        ({"dkim_selectors": ["a b"]}, "dkim_selectors 'a b': is no selector"),
        ({"dkim_selectors": [""]}, "dkim_selectors '': is no selector"),
        ({"dkim_selectors": ["x" * 300]}, "is no selector"),
        ({"addresses": ["192.0.2.0/24"]}, "addresses '192.0.2.0/24': is no IP address"),
        ({"port": 0}, "port 0: is out of range; give a number from 1 to 65535"),
        ({"timeout": 0}, "timeout 0: is out of range"),
        ({"budget": 100_000}, "budget 100000: is out of range"),
    ],
)
def test_what_cannot_be_taken(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        parse(**given)
    assert told.replace("'[]'", "[]") in str(raised.value)
