# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may send as whom: the rules asked directly, against Postfix's lookups in the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, Alias, Domain, Mailbox
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publish import postfix_tables

Planner = Callable[..., AccountsPlan]

OURS = ("example.com", "example.org")
LOCAL_PARTS = ("a", "b", "s", "s+x", "s+y", "new", "new+x")
ADDRESSES = [f"{name}@{domain}" for domain in (*OURS, "foreign.example") for name in LOCAL_PARTS]
WHOLE = [f"@{domain}" for domain in (*OURS, "foreign.example")]


def untagged(address: str) -> str:
    name, domain = address.split("@")
    return f"{name.split('+')[0]}@{domain}"


def postfix_allows(table: dict[str, str], login: str, sender: str) -> bool:
    """What reject_sender_login_mismatch does for somebody who is logged in (postconf(5), smtpd_sender_login_maps)."""
    keys = (sender, untagged(sender), "@" + sender.split("@")[1])
    found = next((table[key] for key in keys if key in table), "")
    return login in found.split(", ")


def rules_allow(accounts: Accounts, login: str, sender: str) -> bool:
    """The rules, asked for one login and one sender, without any table."""

    def is_on(domain: str) -> bool:
        return accounts.domains[domain].active

    def members(address: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """Who mail to ``address`` ends at."""
        for name in (address, untagged(address), "@" + address.split("@")[1]):
            if name in accounts.mailboxes:
                return {name} if accounts.mailboxes[name].active and is_on(name.split("@")[1]) else set()
            if name in accounts.aliases:
                alias = accounts.aliases[name]
                if name in seen or not alias.active or not is_on(name.split("@")[1]):
                    return set()
                return set().union(*(members(one, seen | {name}) for one in alias.destinations))
        return set()

    domain = sender.split("@")[1]
    box = accounts.mailboxes[login]
    if not box.active or not is_on(login.split("@")[1]):
        return False
    served = domain in accounts.domains
    granted = not served or is_on(domain)
    if granted and f"@{domain}" in box.send_as:
        return True
    for address in (sender, untagged(sender)):
        if granted and address in box.send_as:
            return True
        if address in accounts.mailboxes or address in accounts.aliases:
            # Somebody's: whoever is behind that one, and nobody behind a wider one.
            return login in members(address)
    return served and f"@{domain}" in accounts.aliases and login in members(f"@{domain}")


@st.composite
def stores(draw: st.DrawFn) -> Accounts:
    """Stores in which names meet: mailboxes, aliases of them with tags and without, catch-alls, grants, things off."""
    flags = st.booleans() | st.just(True)
    domains = {name: Domain(name, active=draw(flags)) for name in OURS}
    own = [address for address in ADDRESSES if address.split("@")[1] in OURS]
    names = draw(st.sets(st.sampled_from([address for address in own if "+" not in address]), min_size=1, max_size=5))
    grants = st.sets(st.sampled_from([*ADDRESSES, *WHOLE]), max_size=2)
    mailboxes = {name: Mailbox(name, active=draw(flags), send_as=tuple(sorted(draw(grants)))) for name in sorted(names)}
    free = [address for address in (*own, *WHOLE[:2]) if address not in names]
    targets = st.sets(st.sampled_from([*own, "x@foreign.example"]), min_size=1, max_size=3)
    aliases = {
        name: Alias(name, tuple(sorted(draw(targets))), active=draw(flags))
        for name in sorted(draw(st.sets(st.sampled_from(free), max_size=5)))
    }
    return Accounts(domains, mailboxes, aliases)


@settings(max_examples=400, deadline=None)
@given(stores())
@example(
    Accounts(
        {name: Domain(name) for name in OURS},
        {
            "a@example.com": Mailbox("a@example.com"),
            "b@example.com": Mailbox("b@example.com", send_as=("@example.com", "new@example.com")),
        },
        {"@example.com": Alias("@example.com", ("a@example.com",))},
    )
)
def test_postfix_finds_what_the_rules_say(accounts: Accounts) -> None:
    table = postfix_tables(accounts)["senders"]
    live = [address for address in accounts.mailboxes if accounts.mailbox_is_live(address)]
    for login in live:
        for sender in ADDRESSES:
            allowed = rules_allow(accounts, login, sender)
            event(f"allowed: {allowed}")
            assert postfix_allows(table, login, sender) == allowed, (login, sender, table)
    # Whoever cannot log in may stand in the table for nobody else.
    for key, logins in table.items():
        assert all(login in live or login == key for login in logins.split(", ")), (key, logins)


def box(address: str, **options: Any) -> dict[str, Any]:
    return {"address": address, "password_hash": "*", **options}


@pytest.fixture
def senders(plan: Planner) -> Callable[..., dict[str, str]]:
    """The table of what a user lists."""

    def make(**lists: Any) -> dict[str, str]:
        lists.setdefault("domains", [{"name": "example.com"}, {"name": "off.example", "active": False}])
        return postfix_tables(plan(**lists).after)["senders"]

    return make


Senders = Callable[..., dict[str, str]]


def test_a_grant_is_added_to_what_is_there(senders: Senders) -> None:
    made = senders(
        mailboxes=[
            box(
                "a@example.com",
                send_as=["B@example.com", "info@example.com", "new@example.com", "me@elsewhere.example"],
            ),
            box("b@example.com"),
        ],
        aliases=[{"address": "info@example.com", "destinations": ["b@example.com"]}],
    )
    assert made == {
        "a@example.com": "a@example.com",
        "b@example.com": "a@example.com, b@example.com",
        "info@example.com": "a@example.com, b@example.com",
        "new@example.com": "a@example.com",
        "me@elsewhere.example": "a@example.com",
    }


def test_a_domain_is_granted_with_all_that_is_in_it(senders: Senders) -> None:
    made = senders(
        mailboxes=[box("boss@example.com", send_as=["@example.com"]), box("a@example.com"), box("c@example.com")],
        aliases=[
            {"address": "@example.com", "destinations": ["c@example.com"]},
            {"address": "info@example.com", "destinations": ["a@example.com"]},
            {"address": "dead@example.com", "destinations": ["nobody@off.example"]},
        ],
    )
    assert made == {
        "boss@example.com": "boss@example.com",
        "a@example.com": "a@example.com, boss@example.com",
        "c@example.com": "boss@example.com, c@example.com",
        "info@example.com": "a@example.com, boss@example.com",
        "dead@example.com": "boss@example.com",
        "@example.com": "boss@example.com, c@example.com",
    }


def test_a_granted_address_of_nobody_stays_the_catch_alls_too(senders: Senders) -> None:
    made = senders(
        mailboxes=[box("a@example.com", send_as=["new@example.com"]), box("c@example.com")],
        aliases=[{"address": "@example.com", "destinations": ["c@example.com"]}],
    )
    assert made["new@example.com"] == "a@example.com, c@example.com"


def test_a_tagged_grant_takes_nothing_from_the_mailbox(senders: Senders) -> None:
    made = senders(mailboxes=[box("a@example.com", send_as=["b+x@example.com"]), box("b@example.com")])
    assert made["b+x@example.com"] == "a@example.com, b@example.com"
    assert made["b@example.com"] == "b@example.com"


def test_nothing_is_granted_to_or_in_what_is_off(senders: Senders) -> None:
    made = senders(
        mailboxes=[
            box("a@example.com", send_as=["sales@off.example", "@off.example"]),
            box("off@example.com", active=False, send_as=["sales@example.com", "@elsewhere.example"]),
            box("c@off.example", send_as=["sales@example.com"]),
        ],
    )
    assert made == {"a@example.com": "a@example.com"}
