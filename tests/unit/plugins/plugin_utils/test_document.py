# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values on their way from a playbook into the JSON document."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.mailwright.mail.plugins.plugin_utils.document import plain


class Text(str):
    """As ansible-core's own kinds of text."""


class Number(int):
    """As a tagged number."""


class AnsibleVaultEncryptedUnicode:
    """As ansible-core up to 2.18 keeps a vaulted value."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        return "decrypted"


class EncryptedString:
    """As ansible-core since 2.19 keeps a vaulted value."""

    def __str__(self) -> str:
        return "decrypted"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (Number(5), 5),
        (Text("{{ x }}"), "{{ x }}"),
        ([Text("a"), ("b",)], ["a", ["b"]]),
        ({Text("a"): {"b": [Number(1)]}}, {"a": {"b": [1]}}),
        (AnsibleVaultEncryptedUnicode(), "decrypted"),
        ([{"password": EncryptedString()}], [{"password": "decrypted"}]),
        # As a module gets it that has no action plugin.
        ([{"description": dt.date(2024, 1, 2)}], [{"description": "2024-01-02"}]),
        ({"description": dt.datetime(2024, 1, 2, 3, 4)}, {"description": "2024-01-02T03:04:00"}),
    ],
)
def test_values_become_jsons_own(value: Any, expected: Any) -> None:
    made = plain(value, "mailboxes")
    assert made == expected
    assert json.loads(json.dumps(made)) == expected

    def kinds(one: Any) -> set[type]:
        below = one.values() if isinstance(one, dict) else one if isinstance(one, list) else []
        return {type(one), *(kind for entry in below for kind in kinds(entry))}

    assert kinds(made) <= {type(None), bool, int, float, str, list, dict}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            {"mailboxes": [{"a": 1}, {"password_hash": dt.date(2024, 1, 2)}]},
            r"mailboxes\[2\]\.password_hash is a date, .*: put it in quotes",
        ),
        ({"domains": [{"name": b"x"}]}, r"domains\[1\]\.name is of the type bytes"),
        ({"domains": [{"name": {1, 2}}]}, r"domains\[1\]\.name is of the type set"),
    ],
)
def test_what_json_does_not_have_is_told_with_its_place(value: Any, told: str) -> None:
    with pytest.raises(AnsibleActionFail, match=told):
        plain(value, "")


def test_a_password_that_yaml_made_a_date_is_not_shown() -> None:
    for password in (dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 3, 4)):
        with pytest.raises(AnsibleActionFail, match="password is a date") as caught:
            plain({"password": password}, "")
        assert "2024" not in str(caught.value)


def test_omitted_values_are_left_out() -> None:
    omit = "__omit_place_holder__abc"
    assert plain({"a": omit, "b": [omit, 1], "c": {"d": Text(omit)}}, "", omit) == {"b": [1], "c": {}}
    assert plain({"a": "x"}, "", object()) == {"a": "x"}
