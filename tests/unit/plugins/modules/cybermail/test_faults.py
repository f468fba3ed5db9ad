# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CyberMail modules with a platform that misbehaves: a clear error, nothing changed here, nothing done twice."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cybermail.calling import EMAIL, NAME, D, Host, age, login
from cybermail.faults import Fault
from cybermail.running import Running

from ansible_collections.mailwright.mail.plugins.module_utils.cybermail import credential, https

HOWS = {
    "401": (Fault("status", 401), "the API key is refused (401: 'because it was told to'); connect again"),
    "403": (Fault("status", 403), "the server answers 403: 'because it was told to'"),
    "404": (Fault("status", 404), "is not there (404: 'because it was told to'); correct what it names, or api_url"),
    "429": (Fault("status", 429), "there were too many requests (429: 'because it was told to'); run again later"),
    "429 for long": (
        Fault("status", 429, {"Retry-After": "3600"}),
        "(429: 'because it was told to'); it asks to wait '3600'; run again later",
    ),
    "500": (Fault("status", 500), "the server answers 500: 'because it was told to'"),
    "302": (Fault("status", 302, {"Location": "https://e.example/"}), "is redirected to 'https://e.example/' (302)"),
    "time-out": (Fault("wait"), "no answer within 1 seconds"),
    "drop by drop": (Fault("drip"), "no answer within 1 seconds"),
    "broken JSON": (Fault("body", body="<html>Welcome"), "the answer is no JSON but"),
    "other JSON": (Fault("body", body="[1]"), "the answer says nothing of success"),
    "no data": (Fault("body", body='{"success": true, "data": "x"}'), "instead of"),
    "declined": (Fault("body", body='{"success": false, "error": "No."}'), "is declined: 'No.'"),
    "half a body": (Fault("half"), "the answer broke off or is no HTTP"),
    "no answer": (Fault("die"), "without"),
}
# What each call of a module asks the platform for.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "api/account/": ("account", {}),
    "api/domains/list/": ("domain", {"name": D}),
    "api/domains/dns-records/": ("domain", {"name": "there.example"}),
    "api/domains/verify/": ("domain", {"name": "there.example", "wait_for_verification": True}),
    "api/domains/add/": ("domain", {"name": D}),
    "api/domains/remove/": ("domain", {"name": "there.example", "state": "absent"}),
    "api/smtp/list/": ("credential", {"description": "new"}),
    "api/smtp/create/": ("credential", {"description": "new"}),
    "api/smtp/rotate/": ("credential", {"description": NAME, "rotate_now": True}),
    "api/smtp/delete/": ("credential", {"description": NAME, "state": "absent"}),
    "api/stats/": ("info", {"gather": ["statistics"]}),
    "api/stats/domains/": ("info", {"gather": ["domain_statistics"]}),
    "api/logs/": ("info", {"gather": ["logs"]}),
    "api/health/": ("info", {"gather": ["health"]}),
}
# Nothing tells these from an answer: what the platform says of its domains and so on is not needed to add one.
FINE = {
    ("api/domains/add/", "no data"),
    ("api/domains/remove/", "no data"),
    ("api/domains/remove/", "404"),
    ("api/smtp/delete/", "no data"),
    ("api/smtp/delete/", "404"),
}


@pytest.fixture
def busy(connected: Host, platform: Running) -> Host:
    """A host whose account has a domain, and a credential of the day before."""
    connected.run("domain", name="there.example")
    connected.credential()
    age(connected, timedelta(days=1))
    platform.store.published["there.example"] = ["spf", "dkim", "dmarc"]
    return connected


def call(host: Host, endpoint: str, **options: Any) -> dict[str, Any]:
    module, given = CALLS[endpoint]
    if module == "credential":
        file = host.password if given["description"] == NAME else f"{host.password}.new"
        given = {"password_file": str(file), **given}
    return host.run(module, **{"retries": 0, "timeout": 1, **given, **options})


def kept(host: Host) -> Any:
    """Return what a failure must leave as it was."""
    return {path: content for path, content in host.files().items() if path != host.state}


