# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""O01, O02 and O04 to O06: a host is provisioned again, changed, given bad settings, and things are taken out of it.

The order of the tests is that of the fixtures they need (see conftest.py): the hosts change meanwhile.
"""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from behaviour.bed import Bed, MailHost
from behaviour.client import Client, Request
from behaviour.messages import compose, new_token
from behaviour.operating import CHANGES, LEAVING, PHONES, VISITOR, Pair
from behaviour.quota import fill
from behaviour.site import Change, Run, assert_foretold, load_changes, run_site

STRANGER = "stranger@external.example"
GONE = re.compile(r"gone\.example|leaving@example\.com|parting@example\.com|leaving\.example")
# What Postfix looks an address up in.
LOOKUPS = (
    "virtual_mailbox_maps", "virtual_alias_maps", "smtpd_sender_login_maps", "smtpd_recipient_restrictions",
)  # fmt: skip


def test_o02_check_mode_on_a_bare_host(mx: MailHost) -> None:
    """What check mode foretold before anything was installed is what the first real run then did.

    Handlers are left out: on a bare host they are skipped, because only the run itself installs their services. Diffs
    are our own modules': those of Ansible's show times, and what its package manager said.
    """
    foretold, done = (
        [change for change in changes if change.host == mx.name and not change.handler]
        for changes in _recorded_on_bare_hosts(mx)
    )
    ours = "mailwright.mail."
    assert [change for change in done if change.action.startswith(ours) and change.diff], "no diffs were recorded"
    assert_foretold(foretold, done, diffs_of=ours)
    [accounts] = [change for change in foretold if change.action == f"{ours}accounts"]
    assert accounts.diff["after"].count("mailbox ") == len(mx.mailboxes)


def _recorded_on_bare_hosts(mx: MailHost) -> tuple[list[Change], list[Change]]:
    """Return what the scenario's runs recorded: the latest in check mode since the host started, and the one after."""
    folder = os.environ.get("MAILWRIGHT_RECORD")
    if not folder:
        pytest.skip("MAILWRIGHT_RECORD names no recorded runs: this bed was not provisioned by molecule")
    host_started = time.time() - int(mx.run("ps -o etimes= -p 1"))
    runs = sorted(path for path in Path(folder).glob("*-converge-*.jsonl") if path.stat().st_mtime > host_started)
    places = [place for place, path in enumerate(runs) if path.name.endswith("-check.jsonl")]
    assert places, f"no run in check mode since {mx.name} started is recorded in {folder}"
    assert places[-1] + 1 < len(runs), "no real run is recorded after the one in check mode"
    return load_changes(runs[places[-1]]), load_changes(runs[places[-1] + 1])


def test_o02_check_mode_foretells_a_change(mx: MailHost, changed: Pair) -> None:
    assert_honest(mx, changed)


def assert_honest(mx: MailHost, pair: Pair) -> None:
    """Check mode changed nothing, and foretold every task and handler, with its diff."""
    assert pair.state_after_check[mx.name] == pair.state_before[mx.name]
    changes = pair.real.of(mx.name)
    assert [change for change in changes if change.diff], "no diffs were recorded"
    assert_foretold(pair.check.of(mx.name), changes)


def test_o02_the_real_run_did_it(mx: MailHost, client: Client, changed: Pair) -> None:
    """The settings that a later test takes back are there: Postfix's limit, and Dovecot's ports with STARTTLS."""
    assert f"SIZE {CHANGES['postfix_message_size_limit']}" in client.smtp(mx, [])["ehlo"][1].split("\n")
    for protocol, port in (("imap", 143), ("pop3", 110)):
        options = {"protocol": protocol, "host": mx.fqdn, "port": port, "ca": mx.ca, "login": LEAVING}
        assert client.do("login", tls="starttls", **options)["accepted"], protocol
        assert not client.do("login", tls="none", source=client.stranger(), **options)["accepted"], protocol


def test_o02_r07_a_full_mailbox_is_refused_as_configured(mx: MailHost, client: Client, changed: Pair) -> None:
    """With 552, which `changed` has set."""
    filled = fill(mx, client, "full@example.com")
    assert (filled.refusal[0], "5.2.2" in filled.refusal[1]) == (552, True), filled
    assert len(client.read(mx, "full@example.com", filled.token, count=filled.accepted)) == filled.accepted


