# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What doveadm and the files of last logins say, and what becomes of it where they say nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.host_usage import gather_usage
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Mailbox
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.usage import Usage, parse_login, parse_quotas

QUOTAS = """\
Username|Quota name|Type|Value|Limit|%
bob@example.com|User quota|STORAGE|1536|5242880|0
bob@example.com|User quota|MESSAGE|7|-|0
eve@example.com|User quota|STORAGE|3|-|0
eve@example.com|User quota|MESSAGE|1|-|0
half@example.com|User quota|STORAGE|3|-|0
odd@example.com|User quota|STORAGE|error|-|0
odd@example.com
""".replace("|", "\t")
NOTHING = {"imap": None, "pop3": None, "smtp": None, "sieve": None}
# As both of Dovecot's releases answered, for users whose homes are below $MAIL_ROOT.
DOVEADM = """#!/bin/sh
case "$*" in
"user -f home bob@example.com") echo "$MAIL_ROOT/example.com/bob" ;;
"user -f home "*) echo "user $4: error"; exit 67 ;;
"-f tab quota get -F /dev/stdin")
    printf 'Username\\tQuota name\\tType\\tValue\\tLimit\\t%%\\n'
    while read -r user; do
        echo "$user" >>"$MAIL_ROOT/asked"
        if test "$user" = broken@example.com; then
            echo "doveadm($user): Error: Permission denied" >&2
            continue
        fi
        printf '%s\\tUser quota\\tSTORAGE\\t2\\t10\\t20\\n%s\\tUser quota\\tMESSAGE\\t4\\t-\\t0\\n' "$user" "$user"
    done </dev/stdin ;;
esac
"""


def test_quotas_are_read_and_odd_lines_left_out() -> None:
    found = parse_quotas(QUOTAS)
    assert found.keys() == {"bob@example.com", "eve@example.com"}
    assert found["bob@example.com"].value == {
        "quota_used": 1536 * 1024,
        "quota_limit": 5 * 1024**3,
        "quota_percent": 0,
        "messages": 7,
        "last_login": NOTHING,
    }
    assert found["eve@example.com"].value["quota_limit"] == 0
    assert found["eve@example.com"].value["quota_percent"] is None
    assert parse_quotas("") == {}


@pytest.mark.parametrize(
    ("used", "limit", "percent"), [(0, 100, 0), (99, 100, 99), (100, 100, 100), (150, 100, 150), (1, 0, None)]
)
def test_percents_are_rounded_down(used: int, limit: int, percent: int | None) -> None:
    assert Usage(used, limit).value["quota_percent"] == percent


@pytest.mark.parametrize(
    ("content", "seconds"),
    [(b"1795283001", 1795283001), (b"0\n", 0), (b"", None), (b"-1", None), (b"12x", None), (b"9" * 40, None)],
)
def test_files_of_last_logins(content: bytes, seconds: int | None) -> None:
    assert parse_login(content) == seconds


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "vmail"
    for name in ("bob", "broken", "full*"):
        (root / "example.com" / name / ".last-login").mkdir(parents=True)
    program = tmp_path / "bin" / "doveadm"
    program.parent.mkdir()
    program.write_text(DOVEADM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("MAIL_ROOT", str(root))
    return root


def boxes(*names: str) -> list[Mailbox]:
    return [Mailbox(f"{name}@example.com", quota=10240) for name in names]


def test_one_doveadm_tells_of_all_that_have_been_used(root: Path) -> None:
    logins = root / "example.com/bob/.last-login"
    (logins / "imap").write_text("1795283001")
    (logins / "pop3").symlink_to("imap")
    os.mkfifo(root / "example.com/full*/.last-login/imap")
    usages, warnings = gather_usage(boxes("full*", "bob", "unused"), str(root))
    assert warnings == []
    told = {"quota_used": 2048, "quota_limit": 10240, "quota_percent": 20, "messages": 4}
    assert [usage.value for usage in usages] == [
        {**told, "last_login": NOTHING},
        {**told, "last_login": {**NOTHING, "imap": "2026-11-21T17:43:21Z"}},
        {"quota_used": 0, "quota_limit": 10240, "quota_percent": 0, "messages": 0, "last_login": NOTHING},
    ]
    assert (root / "asked").read_text().split() == ["full*@example.com", "bob@example.com"]


def test_what_dovecot_cannot_tell_is_none_with_a_warning(root: Path) -> None:
    usages, warnings = gather_usage(boxes("bob", "broken"), str(root))
    assert [usage.messages for usage in usages] == [4, None]
    assert warnings == [
        "the quota of broken@example.com is not known: 'doveadm(broken@example.com): Error: Permission denied'"
    ]


@pytest.mark.parametrize(
    ("names", "told"),
    [(["bob"], "example.com/bob is the home of bob@example.com, and not /srv"), (["stranger"], "is not known; it may")],
)
def test_another_mail_root_or_store_is_told(root: Path, names: list[str], told: str) -> None:
    usages, warnings = gather_usage(boxes(*names), "/srv/mail")
    assert usages == [Usage()]
    assert told in warnings[0]


def test_without_dovecot_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gather_usage(boxes("bob"), "/var/vmail") == (
        [Usage()],
        ["the mailboxes' usage is not known: there is no doveadm on this host"],
    )
    assert gather_usage([], "/var/vmail") == ([], [])
