# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options -> wanted app passwords."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted_app_password import (
    WantedAppPassword,
    parse_wanted_app_password,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError

SECRET = "correct horse battery"
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
PHONE = {"mailbox": "alice@example.com", "name": "phone"}


def refused(**options: Any) -> str:
    with pytest.raises(MailwrightError) as error:
        parse_wanted_app_password({**PHONE, **options})
    return str(error.value)


def test_only_what_is_given_is_wanted() -> None:
    assert parse_wanted_app_password(PHONE) == WantedAppPassword("alice@example.com", "phone")
    one = parse_wanted_app_password(
        {
            "mailbox": "Alice@EXAMPLE.com",
            "name": "a/b",
            "password": SECRET,
            "protocols": "smtp,imap",
            "expires": "2026-12-31",
            "active": "no",
        }
    )
    assert one == WantedAppPassword(
        "alice@example.com",
        "a/b",
        fields={"protocols": ("imap", "smtp"), "expires": "2026-12-31T23:59:59Z", "active": False},
        password=SECRET,
    )
    assert one.key == "alice@example.com/a/b"
    assert SECRET not in repr(one)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Büro 2. OG", "Büro 2. OG"),
        ("e\u0301te\u0301", "été"),
        ('it\'s "quoted" {{ x }} $y %u', 'it\'s "quoted" {{ x }} $y %u'),
        ("名前", "名前"),
        ("x" * 64, "x" * 64),
        (7, "7"),
    ],
)
def test_names_are_what_people_read(name: object, stored: str) -> None:
    assert parse_wanted_app_password({**PHONE, "name": name}).name == stored


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "app password name '': is empty; give 1 to 64 printable characters such as phone"),
        (None, "app password has no name; give one"),
        ("x" * 65, "has 65 characters"),
        ("x" * 100000, "has 100000 characters"),
        ("a\nb", "'a\\nb': has a character that is not printable"),
        ("a\0b", "'a\\x00b': has a character that is not printable"),
        ("a\u202eb", "has a character that is not printable"),
        ("a\udcfcb", "has a character that is not printable"),
        (" phone", "starts or ends with a space"),
        ("phone ", "starts or ends with a space"),
        (" ", "starts or ends with a space"),
    ],
)
def test_names_that_nobody_could_tell_apart_are_refused(name: object, told: str) -> None:
    assert told in refused(name=name)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"mailbox": "alice"}, "app password mailbox 'alice': has no @"),
        ({"mailbox": None}, "app password has no mailbox; give one"),
        ({"mailbox": "a+b@example.com"}, "has the recipient delimiter +"),
        ({"mailbox": "@example.com"}, "has no local part"),
        (
            {"password_hash": "*"},
            "password_hash of app password alice@example.com/phone '*': opens nothing; give active",
        ),
        ({"password": ""}, "password of app password alice@example.com/phone is empty"),
        ({"password": 123}, "is no text but what YAML made of one"),
        ({"password": "a\nb"}, "has a control character"),
        ({"password": SECRET, "password_hash": HASH}, "password and password_hash are both given"),
        ({"password_hash": "{MD5}x"}, "has not the form of a MD5 hash"),
        ({"password_scheme": "PLAIN", "password": SECRET}, "use ARGON2ID, or give allow_weak_scheme: true"),
        ({"protocols": []}, "is empty; give at least one; active: false switches an app password off"),
        ({"protocols": ["jmap"]}, "'jmap': is not known; give imap or pop3 or smtp or sieve"),
        ({"protocols": None}, "is no list"),
        ({"expires": "soon"}, "expires of app password alice@example.com/phone 'soon': is no date"),
        ({"active": "perhaps"}, "is no boolean"),
        ({"state": "gone"}, "state of app password alice@example.com/phone 'gone': is not known"),
        ({"cascade": True}, "'cascade': is not known; known are active, allow_weak_scheme, expires, mailbox, name,"),
    ],
)
def test_bad_values_are_refused_with_what_would_be_right(options: dict[str, Any], told: str) -> None:
    message = refused(**options)
    assert told in message
    assert SECRET not in message and HASH not in message


def test_lists_are_told_apart_from_no_list() -> None:
    assert not parse_wanted().lists_app_passwords
    assert parse_wanted(app_passwords=[]).lists_app_passwords
    wanted = parse_wanted(app_passwords=[{**PHONE, "active": True}, {**PHONE, "name": "Phone"}, {**PHONE, "active": 1}])
    assert list(wanted.app_passwords) == ["alice@example.com/phone", "alice@example.com/Phone"]


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (
            [PHONE, {**PHONE, "mailbox": "Alice@example.com", "active": False}],
            "app_passwords[2] alice@example.com/phone",
        ),
        (["phone"], "app_passwords[1] 'str': is no dictionary"),
        ([None], "app_passwords[1] 'NoneType': is no dictionary"),
        ({"phone": PHONE}, "app_passwords 'dict': is no list"),
        ("phone", "app_passwords 'str': is no list"),
        ([{"mailbox": "alice@example.com"}], "app_passwords[1] has no name; give one"),
    ],
)
def test_lists_that_are_none_are_refused(entries: Any, told: str) -> None:
    with pytest.raises(MailwrightError) as error:
        parse_wanted(app_passwords=entries)
    assert str(error.value).startswith(told)
