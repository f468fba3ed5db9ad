# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversations with servers that behave."""

from __future__ import annotations

from pathlib import Path

import pytest
from probed.calling import Probe, Serve, names

_STARTTLS = {
    "smtp": "connect banner ehlo starttls certificate ehlo_tls auth mail rcpt rcpt rset quit",
    "imap": "connect banner starttls certificate capability login folders quota examine search logout",
    "pop3": "connect banner starttls certificate capability login stat quit",
    "sieve": "connect banner starttls certificate capability auth scripts logout",
}
_TLS = {
    "smtp": "connect tls certificate banner ehlo auth mail rcpt rcpt rset quit",
    "imap": "connect tls certificate banner capability login folders quota examine search logout",
    "pop3": "connect tls certificate banner capability login stat quit",
    "sieve": "connect tls certificate banner auth scripts logout",
}
_RECIPIENTS = {"smtp": {"recipients": ["bob@example.com", "carol@example.org"]}}
MESSAGES = [b"Subject: one\r\n\r\nhello\r\n", b"Subject: two\r\n\r\nhello\r\n"]


@pytest.mark.parametrize("protocol", _STARTTLS)
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_every_step_is_told(serve: Serve, probe: Probe, protocol: str, tls: str) -> None:
    server = serve(protocol, implicit_tls=tls == "tls", messages=list(MESSAGES))
    result = probe(protocol, server, tls=tls, **_RECIPIENTS.get(protocol, {}))
    assert result["success"], result["message"]
    assert names(result) == (_STARTTLS if tls == "starttls" else _TLS)[protocol].split()
    assert result["message"].startswith(f"localhost:{server.port} answers with TLSv1.3 and takes the login of alice@")
    assert result["address"] == "127.0.0.1"
    assert result["tls"] == {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "bits": 256}
    assert result["certificate"]["trusted"]
    assert result["certificate"]["problem"] is None
    assert [user for _mechanism, user in server.logins] == ["alice@example.com"]
    assert all(encrypted for encrypted, line in server.said if line in server.passwords_said())
    started = [step["started_ms"] for step in result["steps"]]
    assert started == sorted(started)
    assert all(step["duration_ms"] >= 0 and step["message"] for step in result["steps"])
    # One connection was enough.
    assert server.messages == MESSAGES
    assert not any(line.upper().startswith("DATA") for _encrypted, line in server.said)


@pytest.mark.parametrize("protocol", _STARTTLS)
def test_without_a_login_nobody_logs_in(serve: Serve, probe: Probe, protocol: str) -> None:
    server = serve(protocol)
    result = probe(protocol, server, username=None, password=None)
    assert result["success"], result["message"]
    assert not server.logins
    assert not {"auth", "login"} & set(names(result))


@pytest.mark.parametrize("protocol", _STARTTLS)
def test_without_tls_a_password_wants_a_word(serve: Serve, probe: Probe, protocol: str) -> None:
    server = serve(protocol, careless=True)
    result = probe(protocol, server, tls="none", validate_certs=False)
    assert result["success"], result["message"]
    assert (result["tls"], result["certificate"]) == (None, None)
    assert len(server.logins) == 1


@pytest.mark.parametrize("protocol", _STARTTLS)
def test_the_log_reads_as_a_conversation(serve: Serve, probe: Probe, protocol: str) -> None:
    name = {"smtp": "SMTP", "imap": "IMAP", "pop3": "POP3", "sieve": "ManageSieve"}[protocol]
    server = serve(protocol)
    logs = probe(protocol, server)["logs"]
    assert logs[:6] == [
        f"Starting {name} connection test...",
        "Host: localhost",
        f"Port: {server.port}",
        "TLS: starttls",
        "Address: 127.0.0.1",
        "User: alice@example.com",
    ]
    assert logs[6] == f"Connecting to {name} server..."
    assert logs[7].startswith(f"✓ Connected to 127.0.0.1:{server.port} (")
    assert "Logging in..." in logs
    assert logs[-1] == f"✓ {name} test completed successfully"


def test_smtp_tells_where_logins_are_offered(serve: Serve, probe: Probe) -> None:
    result = probe("smtp", serve("smtp"))
    assert (result["auth_before_tls"], result["auth_after_tls"]) == ([], ["PLAIN", "LOGIN"])
    assert result["mechanism"] == "PLAIN"
    assert "AUTH PLAIN LOGIN" in result["capabilities"]
    careless = probe("smtp", serve("smtp", careless=True))
    assert careless["auth_before_tls"] == ["PLAIN", "LOGIN"]


def test_smtp_logs_in_with_login_where_that_is_all(serve: Serve, probe: Probe) -> None:
    server = serve("smtp", mechanisms=("LOGIN", "CRAM-MD5"), password="pässwörd")
    assert probe("smtp", server, password="pässwörd")["mechanism"] == "LOGIN"
    assert server.logins == [("LOGIN", "alice@example.com")]


def test_smtp_takes_the_username_for_the_sender(serve: Serve, probe: Probe) -> None:
    server = serve("smtp")
    probe("smtp", server, recipients=["bob@example.com"], username=server.username)
    assert (True, "MAIL FROM:<alice@example.com>") in server.said
    probe("smtp", server, recipients=["bob@example.com"], sender="")
    assert (True, "MAIL FROM:<>") in server.said
    probe("smtp", server, recipients=["bob@example.com"], sender="x@example.com", helo_name="probe.example.net")
    assert (True, "MAIL FROM:<x@example.com>") in server.said
    assert (True, "ehlo probe.example.net") in server.said


def test_imap_looks_into_the_mailbox(serve: Serve, probe: Probe) -> None:
    result = probe("imap", serve("imap", messages=list(MESSAGES)), search='HEADER "Subject" "two"')
    assert result["folders"] == ["INBOX", "Entwürfe", 'a "b"c']
    assert result["quota"] == {"used_kib": 512, "limit_kib": 10240}
    assert (result["messages"], result["matches"]) == (2, 1)


def test_imap_never_changes_the_mailbox(serve: Serve, probe: Probe) -> None:
    server = serve("imap")
    probe("imap", server)
    commands = {line.split(" ")[1] for _encrypted, line in server.said if " " in line}
    assert "EXAMINE" in commands
    assert not commands & {"SELECT", "STORE", "EXPUNGE", "CLOSE"}


def test_imap_logs_in_with_login_where_that_is_all(serve: Serve, probe: Probe) -> None:
    server = serve("imap", mechanisms=(), username='al "ice\\', password='a "quoted\\ one')
    assert probe("imap", server, username='al "ice\\', password='a "quoted\\ one')["success"]
    assert server.logins == [("LOGIN", 'al "ice\\')]
    result = probe("imap", server, password="pässwörd")
    assert "AUTH=PLAIN is needed" in result["message"]


def test_pop3_counts(serve: Serve, probe: Probe) -> None:
    result = probe("pop3", serve("pop3", messages=list(MESSAGES)))
    assert (result["messages"], result["size"]) == (2, sum(map(len, MESSAGES)))
    assert "SASL PLAIN" in result["capabilities"]


def test_sieve_lists_scripts_in_both_forms_of_strings(serve: Serve, probe: Probe) -> None:
    result = probe("sieve", serve("sieve"))
    assert result["scripts"] == [{"name": 'holi"days', "active": False}, {"name": "OK fil", "active": True}]
    assert result["extensions"] == ["fileinto", "vacation"]
    assert result["banner"] == "sieve.test"


def test_the_password_may_stand_in_a_file(serve: Serve, probe: Probe, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("correct horse battery\n")
    assert probe("imap", serve("imap"), password=None, password_file=str(path))["success"]
