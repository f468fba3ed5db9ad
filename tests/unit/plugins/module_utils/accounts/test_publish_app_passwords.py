# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The app passwords that Dovecot reads: which, with what, and that they come and go with the store."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.dovecot_reader import DovecotReader
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import (
    Accounts,
    AppPassword,
    Domain,
    Mailbox,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publish import app_password_rows

HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
OTHER = "{SHA512-CRYPT}$6$abcdefgh$" + "b" * 86


def store(*app_passwords: AppPassword, generation: int = 1) -> Accounts:
    boxes = [
        Mailbox("a@example.com", OTHER),
        Mailbox("imap@example.com", OTHER, protocols=("imap", "sieve")),
        Mailbox("off@example.com", OTHER, active=False),
        Mailbox("star@example.com", "*"),
        Mailbox("c@off.example", OTHER),
    ]
    return Accounts(
        {name: Domain(name, active=name != "off.example") for name in ("example.com", "off.example")},
        {box.address: box for box in boxes},
        {},
        {one.key: one for one in app_passwords},
        generation,
        2,
    )


def app(mailbox: str = "a@example.com", name: str = "phone", **fields: Any) -> AppPassword:
    return AppPassword(mailbox, name, **{"password_hash": HASH, **fields})


def test_a_row_has_what_dovecot_asks_for() -> None:
    rows = app_password_rows(store(app(), app(name="a/b", protocols=("imap",), expires="2026-01-31T23:59:59Z")))
    assert rows == {
        ("a@example.com", "phone"): ("a@example.com", "phone", HASH, 0, 1, 1, 1, 1),
        ("a@example.com", "a/b"): ("a@example.com", "a/b", HASH, 1769903999, 1, 0, 0, 0),
    }


def test_it_opens_no_more_than_its_mailbox() -> None:
    rows = app_password_rows(
        store(app("imap@example.com", protocols=("imap", "smtp")), app("imap@example.com", "mua", protocols=("smtp",)))
    )
    assert rows == {("imap@example.com", "phone"): ("imap@example.com", "phone", HASH, 0, 1, 0, 0, 0)}


def test_only_what_is_live_is_published() -> None:
    off = [app(address) for address in ("off@example.com", "star@example.com", "c@off.example", "gone@example.com")]
    assert app_password_rows(store(*off, app(active=False), app(name="none", password_hash="*"))) == {}


def test_rows_are_added_changed_and_removed(tmp_path: Path) -> None:
    reader = DovecotReader(tmp_path)
    reader.publish(store(app(), app(name="tablet"), app(name="laptop")))
    first = read(tmp_path)
    assert [row[1:3] for row in first] == [("laptop", HASH), ("phone", HASH), ("tablet", HASH)]
    reader.publish(store(app(), app(name="laptop", password_hash=OTHER), generation=2))
    assert read(tmp_path) == [("a@example.com", "laptop", OTHER, 0, 1, 1, 1, 1), first[1]]
    assert reader.stale(2) == ""


def test_a_database_from_before_app_passwords_gets_them(tmp_path: Path) -> None:
    reader = DovecotReader(tmp_path)
    reader.publish(store())
    with closing(sqlite3.connect(tmp_path / "credentials.db")) as connection:
        connection.execute("DROP TABLE app_passwords")
    inode = (tmp_path / "credentials.db").stat().st_ino
    assert reader.stale(1) == "its tables are none of this release's"
    reader.publish(replace(store(app()), generation=2))
    assert len(read(tmp_path)) == 1
    assert (tmp_path / "credentials.db").stat().st_ino == inode


def read(directory: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(directory / "credentials.db")) as connection:
        return connection.execute("SELECT * FROM app_passwords ORDER BY address, name").fetchall()
