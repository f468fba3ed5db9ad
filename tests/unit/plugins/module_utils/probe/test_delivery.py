# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries against a submission server and a mailbox on loopback: in time, late, never, elsewhere, refused."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from probed.certificates import Authority
from probed.post import Post, Served, serve

from ansible_collections.mailwright.mail.plugins.module_utils.probe.delivery import (
    HEADER,
    Delivery,
    Order,
    log_lines,
)
from ansible_collections.mailwright.mail.plugins.module_utils.probe.steps import StepFailed
from ansible_collections.mailwright.mail.plugins.module_utils.probe.target import Login, Target

PASSWORD = "correct horse battery"


class Place:
    """Both servers, and the order to deliver from one to the other."""

    def __init__(self, authority: Authority, post: Post, stack: ExitStack) -> None:
        certificate = authority.certificate("localhost")
        self.post = post
        self.smtp: Served = stack.enter_context(serve("smtp", post, certificate))
        self.imap: Served = stack.enter_context(serve("imap", post, certificate))
        login = Login("alice@example.com", PASSWORD)
        self.order = Order(
            self._target("smtp", self.smtp, authority.ca_file),
            login,
            self._target("imap", self.imap, authority.ca_file),
            login,
            "alice@example.com",
            "bob@example.com",
            wait=5,
        )

    @staticmethod
    def _target(protocol: str, server: Served, ca_file: Path) -> Target:
        return Target(
            protocol, "localhost", server.port, "starttls", "localhost", "127.0.0.1", str(ca_file), timeout=5, budget=20
        )

    def deliver(self, **changes: object) -> Delivery:
        """Run the order with ``changes``, and return the delivery, however it ended."""
        delivery = Delivery(replace(self.order, **changes))
        try:
            delivery.run()
        except StepFailed as error:
            self.error = str(error)
        finally:
            delivery.close()
        assert PASSWORD not in repr(delivery.shown())
        return delivery


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def place(authority: Authority) -> Iterator[Callable[..., Place]]:
    with ExitStack() as stack:
        yield lambda **post: Place(authority, Post(**post), stack)


def failed(delivery: Delivery) -> list[str]:
    return [step.name for step in delivery.steps.steps if not step.success]


def test_a_message_is_delivered_fetched_and_deleted(place: Callable[..., Place]) -> None:
    there = place()
    delivery = there.deliver()
    shown = delivery.shown()
    assert failed(delivery) == []
    assert [step["name"] for step in shown["steps"]] == [
        *(f"mailbox_{name}" for name in ("connect", "banner", "starttls", "certificate", "capability", "login")),
        "mailbox_examine",
        *(f"submission_{name}" for name in ("connect", "banner", "ehlo", "starttls", "certificate", "ehlo_tls")),
        *(f"submission_{name}" for name in ("auth", "mail", "rcpt", "data", "quit")),
        *(f"mailbox_{name}" for name in ("arrival", "fetch", "select", "find_again", "delete", "logout")),
    ]
    assert (shown["sent"], shown["folder"], shown["copies"], shown["cleaned_up"]) == (True, "INBOX", 1, True)
    assert 0 <= shown["latency_ms"] < 4000
    assert delivery.message == there.smtp.messages[0]
    # What was there before is still there, and nothing else was touched.
    assert there.post.folders == {"INBOX": {7: b"From: x@example.org\r\n\r\n"}}
    assert there.post.expunged == there.post.marked == [("INBOX", 11)]
    assert {session["certificate"]["problem"] for session in (shown["submission"], shown["mailbox"])} == {None}


def test_the_message_is_one(place: Callable[..., Place]) -> None:
    delivery = Delivery(place().order)
    message = email.message_from_bytes(delivery.text(datetime.now(UTC)), policy=email.policy.default)
    assert message.defects == []
    assert message["From"].addresses[0].addr_spec == "alice@example.com"
    assert message["To"].addresses[0].addr_spec == "bob@example.com"
    assert message["Message-ID"] == delivery.message_id == f"<{delivery.token}@example.com>"
    assert message[HEADER] == delivery.token
    assert message["Auto-Submitted"] == "auto-generated"
    assert len({Delivery(place().order).token for _each in range(3)} | {delivery.token}) == 4


def test_a_late_message_is_waited_for(place: Callable[..., Place]) -> None:
    delivery = place(delay=0.7).deliver()
    assert failed(delivery) == []
    assert delivery.latency is not None
    assert 600 < delivery.latency < 4000


def test_a_message_that_never_comes_is_told(place: Callable[..., Place]) -> None:
    there = place(delay=None)
    delivery = there.deliver(wait=0.5)
    assert failed(delivery) == ["mailbox_arrival"]
    assert f"the message {delivery.token} did not come to INBOX or Junk within 0.5 s" in there.error
    assert (delivery.sent, delivery.folder, delivery.latency, delivery.cleaned_up) == (True, None, None, False)


