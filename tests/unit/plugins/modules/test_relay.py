# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay modules as Ansible calls them, with Postfix's programs replaced and a real server to log in to."""

from __future__ import annotations

import importlib
import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from mail_relay.server import RelayServer

from ansible_collections.mailwright.mail.plugins.action import relay as action
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.document import decode, encode
from ansible_collections.mailwright.mail.plugins.module_utils.postfix import staging
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay import argspec, ground

Caller = Callable[..., dict[str, Any]]
SECRET = "correct horse battery"
SHARED = ("type", "required", "default", "choices", "elements")


def _run(self: staging.RealPrograms, *command: str) -> staging.Outcome:
    """Answer as a Postfix that has everything and finds nothing wrong."""
    if command[0] == "postmap" and "-q" not in command:
        Path(command[-1].partition(":")[2] + ".lmdb").write_text("index")
    if command[-1] in ("-d", "-x") and "-P" not in command:
        return staging.Outcome(0, "daemon_directory = /daemons\nmail_version = 3.10.5\ntransport_maps =\n", "")
    return staging.Outcome(0, "hash lmdb" if command[-1] == "-m" else "", "")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_module: Caller) -> Caller:
    """Call one of the modules for a Postfix of the test's own."""
    directory = tmp_path / "postfix"
    directory.mkdir()
    (directory / "main.cf").write_text("# here\nbiff = no\n")
    (directory / "master.cf").write_text("smtp unix - - y - - smtp\n")
    monkeypatch.setattr(staging.RealPrograms, "installed", lambda self: True)
    monkeypatch.setattr(staging.RealPrograms, "daemons", lambda self, directory: frozenset({"smtp"}))
    monkeypatch.setattr(staging.RealPrograms, "run", _run)
    monkeypatch.setattr(ground, "missing", lambda relays: [])

    def call(name: str = "relay", **options: Any) -> dict[str, Any]:
        common = {"config_dir": str(directory)} | ({"ledger": str(tmp_path / "owned.json")} if name == "relay" else {})
        return run_module(name, **common, **options)

    return call


def files(tmp_path: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (tmp_path / "postfix").rglob("*") if path.is_file()}


def test_four_runs_present_and_absent(call: Caller, tmp_path: Path) -> None:
    untouched = files(tmp_path)
    with RelayServer(tmp_path) as server:
        present = {
            "host": "localhost",
            "port": server.port,
            "username": "example",
            "password": SECRET,
            "ca_file": str(server.ca_file),
            "check_login": True,
        }
        for options in (present, {"host": "localhost", "state": "absent"}):
            before = files(tmp_path)
            predicted = call(check=True, **options)
            assert files(tmp_path) == before
            done = call(**options)
            for result in (predicted, done):
                result.pop("invocation", None)
                assert SECRET not in json.dumps(result)
            assert predicted == done
            assert done["changed"] is True
            assert done["changed_parameters"] == ["default_transport"]
            for check in (True, False):
                again = call(check=check, **options)
                assert (again["changed"], again["diff"]) == (False, [])
            if options is present:
                assert done["logins"][0]["mechanism"] == "PLAIN"
                assert done["relays"][0]["transport"] == f"relay-localhost-{server.port}"
                told = call("relay_info")
                assert told["relays"] == done["relays"]
                assert (told["stale_tables"], told["table_type"]) == ([], "lmdb")
                assert list(told["all_mail"]) == ["default_transport"]
    assert files(tmp_path) == untouched


def test_a_login_that_fails_changes_nothing(call: Caller, tmp_path: Path) -> None:
    before = files(tmp_path)
    with RelayServer(tmp_path, password="another") as server:
        login = {"username": "example", "password": SECRET, "ca_file": str(server.ca_file)}
        for check in (True, False):
            told = call(check=check, host="localhost", port=server.port, check_login=True, **login)
            assert told["failed"]
            assert told["msg"].endswith("535 5.7.8 Error: authentication failed: not you")
            assert SECRET not in json.dumps({**told, "invocation": None})
    assert files(tmp_path) == before


def test_what_travels_in_the_document_is_checked_as_an_option_is(call: Caller, tmp_path: Path) -> None:
    before = files(tmp_path)
    for hidden, words in (
        ({"relays": [{"host": "a.example", "prot": 1}]}, "prot"),
        ({"relays": [{"host": "a.example", "port": "x"}]}, "port"),
        (
            {"relays": [{"host": "a.example", "username": "u", "password": 123}]},
            "relays[1] password '(hidden)': is no text",
        ),
        ({"fallback": [{}]}, "host"),
    ):
        told = call(document=encode(hidden))
        assert told["failed"]
        assert words in told["msg"]
    assert files(tmp_path) == before
    made = call(document=encode({"relays": [{"host": "127.0.0.1", "tls": "may"}]}))
    assert [relay["name"] for relay in made["relays"]] == ["127.0.0.1-587"]


def test_pending_is_noted(call: Caller, tmp_path: Path) -> None:
    pending = tmp_path / "run" / "relay"
    options = {"host": "127.0.0.1", "tls": "may", "pending": str(pending)}
    assert call(**options)["changed"]
    assert pending.exists()
    assert call(check=True, **options)["changed"]
    pending.unlink()
    assert not call(**options)["changed"]


def test_the_action_hides_what_holds_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *_given, **_named: {})
    given = {"host": "a.example", "username": "u", "password": SECRET, "fallback": [{"host": "b.example"}]}

    class Action(action.ActionModule):
        def __init__(self) -> None:
            self._task = types.SimpleNamespace(args=dict(given), async_val=0)

        def _execute_module(self, **called: Any) -> dict[str, Any]:
            result: dict[str, Any] = called["module_args"]
            return result

    called = Action().run(task_vars={"omit": "__omit__"})
    assert decode(called.pop("document")) == {"password": SECRET, "fallback": [{"host": "b.example"}]}
    assert called == {"host": "a.example", "username": "u"}


def _documented(options: dict[str, Any], inner: str) -> dict[str, Any]:
    return {
        name: {key: option[key] for key in SHARED if key in option}
        | ({"inner": _documented(option[inner], inner)} if inner in option else {})
        for name, option in options.items()
    }


@pytest.mark.parametrize(("name", "spec"), [("relay", argspec.RELAY), ("relay_info", argspec.INFO)])
def test_options_are_documented_as_they_are_taken(name: str, spec: dict[str, Any]) -> None:
    module = importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{name}")
    text = yaml.safe_load(module.DOCUMENTATION)
    options = {key: value for key, value in spec.items() if key != "pending"}
    assert _documented(text["options"], "suboptions") == _documented(options, "options")
