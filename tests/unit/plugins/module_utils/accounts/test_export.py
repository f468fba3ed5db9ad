# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Export and import are a round trip, for any store."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.export import export, required_entries
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import (
    NO_LOGIN,
    PROTOCOLS,
    Accounts,
    Alias,
    AppPassword,
    Domain,
    Mailbox,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import make_many
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan, make_plan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.known import make_recipe
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict
from ansible_collections.mailwright.mail.plugins.plugin_utils.source import read_source

WEAK = ("PLAIN", "PLAIN.HEX", "SSHA", "SHA1", "LDAP-MD5", "CRAM-MD5", "SMD5.B64")
STRONG = ("SSHA512", "SCRAM-SHA-256", "SHA512-CRYPT")
HASHES = make_many(
    [
        (make_recipe("scheme", name, allow_weak=True), f"pass word: {name}", "alice@example.com")
        for name in (*WEAK, *STRONG)
    ]
)
DOMAINS = ["example.com", "b.example", "xn--bcher-kva.example"]
NAMES = ["a", "b.c", "d'e", "f&g=h"]
TEXT = st.sampled_from(
    ["", "no", "1e3", "2024-01-02", "{{ x }}", 'O\'Brien "x" 100% #: [y]', "Zoë 名前", " x", "~", "=a"]
)
QUOTAS = st.sampled_from([0, 1, 1024, 5 * 1024**3, 5 * 1024**3 + 1])
PROTOCOL_SETS = st.sets(st.sampled_from(PROTOCOLS)).map(lambda some: tuple(name for name in PROTOCOLS if name in some))
SENDERS = st.sets(st.sampled_from(["x@example.net", "@example.net", "a@example.com", "a+x@b.example"])).map(
    lambda some: tuple(sorted(some))
)


@st.composite
def stores(draw: st.DrawFn) -> Accounts:
    """Return what a store may hold, but for limits that it would break."""
    domains = {
        name: Domain(
            name,
            description=draw(TEXT),
            active=draw(st.booleans()),
            backup_mx=draw(st.booleans()),
            max_mailboxes=draw(st.sampled_from([0, 50])),
            max_aliases=draw(st.sampled_from([0, 50])),
            display_name=draw(TEXT),
            short_display_name=draw(TEXT),
            imap_host=draw(st.sampled_from(["", "imap.example.net"])),
            pop3_host=draw(st.sampled_from(["", "xn--bcher-kva.example"])),
            smtp_host=draw(st.sampled_from(["", "smtp.example.net"])),
        )
        for name in draw(st.sets(st.sampled_from(DOMAINS)))
    }
    mailboxes: dict[str, Mailbox] = {}
    aliases: dict[str, Alias] = {}
    app_passwords: dict[str, AppPassword] = {}
    for domain in domains:
        for name in draw(st.sets(st.sampled_from(NAMES))):
            box = Mailbox(
                f"{name}@{domain}",
                draw(st.sampled_from([NO_LOGIN, *HASHES])),
                draw(QUOTAS),
                draw(TEXT),
                draw(st.booleans()),
                draw(PROTOCOL_SETS),
                draw(st.sampled_from(["", "100/1h"])),
                draw(SENDERS),
            )
            mailboxes[box.address] = box
            for label in draw(st.sets(st.sampled_from(["phone", "my phone/2", "Zoë's"]), max_size=2)):
                one = AppPassword(
                    box.address,
                    label,
                    draw(st.sampled_from(HASHES)),
                    draw(PROTOCOL_SETS.filter(bool)),
                    draw(st.sampled_from(["", "2020-01-01T00:00:00Z", "2099-12-31T23:59:59Z"])),
                    draw(st.booleans()),
                )
                app_passwords[one.key] = one
        for name in draw(st.sets(st.sampled_from(["", "info", "a+x", "postmaster"]))):
            alias = Alias(
                f"{name}@{domain}",
                tuple(sorted(draw(st.sets(st.sampled_from(["out@example.net", f"a@{domain}"]), min_size=1)))),
                draw(SENDERS),
                draw(st.booleans()),
                draw(st.booleans()),
            )
            required = name == "postmaster" and draw(st.booleans())
            if required:
                alias = Alias(alias.address, alias.destinations, required=True)
            # Without a mailbox a@, a catch-all that leads to it leads back to itself.
            if name or f"a@{domain}" in mailboxes or alias.destinations == ("out@example.net",):
                aliases[alias.address] = alias
    return Accounts(domains, mailboxes, aliases, app_passwords)


def imported(found: Accounts, exported: dict[str, Any], **options: Any) -> AccountsPlan:
    return make_plan(found, parse_wanted(**exported, **options), now="2026-01-01T00:00:00Z")


def owned(accounts: Accounts) -> Accounts:
    """Return what is not only required."""
    return replace(accounts, aliases={name: one for name, one in accounts.aliases.items() if not one.required})


@given(stores())
@settings(max_examples=60, deadline=None)
def test_an_import_makes_an_equal_store(accounts: Accounts) -> None:
    event(f"{len(accounts.mailboxes)} mailboxes")
    exported = export(accounts, with_hashes=True)
    again = imported(Accounts(), exported).after
    assert replace(again, generation=0) == owned(accounts)
    assert export(again, with_hashes=True) == exported


@given(stores(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_was_exported_changes_nothing_where_it_comes_from(accounts: Accounts, with_hashes: bool) -> None:
    exported = export(accounts, with_hashes=with_hashes)
    for options in ({}, {"purge": "all", "purge_limit": "0"}):
        plan = imported(accounts, exported, **options)
        assert plan.touched == {"domain": [], "mailbox": [], "alias": [], "app_password": []}
        assert plan.after == accounts


@given(stores())
@settings(max_examples=60, deadline=None)
def test_files_are_a_round_trip_too(accounts: Accounts) -> None:
    exported = export(accounts, with_hashes=True)
    files = {
        "all.json": json.dumps(exported, indent=4),
        "all.yml": yaml.safe_dump(exported, allow_unicode=True, sort_keys=False),
    }
    for name, text in files.items():
        read = read_source(name, lambda _name, text=text: text.encode(), lambda envelope: envelope)
        assert read == exported


@given(stores(), stores())
@settings(max_examples=60, deadline=None)
def test_a_store_becomes_any_other(before: Accounts, after: Accounts) -> None:
    exported = export(after, with_hashes=True)
    clash = set(before.aliases) & set(after.mailboxes) | set(before.mailboxes) & set(after.aliases)
    assert not clash
    try:
        result = imported(owned(before), exported, purge="all", purge_limit="100%").after
    except Conflict as error:
        # An alias is listed with a destination that nobody has there, and somebody here.
        event("refused")
        assert "which is not listed and would be purged" in str(error)
        return
    assert replace(result, generation=0) == owned(after)


@given(stores())
@settings(max_examples=60, deadline=None)
def test_domains_are_exported_by_themselves(accounts: Accounts) -> None:
    whole = export(accounts, with_hashes=True)
    parts = [export(accounts, domains={name}, with_hashes=True) for name in sorted(accounts.domains)]
    for kind, entries in whole.items():
        assert sorted(map(json.dumps, entries)) == sorted(json.dumps(one) for part in parts for one in part[kind])
    assert export(accounts, domains=set()) == {kind: [] for kind in whole}


def test_hashes_come_only_when_asked_for() -> None:
    accounts = Accounts(
        {"example.com": Domain("example.com")},
        {"a@example.com": Mailbox("a@example.com", HASHES[0]), "b@example.com": Mailbox("b@example.com", HASHES[-1])},
        {"postmaster@example.com": Alias("postmaster@example.com", ("a@example.com",), required=True)},
        {"a@example.com/phone": AppPassword("a@example.com", "phone", HASHES[-1])},
    )
    assert not any(text in str(export(accounts)) for text in (*HASHES, "password_hash", "allow_weak_scheme"))
    first, second = export(accounts, with_hashes=True)["mailboxes"]
    assert (first["password_hash"], first["allow_weak_scheme"]) == (HASHES[0], True)
    assert second["password_hash"] == HASHES[-1]
    assert "allow_weak_scheme" not in second
    assert required_entries(accounts) == [{"address": "postmaster@example.com", "destinations": ["a@example.com"]}]
    assert required_entries(accounts, {"example.org"}) == []
