# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, modes and the document that carries a rendered tree."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.config_tree import document, model
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue


@pytest.mark.parametrize(
    "name", ["a", "conf.d/10-auth.conf", "a b", "ü/ß", "..a", "a..", "-n", "%s", "a\\b", "x" * 255]
)
def test_a_plain_relative_name_is_taken(name: str) -> None:
    assert model.check_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        (None, "no text"),
        ("/etc/passwd", "absolute"),
        ("../x", "'..'"),
        ("a/../../x", "'..'"),
        ("a/./b", "'.'"),
        ("a//b", "part ''"),
        ("a/", "part ''"),
        ("a\nb", "control"),
        ("a\0b", "control"),
        ("a\x7f", "control"),
        ("a/" + "x" * 256, "255 bytes"),
        ("ü" * 128, "255 bytes"),
        ("gr\udcfcn", "no UTF-8"),
        ("\ud800", "no UTF-8"),
    ],
)
def test_a_name_that_leaves_the_tree_is_refused(name: object, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        model.check_name(name)


@pytest.mark.parametrize("dest", ["etc/x", "/", "//", "/etc/../x", "/etc/./x", "/etc/a\nb", "/etc/\udcfc"])
def test_a_root_that_is_none_is_refused(dest: str) -> None:
    with pytest.raises(InvalidValue, match="dest"):
        model.check_root(dest)


def test_a_root_loses_needless_slashes() -> None:
    assert model.check_root("/etc//dovecot/") == "/etc/dovecot"


def test_modes() -> None:
    assert model.parse_mode("mode", "0640") == 0o640
    assert model.parse_mode("mode", "2770", largest=0o2777) == 0o2770


@pytest.mark.parametrize("value", [416, 640, True, None, "", "u=rw", "0o640", "888", "4755", "000640", "-1", " 640"])
def test_a_mode_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue, match="mode"):
        model.parse_mode("mode", value)


def test_parents_are_outermost_first() -> None:
    assert model.parents("a/b/c") == ["a", "a/b"]
    assert model.parents("a") == []
    assert model.parent("a") == "."


@given(st.dictionaries(st.from_regex(r"[a-z]{1,3}", fullmatch=True), st.binary(max_size=50)))
def test_what_is_encoded_is_decoded(files: dict[str, bytes]) -> None:
    assert document.decode(document.encode(files, ["zzzz"])) == document.Rendered(files, frozenset(["zzzz"]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"files": []}',
        '{"files": {"a": {}}, "skipped": []}',
        '{"files": {"a": "secret"}, "skipped": []}',
    ],
)
def test_a_damaged_document_is_refused_without_its_content(text: str) -> None:
    with pytest.raises(InvalidValue, match="not a rendered tree") as caught:
        document.decode(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["../x", "/x", "a\nb"])
def test_a_document_does_not_leave_the_tree(name: str) -> None:
    with pytest.raises(InvalidValue, match="file name"):
        document.decode(json.dumps({"files": {name: {"text": ""}}, "skipped": []}))


def test_a_name_is_not_file_and_directory_at_once() -> None:
    with pytest.raises(InvalidValue, match="directory of the tree too"):
        document.decode(document.encode({"a": b"", "a/b": b""}, []))
