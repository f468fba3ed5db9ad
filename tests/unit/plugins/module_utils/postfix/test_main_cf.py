# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""main.cf edited in place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.postfix.logical import unfolded
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.main_cf import MainCf, folded, without_comments

DEBIAN = """\
# See /usr/share/postfix/main.cf.dist for a commented, more complete version

#myorigin = /etc/mailname
smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
biff = no
# TLS parameters
smtpd_tls_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem
mydestination = $myhostname,
# our own names
\tlocalhost.localdomain,

    localhost
relayhost = END
mynetworks = 127.0.0.0/8 [::1]/128
""".replace("END", "")

NAMES = st.sampled_from(["biff", "relayhost", "mydestination", "transport_maps", "2bounce_notice_recipient"])
VALUES = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f\x85\xa0"), max_size=30).map(str.strip)
LINES = st.lists(
    st.sampled_from(
        [
            "biff = no",
            "biff=yes",
            "relayhost = ",
            "relayhost =",
            "  more",
            "# biff = no",
            "",
            "mydestination = a,",
            "junk",
        ]
    ),
    max_size=12,
)


def test_values_are_read_as_postfix_reads_them() -> None:
    assert MainCf(DEBIAN).values() == {
        "smtpd_banner": "$myhostname ESMTP $mail_name (Debian/GNU)",
        "biff": "no",
        "smtpd_tls_cert_file": "/etc/ssl/certs/ssl-cert-snakeoil.pem",
        "mydestination": "$myhostname, localhost.localdomain, localhost",
        "relayhost": "",
        "mynetworks": "127.0.0.0/8 [::1]/128",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=b\n", "b"),
        ("a\t=\tb\t\n", "b"),
        ("a = b", "b"),
        ("a =\n", ""),
        ("a =\n  b\n", "b"),
        ("a\n  = b\n", "b"),
        ("a = b = c\n", "b = c"),
        ("a = b # no comment\n", "b # no comment"),
        ("a = #b\n", "#b"),
        ("a = b\r\n", "b"),
        ("a = b\r\n\tc\r\n", "b c"),
        ("a = 1\na = 2\n", "2"),
        ("b = 1\n", None),
        ("a b\n", None),
        ("#a = b\n", None),
        ("  a = b\n", None),
        ("", None),
    ],
)
def test_every_way_to_write_a_value(text: str, value: str | None) -> None:
    assert MainCf(text).value("a") == value


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("a=b\nc = d\n", "x", "a=x\nc = d\n"),
        ("a   =   b   \n", "x", "a   =   x   \n"),
        ("a = \n", "x", "a = x\n"),
        ("a =\n", "x", "a =x\n"),
        ("a =\n  b\n", "x", "a =\n  x\n"),
        ("a = b\r\nc = d\r\n", "x", "a = x\r\nc = d\r\n"),
        ("a = 1\nb = 2\na = 3\n", "x", "a = 1\nb = 2\na = x\n"),
        ("#a = b\n", "x", "#a = b\na = x\n"),
        ("b = 1", "x", "b = 1\na = x\n"),
        ("b = 1", "", "b = 1\na =\n"),
        ("", "x", "a = x\n"),
        ("a = b,\n# kept\n  c\nd = e\n", "x", "a = x\n# kept\nd = e\n"),
        ("a = b\n", "x,\n    y", "a = x,\n    y\n"),
    ],
)
def test_only_the_value_is_replaced(before: str, value: str, after: str) -> None:
    main = MainCf(before)
    main.set("a", value)
    assert main.dump() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1\nb = 2\na = 3\n", "b = 2\n"),
        ("# why\na = 1,\n  2\n# other\nb = 2\n", "# why\n# other\nb = 2\n"),
        ("a = 1,\n# inside\n  2\nb = 2\n", "# inside\nb = 2\n"),
        ("b = 2\na = 1", "b = 2\n"),
        ("b = 2\n", "b = 2\n"),
    ],
)
def test_a_parameter_goes_with_all_its_lines(before: str, after: str) -> None:
    main = MainCf(before)
    main.remove("a")
    assert main.dump() == after


def test_what_is_set_and_given_back_leaves_the_file_as_it_was() -> None:
    main = MainCf(DEBIAN)
    before = {name: main.raw(name) for name in main.names()}
    for name in before:
        main.set(name, "something else")
    assert set(main.values().values()) == {"something else"}
    assert "# our own names\n" in main.dump()
    for name, raw in before.items():
        main.set_raw(name, raw or "")
    assert main.dump() == DEBIAN


def test_comments_come_back_to_where_they_were() -> None:
    text = "a = A,\n  # inner\n  B,\n\n  # last\n  C\n\n# of b\nb = 1\n"
    main = MainCf(text)
    raw = main.raw("a") or ""
    for less in ("\n  # inner\n  B,\n\n  # last\n  C", "A,\n  # inner\n  B\n\n  # last", "x", ""):
        main.set_raw("a", less)
        main.set_raw("a", raw)
        assert main.dump() == text


@given(st.text())
def test_any_text_survives(text: str) -> None:
    assert MainCf(text).dump() == text


@given(LINES, NAMES, VALUES)
def test_what_is_set_is_read_and_the_rest_stays(lines: list[str], name: str, value: str) -> None:
    text = "".join(f"{line}\n" for line in lines)
    main = MainCf(text)
    others = {key: held for key, held in main.values().items() if key != name}
    raw = main.raw(name)
    main.set(name, value)
    again = MainCf(main.dump())
    assert again.value(name) == unfolded(value)
    assert {key: held for key, held in again.values().items() if key != name} == others
    if raw is None:
        again.remove(name)
    else:
        again.set_raw(name, raw)
    assert again.dump() == text


@given(LINES, NAMES)
def test_what_is_removed_is_gone_and_the_rest_stays(lines: list[str], name: str) -> None:
    main = MainCf("".join(f"{line}\n" for line in lines))
    others = {key: held for key, held in main.values().items() if key != name}
    main.remove(name)
    assert MainCf(main.dump()).values() == others


def test_a_long_list_is_folded_and_reads_the_same() -> None:
    entries = [f"reject_{number:03d}_of_the_entries" for number in range(10)]
    value = folded(entries)
    assert max(map(len, value.split("\n"))) < 60
    main = MainCf("")
    main.set("smtpd_recipient_restrictions", value)
    assert main.value("smtpd_recipient_restrictions") == ", ".join(entries)
    assert folded(["a", "b"]) == "a, b"
    assert folded([]) == ""


def test_comments_can_be_left_out_of_a_value() -> None:
    assert without_comments("a,\n# no\n  b") == "a,\n  b"
