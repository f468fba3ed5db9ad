# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module dns_zone as Ansible calls it, with an API that misbehaves and with none; what it does is integration's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from mail_zones.fake_powerdns import KEY, KEYS, FakePowerDns, serving

from ansible_collections.mailwright.mail.plugins.module_utils.dns import argspec
from ansible_collections.mailwright.mail.plugins.modules import dns_zone

Result = dict[str, Any]
RunModule = Callable[..., Result]
WANTED = {"zones": [{"name": "a.example"}, {"name": "b.example"}], "nameservers": ["ns1.example.net"]}
SPEC_KEYS = ("type", "required", "default", "choices", "elements")


@pytest.fixture
def api() -> Iterator[FakePowerDns]:
    with serving(FakePowerDns()) as fake:
        yield fake


@pytest.fixture
def call(api: FakePowerDns, run_module: RunModule, tmp_path: Path) -> RunModule:
    (tmp_path / "key").write_text(f"{KEY}\n")

    def call(**options: Any) -> Result:
        given = {"api_url": api.url, "api_key_file": str(tmp_path / "key"), "timeout": 1, **options}
        result = run_module("dns_zone", **given)
        assert KEY not in json.dumps(result)
        result.pop("invocation", None)
        return result

    return call


def test_a_zone_takes_one_request_to_make_and_one_to_read(call: RunModule, api: FakePowerDns) -> None:
    assert call(**WANTED)["changed"] is True
    assert api.asked == ["GET ?dnssec=false", "POST ", "POST "]
    api.asked.clear()
    assert call(**WANTED)["changed"] is False
    assert api.asked == ["GET ?dnssec=false", "GET /a.example.", "GET /b.example."]


def test_no_zone_is_made_when_one_cannot_be(call: RunModule, api: FakePowerDns) -> None:
    result = call(zones=[*WANTED["zones"], {"name": "c.example", "kind": "Secondary"}])
    assert result["failed"] is True
    assert not any(asked.startswith("POST") for asked in api.asked)


@pytest.mark.parametrize(
    ("rule", "how", "told"),
    [
        ("GET ?", 401, "the key is refused (401); correct what api_key_file holds"),
        ("GET ?", 404, "is not there (404: 'because it was told to'); correct server_id or api_url"),
        ("GET ?", 500, "the server answers 500: 'because it was told to'"),
        ("GET ?", b"<html>Welcome</html>", "the answer is no JSON but '<html>Welcome</html>'"),
        ("GET ?", b'{"a": 1}', "instead of a list of zones; correct api_url"),
        ("GET ?", "die", "the connection was closed without an answer"),
        ("GET ?", "half", "the answer broke off or is no HTTP"),
        ("GET ?", "wait", "no answer within 1 seconds"),
        (f"GET {KEYS}", 500, "the list of TSIG keys: the server answers 500"),
        (f"GET {KEYS}", b"{}", "{} instead of a list of TSIG keys"),
        ("POST", 409, "zone a.example: the server answers 409"),
        ("POST", 422, "zone a.example: the change is refused as a whole (422: 'because it was told to')"),
        ("POST", "die", "zones converged before that: none"),
        ("POST", "wait", "zones converged before that: none"),
    ],
)
def test_an_api_that_misbehaves(call: RunModule, api: FakePowerDns, rule: str, how: Any, told: str) -> None:
    api.misbehave = {rule: how}
    result = call(**WANTED, server_tsig_keys=[{"name": "k", "state": "absent"}])
    assert result["failed"] is True
    assert told in result["msg"]
    assert api.zones == {}
    api.misbehave = {}
    assert call(**WANTED)["changed"] is True
    assert call(**WANTED)["changed"] is False