def test_o06_what_will_be_removed_is_there(mx: MailHost, client: Client, visited: str) -> None:
    """So that the test after the removal looks where there was something."""
    assert set(GONE.findall(mx.accounts_text())) == {
        "gone.example", "leaving@example.com", "parting@example.com", "leaving.example",
    }  # fmt: skip
    assert mx.postmap("smtpd_sender_login_maps", "visitor@gone.example") == "visitor@gone.example"
    assert mx.postmap("smtpd_sender_login_maps", "@leaving.example") == "leaving@example.com"
    assert mx.postmap("smtpd_recipient_restrictions", "gone.example") == "mailwright_allow_from"
    assert "leaving@example.com" in mx.run("doveadm user '*'").splitlines()
    for phone in PHONES:
        assert phone["name"] in mx.accounts_text()


def test_o02_check_mode_foretells_a_removal(mx: MailHost, removed: Pair) -> None:
    assert_honest(mx, removed)


def test_o06_what_is_removed_leaves_nothing_behind(mx: MailHost, client: Client, visited: str, removed: Pair) -> None:
    """Neither in the store, nor in what Postfix and Dovecot read; the mail itself stays on the disk."""
    assert mx.accounts_text() != "", "nothing could be read"
    assert GONE.findall(mx.accounts_text()) == []
    assert GONE.findall(mx.run("doveadm user '*'")) == []
    for key in ("visitor@gone.example", "office@gone.example", "@gone.example", "gone.example", "@leaving.example",
                "leaving@example.com", "parting@example.com"):  # fmt: skip
        assert {parameter: mx.postmap(parameter, key) for parameter in LOOKUPS} == dict.fromkeys(LOOKUPS, ""), key
    for address in ("visitor@gone.example", "office@gone.example", "postmaster@gone.example", "leaving@example.com",
                    "parting@example.com"):  # fmt: skip
        replies = client.smtp(mx, [f"MAIL FROM:<{STRANGER}>", f"RCPT TO:<{address}>"])["replies"]
        assert replies[1][0] in (550, 554), (address, replies)
    for login in (VISITOR, LEAVING):
        options = {"host": mx.fqdn, "port": 993, "tls": "implicit", "ca": mx.ca, "source": client.stranger()}
        assert not client.do("login", protocol="imap", login=login, **options)["accepted"]
    assert mx.run(f"grep -rl {visited} /var/vmail/gone.example/visitor/mail").strip()


def test_o06_the_rest_of_an_alias_stays(mx: MailHost, client: Client, removed: Pair) -> None:
    token = new_token()
    client.send(mx, STRANGER, ["rest@example.com"], compose(token, STRANGER, "rest@example.com"))
    assert len(client.read(mx, "bob@example.com", token)) == 1


def test_o01_a_second_run_changes_nothing(mx: MailHost, restored: Run, repeated: Run) -> None:
    """The first one takes back what a test changed in the services, and only that: other roles change nothing then."""
    assert restored.status == 0, restored.output
    assert {change.task.split(" : ")[0].split(".")[-1] for change in restored.of(mx.name)} == {"dovecot", "postfix"}
    assert repeated.status == 0, repeated.output
    assert repeated.of(mx.name) == []
    assert re.search(
        rf"^{mx.name}\s+: ok=[1-9]\d*\s+changed=0\s+unreachable=0\s+failed=0", repeated.output, re.MULTILINE
    )


# One bad setting each, beside good ones for every other service, and what its message names.
GOOD = {"postfix_message_size_limit": 31457280, "dovecot_imap_starttls": True}
PAIR = {"certificate": "/etc/mailwright/ca/ca.pem", "private_key": "/etc/ssl/private/ssl-cert-snakeoil.key"}
BAD = {
    "accounts": ({**GOOD, "bed_more_mailboxes": [{**LEAVING, "quota": "plenty"}]}, "plenty"),
    "certificates": (
        {
            **GOOD,
            "certificates_source": "provided",
            "certificates_hosts": [{"name": "mx.example.com", **PAIR}],
        },
        PAIR["private_key"],
    ),
    "dovecot": ({**GOOD, "dovecot_auth_worker_memory": "plenty"}, "plenty"),
    "postfix": ({**GOOD, "postfix_extra_main": {"smtpd_tls_security_levle": "may"}}, "smtpd_tls_security_levle"),
    "the host's name": ({**GOOD, "mail_hostname": "example.com"}, "mail.example.com"),
}


@pytest.fixture(scope="session")
def refused(bed: Bed, repeated: Run) -> dict[str, Run]:
    """Runs with one bad setting each."""
    return {what: run_site(variables=variables) for what, (variables, _named) in BAD.items()}


@pytest.fixture(scope="session")
def state_before_refusals(bed: Bed, repeated: Run) -> dict[str, dict[str, str]]:
    return {name: mx.state() for name, mx in bed.mail_hosts.items()}


