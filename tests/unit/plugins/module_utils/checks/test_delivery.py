# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`delivery_probe` from its options to its result: what arrived is judged, and what is required has to be there."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from lookups import Entry, Table
from probed.certificates import Authority
from probed.post import Post, serve
from received_mail.samples import key_record, signed

from ansible_collections.mailwright.mail.plugins.module_utils.checks import delivery
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue, Unavailable

PASSWORD = "correct horse battery"
WORLD: dict[str, Entry] = {
    "s1._domainkey.example.com TXT": [key_record()],
    "example.com TXT": ["v=spf1 ip4:192.0.2.7 -all"],
    "_dmarc.example.com TXT": ["v=DMARC1; p=reject"],
}
TRACE = (
    b"Return-Path: <alice@example.com>\r\n"
    b"Received: from mail.example.com (mail.example.com [192.0.2.7]) by mx.test with ESMTPS id 2;"
    b" Sat, 22 Nov 2025 12:00:08 +0000\r\nAuthentication-Results: mx.test; dkim=pass header.d=example.com\r\n"
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def options(**changes: Any) -> dict[str, Any]:
    """Return a module's options with ``changes``; those of the servers as ``submission_*`` and ``mailbox_*``."""
    params: dict[str, Any] = {name: spec.get("default") for name, spec in delivery.SPEC.items()}
    for server in ("submission", "mailbox"):
        params[server] = {name: spec.get("default") for name, spec in delivery.SPEC[server]["options"].items()}
        params[server] |= {"host": "localhost", "username": "alice@example.com", "password": PASSWORD}
    for name, value in changes.items():
        server, _underscore, option = name.partition("_")
        if server in ("submission", "mailbox"):
            params[server][option] = value
        else:
            params[name] = value
    return params


Probe = Callable[..., dict[str, Any]]


@pytest.fixture
def probe(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Probe]:
    """Deliver by servers of the tests, with what is ``on_the_way`` and the ``world`` that is asked."""
    with ExitStack() as stack:

        def run(
            on_the_way: Callable[[bytes], bytes],
            world: dict[str, Entry] | None = None,
            send: bool = True,
            **changes: Any,
        ) -> dict[str, Any]:
            post = Post(on_the_way=on_the_way)
            certificate = authority.certificate("localhost")
            for protocol, server in (("smtp", "submission"), ("imap", "mailbox")):
                served = stack.enter_context(serve(protocol, post, certificate))
                changes = {f"{server}_port": served.port, f"{server}_ca_path": str(authority.ca_file), **changes}
                changes = {f"{server}_address": "127.0.0.1", f"{server}_tls": "starttls", **changes}
            monkeypatch.setattr(delivery, "Resolver", lambda *_how: Table(WORLD if world is None else world))
            result = delivery.probe_delivery(options(**{"wait": 5, **changes}), send=send)
            assert PASSWORD not in repr(result)
            assert result["success"] is result["logs"][-1].startswith("✓")
            result["left"] = post.folders["INBOX"]
            return result

        yield run


def good(message: bytes) -> bytes:
    return TRACE + signed(message)


def test_a_message_in_order_is_a_success(probe: Probe) -> None:
    found = probe(good, require=["dkim", "spf", "dmarc"])
    assert found["success"], found["message"]
    assert found["message"].startswith("A message from alice@example.com to alice@example.com by localhost:")
    assert {found[name]["status"] for name in ("dkim", "spf", "dmarc")} == {"success"}
    assert [row["from"] for row in found["received"]] == ["mail.example.com"]
    assert found["authentication_results"][0]["properties"] == {"header.d": "example.com"}
    assert (found["cleaned_up"], list(found["left"])) == (True, [7])
    assert found["steps"][-1]["name"] == "judge"
    assert set(found) >= {"host", "port", "address", "duration_ms", "latency_ms", "token", "message_id", "folder"}


def test_a_message_without_a_signature_is_a_failure_after_it_was_deleted(probe: Probe) -> None:
    found = probe(lambda message: TRACE + message)
    assert not found["success"]
    assert "dkim is required: The message has no DKIM signature" in found["message"]
    assert found["message"].startswith("The message came to INBOX in ")
    assert found["dmarc"]["aligned_by"] == ["spf"]
    assert (found["cleaned_up"], list(found["left"])) == (True, [7])
    assert probe(lambda message: TRACE + message, require=["dmarc", "spf"])["success"]
    assert probe(lambda message: message, require=[])["success"]


@pytest.mark.parametrize("required", ["spf", "dmarc"])
def test_each_requirement_is_one(probe: Probe, required: str) -> None:
    world = WORLD | {"example.com TXT": ["v=spf1 -all"], "_dmarc.example.com TXT": ["v=DMARC1; p=none; psd=n"]}
    found = probe(lambda message: TRACE + signed(message, domain="example.org"), world, require=[required])
    assert not found["success"]
    assert f"{required} is required: " in found["message"]


def test_the_clients_address_and_the_server_believed_may_be_given(probe: Probe) -> None:
    found = probe(good, client_address="192.0.2.8", authserv_id="other.test", require=["dkim"])
    assert (found["spf"]["result"], found["spf"]["client_address"]) == ("fail", "192.0.2.8")
    assert found["authentication_results"] == []
    trusted = probe(good, trusted_networks=["192.0.2.0/24"])
    assert trusted["spf"]["result"] == "none"


@pytest.mark.parametrize("said", [PASSWORD, base64.b64encode(f"\0alice@example.com\0{PASSWORD}".encode()).decode()])
def test_a_password_in_the_headers_is_not_shown(probe: Probe, said: str) -> None:
    noted = f'Authentication-Results: mx.test; auth=pass reason="{said}"\r\n'.encode()
    found = probe(lambda message: TRACE + noted + signed(message))
    assert found["success"]
    assert "********" in str(found["authentication_results"])
    assert said not in str(found["authentication_results"])


def test_what_does_not_arrive_is_not_judged(probe: Probe) -> None:
    found = probe(lambda message: b"From: another@example.org\r\n\r\n", wait=0.3)
    assert not found["success"]
    assert found["message"].startswith("mailbox_arrival: the message ")
    assert (found["dkim"], found["received"], found["sent"]) == (None, [], True)


def test_in_check_mode_nothing_is_sent(probe: Probe) -> None:
    found = probe(good, send=False)
    assert found["success"]
    assert "nothing was sent (check mode)" in found["message"]
    assert (found["sent"], found["latency_ms"], list(found["left"])) == (False, None, [7])


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"mailbox_username": None, "mailbox_password": None}, Conflict, "mailbox.username is missing"),
        ({"mailbox_password": None}, Conflict, "belong together"),
        ({"submission_username": "alice", "mailbox_username": "alice"}, InvalidValue, "submission.username is none"),
        ({"sender": "nobody"}, InvalidValue, "sender 'nobody'"),
        ({"recipient": "a@b@c"}, InvalidValue, "recipient 'a@b@c'"),
        ({"mailbox_folders": []}, InvalidValue, "mailbox.folders"),
        ({"mailbox_folders": ["a\r\nb"]}, InvalidValue, "mailbox.folders"),
        ({"wait": 0}, InvalidValue, "wait 0"),
        ({"wait": float("nan")}, InvalidValue, "wait nan"),
        ({"timeout": -1}, InvalidValue, "timeout -1"),
        ({"client_address": "mx1"}, InvalidValue, "client_address 'mx1'"),
        ({"trusted_networks": ["192.0.2.0/99"]}, InvalidValue, "trusted_networks '192.0.2.0/99'"),
        ({"submission_ca_path": "/does/not/exist"}, Unavailable, "/does/not/exist"),
        ({"resolvers": ["mx1"]}, InvalidValue, "resolvers 'mx1'"),
        ({"submission_helo_name": "a\nb"}, InvalidValue, "submission.helo_name"),
    ],
)
def test_wrong_options_are_named_before_anything_is_done(
    changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as raised:
        delivery.probe_delivery(options(**changes))
    assert words in str(raised.value)
    assert PASSWORD not in str(raised.value)


def test_a_password_may_stand_in_a_file(probe: Probe, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    found = probe(good, mailbox_password=None, mailbox_password_file=str(path))
    assert found["success"], found["message"]
