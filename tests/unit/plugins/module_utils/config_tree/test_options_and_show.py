# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the module, and what of a tree is shown."""

from __future__ import annotations

import os
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.document import Rendered
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.model import File, Link
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.options import validator, wanted_tree
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.show import file_diff, mask
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue, Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.core.owners import Accounts

RENDERED = Rendered({"a": b"1", "d/b": b"2"}, frozenset({"empty"}))


def params(**given: Any) -> dict[str, Any]:
    return {
        "owner": None,
        "group": None,
        "mode": "0644",
        "directory_mode": "0755",
        "secret": False,
        "files": [],
        **given,
    }


def override(name: str, **given: Any) -> dict[str, Any]:
    return {"name": name, "owner": None, "group": None, "mode": None, "secret": None, **given}


def test_defaults_and_overrides() -> None:
    files = [override("a", mode="0600", group="7", secret=False), override("empty", mode="0600")]
    wanted = wanted_tree(params(secret=True, files=files), RENDERED, Accounts(check_mode=False))
    assert wanted.files["a"] == File(b"1", 0o600, os.geteuid(), 7)
    assert wanted.files["d/b"] == File(b"2", 0o644, os.geteuid(), os.getegid())
    assert wanted.secret == {"d/b"}
    assert wanted.directories == [".", "d"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([override("c")], "files 'c': is not in the tree; the tree has: a, d/b, empty"),
        ([override("a"), override("a")], "named twice"),
        ([override("../a")], "'..'"),
        ([override("a", mode="rw")], "mode of a 'rw': is not an octal number"),
    ],
)
def test_bad_overrides_are_named(files: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        wanted_tree(params(files=files), RENDERED, Accounts(check_mode=False))
    assert reason in str(caught.value)


def test_an_owner_who_is_missing_is_an_error_in_a_run_only() -> None:
    given = params(owner="no-such-user", group="no-such-group")
    with pytest.raises(Unavailable, match="owner 'no-such-user': there is no such user"):
        wanted_tree(given, RENDERED, Accounts(check_mode=False))
    accounts = Accounts(check_mode=True)
    assert wanted_tree(given, RENDERED, accounts).files["a"].uid is None
    assert accounts.missing == [
        "owner no-such-user: there is no such user on this host yet",
        "group no-such-group: there is no such group on this host yet",
    ]


def test_a_validator_is_split_like_a_shell_would() -> None:
    assert validator("check -c '%s/a b.conf'") == ["check", "-c", "%s/a b.conf"]
    assert validator(["check", "%s"]) == ["check", "%s"]
    assert validator(None) == []


@pytest.mark.parametrize("value", ["check", "%s", ["check"], ["check", 5], {"a": "%s"}, "check '%s", 7])
def test_a_validator_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue, match="validate"):
        validator(value)


def test_secret_content_stays_out_of_diffs_and_messages() -> None:
    before, after = File(b"password = hunter22\n", 0o644, 0, 0), File(b"password = tr0ub4dor\n", 0o640, 0, 0)
    shown = str(file_diff("/etc/x", "a", before, after, hide_before=True, hide_after=True))
    assert "hunter22" not in shown
    assert "tr0ub4dor" not in shown
    assert "0640" in shown
    assert "changed" in shown
    assert mask("bad value tr0ub4dor in line 1", [after.data]) == "bad value ******** in line 1"


def test_diffs_of_what_is_no_text() -> None:
    assert file_diff("/e", "a", None, File(b"\xff", 0o644, 0, 0))["after"] == "(binary, 1 bytes)\n"
    assert "too large" in file_diff("/e", "a", None, File(b"x" * 300_000, 0o644, 0, 0))["after"]
    assert "link to /x" in file_diff("/e", "a", Link("/x"), None)["before"]
