# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of accounts' ``src``: found as Ansible finds files, decrypted, and merged with the lists of the task."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.mailwright.mail.plugins.action.accounts import ActionModule
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.document import decode

SECRET = "correct horse"
KEYS = [("default", VaultSecret(b"key"))]


@pytest.fixture(autouse=True)
def plain_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what the base class does with a real task and connection."""
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *_given, **_named: {})


class Action(ActionModule):
    """The action in a role's folder within ``top``, and without a target: the module's arguments are its result."""

    def __init__(self, top: Path, **options: Any) -> None:
        self._loader: Any = DataLoader()
        self._loader.set_basedir(str(top))
        self._loader.set_vault_secrets(KEYS)
        self._task: Any = types.SimpleNamespace(
            args=options, async_val=0, get_search_path=lambda: [str(top / "roles/x"), str(top)]
        )

    def _execute_module(self, **given: Any) -> dict[str, Any]:
        result: dict[str, Any] = given["module_args"]
        return result


def run(top: Path, **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = Action(top, **options).run(task_vars={})
    return result


def document(top: Path, **options: Any) -> Any:
    called = run(top, **options)
    assert set(called) == {"document"}
    return decode(called["document"])


@pytest.mark.parametrize("folder", ["roles/x/files", "files", "."])
def test_files_are_found_where_ansible_looks(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / "people.csv").write_text("address,quota\nalice@example.com,5G\n")
    assert document(tmp_path, src="people.csv") == {"mailboxes": [{"address": "alice@example.com", "quota": "5G"}]}
    assert document(tmp_path, src=str(tmp_path / folder / "people.csv"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    refused = run(tmp_path, src="people.csv")
    assert refused["failed"]
    assert refused["msg"].startswith("src: people.csv cannot be read: Could not find or access 'people.csv'")


def test_the_lists_come_first(tmp_path: Path) -> None:
    (tmp_path / "all.yml").write_text("domains: [{name: b.example}]\naliases: []\n")
    inline = {"domains": [{"name": "a.example"}], "mailboxes": []}
    assert document(tmp_path, src=["all.yml"], **inline) == {
        "domains": [{"name": "a.example"}, {"name": "b.example"}],
        "mailboxes": [],
        "aliases": [],
    }
    assert run(tmp_path, src="all.yml", domains="a.example")["msg"] == "domains is no list; give a list of domains"


def test_vaulted_files_and_values_are_decrypted(tmp_path: Path) -> None:
    vault = VaultLib(KEYS)
    people = f"address,password\nalice@example.com,{SECRET}\n"
    (tmp_path / "people.csv").write_bytes(vault.encrypt(people))
    value = vault.encrypt(SECRET).decode().replace("\n", "\n    ")
    (tmp_path / "more.yml").write_text(f"- address: bob@example.com\n  password: !vault |\n    {value}")
    before = {file.name for file in tmp_path.iterdir()}
    assert document(tmp_path, src={"mailboxes": ["people.csv", "more.yml"]}) == {
        "mailboxes": [
            {"address": "alice@example.com", "password": SECRET},
            {"address": "bob@example.com", "password": SECRET},
        ]
    }
    assert {file.name for file in tmp_path.iterdir()} == before


def test_a_vault_without_its_key_is_told(tmp_path: Path) -> None:
    other = VaultLib([("default", VaultSecret(b"other"))])
    (tmp_path / "people.csv").write_bytes(other.encrypt(f"address,password\na@example.com,{SECRET}\n"))
    assert run(tmp_path, src="people.csv")["msg"].startswith("src: people.csv cannot be read: ")


def test_a_mistake_in_a_file_fails_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(f"address,password,quota\nalice@example.com,{SECRET},much\n")
    refused = run(tmp_path, src="people.csv")
    assert refused["failed"]
    assert refused["msg"].startswith("people.csv, line 2, column quota: quota of mailbox alice@example.com 'much'")
    assert SECRET not in str(refused)