@pytest.mark.usefixtures("state_before_refusals")
@pytest.mark.parametrize("what", BAD)
def test_o04_a_bad_setting_stops_the_play(mx: MailHost, refused: dict[str, Run], what: str) -> None:
    """With a message that names it, and with nothing changed."""
    run = refused[what]
    assert run.status != 0
    assert run.of(mx.name) == []
    assert BAD[what][1] in "".join(line for line in run.output.splitlines() if f"[{mx.name}]" in line or "msg" in line)
    assert "Traceback" not in run.output


def test_o04_the_services_go_on(
    mx: MailHost, client: Client, state_before_refusals: dict[str, dict[str, str]], refused: dict[str, Run]
) -> None:
    """No file of theirs is another one, none was restarted or reloaded, and mail flows."""
    assert mx.state() == state_before_refusals[mx.name]
    token = new_token()
    client.send(mx, STRANGER, ["bob@example.com"], compose(token, STRANGER, "bob@example.com"))
    assert len(client.read(mx, "bob@example.com", token)) == 1


ENDED = {"postfix_extra_main": {"inet_protocols": "ipv4"}}
LISTENERS = "ss --listening --numeric --tcp --no-header 'sport = 25'"


@pytest.fixture(scope="session")
def ended_early(bed: Bed, repeated: Run) -> dict[str, str]:
    """What listens on port 25 after a run that set what Postfix has to be restarted for, and ended before that."""
    run = run_site(variables=ENDED, playbook="tests/behaviour/ends_early.yml")
    assert "the end of the run" in run.output
    return {name: mx.run(LISTENERS) for name, mx in bed.mail_hosts.items()}


@pytest.fixture(scope="session")
def made_up_for(ended_early: dict[str, str]) -> tuple[Run, Run, Run]:
    """The next run, first in check mode, and the one after it."""
    foretold, *done = (run_site("--tags", "postfix", *check, variables=ENDED) for check in (["--check"], [], []))
    return foretold, done[0], done[1]


def test_o05_the_next_run_restarts_what_an_ended_run_did_not(
    mx: MailHost, ended_early: dict[str, str], made_up_for: tuple[Run, Run, Run]
) -> None:
    assert "[::]:25" in ended_early[mx.name], "Postfix was restarted, or never spoke IPv6"
    foretold, done, again = made_up_for
    assert "[::]:25" not in mx.run(LISTENERS)
    tasks = ["Set Postfix's parameters and services", "Reload or restart Postfix"]
    assert [change.task.split(" : ")[-1] for change in done.of(mx.name)] == tasks
    assert_foretold(foretold.of(mx.name), done.of(mx.name))
    assert (again.status, again.of(mx.name)) == (0, [])


@pytest.fixture(scope="session")
def come_back(made_up_for: tuple[Run, Run, Run]) -> Run:
    """The run that takes the setting back."""
    return run_site("--tags", "postfix")


def test_o05_and_the_settings_come_back(mx: MailHost, come_back: Run) -> None:
    assert come_back.status == 0, come_back.output
    assert "[::]:25" in mx.run(LISTENERS)


def test_o01_lookups_go_on_while_accounts_change(bed: Bed, client: Client) -> None:
    """Neither Postfix's tables nor Dovecot's logins fail while a run writes to each host's store and publishes it."""
    extra = [{"address": f"extra{number}@example.com", "destinations": ["bob@example.com"]} for number in range(2000)]
    gone = [{"address": entry["address"], "state": "absent"} for entry in extra]
    steps = [f"MAIL FROM:<{STRANGER}>", "RCPT TO:<bob@example.com>", "RCPT TO:<team@example.com>", "RSET"] * 20
    lookups, logins = [], []
    for mx in bed.mail_hosts.values():
        lookups.append(client.smtp_request(mx, steps))
        login = {"protocol": "imap", "host": mx.fqdn, "port": 993, "tls": "implicit", "ca": mx.ca}
        names = ("bob@example.com", "sha512@example.com")
        logins += [Request("login", {**login, "login": mx.login(name)}) for name in names]
    with ThreadPoolExecutor(1) as pool:
        for aliases in (extra, gone):
            writer = pool.submit(run_site, "--tags", "accounts", variables={"bed_more_aliases": aliases})
            rounds = 0
            while not writer.done():
                answers = client.together([*lookups, *logins])
                for conversation in answers[: len(lookups)]:
                    assert {reply[0] for reply in conversation["replies"]} == {250}, conversation
                assert [answer["accepted"] for answer in answers[len(lookups) :]] == [True] * len(logins)
                rounds += 1
            assert writer.result().status == 0, writer.result().output
            for name in bed.mail_hosts:
                assert [change.action for change in writer.result().of(name)] == ["mailwright.mail.accounts"]
            assert rounds > 0