@pytest.mark.parametrize("existing", [True, False])
def test_a_message_in_junk_is_found_and_deleted_there(place: Callable[..., Place], existing: bool) -> None:
    there = place(arrives_in="Junk", delay=0.2)
    if existing:
        there.post.folders["Junk"] = {3: b"From: spam@example.org\r\n\r\n"}
    delivery = there.deliver()
    assert failed(delivery) == []
    assert (delivery.folder, delivery.cleaned_up) == ("Junk", True)
    assert there.post.folders["Junk"] == ({3: b"From: spam@example.org\r\n\r\n"} if existing else {})
    assert list(there.post.folders["INBOX"]) == [7]


def test_only_the_given_folders_are_looked_into(place: Callable[..., Place]) -> None:
    there = place(arrives_in="Junk")
    assert failed(there.deliver(folders=("INBOX",), wait=0.3)) == ["mailbox_arrival"]


def test_a_message_that_came_twice_is_told_and_deleted_twice(place: Callable[..., Place]) -> None:
    there = place(copies=2)
    delivery = there.deliver()
    assert (delivery.copies, delivery.cleaned_up) == (2, True)
    assert there.post.expunged == [("INBOX", 11), ("INBOX", 12)]


def test_a_message_may_stay(place: Callable[..., Place]) -> None:
    there = place()
    delivery = there.deliver(cleanup=False)
    assert failed(delivery) == []
    assert not delivery.cleaned_up
    assert list(there.post.folders["INBOX"]) == [7, 11]
    assert there.post.marked == []


def test_without_uidplus_it_is_only_marked(place: Callable[..., Place]) -> None:
    there = place(uidplus=False)
    delivery = there.deliver()
    assert failed(delivery) == []
    assert not delivery.cleaned_up
    assert there.post.marked == [("INBOX", 11)]
    assert there.post.expunged == []


@pytest.mark.parametrize(
    ("fault", "answer", "step"),
    [
        ("RCPT", "550 5.1.1 no such user here", "submission_rcpt"),
        ("MAIL", "553 5.7.1 not your address", "submission_mail"),
        ("EHLO", "421 4.3.2 not now", "submission_ehlo"),
    ],
)
def test_a_refusal_is_told_with_the_servers_words(
    place: Callable[..., Place], fault: str, answer: str, step: str
) -> None:
    there = place()
    there.smtp.faults[fault] = answer
    delivery = there.deliver()
    assert failed(delivery) == [step]
    assert answer in there.error
    assert not delivery.sent
    assert there.smtp.messages == []


def test_a_message_that_comes_back_is_told_with_the_reason(place: Callable[..., Place]) -> None:
    def bounce(message: bytes) -> bytes:
        return (
            b"From: MAILER-DAEMON@mx.test (Mail Delivery System)\r\nTo: alice@example.com\r\n\r\n"
            b"Final-Recipient: rfc822; bob@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            b"Diagnostic-Code: smtp; 550 5.1.1 no such\r\n    user\r\n\r\n" + message
        )

    there = place(on_the_way=bounce)
    delivery = there.deliver()
    assert there.error == "the message came back: 5.1.1; smtp; 550 5.1.1 no such user"
    assert failed(delivery) == ["mailbox_arrival"]
    assert list(there.post.folders["INBOX"]) == [7, 11]


def test_nothing_is_sent_if_nobody_could_fetch_it(place: Callable[..., Place]) -> None:
    there = place()
    delivery = there.deliver(mailbox_login=Login("alice@example.com", "another password"))
    assert failed(delivery) == ["mailbox_login"]
    assert there.smtp.said == []


def test_a_server_that_leaves_without_a_word_has_taken_the_message(place: Callable[..., Place]) -> None:
    there = place()
    there.smtp.faults["QUIT"] = "close"
    delivery = there.deliver()
    assert failed(delivery) == ["submission_quit"]
    assert (delivery.folder, delivery.cleaned_up) == ("INBOX", True)


def test_a_mailbox_that_hangs_up_is_told(place: Callable[..., Place]) -> None:
    there = place()
    there.imap.faults["SEARCH"] = "close"
    delivery = there.deliver()
    assert failed(delivery) == ["mailbox_arrival"]
    assert "closed the connection" in there.error
    assert delivery.sent


def test_without_sending_both_servers_are_only_asked(place: Callable[..., Place]) -> None:
    there = place()
    delivery = there.deliver(send=False)
    assert failed(delivery) == []
    assert [step.name for step in delivery.steps.steps][-3:] == ["submission_rset", "submission_quit", "mailbox_logout"]
    assert there.smtp.messages == []
    assert not delivery.sent


def test_the_log_is_for_a_person(place: Callable[..., Place]) -> None:
    there = place()
    delivery = there.deliver()
    lines = log_lines(delivery.order, delivery.steps, "fine", success=True)
    assert lines[:3] == ["Starting delivery test...", "From: alice@example.com", "To: bob@example.com"]
    assert any(line.startswith("✓ submission_auth: Login successful") for line in lines)
    assert lines[-1] == "✓ Delivery test completed successfully"
    failure = log_lines(delivery.order, delivery.steps, "not fine", success=False)
    assert failure[-1] == "✗ Delivery test failed: not fine"
