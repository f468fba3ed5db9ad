# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stored passwords allow and ask for."""

from __future__ import annotations

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, AppPassword, Mailbox
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import make_hash
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schemes.known import make_recipe
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.summary import Summary, summarise

SCRAM = "{SCRAM-SHA-256}4096,c2FsdHNhbHQ=,c3RvcmVk,c2VydmVy"
SCRAM_HEX = f"{{SCRAM-SHA-256.HEX}}{SCRAM.partition('}')[2].encode().hex()}"
OLD = SCRAM.replace("256", "1")
ARGON2 = "{{ARGON2ID}}$argon2id$v=19$m={},t=3,p=1$bvdeoi2hqRP0Nwx9Lai8dQ$7jSIZdCZxPlgazY/5V9yPH2pmsBjEFW3D5Pa1ZaKSLs"


def summary(*hashes: str, apps: tuple[str, ...] = ()) -> Summary:
    """Return the summary of mailboxes with these hashes, the first of them with these app passwords."""
    boxes = [Mailbox(f"{number}@example.com", one) for number, one in enumerate(hashes)]
    keys = [AppPassword("0@example.com", f"app{number}", one) for number, one in enumerate(apps)]
    return summarise(
        Accounts(mailboxes={one.address: one for one in boxes}, app_passwords={one.key: one for one in keys})
    )


@pytest.mark.parametrize(
    ("hashes", "mechanisms"),
    [
        ((), ()),
        (("*",), ()),
        ((SCRAM,), ("SCRAM-SHA-256",)),
        ((SCRAM, SCRAM_HEX, "*", "{PLAIN}secret"), ("SCRAM-SHA-256",)),
        ((OLD,), ("SCRAM-SHA-1",)),
        ((SCRAM, OLD), ()),
        (("{PLAIN}secret", "{CLEARTEXT.B64}c2VjcmV0"), ("SCRAM-SHA-256", "SCRAM-SHA-1")),
        ((SCRAM, ARGON2.format(65536)), ()),
    ],
)
def test_a_mechanism_is_for_everybody_or_for_nobody(hashes: tuple[str, ...], mechanisms: tuple[str, ...]) -> None:
    assert summary(*hashes).mechanisms == mechanisms


def test_an_app_password_rules_out_challenges() -> None:
    found = summary(SCRAM, apps=(ARGON2.format(1024),))
    assert (found.mechanisms, found.app_passwords, found.argon2_memory) == ((), 1, 1024)


def test_numbers_and_memory() -> None:
    assert summary("{PLAIN}a", "{PLAIN.HEX}61", ARGON2.format(262144), ARGON2.format(8), "*") == Summary(
        mailboxes=4, app_passwords=0, schemes={"ARGON2ID": 2, "PLAIN": 2}, mechanisms=(), argon2_memory=262144
    )
    assert summary("{SHA512-CRYPT}$6$a$b").argon2_memory == 0


def test_memory_is_found_in_every_encoding() -> None:
    made = make_hash(make_recipe("scheme", "ARGON2I.b64", {"memory": 96, "passes": 1}), "secret", "alice@example.com")
    assert made.startswith("{ARGON2I.B64}")
    assert summary(made).argon2_memory == 96
