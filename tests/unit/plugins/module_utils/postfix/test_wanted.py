# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may ask for, and what bad input gets."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.wanted import (
    VALUE_LIMIT,
    ListChange,
    ServiceChange,
    Wanted,
    parse_wanted,
)


def parse(**options: Any) -> Wanted:
    return parse_wanted(**{"config_dir": "/etc/postfix", "owner": "test", **options})


def test_values_are_written_as_postfix_takes_them() -> None:
    values = {"a": True, "b": False, "c": 25, "d": ["x", "y", 1], "e": None, "f": "  text ", "g": "", "h": []}
    assert parse(main=values).main == {
        "a": "yes",
        "b": "no",
        "c": "25",
        "d": "x, y, 1",
        "e": None,
        "f": "text",
        "g": "",
        "h": "",
    }


@pytest.mark.parametrize("value", ["it's", 'say "x"', "100%", "$myhostname", "{{ x }}", "a\\b", "grün", "# x", "a = b"])
def test_a_value_that_is_legal_stays_as_it_is(value: str) -> None:
    assert parse(main={"smtpd_banner": value}).main == {"smtpd_banner": value}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"main": {"relayhost": "a\nb"}}, r"value of relayhost 'a\\nb': has a line break"),
        ({"main": {"relayhost": "a\n"}}, "has a line break"),
        ({"main": {"relayhost": "a\rb"}}, "has a line break"),
        ({"main": {"relayhost": "a\x00b"}}, r"value of relayhost 'a\\x00b': has a control character"),
        ({"main": {"relayhost": "\x1b[0m"}}, "has a control character"),
        ({"main": {"relayhost": "x" * (VALUE_LIMIT + 1)}}, f"is longer than {VALUE_LIMIT} bytes"),
        ({"main": {"compatibility_level": 3.1}}, 'is a fraction.*quote it: "3.1"'),
        ({"main": {"relayhost": {"a": 1}}}, "is no text"),
        ({"main": {"relayhost": ["a", ["b"]]}}, "is no text"),
        ({"main": {"relayhost": ["a", ""]}}, "has an empty entry"),
        ({"main": {"relayhost": ["a", "b\nc"]}}, "has a line break"),
        ({"main": {"relayhost": ["a", "# b"]}}, "starts with #"),
        ({"main": {"a b": "c"}}, "main.cf parameter 'a b': is not a parameter's name"),
        ({"main": {"a=b": "c"}}, "is not a parameter's name"),
        ({"main": {"a\nb": "c"}}, "is not a parameter's name"),
        ({"main": {"": "c"}}, "is not a parameter's name"),
        ({"main": {"#a": "c"}}, "is not a parameter's name"),
        ({"main": {1: "c"}}, "is not a parameter's name"),
        ({"owner": ""}, "owner '': is empty"),
        ({"owner": "a\nb"}, "control character"),
        ({"lists": [{"parameter": "a b", "present": ["x"]}]}, "parameter in lists 'a b'"),
        ({"lists": [{"parameter": "a", "present": ["x\ny"]}]}, "has a line break"),
        ({"lists": [{"parameter": "a", "present": [" , "]}]}, "entry of a ' , ': is empty"),
        ({"lists": [{"parameter": "a", "present": ["{ b"]}]}, "braces that do not match"),
        ({"lists": [{"parameter": "a", "absent": ["#b"]}]}, "starts with #"),
        ({"master": [{"service": "a b", "type": "unix"}]}, "master.cf service 'a b'"),
        ({"master": [{"service": "#a", "type": "unix"}]}, "is not a service's name"),
        ({"master": [{"service": "a\x00", "type": "unix"}]}, "is not a service's name"),
        ({"master": [{"service": "a/b", "type": "unix"}]}, "is not a service's name"),
        ({"master": [{"service": "a", "type": "tcp"}]}, "type of the service a 'tcp': is unknown"),
        ({"master": [{"service": "a", "type": "unix", "chroot": "maybe"}]}, "is neither yes nor no"),
        ({"master": [{"service": "a", "type": "unix", "wakeup": "1m"}]}, "wakeup of the service a/unix '1m'"),
        ({"master": [{"service": "a", "type": "unix", "maxproc": -1}]}, "is not a number"),
        ({"master": [{"service": "a", "type": "unix", "maxproc": True}]}, "is not a number"),
        ({"master": [{"service": "a", "type": "unix", "command": ""}]}, "is empty"),
        ({"master": [{"service": "a", "type": "unix", "command": "-o x=y"}]}, "does not start with a daemon"),
        ({"master": [{"service": "a", "type": "unix", "command": "smtpd -o x=y"}]}, "give it in options"),
        ({"master": [{"service": "a", "type": "unix", "command": "pipe\nx"}]}, "has a line break"),
        ({"master": [{"service": "a", "type": "unix", "command": "pipe {"}]}, "braces that do not match"),
        ({"master": [{"service": "a", "type": "unix", "command": "pipe #x"}]}, "starts with #"),
        ({"master": [{"service": "a", "type": "unix", "options": {"b c": 1}}]}, "-o option of a/unix 'b c'"),
        ({"master": [{"service": "a", "type": "unix", "options": {"b": "c\nd"}}]}, "has a line break"),
        ({"master": [{"service": "a", "type": "unix", "options": {"b": "}"}}]}, "braces that do not match"),
        ({"master": [{"service": "a", "type": "unix", "options": {"b": ["c }", "d"]}}]}, "braces that do not match"),
        ({"restore": [""]}, "restore '': is empty"),
        ({"main": {"a": "\ud800"}}, r"value of a '\\ud800': has a surrogate"),
        ({"main": {"a": ["b", "gr\udcfcn"]}}, r"value of a 'gr\\udcfcn': has a surrogate"),
        ({"owner": "\ud800"}, "owner"),
        ({"master": [{"service": "\ud800", "type": "unix"}]}, "is not a service's name"),
    ],
)
def test_bad_input_is_named(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        parse(**options)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"main": {"a": "x"}, "lists": [{"parameter": "a", "present": ["x"]}]}, "a stands in main and in lists"),
        ({"lists": [{"parameter": "a", "present": ["x  y"], "absent": ["x y"]}]}, "is to be present and absent"),
        ({"lists": [{"parameter": "a", "present": ["x"]}, {"parameter": "a", "absent": ["x"]}]}, "present and absent"),
        ({"master": [{"service": "a", "type": "unix"}] * 2}, "the service a/unix stands in master twice"),
        ({"master": [{"service": "a", "type": "unix", "state": "absent", "command": "x"}]}, "is to be absent"),
        ({"main": {"a": "x"}, "restore": ["a"]}, "a is to be restored and to be set"),
        ({"main": {"a": "x"}, "restore": ["*"]}, "is to be restored and to be set"),
        ({"master": [{"service": "a", "type": "unix"}], "restore": ["a/unix"]}, "is to be restored and to be set"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(Conflict, match=told):
        parse(**options)


def test_lists_and_services() -> None:
    wanted = parse(
        config_dir="/etc/postfix-out/",
        lists=[{"parameter": "smtpd_milters", "present": ["a,", "b c"], "absent": ["d"], "position": "first"}],
        master=[
            {
                "service": "[::1]:submission",
                "type": "inet",
                "state": "present",
                "private": False,
                "chroot": "Yes",
                "unprivileged": "-",
                "wakeup": "60?",
                "maxproc": 0,
                "command": " smtpd   -v ",
                "options": {"a": True, "b": ["c", "d"], "e": None},
            }
        ],
        restore=["relayhost"],
    )
    assert wanted == Wanted(
        scope="/etc/postfix-out",
        owner="test",
        main={},
        lists=(ListChange("smtpd_milters", ("a", "b c"), ("d",), True),),
        master=(
            ServiceChange(
                "[::1]:submission",
                "inet",
                True,
                {"private": "n", "unprivileged": "-", "chroot": "y", "wakeup": "60?", "maxproc": "0"},
                "smtpd -v",
                {"a": "yes", "b": "c, d", "e": None},
            ),
        ),
        restore=("relayhost",),
    )
    assert wanted.master[0].key == "[::1]:submission/inet"
