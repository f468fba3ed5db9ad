# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A provisioned host goes back from PostgreSQL to SQLite, and to PostgreSQL again."""

from __future__ import annotations

from typing import Any

import pytest
from behaviour.bed import Bed, MailHost
from behaviour.client import Client
from behaviour.messages import compose, new_token
from behaviour.modules import STORE, run_everywhere, run_module
from behaviour.site import Run, run_site

STRANGER = "stranger@external.example"
SQLITE = {"backend": "sqlite", **{name: "{{ omit }}" for name in STORE if name != "backend"}}


@pytest.fixture(scope="module")
def moved_back(bed: Bed) -> Run:
    """The hosts with SQLite; whatever an older store there had is replaced."""
    run_everywhere("accounts_copy", **SQLITE, source=STORE, replace=True)
    return run_site(variables={"mail_accounts_backend": "sqlite"})


@pytest.fixture(scope="module")
def moved_again(bed: Bed, moved_back: Run) -> Run:
    """The hosts with PostgreSQL again, which is what it was."""
    run = run_site()
    for mx in bed.mail_hosts.values():
        mx.run("rm -rf /var/lib/mailwright/accounts.db* /var/lib/mailwright/published")
    return run


def mail_flows(mx: MailHost, client: Client) -> bool:
    token = new_token()
    client.send(mx, STRANGER, ["team@example.com"], compose(token, STRANGER, "team@example.com"))
    mx.wait_for_empty_queue()
    return len(client.read(mx, "bob@example.com", token)) == 1


def test_o01_back_to_sqlite(mx: MailHost, client: Client, moved_back: Run) -> None:
    assert moved_back.status == 0, moved_back.output
    assert "lmdb:" in mx.run("postconf -h virtual_mailbox_maps")
    assert mx.run("ls /etc/dovecot/mailwright-pgpass /etc/mailwright-postfix/pgpass 2>/dev/null || true") == ""
    before: dict[str, Any] = run_module(mx, "accounts_info")["accounts"]
    assert run_module(mx, "accounts_info", **SQLITE)["accounts"] == before
    assert mail_flows(mx, client)


def test_o01_and_to_postgresql_again(mx: MailHost, client: Client, moved_again: Run) -> None:
    assert moved_again.status == 0, moved_again.output
    assert "pgsql:" in mx.run("postconf -h virtual_mailbox_maps")
    assert mail_flows(mx, client)
