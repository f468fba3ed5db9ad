# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options to wanted objects."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import (
    WantedAlias,
    WantedDomain,
    WantedMailbox,
    parse_wanted,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError

SECRET = "correct horse battery staple"
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86


def test_only_what_was_given_is_wanted() -> None:
    wanted = parse_wanted(
        [{"name": "Example.com", "active": None, "max_mailboxes": 5}],
        [{"address": "Alice@Example.com", "quota": "5G", "password": SECRET}],
        [{"address": "@Example.com", "destinations": ["Bob@example.net"], "state": "present"}],
    )
    assert wanted.domains == {"example.com": WantedDomain("example.com", fields={"max_mailboxes": 5})}
    assert wanted.mailboxes == {
        "alice@example.com": WantedMailbox("alice@example.com", fields={"quota": 5 * 1024**3}, password=SECRET)
    }
    assert wanted.aliases == {
        "@example.com": WantedAlias("@example.com", fields={"destinations": ("bob@example.net",)})
    }


def test_the_same_object_with_the_same_values_may_stand_twice() -> None:
    wanted = parse_wanted(
        mailboxes=[{"address": "a@example.com", "quota": "1K"}, {"address": "A@Example.com", "quota": 1024}]
    )
    assert list(wanted.mailboxes) == ["a@example.com"]


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        ({"mailboxes": [{"address": "alice"}]}, "mailboxes[1] address 'alice': has no @"),
        ({"mailboxes": [{"address": "a@b@example.com"}]}, "'a@b@example.com': has 2 @"),
        ({"mailboxes": [{"address": "@example.com"}]}, "'@example.com': has no local part"),
        ({"mailboxes": [{"address": "a" * 65 + "@example.com"}]}, "has a local part of 65 characters"),
        ({"mailboxes": [{"address": "a@" + ".".join(["b" * 60] * 5)}]}, "is longer than 253 characters"),
        ({"mailboxes": [{"address": "a/b@example.com"}]}, "'a/b@example.com': has a / in its local part"),
        ({"mailboxes": [{"address": "a+b@example.com"}]}, "'a+b@example.com': has the recipient delimiter +"),
        ({"mailboxes": [{"address": "a\nb@example.com"}]}, r"'a\nb@example.com'"),
        ({"mailboxes": [{"address": "a@-x.example"}]}, "'-x.example': has the label '-x'"),
        ({"mailboxes": [{"address": "a@a\u200db.example"}]}, "does not convert to A-labels"),
        ({"mailboxes": [{"address": "a@example.com", "quota": -1}]}, "quota of mailbox a@example.com -1: is negative"),
        ({"mailboxes": [{"address": "a@example.com", "quota": "lots"}]}, "'lots': is not a size"),
        ({"mailboxes": [{"address": "a@example.com", "password_scheme": "ROT13"}]}, "'ROT13': is no password scheme"),
        ({"mailboxes": [{"address": "a@example.com", "password_hash": "{ROT13}x"}]}, "'ROT13': is no password scheme"),
        ({"mailboxes": [{"address": "a@example.com", "password": "x", "password_hash": "*"}]}, "are both given"),
        ({"mailboxes": [{"address": "a@example.com", "password": ""}]}, "password of mailbox a@example.com is empty"),
        ({"mailboxes": [{"address": "a@example.com", "password": 123}]}, "put it in quotes"),
        ({"mailboxes": [{"address": "a@example.com", "colour": "red"}]}, "option of mailbox a@example.com 'colour'"),
        (
            {"mailboxes": [{"address": "a@example.com", "state": "gone"}]},
            "'gone': is not known; give present or absent",
        ),
        ({"mailboxes": [{"address": "a@example.com", "update_password": "never"}]}, "'never': is not known"),
        ({"domains": [{"name": "example.com", "cascade": None}]}, "cascade of domain example.com None: is no boolean"),
        ({"mailboxes": [{"quota": "5G"}]}, "mailboxes[1] has no address"),
        ({"mailboxes": [{"address": "a@example.com"}, "b@example.com"]}, "mailboxes[2] 'str': is no dictionary"),
        ({"mailboxes": {"address": "a@example.com"}}, "mailboxes 'dict': is no list"),
        ({"mailboxes": 5}, "mailboxes 'int': is no list"),
        (
            {"mailboxes": [{"address": "a@example.com", "quota": 1}, {"address": "A@example.com", "quota": 2}]},
            "mailboxes[2] a@example.com: stands in the list before, with different values",
        ),
        ({"domains": [{"name": ""}]}, "domains[1] name '': is empty"),
        ({"domains": [{"name": None}]}, "domains[1] has no name"),
        ({"domains": [{"name": 12}]}, "'12': has one label only"),
        (
            {"domains": [{"name": "example.com", "max_mailboxes": -1}]},
            "max_mailboxes of domain example.com -1: is negative",
        ),
        ({"domains": [{"name": "bücher.example"}, {"name": "xn--bcher-kva.example", "active": False}]}, "domains[2]"),
        ({"aliases": [{"address": "a@example.com", "destinations": []}]}, "is empty; give at least one"),
        ({"aliases": [{"address": "a@example.com", "destinations": ["A@example.com"]}]}, "is the alias itself"),
        ({"aliases": [{"address": "a@example.com", "state": "absent", "exclusive": False}]}, "needs the destinations"),
        (
            {
                "aliases": [
                    {"address": "@example.com", "destinations": ["a@example.com"]},
                    {"address": "@Example.com", "destinations": ["b@example.com"]},
                ]
            },
            "aliases[2] @example.com: is a second catch-all of example.com",
        ),
    ],
)
def test_bad_input_is_refused_by_name(lists: dict[str, Any], told: str) -> None:
    with pytest.raises(MailwrightError, match=re.escape(told)) as caught:
        parse_wanted(**lists)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "entry",
    [
        {"password": f"{SECRET}\n"},
        {"password": [SECRET]},
        {"password": f"{SECRET}\ud800"},
        {"password": SECRET * 3, "password_scheme": "BLF-CRYPT"},
        {"password": SECRET, "password_hash": HASH},
        {"password": SECRET, "quota": "bad"},
        {"password_hash": f"{{ARGON2ID}}{SECRET}"},
        {"password_hash": f"{{SHA512-CRYPT}}{HASH}{SECRET}"},
        {"password_hash": SECRET},
    ],
)
def test_no_message_shows_a_secret(entry: dict[str, Any]) -> None:
    with pytest.raises(MailwrightError) as caught:
        parse_wanted(mailboxes=[{"address": "alice@example.com", **entry}])
    assert "alice@example.com" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_no_repr_shows_a_secret() -> None:
    wanted = parse_wanted(mailboxes=[{"address": "a@example.com", "password": SECRET}])
    other = parse_wanted(mailboxes=[{"address": "a@example.com", "password_hash": HASH}])
    assert SECRET not in repr(wanted)
    assert HASH not in repr(other)


