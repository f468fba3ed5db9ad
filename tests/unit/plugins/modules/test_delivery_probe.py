# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`delivery_probe` as Ansible calls it, and that its documentation says what it takes and returns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from mail_zones.fake_nameserver import FakeNameServer, serving
from probed.certificates import Authority
from probed.post import Post, serve
from received_mail.samples import key_record, signed

from ansible_collections.mailwright.mail.plugins.module_utils.checks.delivery import SPEC
from ansible_collections.mailwright.mail.plugins.modules import delivery_probe

RunModule = Callable[..., dict[str, Any]]
PASSWORD = "correct horse battery"
_KEYS = ("type", "required", "default", "choices", "elements")
_CHECK = {"status", "message", "record", "warnings", "info"}


@pytest.fixture
def options(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A module's options for servers of the tests, with a name server that has the key and the policy."""
    authority, post = Authority(tmp_path), Post(on_the_way=signed)
    certificate = authority.certificate("localhost")
    names = FakeNameServer("127.0.0.1", zone="example.com")
    names.text("s1._domainkey.example.com", key_record())
    names.text("_dmarc.example.com", "v=DMARC1; p=reject")
    with ExitStack() as stack:
        port = stack.enter_context(serving(names))
        servers = {
            name: stack.enter_context(serve(protocol, post, certificate))
            for name, protocol in (("submission", "smtp"), ("mailbox", "imap"))
        }
        common = {"host": "localhost", "address": "127.0.0.1", "tls": "starttls", "ca_path": str(authority.ca_file)}
        login = {"username": "alice@example.com", "password": PASSWORD}
        yield {
            **{name: {**common, **login, "port": server.port} for name, server in servers.items()},
            "resolvers": ["127.0.0.1"],
            "resolver_port": port,
            "require": ["dkim", "dmarc"],
        }


@pytest.mark.parametrize("check", [False, True])
def test_it_succeeds_and_leaves_nothing(run_module: RunModule, options: dict[str, Any], check: bool) -> None:
    result = run_module("delivery_probe", check=check, **options)
    assert result["success"], result
    assert result["changed"] is False
    assert (result["sent"], result["cleaned_up"]) == (not check, not check)
    assert PASSWORD not in json.dumps({**result, "invocation": None})
    documented = yaml.safe_load(delivery_probe.RETURN)
    assert set(documented) == set(result) - {"changed", "invocation"}
    if not check:
        assert (result["dkim"]["result"], result["dmarc"]["result"]) == ("pass", "pass")
        assert set(documented["dkim"]["contains"]) == set(result["dkim"])
        assert set(documented["spf"]["contains"]) | _CHECK == set(result["spf"])
        assert set(documented["dmarc"]["contains"]) | _CHECK == set(result["dmarc"])
        signature = documented["dkim"]["contains"]["signatures"]["contains"]
        assert set(signature) == set(result["dkim"]["signatures"][0])


def test_what_is_required_and_not_shown_fails_the_task_unless_told_otherwise(
    run_module: RunModule, options: dict[str, Any]
) -> None:
    result = run_module("delivery_probe", **{**options, "require": ["spf"]})
    assert result["failed"]
    assert result["msg"] == result["message"]
    assert "spf is required: SPF says nothing of a message that is submitted on the host itself" in result["msg"]
    assert result["dkim"]["status"] == "success"
    told = run_module("delivery_probe", **{**options, "require": ["spf"], "fail_on": "never"})
    assert not told.get("failed")
    assert told["success"] is False


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mailbox": {"host": "localhost"}}, "mailbox.username is missing"),
        ({"mailbox": {"host": "two words", "username": "a", "password": "b"}}, "'two words': is no host"),
        ({"require": ["arc"]}, "must be one or more of"),
        ({"client_address": "mx1"}, "client_address 'mx1'"),
        ({"mailbox": {"host": "a", "password": "b", "password_file": "/c"}}, "mutually exclusive"),
    ],
)
def test_wrong_options_are_told(
    run_module: RunModule, options: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    result = run_module("delivery_probe", **{**options, **changes})
    assert result["failed"]
    assert words in result["msg"]


def test_the_documentation_has_every_option_as_it_is() -> None:
    documented = yaml.safe_load(delivery_probe.DOCUMENTATION)["options"]
    assert set(documented) == set(SPEC)
    for name, spec in SPEC.items():
        _same(spec, documented[name], name)
        for option, inner in spec.get("options", {}).items():
            _same(inner, documented[name]["suboptions"][option], f"{name}.{option}")
        assert set(spec.get("options", {})) == set(documented[name].get("suboptions", {}))


def _same(spec: dict[str, Any], documented: dict[str, Any], name: str) -> None:
    assert {key: spec.get(key) for key in _KEYS} == {key: documented.get(key) for key in _KEYS}, name
