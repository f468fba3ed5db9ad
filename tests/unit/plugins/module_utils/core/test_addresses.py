# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains and addresses: the one stored form, and every refusal with the value in its message."""

from __future__ import annotations

import sys

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.core.addresses import (
    Address,
    parse_address,
    parse_domain,
    parse_mailbox_address,
    parse_own_address,
    show_domain,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("example.com", "example.com"),
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("faß.example", "xn--fa-hia.example"),
        ("1.example", "1.example"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example"),
        (".".join(["a" * 49] * 5) + ".de", ".".join(["a" * 49] * 5) + ".de"),
    ],
)
def test_a_domain_has_one_stored_form(value: str, stored: str) -> None:
    assert parse_domain(value) == stored
    assert parse_domain(stored) == stored


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "localhost",
        "example..com",
        ".example.com",
        "-example.com",
        "example-.com",
        "exa mple.com",
        "exa_mple.com",
        "example.com\n",
        "exam\x00ple.com",
        "example.com/x",
        "192.0.2.1",
        f"{'a' * 64}.example",
        f"example.{'a' * 64}",
        ".".join(["a" * 50] * 5) + ".example",
        "a" * 5000,
        "xn--a.example",
        "a\u200db.example",
        "\u2488com.example",
        "ü" * 300 + ".example",
    ],
)
def test_a_bad_domain_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_domain(value, "name of the domain")
    message = str(caught.value)
    assert message.startswith("name of the domain ")
    assert repr(value)[:100].rstrip("'") in message
    assert "\n" not in message and "\x00" not in message


def test_a_domain_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidValue, match="is no text"):
        parse_domain(12)  # type: ignore[arg-type]  # what a user's YAML may hold


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z][a-z0-9]{0,10}){1,3}", fullmatch=True))
def test_plain_names_are_what_idna_makes_of_them(name: str) -> None:
    """The short way for names in their stored form gives what the long way gives."""
    labels = name.split(".")
    if any(label[2:4] == "--" for label in labels):
        return
    assert parse_domain(name) == idna.encode(name, uts46=True).decode()


def test_domains_are_shown_as_people_write_them() -> None:
    assert show_domain("xn--bcher-kva.example") == "bücher.example"
    assert show_domain("example.com") == "example.com"
    assert show_domain("xn--.example") == "xn--.example"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("alice@example.com", "alice@example.com"),
        ("Alice.Liddell@Example.COM", "alice.liddell@example.com"),
        ("o'brien%x$y{{z}}@example.com", "o'brien%x$y{{z}}@example.com"),
        ("alice+tag@bücher.example", "alice+tag@xn--bcher-kva.example"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    ],
)
def test_an_address_has_one_stored_form(value: str, stored: str) -> None:
    assert str(parse_address(value)) == stored


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("alice", "has no @"),
        ("alice@home@example.com", "has 2 @"),
        ("@example.com", "has no local part"),
        ("alice@", "'alice@': has no domain"),
        (f"{'a' * 65}@example.com", "has a local part of 65 characters"),
        (".alice@example.com", "where none may stand"),
        ("alice.@example.com", "where none may stand"),
        ("al..ice@example.com", "where none may stand"),
        ("al ice@example.com", "where none may stand"),
        ('"alice"@example.com', "where none may stand"),
        ("al\\ice@example.com", "where none may stand"),
        ("al\nice@example.com", "where none may stand"),
        ("alice\x00@example.com", "where none may stand"),
        ("älice@example.com", "where none may stand"),
        ("alice@exa mple.com", "has the label"),
        ("alice@example.com\n", "has the label"),
    ],
)
def test_a_bad_address_is_refused_by_name(value: str, told: str) -> None:
    with pytest.raises(InvalidValue, match=told) as caught:
        parse_address(value, "mailbox address")
    assert "mailbox address" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_address_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"12.*is no text"):
        parse_address(12)  # type: ignore[arg-type]  # what a user's YAML may hold


def test_a_catch_all_is_taken_where_it_may_stand() -> None:
    assert parse_address("@Example.com", catch_all=True) == Address("", "example.com")
    assert parse_address("@example.com", catch_all=True).is_catch_all
    assert not parse_address("a@example.com", catch_all=True).is_catch_all


@pytest.mark.parametrize(
    ("value", "told"), [("a/b@example.com", "has a / "), ("a+b@example.com", "recipient delimiter")]
)
def test_a_mailbox_is_also_a_directory(value: str, told: str) -> None:
    assert str(parse_address(value)) == value
    with pytest.raises(InvalidValue, match=told):
        parse_mailbox_address(value)


@pytest.mark.parametrize(
    "name", ["bücher.example", "BÜCHER.example", "例え.テスト", "faß.example", "zoe\u0308.example"]
)
def test_names_convert_alike_without_the_library(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check-mode run on a bare host predicts what the run stores."""
    stored = parse_domain(name)
    monkeypatch.setitem(sys.modules, "idna", None)
    assert parse_domain(name) == stored


def test_without_the_library_symbols_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "idna", None)
    with pytest.raises(InvalidValue, match=r"a☃b\.example.*does not convert to A-labels"):
        parse_domain("a☃b.example")


@pytest.mark.parametrize("value", ["a%b@example.com", "host!user@example.com"])
def test_own_addresses_are_none_that_postfix_takes_for_routes(value: str) -> None:
    for parse in (parse_own_address, parse_mailbox_address):
        with pytest.raises(InvalidValue, match=r"in its local part; Postfix refuses mail") as caught:
            parse(value)
        assert value in str(caught.value)
    assert str(parse_address(value)) == value, "fine as somebody else's address"


def test_own_addresses_are_none_that_postfix_takes_for_options() -> None:
    for parse in (parse_own_address, parse_mailbox_address):
        with pytest.raises(InvalidValue, match=r"'-a@example\.com': has a local part that starts with -"):
            parse("-a@example.com")
        assert str(parse("a-@example.com")) == "a-@example.com"
    assert str(parse_address("-a@example.com")) == "-a@example.com", "fine as somebody else's address"