@pytest.mark.parametrize(
    ("rule", "how", "told"),
    [
        ("GET /a.example.", 404, "zone a.example: is not there (404"),
        ("GET /a.example.", b"{}", "an answer without kind"),
        ("GET /a.example.", b"null", "an answer without kind"),
        ("GET /a.example./metadata", b"7", "7 instead of metadata"),
        ("GET /a.example./metadata", b"[{}]", "an answer without metadata"),
        ("GET /a.example./cryptokeys", b'[{"dnskey": "257 3 13 a"}]', "an answer without active"),
    ],
)
def test_a_zone_that_cannot_be_read(call: RunModule, api: FakePowerDns, rule: str, how: Any, told: str) -> None:
    options = {**WANTED, "dnssec": True, "also_notify": ["192.0.2.1"]}
    call(**options)
    api.misbehave = {rule: how}
    for check in (True, False):
        assert told in call(**options, state="absent", force=True, check=check)["msg"]
    assert set(api.zones) == {"a.example.", "b.example."}


def test_a_zone_that_fails_leaves_those_before_it_converged(call: RunModule, api: FakePowerDns) -> None:
    call(**WANTED)
    api.misbehave = {"DELETE /b.example.": 500}
    assert "zones converged before that: a.example" in call(**WANTED, state="absent")["msg"]
    api.misbehave = {}
    assert call(**WANTED, state="absent")["changed"] is True
    assert api.zones == {}


def test_an_answer_with_a_secret_is_never_shown(call: RunModule, api: FakePowerDns, tmp_path: Path) -> None:
    key = {"name": "k", "secret_file": str(tmp_path / "secret")}
    there = json.dumps([{"name": "k", "id": "k.", "algorithm": "hmac-sha256"}]).encode()
    for answer in (b'{"key": "dmVyeSBzZWNyZXQ=', b'["dmVyeSBzZWNyZXQ="]', b'{"key": "dmVyeSBzZWNyZXQ="}'):
        api.misbehave = {f"GET {KEYS}/k.": answer, f"GET {KEYS}": there}
        assert "dmVyeSBzZWNyZXQ" not in json.dumps(call(check=True, server_tsig_keys=[key]))


def test_a_notification_that_fails_is_no_error(call: RunModule, api: FakePowerDns) -> None:
    """The server looks for zones to be notified of by itself."""
    api.misbehave = {"PUT /a.example./notify": 422}
    assert call(**WANTED, kind="Primary")["changed"] is True


def test_a_bare_host_is_predicted(call: RunModule, api: FakePowerDns, tmp_path: Path) -> None:
    key = {"name": "transfer", "secret_file": str(tmp_path / "secret")}
    options = {**WANTED, "tsig_keys": ["transfer"], "server_tsig_keys": [key]}
    missing = call(check=True, api_key_file=str(tmp_path / "no-key"), **options)
    there = call(check=True, **options)
    assert missing["unchecked"] and not there["unchecked"]
    assert {**missing, "unchecked": []} == there
    assert "api_key_file" in call(api_key_file=str(tmp_path / "no-key"), **options)["msg"]


@pytest.mark.parametrize("content", ["", "two words", "two\nlines"])
def test_a_file_without_a_key(call: RunModule, tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    assert "holds no key" in call(**WANTED)["msg"]


def test_what_is_missing_or_too_much(call: RunModule) -> None:
    assert "one of the following is required: name, zones, server_tsig_keys" in call()["msg"]
    assert "mutually exclusive: name|zones" in call(name="a.example", **WANTED)["msg"]
    assert "timeout 0: is no time to wait" in call(name="a.example", timeout=0)["msg"]


def described(options: dict[str, Any], inner: str) -> dict[str, Any]:
    """Return what documentation and argument spec both say of options."""
    return {
        name: {key: option[key] for key in SPEC_KEYS if key in option}
        | ({"options": described(option[inner], inner)} if inner in option else {})
        for name, option in options.items()
    }


def test_options_are_documented_as_they_are_taken() -> None:
    documented = yaml.safe_load(dns_zone.DOCUMENTATION)["options"]
    assert described(documented, "suboptions") == described(argspec.ZONES, "options")


def test_examples_take_only_options_that_there_are() -> None:
    for task in yaml.safe_load(dns_zone.EXAMPLES):
        assert set(task.get("mailwright.mail.dns_zone", {})) <= set(argspec.ZONES)
