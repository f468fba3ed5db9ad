# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""master.cf edited in place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.postfix.master_cf import (
    MasterCf,
    Service,
    entry_text,
    split_command,
)

DEBIAN = """\
# service type  private unpriv  chroot  wakeup  maxproc command + args
smtp      inet  n       -       y       -       -       smtpd
#submission inet n       -       y       -       -       smtpd
#  -o syslog_name=postfix/submission
pickup    unix  n       -       y       60      1       pickup
relay     unix  -       -       y       -       -       smtp
        -o syslog_name=postfix/$service_name
#       -o smtp_helo_timeout=5 -o smtp_connect_timeout=5
# maildrop. See the Postfix MAILDROP_README file for details.
maildrop  unix  -       n       n       -       -       pipe
  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}
submission inet n - y - - smtpd -v
  -o smtpd_tls_security_level=encrypt -oscache_x=1
# who may send
  -o { smtpd_client_restrictions = permit_sasl_authenticated,
       reject }
  -o smtpd_helo_restrictions=
"""
VALUES = st.text(st.sampled_from("ab$ {}=,/"), max_size=12).map(str.strip)


def _balanced(value: str) -> bool:
    depth = 0
    for character in value:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


def test_services_are_read_as_postfix_reads_them() -> None:
    services = MasterCf(DEBIAN).services()
    assert list(services) == ["smtp/inet", "pickup/unix", "relay/unix", "maildrop/unix", "submission/inet"]
    assert services["pickup/unix"].fields == {
        "private": "n",
        "unprivileged": "-",
        "chroot": "y",
        "wakeup": "60",
        "maxproc": "1",
    }
    assert services["relay/unix"].options == {"syslog_name": "postfix/$service_name"}
    maildrop = services["maildrop/unix"]
    assert maildrop.daemon == "pipe"
    # What stands behind the daemon's own arguments belongs to the program it runs.
    assert maildrop.command == "pipe flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}"
    assert maildrop.options == {}
    assert services["submission/inet"].command == "smtpd -v"
    assert services["submission/inet"].options == {
        "smtpd_tls_security_level": "encrypt",
        "scache_x": "1",
        "smtpd_client_restrictions": "permit_sasl_authenticated,\n       reject",
        "smtpd_helo_restrictions": "",
    }


def test_lines_that_are_no_services_are_left_alone() -> None:
    text = "smtp inet n - y - -\n  lost\n\n# comment\nsmtp inet n - y - - smtpd"
    master = MasterCf(text)
    assert master.services().keys() == {"smtp/inet"}
    assert master.dump() == text


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("wakeup", "1000?", "pickup    unix  n       -       y       1000?   1       pickup"),
        ("chroot", "n", "pickup    unix  n       -       n       60      1       pickup"),
        ("maxproc", "-", "pickup    unix  n       -       y       60      -       pickup"),
        ("private", "-", "pickup    unix  -       -       y       60      1       pickup"),
        ("wakeup", "123456789", "pickup    unix  n       -       y       123456789 1       pickup"),
    ],
)
def test_a_field_keeps_the_columns_where_it_can(name: str, value: str, line: str) -> None:
    master = MasterCf(DEBIAN)
    master.set_field("pickup/unix", name, value)
    assert master.dump() == DEBIAN.replace("pickup    unix  n       -       y       60      1       pickup", line)
    assert master.services()["pickup/unix"].fields[name] == value


def test_a_new_option_stands_behind_the_last_one_in_its_way_of_writing() -> None:
    master = MasterCf(DEBIAN)
    master.set_option("relay/unix", "smtp_bind_address", "192.0.2.1")
    master.set_option("smtp/inet", "smtpd_client_restrictions", "permit_mynetworks, reject")
    master.set_option("maildrop/unix", "syslog_name", "x")
    expected = DEBIAN.replace(
        "        -o syslog_name=postfix/$service_name\n",
        "        -o syslog_name=postfix/$service_name\n        -o smtp_bind_address=192.0.2.1\n",
    )
    expected = expected.replace(
        "smtpd\n#submission",
        "smtpd\n  -o { smtpd_client_restrictions = permit_mynetworks, reject }\n#submission",
    )
    expected = expected.replace("pipe\n", "pipe\n  -o syslog_name=x\n")
    assert master.dump() == expected


def test_an_option_is_changed_where_it_stands() -> None:
    master = MasterCf(DEBIAN)
    master.set_option("submission/inet", "scache_x", "a b")
    master.set_option("submission/inet", "smtpd_client_restrictions", "reject")
    expected = DEBIAN.replace("-oscache_x=1", "-o{ scache_x = a b }").replace(
        "{ smtpd_client_restrictions = permit_sasl_authenticated,\n       reject }", "smtpd_client_restrictions=reject"
    )
    assert master.dump() == expected


