# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""mailbox_info with gather_usage says what IMAP says, and when somebody logged in."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from itertools import product
from typing import Any

from behaviour.bed import MailHost
from behaviour.client import Client, Request
from behaviour.messages import compose, new_token
from behaviour.modules import run_module

ADDRESSES = ("bob@example.com", "o'brien#$&*=?^_`{|}~-x@example.com")
PORTS = {"imap": 993, "pop3": 995}


def usage_of(mx: MailHost, address: str) -> dict[str, Any]:
    """Return the usage of one mailbox, asked for by itself."""
    result = run_module(mx, "mailbox_info", address=address, gather_usage=True)
    [mailbox] = result["mailboxes"]
    usage: dict[str, Any] = mailbox["usage"]
    return usage


def imap_numbers(client: Client, mx: MailHost, address: str) -> tuple[int, int, int]:
    """Return used kibibytes, the limit, and messages, as IMAP tells them."""
    about = {"host": mx.fqdn, "ca": mx.ca, "login": mx.login(address)}
    quota = " ".join(client.do("imap_command", command=["GETQUOTAROOT", "INBOX"], response="QUOTA", **about))
    storage = re.search(r"STORAGE (\d+) (\d+)", quota)
    folders = client.do("imap_command", command=["LIST", '""', "*"], response="LIST", **about)
    names = [re.findall(r'("[^"]*"|\S+)$', line)[0] for line in folders]
    counts = [
        client.do("imap_command", command=["STATUS", name, "(MESSAGES)"], response="STATUS", **about) for name in names
    ]
    messages = sum(int(re.findall(r"MESSAGES (\d+)", " ".join(count))[0]) for count in counts)
    used, limit = (int(storage[1]), int(storage[2])) if storage else (0, 0)
    return used, limit, messages


def test_x10_usage_is_what_imap_says(mx: MailHost, client: Client) -> None:
    for address in ADDRESSES:
        token = new_token()
        before = usage_of(mx, address)
        for _message in range(3):
            client.send(
                mx, "stranger@external.example", [address], compose(token, "stranger@external.example", address)
            )
        client.read(mx, address, token, count=3)
        after = usage_of(mx, address)
        used, limit, messages = imap_numbers(client, mx, address)
        assert after["messages"] == messages == before["messages"] + 3
        assert after["quota_used"] > before["quota_used"]
        if limit:
            assert (after["quota_used"], after["quota_limit"]) == (used * 1024, limit * 1024)
            assert after["quota_percent"] == used * 100 // limit
        else:
            assert (after["quota_limit"], after["quota_percent"]) == (0, None)


def test_x11_logins_are_recorded_by_protocol(mx: MailHost, client: Client) -> None:
    """A refused one is not, nor is a good one recorded for another protocol than its own."""
    began = datetime.fromtimestamp(int(time.time()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for answer in client.together([_wrong(mx, client, *way) for way in product(ADDRESSES, PORTS)]):
        assert not answer["accepted"]
    for address in ADDRESSES:
        before = usage_of(mx, address)["last_login"]
        assert all((before[protocol] or "") < began for protocol in PORTS)
        about = {"host": mx.fqdn, "ca": mx.ca, "login": mx.login(address)}
        for protocol in PORTS:
            if protocol == "imap":
                client.do("imap_command", command=["NOOP"], response="OK", **about)
            else:
                client.do("pop3_read", token="nothing", **about)
            after = usage_of(mx, address)["last_login"]
            assert began <= after[protocol]
            assert {**after, protocol: None} == {**before, protocol: None}
            assert after["smtp"] is None
            assert after["sieve"] is None
            before = after


def _wrong(mx: MailHost, client: Client, address: str, protocol: str) -> Request:
    """Return the request to log in with a wrong password."""
    login = {**mx.login(address), "password": "not-the-password"}
    place = {"host": mx.fqdn, "port": PORTS[protocol], "tls": "implicit", "ca": mx.ca, "source": client.stranger()}
    return Request("login", {"protocol": protocol, "login": login, **place})


def test_x12_asking_makes_no_mailbox(mx: MailHost) -> None:
    run_module(mx, "mailbox", address="unused@example.com", password_hash="*", quota="1M")
    try:
        for options in ({"address": "unused@example.com"}, {"domain": "example.com"}, {}):
            result = run_module(mx, "mailbox_info", gather_usage=True, **options)
            usages = {one["address"]: one["usage"] for one in result["mailboxes"]}
            assert usages["unused@example.com"]["messages"] == 0
            assert usages["unused@example.com"]["quota_limit"] == 1024**2
            assert all(usage["messages"] is not None for usage in usages.values())
            assert not result.get("warnings")
        assert mx.run("test ! -e /var/vmail/example.com/unused && echo none").strip() == "none"
    finally:
        run_module(mx, "mailbox", address="unused@example.com", state="absent")