@pytest.mark.parametrize("endpoint", CALLS)
def test_every_failure_of_every_endpoint_is_told_and_changes_nothing(
    busy: Host, platform: Running, endpoint: str
) -> None:
    files, state = kept(busy), json.loads(busy.state.read_text())
    for how, (fault, told) in HOWS.items():
        # Its second is waited for once, when the account is connected.
        if (endpoint, how) in FINE or how == "drop by drop":
            continue
        platform.faults.put(endpoint, Fault(**vars(fault)))
        result = call(busy, endpoint)
        platform.faults.clear()
        assert result.get("failed") is True, (how, result)
        expected = "is refused (401" if how == "401" else told
        assert expected in result["msg"], how
        assert kept(busy) == files, how
        # A note is left only where nobody knows whether a password was issued.
        noted = json.loads(busy.state.read_text())
        if endpoint in ("api/smtp/create/", "api/smtp/rotate/") and noted != state:
            assert how not in ("401", "403", "404", "429", "429 for long", "302", "declined")
            busy.state.write_text(json.dumps(state, indent=1, sort_keys=True) + "\n")
        else:
            assert noted == state, how
    assert call(busy, endpoint).get("failed") is None


@pytest.mark.parametrize("how", HOWS)
def test_no_failure_of_connecting_leaves_a_key(host: Host, platform: Running, how: str) -> None:
    fault, told = HOWS[how]
    platform.faults.put("api/register/", fault)
    result = host.connect(retries=0, timeout=1)
    assert ("the login is refused (401" if how == "401" else told) in result["msg"]
    assert host.files() == {}
    platform.faults.clear()
    assert host.connect()["changed"] is True


@pytest.mark.parametrize("fault", [Fault("status", 500), Fault("status", 429), Fault("die"), Fault("half")])
def test_what_reads_is_asked_again(connected: Host, platform: Running, fault: Fault) -> None:
    platform.asked.clear()
    platform.faults.put("api/domains/list/", Fault(**{**vars(fault), "times": 2}))
    assert connected.run("info", gather=["domains"])["domains"] == []
    assert platform.asked == ["api/domains/list/"] * 3
    platform.faults.put("api/domains/list/", fault)
    assert connected.run("info", gather=["domains"])["msg"].endswith("(tried 4 times)")


def test_what_must_not_happen_twice_is_asked_again_only_when_it_was_not_done(busy: Host, platform: Running) -> None:
    platform.asked.clear()
    platform.faults.put("api/smtp/create/", Fault("status", 429, {"Retry-After": "0"}, times=2))
    assert call(busy, "api/smtp/create/", retries=3)["changed"] is True
    assert platform.asked.count("api/smtp/create/") == 3
    platform.faults.put("api/smtp/rotate/", Fault("status", 500, times=1))
    assert "the server answers 500" in call(busy, "api/smtp/rotate/", retries=3)["msg"]
    assert platform.asked.count("api/smtp/rotate/") == 1


@pytest.mark.parametrize("how", ["half", "die", "wait"])
def test_a_password_that_was_issued_and_never_arrived(connected: Host, platform: Running, how: str) -> None:
    platform.faults.put("api/smtp/create/", Fault(how, done=True, times=1))
    assert connected.credential(timeout=1)["failed"] is True
    assert not connected.password.exists()
    assert len(platform.store.accounts[EMAIL].credentials) == 1
    done = connected.four(connected.credential)
    assert "an earlier run was interrupted" in str(done["diff"])
    assert login(platform, done["credential"]["username"], connected.password.read_text().strip()) == 235
    assert len(platform.store.accounts[EMAIL].credentials) == 1
    # And the same with a rotation: the next run makes up for it.
    age(connected, timedelta(days=1))
    old = connected.password.read_text()
    platform.faults.put("api/smtp/rotate/", Fault(how, done=True, times=1))
    assert connected.credential(timeout=1, rotate_now=True)["failed"] is True
    assert connected.password.read_text() == old
    connected.four(connected.credential)
    assert login(platform, done["credential"]["username"], connected.password.read_text().strip()) == 235


