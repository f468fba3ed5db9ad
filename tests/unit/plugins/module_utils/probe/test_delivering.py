# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the delivery of a test message needs: to submit one, find it in the mailbox, read it and delete it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from probed.calling import Serve
from probed.certificates import Authority
from probed.server import Probed

from ansible_collections.mailwright.mail.plugins.module_utils.probe.hiding import forms
from ansible_collections.mailwright.mail.plugins.module_utils.probe.imap import Imap
from ansible_collections.mailwright.mail.plugins.module_utils.probe.session import Session
from ansible_collections.mailwright.mail.plugins.module_utils.probe.smtp import Smtp
from ansible_collections.mailwright.mail.plugins.module_utils.probe.steps import StepFailed, Steps
from ansible_collections.mailwright.mail.plugins.module_utils.probe.target import Login, Target

_LOGIN = Login("alice@example.com", "correct horse battery")
_MESSAGE = b"X-Token: abc\r\nSubject: probe\r\n\r\n.a line with a dot\r\n.\r\nend\r\n"


def _target(protocol: str, server: Probed, authority: Authority) -> Target:
    return Target(
        protocol, "localhost", server.port, "starttls", "localhost", "127.0.0.1", str(authority.ca_file), True, 5, 12
    )


def _mailbox(serve: Serve, authority: Authority, **given: Any) -> tuple[Imap, Session]:
    server = serve("imap", **given)
    session = Session(_target("imap", server, authority), _LOGIN)
    imap = Imap(session)
    imap.open()
    imap.log_in(_LOGIN)
    return imap, session


def test_a_message_goes_in_and_is_found(serve: Serve, authority: Authority) -> None:
    messages: list[bytes] = []
    submission, store = serve("smtp", messages=messages), serve("imap", messages=messages)
    steps = Steps(forms(_LOGIN))
    smtp = Smtp(Session(_target("smtp", submission, authority), _LOGIN, steps, "smtp_"))
    imap = Imap(Session(_target("imap", store, authority), _LOGIN, steps, "imap_"))
    imap.open()
    imap.log_in(_LOGIN)
    assert imap.select("INBOX") == 0
    assert imap.look_for_header("X-Token", "abc") == []
    smtp.open()
    smtp.log_in(_LOGIN)
    assert "queued as 4ABC" in smtp.submit("alice@example.com", ["alice@example.com"], _MESSAGE)
    smtp.leave()
    (uid,) = imap.look_for_header("X-Token", "abc")
    assert imap.look_for_header("X-Token", "other") == []
    assert imap.fetch(uid) == _MESSAGE
    assert imap.delete(uid)
    assert imap.look_for_header("X-Token", "abc") == []
    imap.leave()
    assert [step.name for step in steps.steps][:3] == ["imap_connect", "imap_banner", "imap_starttls"]
    assert [step.name for step in steps.steps][-3:] == ["imap_fetch", "imap_delete", "imap_logout"]
    assert all(step.success for step in steps.steps)


@pytest.mark.parametrize(
    ("faults", "step", "words"),
    [
        ({"DATA": "554 5.7.1 no spam"}, "data", "554 5.7.1 no spam"),
        ({"DATA": "close"}, "data", "closed the connection"),
        ({"DATA": "354 go on\r\n552 too big"}, "data", "message refused: 552 too big"),
        ({"MAIL": "553 5.7.1 not yours"}, "mail", "MAIL FROM:<alice@example.com> refused: 553 5.7.1 not yours"),
        ({"RCPT": "550 5.1.1 nobody"}, "rcpt", "RCPT TO:<bob@example.com> refused: 550 5.1.1 nobody"),
    ],
)
def test_a_message_that_is_not_taken(
    serve: Serve, authority: Authority, faults: dict[str, str], step: str, words: str
) -> None:
    server = serve("smtp", faults=faults)
    session = Session(_target("smtp", server, authority), _LOGIN)
    smtp = Smtp(session)
    smtp.open()
    smtp.log_in(_LOGIN)
    with pytest.raises(StepFailed, match=words):
        smtp.submit("alice@example.com", ["bob@example.com"], _MESSAGE)
    session.close()
    assert session.steps.steps[-1].name == step
    assert not server.messages


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"SEARCH": "close"}, "closed the connection"),
        ({"SEARCH": "%(tag)s NO busy"}, "SEARCH refused: NO busy"),
        ({"NOOP": "* BYE restarting"}, "restarting"),
    ],
)
def test_looking_again_is_bounded_too(serve: Serve, authority: Authority, fault: dict[str, str], words: str) -> None:
    imap, session = _mailbox(serve, authority, faults=fault)
    imap.select("INBOX")
    with pytest.raises(StepFailed, match=words), session.step("wait"):
        imap.look_for_header("X-Token", "abc")
    session.close()


def test_a_message_of_any_size_is_not_fetched(serve: Serve, authority: Authority) -> None:
    imap, session = _mailbox(serve, authority, messages=[b"x" * 5000])
    imap.examine("INBOX")
    assert len(imap.fetch(11, limit=10000)) == 5000
    with pytest.raises(StepFailed, match="more than"):
        imap.fetch(11, limit=1000)
    session.close()


def test_a_message_that_is_gone(serve: Serve, authority: Authority) -> None:
    imap, session = _mailbox(serve, authority, messages=[b"x"])
    imap.examine("INBOX")
    with pytest.raises(StepFailed, match="gives no message 12"):
        imap.fetch(12)
    with pytest.raises(StepFailed, match=r"EXAMINE refused: NO \[NONEXISTENT\] no such folder"):
        imap.examine("Nowhere")
    session.close()


def test_nothing_is_sent_before_the_conversation_is_open(authority: Authority) -> None:
    target = Target("smtp", "localhost", 1, "starttls", "localhost")
    for use in (lambda: Smtp(Session(target)).leave(), lambda: Imap(Session(target)).leave()):
        with pytest.raises(StepFailed, match="not opened"):
            use()


def test_a_password_is_not_sent_over_what_was_not_accepted(serve: Serve, authority: Authority) -> None:
    """Whoever forgets to look at the certificate is stopped by the login itself."""
    server = serve("imap", careless=True)
    session = Session(replace(_target("imap", server, authority), tls="none"), _LOGIN)
    imap = Imap(session)
    imap.open()
    with pytest.raises(StepFailed, match="the password is not sent"):
        imap.log_in(_LOGIN)
    session.close()
    assert not server.passwords_said()
