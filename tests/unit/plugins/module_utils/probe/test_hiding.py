# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that repeat what they were told, in any form: none of it is shown."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from probed.calling import Probe, Serve

from ansible_collections.mailwright.mail.plugins.module_utils.probe.hiding import forms
from ansible_collections.mailwright.mail.plugins.module_utils.probe.steps import Steps
from ansible_collections.mailwright.mail.plugins.module_utils.probe.target import Login

_USER = "alice@example.com"
_PLAIN = {"smtp": ("AUTH", "535 "), "imap": ("AUTHENTICATE", "%(tag)s NO "), "sieve": ("AUTHENTICATE", "NO ")}


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3", "sieve"])
@pytest.mark.parametrize("password", ["correct horse battery", 'qu"ote\\d and more', "pässwörd 77", "%&+/=?#"])
def test_a_password_that_is_repeated_is_not_shown(serve: Serve, probe: Probe, protocol: str, password: str) -> None:
    repeated = [password, _coded(password), _coded(f"\0{_USER}\0{password}"), password.encode().hex()]
    words = " and ".join(repeated)
    if protocol == "sieve":
        words = '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
    command, begin = {**_PLAIN, "pop3": ("PASS", "-ERR ")}[protocol]
    result = probe(protocol, serve(protocol, faults={command: begin + words}), password=password)
    assert not result["success"]
    assert "********" in result["message"]
    for form in repeated:
        assert form not in str(result)
        assert form not in "\n".join(result["logs"])


@pytest.mark.parametrize("said", ["correct horse battery", _coded("\0alice@example.com\0correct horse battery")])
def test_a_script_that_is_called_like_the_password(serve: Serve, probe: Probe, said: str) -> None:
    result = probe("sieve", serve("sieve", faults={"LISTSCRIPTS": f'"{said}"\r\nOK "listed"'}))
    assert result["scripts"] == [{"name": "********", "active": False}]


@pytest.mark.parametrize(("protocol", "command", "begin"), [("smtp", "AUTH", "what "), ("sieve", "AUTHENTICATE", '"')])
@pytest.mark.parametrize("before", range(70, 100, 5))
def test_no_part_of_a_password_is_shown(
    serve: Serve, probe: Probe, protocol: str, command: str, begin: str, before: int
) -> None:
    server = serve(protocol, faults={command: f"{begin}{'x' * before}correct horse battery"})
    assert "corre" not in str(probe(protocol, server))


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3", "sieve"])
def test_a_greeting_with_the_password_in_it(serve: Serve, probe: Probe, protocol: str) -> None:
    said = "correct horse battery"
    greeting = {
        "smtp": f"220 {said}",
        "imap": f"* OK [CAPABILITY IMAP4rev1] {said}",
        "pop3": f"+OK {said}",
        "sieve": f'"IMPLEMENTATION" "{said}"\r\n"SIEVE" "{said}"\r\nNO "{said}"',
    }[protocol]
    # The fixture sees that it stands nowhere in the result.
    probe(protocol, serve(protocol, faults={"GREETING": greeting}))


def test_the_line_of_a_login_is_not_shown(serve: Serve, probe: Probe) -> None:
    server = serve("smtp", faults={"AUTH": "500 what is %(said)s"})
    result = probe("smtp", server)
    assert "500 what is AUTH PLAIN ********" in result["message"]
    server = serve("pop3", faults={"PASS": "-ERR what is %(said)s"})
    assert "-ERR what is PASS ********" in probe("pop3", server)["message"]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=8, max_size=40), st.binary(max_size=7))
def test_base64_around_the_password_hides_it_too(password: str, before: bytes) -> None:
    steps = Steps(forms(Login("alice", password)))
    coded = base64.b64encode(before + password.encode() + b"!").decode()
    # What its bytes alone decide is cut out; at most a letter at each end is left of it.
    shown = steps.clean(f"x {coded} y")
    start, end = len(before) * 8 // 6 + 1, (len(before) + len(password.encode())) * 8 // 6 - 1
    assert coded[start:end] not in shown


def test_without_a_login_nothing_is_cut() -> None:
    assert forms(None) == []
