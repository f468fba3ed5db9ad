# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probes as Ansible calls them, and that their documentation says what they take and return."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from probed.calling import SERVERS
from probed.certificates import Authority
from probed.server import Probed

from ansible_collections.mailwright.mail.plugins.doc_fragments.probe import ModuleDocFragment
from ansible_collections.mailwright.mail.plugins.module_utils.probe import argspec

RunModule = Callable[..., dict[str, Any]]
_FAMILY = {"smtp": argspec.SMTP, "imap": argspec.IMAP, "pop3": argspec.COMMON, "sieve": argspec.COMMON}
_KEYS = ("type", "required", "default", "choices", "elements")
_PASSWORD = "correct horse battery"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def serve(authority: Authority) -> Iterator[Callable[..., Probed]]:
    with ExitStack() as stack:
        yield lambda protocol, **given: stack.enter_context(
            Probed(SERVERS[protocol], authority.certificate("localhost"), **given)
        )


def _options(server: Probed, authority: Authority) -> dict[str, Any]:
    return {
        "host": "localhost",
        "address": "127.0.0.1",
        "port": server.port,
        "tls": "starttls",
        "ca_path": str(authority.ca_file),
        "username": server.username,
        "password": _PASSWORD,
    }


def _module(protocol: str) -> Any:
    return importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{protocol}_probe")


@pytest.mark.parametrize("protocol", _FAMILY)
@pytest.mark.parametrize("check", [False, True])
def test_a_probe_succeeds_and_changes_nothing(
    run_module: RunModule, serve: Callable[..., Probed], authority: Authority, protocol: str, check: bool
) -> None:
    server = serve(protocol)
    result = run_module(f"{protocol}_probe", check=check, **_options(server, authority))
    assert result["success"], result
    assert result["changed"] is False
    assert len(server.logins) == 1
    assert _PASSWORD not in json.dumps({name: value for name, value in result.items() if name != "invocation"})
    # Nothing is returned that is not documented, and all of it is.
    returned = set(yaml.safe_load(_module(protocol).RETURN))
    assert returned == set(result) - {"changed", "invocation"}


@pytest.mark.parametrize("protocol", _FAMILY)
def test_a_probe_that_finds_an_error_fails_unless_told_otherwise(
    run_module: RunModule, serve: Callable[..., Probed], authority: Authority, protocol: str
) -> None:
    options = _options(serve(protocol), authority) | {"password": "Wrong horse 77"}
    result = run_module(f"{protocol}_probe", **options)
    assert result["failed"]
    assert result["msg"] == result["message"]
    assert result["steps"][-1]["success"] is False
    told = run_module(f"{protocol}_probe", **options, fail_on="never")
    assert not told.get("failed")
    assert told["success"] is False
    assert "Wrong horse" not in json.dumps({**result, **told, "invocation": None})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"host": "two words"}, "host 'two words': is no host"),
        ({"tls": "none", "username": "a", "password": "secret words"}, "in the clear"),
        ({"username": "a"}, "belong together"),
        ({"username": "a", "password": "b", "password_file": "/c"}, "mutually exclusive"),
        ({"ca_path": "/nowhere/ca.pem"}, "ca_path /nowhere/ca.pem cannot be read"),
    ],
)
@pytest.mark.parametrize("protocol", _FAMILY)
def test_wrong_options_are_told(run_module: RunModule, protocol: str, options: dict[str, Any], words: str) -> None:
    result = run_module(f"{protocol}_probe", **{"host": "localhost", **options})
    assert result["failed"]
    assert words in result["msg"]


@pytest.mark.parametrize(
    ("module", "options", "words"),
    [
        ("smtp_probe", {"recipients": ["a b@example.com"]}, "recipients 'a b@example.com': is no address"),
        ("smtp_probe", {"recipients": ["a@example.com"], "sender": "ä@example.com"}, "sender"),
        ("smtp_probe", {"helo_name": "a\r\nQUIT"}, "helo_name"),
        ("imap_probe", {"search": "ALL\r\nx LOGOUT"}, "search"),
        ("imap_probe", {"search": "SUBJECT ä"}, "is not ASCII"),
        ("imap_probe", {"folder": ""}, "folder"),
    ],
)
def test_what_would_end_a_command_is_refused(
    run_module: RunModule, module: str, options: dict[str, Any], words: str
) -> None:
    assert words in run_module(module, host="localhost", **options)["msg"]


def _documented(options: dict[str, Any]) -> dict[str, Any]:
    return {name: {key: option[key] for key in _KEYS if key in option} for name, option in options.items()}


def test_the_fragment_documents_the_common_options() -> None:
    options = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert _documented(options) == _documented(argspec.COMMON)


@pytest.mark.parametrize("protocol", _FAMILY)
def test_options_are_documented_as_they_are_taken(protocol: str) -> None:
    text = yaml.safe_load(_module(protocol).DOCUMENTATION)
    own = {name: option for name, option in _FAMILY[protocol].items() if name not in argspec.COMMON}
    assert _documented(text.get("options") or {}) == _documented(own)
    assert text["extends_documentation_fragment"] == ["mailwright.mail.probe"]


def test_the_action_group_has_the_family() -> None:
    runtime = Path(_module("smtp").__file__).parents[2] / "meta" / "runtime.yml"
    group = yaml.safe_load(runtime.read_text(encoding="utf-8"))["action_groups"]["probe"]
    assert {f"{protocol}_probe" for protocol in _FAMILY} <= set(group)
