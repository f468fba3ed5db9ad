# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""O06 for mail: what becomes of real mail when its mailbox or domain goes, and who notices."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from behaviour.bed import MailHost, wait_for
from behaviour.client import Client, ClientError
from behaviour.messages import compose, new_token
from behaviour.modules import run_module

SENDER = "stranger@external.example"
PASSWORD = "gone-with-its-mail"
LOGIN = {"password": PASSWORD, "password_scheme": "SHA512-CRYPT"}
DOMAIN = "leaving.example"
# Every character that a local part may have and a shell, a glob or a path could trip over.
LOCAL_PARTS = ("visitor", "o'dd#$&*=?^_`{|}~.x")


class Mailboxes:
    """Mailboxes of a domain of this test's own, on one host."""

    def __init__(self, mx: MailHost, client: Client) -> None:
        self.mx = mx
        self.client = client

    def add(self, local_part: str) -> None:
        run_module(self.mx, "mailbox", address=f"{local_part}@{DOMAIN}", **LOGIN)

    def remove(self, local_part: str, *flags: str, **options: Any) -> dict[str, Any]:
        return run_module(self.mx, "mailbox", *flags, address=f"{local_part}@{DOMAIN}", state="absent", **options)

    def deliver(self, local_part: str) -> str:
        """Let a message arrive and return its token."""
        token, address = new_token(), f"{local_part}@{DOMAIN}"
        self.client.send(self.mx, SENDER, [address], compose(token, SENDER, address))
        self.mx.wait_for_empty_queue()
        return token

    def subjects(self, local_part: str) -> str:
        """Return what the messages' subjects are, over IMAP."""
        login = {"address": f"{local_part}@{DOMAIN}", "password": PASSWORD}
        about = {"host": self.mx.fqdn, "ca": self.mx.ca, "login": login}
        numbers = self.client.do("imap_command", command=["STATUS", "INBOX", "(MESSAGES)"], response="STATUS", **about)
        if "MESSAGES 0" in numbers[0]:
            return ""
        found = self.client.do("imap_read", token="token-", count=1, **about)
        return "\n".join(base64.b64decode(message).decode() for message in found)


@pytest.fixture
def boxes(mx: MailHost, client: Client) -> Iterator[Mailboxes]:
    there = [{"address": f"{local_part}@{DOMAIN}", **LOGIN} for local_part in LOCAL_PARTS]
    run_module(mx, "accounts", domains=[{"name": DOMAIN}], mailboxes=there)
    yield Mailboxes(mx, client)
    run_module(mx, "domain", name=DOMAIN, state="absent", cascade=True, mail_data="delete")
    mx.run(f"rm -rf /var/vmail/.archive/{DOMAIN} /var/vmail/.archive/*@{DOMAIN}")
    mx.run("rmdir --ignore-fail-on-non-empty /var/vmail/.archive 2>/dev/null || true")
    assert mx.run(f"find /var/vmail -name '{DOMAIN}' -o -name .deleting") == ""


def test_o06_archived_mail_is_out_of_the_way_and_whole(boxes: Mailboxes) -> None:
    mx = boxes.mx
    for local_part in LOCAL_PARTS:
        token = boxes.deliver(local_part)
        assert token in boxes.subjects(local_part)
        foretold = boxes.remove(local_part, "--check", "--diff", mail_data="archive")
        done = boxes.remove(local_part, "--diff", mail_data="archive")
        assert foretold == done
        assert done["changed"]
        assert done["mail"][0]["path"] == f"/var/vmail/{DOMAIN}/{local_part}"
        archive = done["mail"][0]["archive"]
        assert token in mx.run('grep -r . "$(cat)"', archive)
        assert not boxes.remove(local_part, mail_data="archive")["changed"]
        boxes.add(local_part)
        assert boxes.subjects(local_part) == ""
        second = boxes.deliver(local_part)
        assert second in boxes.subjects(local_part)
        boxes.remove(local_part, mail_data="archive")
        assert len(mx.run('ls "$(cat)"', archive).splitlines()) == 2
        boxes.add(local_part)
    rights = mx.run("stat --format='%U %a' /var/vmail/.archive /var/vmail/.archive/*")
    assert set(rights.splitlines()) == {"root 700"}
    assert mx.run("runuser -u vmail -- ls /var/vmail/.archive 2>&1 || true").endswith("Permission denied\n")


def test_o06_kept_mail_is_there_again(boxes: Mailboxes) -> None:
    for local_part in LOCAL_PARTS:
        token = boxes.deliver(local_part)
        assert boxes.remove(local_part)["mail"] == []
        boxes.add(local_part)
        assert token in boxes.subjects(local_part)


def test_o06_deleted_mail_and_a_kept_mailbox_beside_it(boxes: Mailboxes) -> None:
    first, second = LOCAL_PARTS
    boxes.deliver(first)
    token = boxes.deliver(second)
    done = boxes.remove(first, mail_data="delete")
    assert done["mail"] == [{"path": f"/var/vmail/{DOMAIN}/{first}", "archive": None}]
    assert boxes.mx.run(f"ls -A /var/vmail/{DOMAIN}").splitlines() == [second]
    assert token in boxes.subjects(second)
    assert not boxes.remove(first, mail_data="delete")["changed"]


def test_o06_an_open_session_ends_and_makes_nothing_anew(boxes: Mailboxes) -> None:
    local_part = LOCAL_PARTS[0]
    boxes.deliver(local_part)
    login = {"address": f"{local_part}@{DOMAIN}", "password": PASSWORD}
    about = {"host": boxes.mx.fqdn, "ca": boxes.mx.ca, "login": login}
    waiting = boxes.client.host.start_program(
        "mailclient.py", json.dumps([{"do": "imap_read", "token": "never-comes", **about}])
    )
    assert waiting.stdin
    waiting.stdin.close()
    waiting.stdin = None
    wait_for("the session is open", lambda: login["address"] in boxes.mx.run("doveadm who"))
    boxes.remove(local_part, mail_data="archive")
    assert login["address"] not in boxes.mx.run("doveadm who")
    assert "error" in waiting.communicate()[0].decode()
    assert boxes.mx.run(f"ls -A /var/vmail/{DOMAIN}").split() in ([], [LOCAL_PARTS[1]])
    assert not boxes.remove(local_part, mail_data="archive")["changed"]
    with pytest.raises(ClientError):
        boxes.subjects(local_part)


def test_o06_a_domain_goes_with_all_its_mail(boxes: Mailboxes) -> None:
    tokens = [boxes.deliver(local_part) for local_part in LOCAL_PARTS]
    boxes.remove(LOCAL_PARTS[0])
    options: dict[str, Any] = {"name": DOMAIN, "state": "absent", "cascade": True, "mail_data": "archive"}
    foretold = run_module(boxes.mx, "domain", "--check", "--diff", **options)
    done = run_module(boxes.mx, "domain", "--diff", **options)
    assert foretold == done
    found = boxes.mx.run(f"grep -r 'Subject: Test' /var/vmail/.archive/{DOMAIN}")
    assert all(token in found for token in tokens)
    assert boxes.mx.run(f"ls -d /var/vmail/{DOMAIN} 2>/dev/null || true") == ""
    assert not run_module(boxes.mx, "domain", **options)["changed"]
    run_module(boxes.mx, "domain", name=DOMAIN)
    boxes.add(LOCAL_PARTS[0])
    assert boxes.subjects(LOCAL_PARTS[0]) == ""
