# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option's value, read by itself."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.fields import (
    ALIAS_FIELDS,
    DOMAIN_FIELDS,
    MAILBOX_FIELDS,
    parse_count,
    parse_flag,
    parse_text,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.rates import parse_rate
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue

HOSTILE = [
    "O'Brien",
    'say "hi"',
    "100 %",
    "$HOME `id`",
    "{{ lookup('pipe', 'id') }}",
    "back\\slash \\n",
    "Zoë Ünïcode 名前 🐈",
    "'; DROP TABLE mailboxes; --",
    " leading and trailing ",
    "",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_text_that_is_legal_is_kept_exactly(value: str) -> None:
    assert parse_text("description", value) == value
    assert MAILBOX_FIELDS["display_name"]("display_name", value) == value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("a\nb", "line break"),
        ("a\x00b", "control character"),
        ("a\x7fb", "control character"),
        ("a\x85b", "control character"),
        ("a\u2028b", "line break"),
        ("a\ud800b", "control character"),
        ("x" * 1001, "has 1001 characters"),
    ],
)
def test_text_that_is_none_is_refused_by_name(value: object, told: str) -> None:
    with pytest.raises(InvalidValue, match=told) as caught:
        parse_text("description of domain example.com", value)
    assert str(caught.value).startswith("description of domain example.com ")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("value", "text"), [(4711, "4711"), (1.5, "1.5"), (True, "True"), (["a"], "['a']")])
def test_other_values_are_taken_for_text_as_ansible_does(value: object, text: str) -> None:
    assert parse_text("description", value) == text


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (True, True),
        (False, False),
        ("yes", True),
        ("No", False),
        ("true", True),
        ("t", True),
        ("y", True),
        (" n ", False),
        (1, True),
        (0, False),
        (1.0, True),
    ],
)
def test_flags_are_read_as_yaml_writes_them(value: object, flag: bool) -> None:
    assert parse_flag("active", value) is flag


@pytest.mark.parametrize("value", ["maybe", 2, 1.5, [], {}, "", "ja"])
def test_other_flags_are_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidValue, match=r"active .*is no boolean"):
        parse_flag("active", value)


@pytest.mark.parametrize(
    ("value", "count"), [(0, 0), (5, 5), ("12", 12), (5.0, 5), ("\u0663", 3), (2**31 - 1, 2**31 - 1)]
)
def test_counts_are_read(value: object, count: int) -> None:
    assert parse_count("max_mailboxes", value) == count


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (-1, "is negative"),
        ("-3", "is negative"),
        ("many", "is not a number"),
        ("", "is not a number"),
        (1.5, "is not a number"),
        (True, "is not a number"),
        (float("inf"), "is not a number"),
        (float("nan"), "is not a number"),
        ([5], "is not a number"),
        (2**31, "is too large"),
        ("9" * 5000, "is too large"),
    ],
)
def test_bad_counts_are_refused_by_name(value: object, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        parse_count("max_mailboxes", value)


@pytest.mark.parametrize(
    ("value", "rate"),
    [("100/1h", "100/1h"), ("100 / h", "100/1h"), ("5/10M", "5/10m"), ("1/1d", "1/1d"), ("unlimited", ""), ("", "")],
)
def test_rates_have_one_stored_form(value: str, rate: str) -> None:
    assert parse_rate("rate_limit", value) == rate
    assert parse_rate("rate_limit", rate) == rate


@pytest.mark.parametrize("value", ["100", "0/1h", "5/0m", "-1/h", "5/1w", "many/1h", 100, None, "1" * 10 + "/1h"])
def test_bad_rates_are_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidValue, match="rate_limit of alice"):
        parse_rate("rate_limit of alice", value)


@pytest.mark.parametrize(
    ("fields", "key", "value", "stored"),
    [
        (DOMAIN_FIELDS, "imap_host", "IMAP.Example.com.", "imap.example.com"),
        (DOMAIN_FIELDS, "smtp_host", "", ""),
        (DOMAIN_FIELDS, "max_quota", "5G", 5 * 1024**3),
        (MAILBOX_FIELDS, "protocols", ["smtp", "imap", "imap"], ("imap", "smtp")),
        (MAILBOX_FIELDS, "protocols", [], ()),
        (MAILBOX_FIELDS, "protocols", "sieve,pop3,smtp,imap", ("imap", "pop3", "smtp", "sieve")),
        (
            ALIAS_FIELDS,
            "destinations",
            ["B@example.com", "a@example.com", "b@Example.com"],
            ("a@example.com", "b@example.com"),
        ),
        (ALIAS_FIELDS, "allow_from", ["@Example.com", "a@example.com"], ("@example.com", "a@example.com")),
        (ALIAS_FIELDS, "allow_from", [], ()),
    ],
)
def test_fields_have_one_stored_form(fields: dict[str, Any], key: str, value: object, stored: object) -> None:
    assert fields[key](key, value) == stored


@pytest.mark.parametrize(
    ("fields", "key", "value", "told"),
    [
        (DOMAIN_FIELDS, "imap_host", "not a host", "not a host"),
        (MAILBOX_FIELDS, "protocols", ["imap", "lmtp"], "protocols 'lmtp': is not known"),
        (MAILBOX_FIELDS, "protocols", {"imap": True}, "is no list"),
        (MAILBOX_FIELDS, "protocols", "", "protocols '': is not known"),
        (MAILBOX_FIELDS, "protocols", "imap, smtp", "protocols ' smtp': is not known"),
        (ALIAS_FIELDS, "destinations", "", "address in destinations '': has no @"),
        (MAILBOX_FIELDS, "display_name", "x" * 256, "has 256 characters"),
        (ALIAS_FIELDS, "destinations", ["bob"], "address in destinations 'bob': has no @"),
        (ALIAS_FIELDS, "destinations", ["@example.com"], "has no local part"),
        (ALIAS_FIELDS, "destinations", [None], "has no @|is no text"),
        (ALIAS_FIELDS, "allow_from", ["a@b@c"], "has 2 @"),
    ],
)
def test_bad_fields_are_refused_by_name(fields: dict[str, Any], key: str, value: object, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        fields[key](key, value)
