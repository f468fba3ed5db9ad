# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selectors and the TXT form of keys."""

from __future__ import annotations

import quopri
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.record import (
    Tags,
    parse_notes,
    record_value,
    split_strings,
)
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.selectors import parse_selector, record_name


@pytest.mark.parametrize(
    ("given", "selector"), [("s1", "s1"), ("S2026A", "s2026a"), ("2026", "2026"), ("a-b", "a-b"), ("x" * 63, "x" * 63)]
)
def test_selectors(given: str, selector: str) -> None:
    assert parse_selector(given) == selector


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "selector '': is empty"),
        ("a.b", "selector 'a.b': has a dot"),
        ("x" * 64, "has 64 characters"),
        ("x" * 100_000, "(100000 characters): has 100000 characters"),
        ("-a", "is not a label"),
        ("a-", "is not a label"),
        ("a_b", "is not a label"),
        ("a b", "is not a label"),
        ("ä", "'ä': is not a label"),
        ("s1\n", r"'s1\n': is not a label"),
        ("s\0", r"'s\x00': is not a label"),
        ("a/../b", "has a dot"),
        ("a/b", "is not a label"),
        ("\"s'", "is not a label"),
        ("{{ s }}", "'{{ s }}': is not a label"),
        ("\u0663", "is not a label"),
        ("\udcff", "is not a label"),
        (7, "selector 7: is no text"),
        (None, "selector None: is no text"),
    ],
)
def test_what_is_no_selector(given: Any, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_selector(given)
    assert reason in str(caught.value)
    assert "give one label of 1 to 63" in str(caught.value)


def test_names_of_records() -> None:
    assert record_name("example.com", "s1") == "s1._domainkey.example.com"
    domain = ".".join(["d" * 60] * 3 + ["e" * 40, "example"])
    assert len(record_name(domain, "s" * (253 - len(domain) - 12))) == 253
    with pytest.raises(InvalidValue, match="makes a name of 254 characters"):
        record_name(domain, "s" * (254 - len(domain) - 12))


def test_values() -> None:
    assert record_value("rsa", "AAAA", Tags()) == "v=DKIM1; k=rsa; p=AAAA"
    assert record_value("ed25519", "", Tags()) == "v=DKIM1; k=ed25519; p="
    tags = Tags(("y", "s"), ("sha256",), ("email",), "made here")
    assert record_value("rsa", "AAAA", tags) == "v=DKIM1; k=rsa; h=sha256; s=email; t=y:s; n=made here; p=AAAA"


def test_strings() -> None:
    assert split_strings("a" * 255) == ["a" * 255]
    assert split_strings("a" * 256) == ["a" * 255, "a"]
    assert split_strings("") == []


@pytest.mark.parametrize(
    "notes", ["plain", 'a;b="c" \\d {{ e }} %s $x', " both ends ", "two  blanks", "bücher ☺", "=3B", "-" * 255]
)
def test_notes_are_read_back_by_others(notes: str) -> None:
    value = record_value("rsa", "AAAA", Tags(notes=parse_notes(notes)))
    held = value.removeprefix("v=DKIM1; k=rsa; n=").removesuffix("; p=AAAA")
    assert quopri.decodestring(held).decode() == notes
    assert not set(held) & set('";\\')
    assert held.isascii()
    assert held == held.strip()
    assert "  " not in held


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        ("a\nb", "has control characters"),
        ("a\0", "has control characters"),
        ("\x7f", "has control characters"),
        ("\udcff", "has bytes that are no UTF-8"),
        ("-" * 256, "takes 256 characters"),
        ("ä" * 43, "takes 258 characters"),
    ],
)
def test_bad_notes(notes: str, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        parse_notes(notes)
