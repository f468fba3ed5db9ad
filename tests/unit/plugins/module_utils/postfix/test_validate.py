# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found wrong in a configuration."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.postfix.enumerations import Postfix
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.main_cf import MainCf
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.master_cf import MasterCf
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.validate import (
    Evidence,
    Problem,
    excused_names,
    judge,
    split_new,
)

MASTER = "smtp inet n - y - - smtpd\nrelay465 unix - - y - - smtp\n  -o a={ $mua_restrictions }\n"


def evidence(main: str = "", master: str = MASTER, **more: Any) -> Evidence:
    parsed = MainCf(main)
    return Evidence(
        **{
            "postfix": Postfix((3, 10, 5), {"biff": "yes"}),
            "main": parsed.values(),
            "master": MasterCf(master),
            "values": parsed.values(),
            "map_types": frozenset({"lmdb", "hash", "proxy", "inline", "static", "unionmap", "pipemap", "unix"}),
            "daemons": frozenset({"smtpd", "smtp", "pipe"}),
            "daemon_directory": "/usr/lib/postfix/sbin",
            **more,
        }
    )


def texts(found: Evidence) -> list[str]:
    return [problem.text for problem in judge(found)]


def test_nothing_wrong() -> None:
    assert judge(evidence("biff = no\ntransport_maps = lmdb:/t, proxy:hash:/u\n")) == []


def test_names_that_postfix_does_not_use() -> None:
    found = evidence("bogus = 1\n", unused=(("main.cf", "bogus"), ("master.cf", "nonsense")))
    assert texts(found) == [
        "main.cf: Postfix 3.10.5 has no parameter bogus, and nothing refers to it; correct the name",
        "master.cf: Postfix 3.10.5 has no -o option nonsense, and nothing refers to it; correct the name",
    ]


@pytest.mark.parametrize(
    ("name", "main"),
    [
        ("macro", "transport_maps = ${macro}\nmacro = x\n"),
        ("macro", "transport_maps = $(macro)/x\nmacro = x\n"),
        ("macro", "a = ${b?{$macro}:{x}}\nmacro = x\n"),
        ("mua_restrictions", "mua_restrictions = reject\n"),
        ("greylist", "smtpd_restriction_classes = greylist, x\ngreylist = reject\n"),
        ("relay465_destination_recipient_limit", "relay465_destination_recipient_limit = 1\n"),
        ("relay465_transport_rate_delay", "relay465_transport_rate_delay = 1s\n"),
        ("users_hosts", "virtual_alias_maps = proxy:pgsql:users\nusers_hosts = x\n"),
        ("users_hosts", "virtual_alias_maps = { mysql:users }\nusers_hosts = x\n"),
    ],
)
def test_names_that_something_refers_to(name: str, main: str) -> None:
    found = evidence(main, unused=(("main.cf", name),))
    assert name in excused_names(found)
    assert not [problem for problem in judge(found) if problem.key.startswith("unused")]


@pytest.mark.parametrize(
    "main",
    [
        "typo = 1\n",
        "relay587_destination_recipient_limit = 1\n",
        "relay465_destination_recipent_limit = 1\n",
        "users_hosts = x\nvirtual_alias_maps = pgsql:/etc/postfix/users.cf\n",
    ],
)
def test_names_that_nothing_refers_to(main: str) -> None:
    name = main.split(" ", 1)[0]
    assert [problem.key for problem in judge(evidence(main, unused=(("main.cf", name),)))][:1] == [
        f"unused main.cf {name}"
    ]


def test_values_in_both_files() -> None:
    found = evidence("biff = maybe\n", overrides={"smtp/inet": {"smtpd_tls_security_level": "verify", "x": "y"}})
    assert texts(found) == [
        "biff = maybe: not a value of biff; give yes or no",
        "smtp/inet -o smtpd_tls_security_level = verify: not a value of smtpd_tls_security_level;"
        " give one of encrypt, may, none",
    ]


@pytest.mark.parametrize(
    ("setting", "kinds"),
    [
        ("transport_maps = mysql:/x", ["mysql"]),
        ("transport_maps = lmdb:/x, ldap:y pcre:/z", ["ldap", "pcre"]),
        ("virtual_alias_maps = proxy:pgsql:/x", ["pgsql"]),
        ("virtual_alias_maps = unionmap:{lmdb:/a, sqlite:/b}", ["sqlite"]),
        ("header_checks = regexp:/x", ["regexp"]),
        ("smtpd_tls_session_cache_database = btree:$data_directory/x", ["btree"]),
        ("mynetworks = 127.0.0.0/8 [::1]/128, !10.0.0.0/8, cidr:/x", ["cidr"]),
        ("mydestination = $myhostname, cdb:/x", ["cdb"]),
        ("smtpd_client_restrictions = check_client_access pcre:/x, reject", ["pcre"]),
        ("smtpd_client_restrictions = check_client_access { tcp:1:2, x=y }", ["tcp"]),
        ("mua_restrictions = check_policy_service inet:127.0.0.1:10023, mysql:/x", ["mysql"]),
        ("smtpd_client_restrictions = check_policy_service { inet:127.0.0.1:1, timeout=1s }", []),
        ("smtpd_milters = inet:localhost:11332", []),
        ("relayhost = foo:587", []),
        ("inet_interfaces = 127.0.0.1, fe80::1", []),
        ("default_database_type = cdb", ["cdb"]),
        ("virtual_transport = lmtp:unix:private/dovecot-lmtp", []),
        ("virtual_alias_maps = inline:{ a=b }", []),
        ("smtpd_reject_footer = nosuch:thing", []),
    ],
)
def test_map_types_that_are_not_installed(setting: str, kinds: list[str]) -> None:
    name = setting.split(" ", 1)[0]
    assert [problem.key for problem in judge(evidence(f"{setting}\n"))] == [f"map {name} {kind}" for kind in kinds]


def test_the_package_of_a_map_type_is_named() -> None:
    told = texts(evidence("transport_maps = mysql:/x nosuch:/y\n"))
    assert told == [
        "transport_maps: the map type mysql is not installed; install the package postfix-mysql",
        "transport_maps: the map type nosuch is not installed; postconf -m lists those that are",
    ]


def test_daemons_that_are_not_there() -> None:
    assert texts(evidence(master="x unix - - n - - nosuch\ny unix - - n - - pipe a\n")) == [
        "master.cf service x/unix: there is no daemon nosuch in /usr/lib/postfix/sbin; correct the command"
    ]


def test_what_hides_other_problems_stops_a_change_even_if_it_was_there() -> None:
    problems = judge(evidence(unreadable=("missing '='",), values={}))
    assert [problem.text for problem in problems] == ["missing '='"]
    assert split_new(problems, problems) == (problems, [])


def test_an_undefined_name_is_only_a_warning() -> None:
    errors, warnings = split_new(judge(evidence(undefined=("nosuch",))), [])
    assert errors == []
    assert [problem.text for problem in warnings] == [
        "$nosuch is used, though no parameter of this name is set: it is empty"
    ]


def test_only_new_problems_stop_a_change() -> None:
    old, new = Problem("a", "a"), Problem("b", "b")
    assert split_new([old, new], [old]) == ([new], [old])