@pytest.mark.parametrize(
    ("name", "gone", "left"),
    [
        ("smtpd_helo_restrictions", "  -o smtpd_helo_restrictions=\n", ""),
        ("smtpd_tls_security_level", "  -o smtpd_tls_security_level=encrypt -oscache_x=1\n", "  -oscache_x=1\n"),
        ("scache_x", " -oscache_x=1\n", "\n"),
        (
            "smtpd_client_restrictions",
            "  -o { smtpd_client_restrictions = permit_sasl_authenticated,\n       reject }\n",
            "",
        ),
    ],
)
def test_an_option_goes_with_its_line(name: str, gone: str, left: str) -> None:
    master = MasterCf(DEBIAN)
    master.remove_option("submission/inet", name)
    assert name not in master.services()["submission/inet"].options
    assert master.dump() == DEBIAN.replace(gone, left)


def test_the_command_is_changed_and_the_options_stay() -> None:
    master = MasterCf(DEBIAN)
    master.set_command("submission/inet", "smtpd -D")
    master.set_command("maildrop/unix", "pipe flags=R user=nobody argv=/bin/cat")
    master.set_command("smtp/inet", "postscreen")
    services = master.services()
    assert services["submission/inet"].command == "smtpd -D"
    assert services["submission/inet"].options == MasterCf(DEBIAN).services()["submission/inet"].options
    assert services["smtp/inet"].command == "postscreen"
    assert "pipe\n  flags=R user=nobody argv=/bin/cat\nsubmission" in master.dump()
    master.set_command("maildrop/unix", "pipe flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}")
    master.set_command("smtp/inet", "smtpd")
    master.set_command("submission/inet", "smtpd -v")
    assert master.services() == MasterCf(DEBIAN).services()
    assert master.dump().split("submission inet n")[1] == DEBIAN.split("submission inet n")[1]


def test_arguments_come_and_go() -> None:
    master = MasterCf("x unix - n n - - spawn -v\n  -o a=b\n  user=nobody argv=/x\n")
    master.set_command("x/unix", "spawn")
    assert master.dump() == "x unix - n n - - spawn\n  -o a=b\n"
    master.set_command("x/unix", "spawn user=nobody argv=/y -o z")
    assert master.dump() == "x unix - n n - - spawn\n  -o a=b\n  user=nobody argv=/y -o z\n"
    assert master.services()["x/unix"].options == {"a": "b"}


def test_a_service_goes_and_comes_back_as_it_was() -> None:
    master = MasterCf(DEBIAN)
    entry = master.entry("pickup/unix")
    assert entry is not None
    master.remove("pickup/unix")
    assert master.dump() == DEBIAN.replace(entry + "\n", "")
    master.put("pickup/unix", entry)
    assert master.services() == MasterCf(DEBIAN).services()
    assert master.dump().endswith(f"{entry}\n")


def test_the_comments_inside_a_service_that_goes_stay() -> None:
    master = MasterCf(DEBIAN)
    master.remove("submission/inet")
    assert master.dump().endswith("-d ${recipient}\n# who may send\n")


def test_the_same_service_twice_is_the_last_one_and_goes_whole() -> None:
    master = MasterCf("a unix - - - - - one\na unix - - - - - two")
    assert master.services()["a/unix"].command == "two"
    master.remove("a/unix")
    assert master.dump() == ""


def test_a_new_entry_is_written_as_postfix_writes_its_own() -> None:
    service = Service("submissions", "inet", {"private": "n", "chroot": "y"}, "smtpd", {"a": "b", "c": "d e", "f": ""})
    assert entry_text(service) == (
        "submissions inet  n       -       y       -       -       smtpd\n  -o a=b\n  -o { c = d e }\n  -o f="
    )
    plain = Service("x", "unix", {}, "pipe -v user=a argv=/b c")
    assert entry_text(plain) == "x         unix  -       -       -       -       -       pipe -v user=a argv=/b c"
    with_option = Service("x", "unix", {}, "pipe user=a argv=/b", {"o": "1"})
    assert entry_text(with_option).endswith("pipe\n  -o o=1\n  user=a argv=/b")
    for written in (service, plain, with_option):
        read = MasterCf(entry_text(written)).services()[written.key]
        assert (read.command, read.options) == (written.command, written.options)


@given(st.dictionaries(st.sampled_from(["a", "b_c", "d"]), VALUES.filter(_balanced), max_size=3))
def test_options_are_read_back_as_they_were_set(options: dict[str, str]) -> None:
    master = MasterCf(DEBIAN)
    before = master.services()
    for name, value in options.items():
        master.set_option("relay/unix", name, value)
    again = MasterCf(master.dump())
    assert again.services()["relay/unix"].options == {**before["relay/unix"].options, **options}
    for name in options:
        again.remove_option("relay/unix", name)
    assert again.dump() == DEBIAN


@given(st.text())
def test_any_text_survives(text: str) -> None:
    assert MasterCf(text).dump() == text


def test_an_unknown_service_cannot_be_edited() -> None:
    with pytest.raises(KeyError):
        MasterCf(DEBIAN).set_option("nothing/unix", "a", "b")


def test_a_command_is_split_where_its_flags_end() -> None:
    assert split_command("pipe -v -D flags=x -o y") == ("pipe", ["-v", "-D"], ["flags=x", "-o", "y"])
    assert split_command("") == ("", [], [])