def test_a_scheme_is_named_in_either_case_and_may_be_left_out() -> None:
    def scheme(**entry: Any) -> tuple[str | None, str]:
        box = parse_wanted(mailboxes=[{"address": "a@example.com", "password": "x", **entry}]).mailboxes[
            "a@example.com"
        ]
        return box.recipe.name if box.recipe else None, box.new_recipe.name

    assert scheme() == (None, "ARGON2ID")
    assert scheme(password_scheme="blf-crypt") == ("BLF-CRYPT", "BLF-CRYPT")
    assert scheme(password_scheme="ssha512.hex") == ("SSHA512.HEX", "SSHA512.HEX")
    assert scheme(password_options={"passes": 4}) == ("ARGON2ID", "ARGON2ID")
    assert scheme(password_options={}) == (None, "ARGON2ID")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            {"password_scheme": "BLF-CRYPT", "password_options": {"rounds": 32}},
            "password_scheme of mailbox a@example.com, BLF-CRYPT with rounds 32: is out of range; give 4 to 31",
        ),
        ({"password_options": {"rounds": 3}}, "'rounds': is no option of ARGON2ID; it has memory and passes and lanes"),
        ({"password_options": [3]}, "password_options of mailbox a@example.com .*: is no dictionary"),
        ({"password_scheme": "SMD5"}, "mailbox a@example.com: SMD5 is built on MD5; use ARGON2ID, or give allow_weak"),
        ({"password_scheme": "SMD5", "allow_weak_scheme": "perhaps"}, "'perhaps': is no boolean"),
    ],
)
def test_what_cannot_be_hashed_so_is_told(entry: dict[str, Any], told: str) -> None:
    with pytest.raises(MailwrightError, match=told):
        parse_wanted(mailboxes=[{"address": "a@example.com", "password": SECRET, **entry}])


def test_a_weak_hash_needs_leave() -> None:
    weak = {"address": "a@example.com", "password_hash": f"{{PLAIN}}{SECRET}"}
    with pytest.raises(MailwrightError, match=r"password_hash of mailbox a@example\.com: PLAIN stores") as caught:
        parse_wanted(mailboxes=[weak])
    assert SECRET not in str(caught.value)
    wanted = parse_wanted(mailboxes=[{**weak, "allow_weak_scheme": True}]).mailboxes["a@example.com"]
    assert wanted.password_hash == weak["password_hash"]
