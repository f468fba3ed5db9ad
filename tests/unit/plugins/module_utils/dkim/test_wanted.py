# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options ask for. Values that Ansible itself does not let through to a module are tried here."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.argspec import DEFAULTS, KEY
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.wanted import check_path, wanted_keys


def params(**given: Any) -> dict[str, Any]:
    return {**dict.fromkeys(KEY), **DEFAULTS, "dkim_keys": None, **given}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"domain": "a\0b.example", "selector": "s1"}, r"domain 'a\x00b.example'"),
        ({"domain": "\udcff.example", "selector": "s1"}, "domain '"),
        ({"domain": "example.com", "selector": "a\0b"}, r"selector 'a\x00b': is not a label"),
        ({"domain": "example.com", "selector": "\udcff"}, "is not a label"),
        ({"domain": "example.com", "selector": "s1", "notes": "a\0b"}, "has control characters"),
        ({"domain": "example.com", "selector": "s1", "notes": "\udcff"}, "has bytes that are no UTF-8"),
    ],
)
def test_bytes_that_are_no_text(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        wanted_keys(params(**given))
    assert reason in str(caught.value)


def test_a_key_that_is_to_go_needs_no_right_size() -> None:
    (key,) = wanted_keys(params(domain="example.com", selector="s1", state="absent", bits=512))
    assert not key.present


def test_an_entry_overrides_what_stands_beside_the_list_also_with_nothing() -> None:
    entries = [{**dict.fromkeys(KEY), "domain": "example.com", "flags": [], "notes": "", "allow_weak_key": False}]
    (key,) = wanted_keys(params(selector="s1", flags=["s"], notes="x", allow_weak_key=True, dkim_keys=entries))
    assert (key.tags.flags, key.tags.notes, key.allow_weak) == ((), "", False)


@pytest.mark.parametrize(
    ("given", "path"), [("/a/b/", "/a/b"), ("//a//b/./c", "/a/b/c"), ("/a/../b", "/a/../b"), ("/", "/")]
)
def test_paths(given: str, path: str) -> None:
    assert check_path("key_dir", given) == path


@pytest.mark.parametrize("given", ["", "a", "./a", "a\0b", "/a\0b", "/a\nb", "{{ a }}"])
def test_bad_paths(given: str) -> None:
    with pytest.raises(InvalidValue, match="key_dir"):
        check_path("key_dir", given)
