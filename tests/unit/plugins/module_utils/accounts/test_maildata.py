# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose mail is to go, what is mounted there, and who is logged in."""

from __future__ import annotations

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.maildata import mounted_in, removals
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.sessions import logged_in
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted

MOUNTS = """\
21 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 21 0:35 / /var/vmail rw - ext4 /dev/sdb1 rw
41 40 0:36 / /var/vmail/example.com/with\\040space\\134 rw - tmpfs tmpfs rw
42 40 0:37 / /var/vmail/example.org rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("/var/vmail", "/var/vmail"),
        ("/var/vmail/example.com", "/var/vmail/example.com/with space\\"),
        ("/var/vmail/example.com/alice", ""),
        ("/var/vmail/example.co", ""),
        ("/var/vmail/example.org", "/var/vmail/example.org"),
        ("/var/vmail/example.org/alice", ""),
    ],
)
def test_mount_points_are_found_at_and_below_a_path(path: str, point: str) -> None:
    assert mounted_in(MOUNTS, path) == point


def test_only_what_is_absent_and_not_kept_is_to_go() -> None:
    wanted = parse_wanted(
        domains=[
            {"name": "example.com", "mail_data": "delete"},
            {"name": "bücher.example", "state": "absent", "mail_data": "archive"},
            {"name": "example.net", "state": "absent"},
        ],
        mailboxes=[
            {"address": "alice@example.com", "state": "absent", "mail_data": "delete"},
            {"address": "bob@example.com", "state": "absent", "mail_data": "keep"},
            {"address": "carol@example.com", "mail_data": "archive"},
        ],
    )
    assert [(one.owner, one.action, one.place) for one in removals(wanted)] == [
        ("alice@example.com", "delete", ("example.com", "alice")),
        ("xn--bcher-kva.example", "archive", ("xn--bcher-kva.example",)),
    ]


WHO = """\
username|service|pid|ip
alice@example.com|imap|7|::1
Bob@example.org|pop3|8|::1
x@xample.org|imap|9|
""".replace("|", "\t")


@pytest.mark.parametrize(
    ("table", "owners", "users"),
    [
        (WHO, ["alice@example.com", "carol@example.com"], {"alice@example.com"}),
        (WHO, ["example.org"], {"bob@example.org"}),
        (WHO, ["example.net"], set()),
        ("", ["example.org"], set()),
        ("service\tpid\nimap\t8\n", ["example.org"], set()),
        ("service\tusername\nimap\n\n", ["alice@example.com"], set()),
    ],
)
def test_sessions_are_found_by_address_and_domain(table: str, owners: list[str], users: set[str]) -> None:
    assert logged_in(table, owners) == users
