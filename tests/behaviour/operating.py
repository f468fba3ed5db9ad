# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of operation change on the hosts, and how a change is made in check mode and for real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from behaviour.bed import Bed
from behaviour.site import Run, run_site
from behaviour.watching import Watch, watching

VISITOR = {
    "address": "visitor@gone.example", "password": "visitor-Passwört-'\"{}$", "send_as": ["office@partner.example"],
}  # fmt: skip
LEAVING = {"address": "leaving@example.com", "password": "leaving-password", "send_as": ["@leaving.example"]}
# One goes with its mailbox, and one by itself.
PHONES = [
    {"mailbox": "leaving@example.com", "name": "phone", "password": "leaving-phone-password"},
    {"mailbox": "bob@example.com", "name": "of gone.example", "password": "bob-phone-password"},
]
MORE = {
    "bed_more_domains": [{"name": "gone.example"}],
    "bed_more_mailboxes": [VISITOR, LEAVING],
    "bed_more_app_passwords": PHONES,
    "bed_more_aliases": [
        {
            "address": "office@gone.example",
            "destinations": ["visitor@gone.example", "bob@example.com"],
            "allow_from": ["@external.example"],
        },
        {"address": "@gone.example", "destinations": ["visitor@gone.example"], "allow_from": ["visitor@gone.example"]},
        {"address": "parting@example.com", "destinations": ["leaving@example.com"], "allow_from": ["@leaving.example"]},
        {"address": "rest@example.com", "destinations": ["leaving@example.com", "bob@example.com"]},
    ],
}
CHANGES = {
    **MORE,
    "postfix_message_size_limit": 41943040,
    "dovecot_imap_starttls": True,
    "dovecot_pop3_starttls": True,
    "dovecot_quota_over_status": "552 5.2.2 Mailbox is full",
}
# The domain takes with it what is in it; the mailbox is taken out of the alias that keeps another member.
REMOVAL = {
    "bed_more_domains": [{"name": "gone.example", "state": "absent", "cascade": True}],
    "bed_more_mailboxes": [{"address": "leaving@example.com", "state": "absent", "cascade": True}],
    "bed_more_app_passwords": [{"mailbox": "bob@example.com", "name": "of gone.example", "state": "absent"}],
    "bed_more_aliases": [
        {"address": "parting@example.com", "state": "absent"},
        {"address": "rest@example.com", "destinations": ["bob@example.com"]},
    ],
}


@dataclass(frozen=True)
class Pair:
    """A run in check mode and the same for real, with what each host's processes showed meanwhile."""

    check: Run
    real: Run
    watched: dict[str, Watch]
    state_before: dict[str, dict[str, str]]
    state_after_check: dict[str, dict[str, str]]


def run_pair(bed: Bed, variables: dict[str, Any], *options: str) -> Pair:
    """Run site.yml in check mode, then for real, as talkative as it gets, and watch for every password of the bed."""
    known = {secret for mx in bed.mail_hosts.values() for secret in (*mx.passwords, *mx.database_passwords)}
    secrets = sorted({*known, *(entry["password"] for entry in (VISITOR, LEAVING, *PHONES) if "password" in entry)})
    before = {name: mx.state() for name, mx in bed.mail_hosts.items()}
    with watching(bed, secrets) as watched:
        check = run_site("--check", "--diff", "-vvv", *options, variables=variables)
        assert check.status == 0, check.output
        after = {name: mx.state() for name, mx in bed.mail_hosts.items()}
        real = run_site("--diff", "-vvv", *options, variables=variables)
        assert real.status == 0, real.output
    return Pair(check, real, watched, before, after)