def test_a_run_that_ends_before_the_password_is_written(
    connected: Host, platform: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise credential.Conflict("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(credential, "write_atomic", full)
        result = connected.credential()
        assert (result["msg"], result["changed"]) == ("the disk is full", True)
    done = connected.four(connected.credential)
    assert login(platform, done["credential"]["username"], connected.password.read_text().strip()) == 235


def test_a_domain_that_was_added_without_an_answer(connected: Host, platform: Running) -> None:
    platform.faults.put("api/domains/add/", Fault("die", done=True, times=1))
    assert connected.run("domain", name=D)["failed"] is True
    again = connected.run("domain", name=D)
    assert (again["changed"], len(again["records"])) == (False, 3)


@pytest.mark.parametrize("endpoint", CALLS)
def test_a_server_that_shows_the_key_shows_it_to_nobody(busy: Host, platform: Running, endpoint: str) -> None:
    if endpoint == "api/health/":
        return
    platform.faults.put(endpoint, Fault("echo", 400))
    assert "cannot make sense of Bearer (hidden)" in call(busy, endpoint)["msg"]


def test_answers_have_an_end(connected: Host, platform: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "LONGEST_ANSWER", 1000)
    platform.faults.put("api/account/", Fault("body", body=json.dumps({"success": True, "data": "x" * 2000})))
    assert "more than 1000 bytes" in connected.connect(retries=0)["msg"]


def test_answers_that_lack_what_is_needed(busy: Host, platform: Running) -> None:
    lacking = {
        "api/smtp/create/": ({"credential_id": 1, "username": "u"}, "came without a password of one line"),
        "api/smtp/rotate/": ({"new_password": "two\nlines"}, "came without a password of one line"),
        "api/smtp/list/": ({"credentials": [{"id": 1}]}, "a credential without its id or username"),
        "api/domains/list/": ({"domains": [{"id": 1}]}, "a domain without its name"),
        "api/domains/dns-records/": ({"records": [{"type": "TXT"}]}, "a DNS record without host, type or value"),
        "api/logs/": ({"pages": 1}, "an answer without a list of logs"),
        "api/stats/domains/": ({"domains": 1}, "an answer without a list of domains"),
    }
    for endpoint, (data, told) in lacking.items():
        platform.faults.put(endpoint, Fault("body", body=json.dumps({"success": True, "data": data})))
        assert told in call(busy, endpoint)["msg"]
        platform.faults.clear()


def test_a_damaged_state_file_is_told(busy: Host) -> None:
    for content, told in (("{", "is damaged"), ('{"version": 2, "accounts": {}}', "has version 2, this collection")):
        busy.state.write_text(content)
        assert told in busy.credential()["msg"]
        assert busy.state.read_text() == content


@pytest.mark.parametrize("endpoint", ["api/domains/remove/", "api/smtp/delete/"])
def test_what_somebody_else_has_removed_meanwhile_is_removed(busy: Host, platform: Running, endpoint: str) -> None:
    platform.faults.put(endpoint, Fault("status", 404))
    assert call(busy, endpoint)["changed"] is True


def test_a_file_that_cannot_be_removed_is_told(busy: Host) -> None:
    busy.password.unlink()
    busy.password.mkdir()
    result = busy.run("account", state="absent")
    assert f"{busy.password} cannot be removed: Is a directory; remove it and run again" in result["msg"]


@pytest.fixture
def other_server() -> Iterator[socket.socket]:
    """A server that listens, and speaks no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_server_that_says_nothing(host: Host, other_server: socket.socket) -> None:
    url = f"https://127.0.0.1:{other_server.getsockname()[1]}/"
    assert "no answer within 1 seconds" in host.connect(api_url=url, retries=0, timeout=1)["msg"]


def test_a_server_that_speaks_no_tls(host: Host, other_server: socket.socket) -> None:
    def answer() -> None:
        connection, _address = other_server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"220 mail.example ESMTP\r\n")

    thread = threading.Thread(target=answer)
    thread.start()
    url = f"https://127.0.0.1:{other_server.getsockname()[1]}/"
    result = host.connect(api_url=url, retries=0)
    thread.join()
    assert "cannot be connected" in result["msg"]
    assert "correct api_url" in result["msg"]


def test_errors_in_plain_words(connected: Host, platform: Running) -> None:
    platform.faults.put("api/account/", Fault("status", 503, body="Back at noon"))
    assert "the server answers 503: 'Back at noon'" in connected.connect(retries=0)["msg"]
    platform.faults.put("api/account/", Fault("body", body=json.dumps({"success": True, "email": EMAIL})))
    assert connected.connect()["account"]["email"] == EMAIL


def test_another_run_at_the_same_time(busy: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    original = credential.decide

    def decide(*arguments: Any) -> Any:
        age(busy, timedelta(days=2))
        return original(*arguments)

    monkeypatch.setattr(credential, "decide", decide)
    assert "another run has changed it meanwhile; run again" in busy.credential(rotate_now=True)["msg"]
