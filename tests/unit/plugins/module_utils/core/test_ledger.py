# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of what is ours."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.core.ledger import Entry, Ledger, edit


def test_the_first_value_before_us_stays(tmp_path: Path) -> None:
    path = tmp_path / "owned.json"
    with edit(path) as ledger:
        ledger.take("postfix.main", "/etc/postfix", "relayhost", "old", "postconf")
    with edit(path) as ledger:
        ledger.take("postfix.main", "/etc/postfix", "relayhost", "ours", "relay")
    assert Ledger.read(path).entries("postfix.main", "/etc/postfix") == {"relayhost": Entry("old", "relay")}
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_plain_json_that_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "owned.json"
    with edit(path) as ledger:
        ledger.take("kind", "scope", "ü", None, "owner")
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "version": 1,
        "owned": {"kind": {"scope": {"ü": {"before": None, "owner": "owner"}}}},
    }
    before = path.stat()
    with edit(path) as ledger:
        ledger.take("kind", "scope", "ü", "later", "owner")
    assert path.stat().st_ino == before.st_ino


def test_a_value_with_bytes_that_are_no_text_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "owned.json"
    before = b"gr\xfcn".decode("utf-8", "surrogateescape")
    with edit(path) as ledger:
        ledger.take("kind", "scope", "name", before, "owner")
    assert Ledger.read(path).entries("kind", "scope")["name"].before.encode("utf-8", "surrogateescape") == b"gr\xfcn"


def test_what_is_released_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "owned.json"
    with edit(path) as ledger:
        ledger.take("kind", "scope", "name", "old", "owner")
        ledger.release("kind", "scope", "unknown")
    with edit(path) as ledger:
        ledger.release("kind", "scope", "name")
        ledger.release("other", "scope", "name")
    assert Ledger.read(path) == Ledger()


def test_services_reach_what_lies_beside_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with edit(tmp_path / "lib" / "mailwright" / "owned.json") as ledger:
            ledger.take("kind", "scope", "name", None, "owner")
    finally:
        os.umask(before)
    for path in (tmp_path / "lib", tmp_path / "lib" / "mailwright"):
        assert path.stat().st_mode & 0o777 == 0o755


def test_an_error_leaves_it_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "owned.json"
    with pytest.raises(RuntimeError), edit(path) as ledger:
        ledger.take("kind", "scope", "name", "old", "owner")
        raise RuntimeError
    assert not path.exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"version": 1}', '{"version": 1, "owned": {"a": {"b": {"c": {}}}}}']
)
def test_a_damaged_one_is_told_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "owned.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Unavailable, match=r"owned\.json is damaged"), edit(path):
        pass
    assert path.read_text(encoding="utf-8") == content


def test_a_newer_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "owned.json"
    path.write_text('{"version": 2, "owned": {}}', encoding="utf-8")
    with pytest.raises(Unavailable, match="has version 2, this collection knows 1"):
        Ledger.read(path)


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "owned.json"

    def add(number: int) -> None:
        with edit(path) as ledger:
            ledger.take("kind", "scope", str(number), None, "owner")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Ledger.read(path).entries("kind", "scope")) == {str(number) for number in range(20)}
